"""Pages that say what the code says: commands, and the public names of Python."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
import typer

import zoo_spectra as zs
from pages import script
from zoo_spectra.terminal.app import app

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs/python.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    return script("commands")


def test_the_page_of_commands_is_that_of_the_code(writer: ModuleType) -> None:
    assert writer.page(COMMANDS) == COMMANDS, "write it anew: python docs/site/commands.py"


def test_every_command_and_option_is_there() -> None:
    """By what typer makes of the functions."""
    group = typer.main.get_command(app)
    sections = dict(re.findall(r"(?ms)^## (\S+)\n(.*?)(?=^## |\Z)", COMMANDS))
    assert list(sections) == list(group.commands)
    for name, command in group.commands.items():
        rows = re.findall(r"(?m)^\| `((?:[^`])+)` \|", sections[name])
        written = {one for row in rows if row.startswith("-") for one in row.split(", ")}
        options = {one for each in command.params for one in each.opts if one.startswith("-")}
        assert written == options - {"--help"}
        assert len(rows) == sum("--help" not in each.opts for each in command.params)


PAGES = sorted(
    path
    for place in (".", "adapters", "catalogs", "docs", "benchmarks", "jobs/kuberay")
    for path in (ROOT / place).glob("*.md")
    if path.name != "commands.md"
)
NAMED = re.compile(r"`zoo-spectra ([^`]+)`|(?m:^(?:\$ )?zoo-spectra (.+(?:\n +.+)*)$)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_options_that_pages_name_are_there(path: Path) -> None:
    group = typer.main.get_command(app)
    for inline, line in NAMED.findall(path.read_text(encoding="utf-8").replace("\\\n", "")):
        words = re.sub(r"'[^']*'|\"[^\"]*\"|\s#.*", " ", inline or line).split()
        if words[0].startswith("-"):  # of the program itself
            continue
        for name in words[0].split("|"):
            options = {one for each in group.commands[name].params for one in each.opts}
            asked = {word.split("=")[0] for word in words[1:] if re.match("--?[a-z]", word)}
            assert asked <= options | {"--help"}, (inline or line, asked - options)


def test_every_public_name_of_python_is_there() -> None:
    named = set(re.findall(r"(?m)^\.\. (?:auto\w+|data):: zoo_spectra\.(\w+)(?:\(|$)", PYTHON))
    by_module = {"ZooSpectraError"}  # with all other errors
    assert named | by_module == set(zs.__all__) | {"errors"}


def test_what_pages_do_with_a_catalog_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*/*.ipynb")]
    used = {name for page in pages for name in re.findall(r"\bcatalog\.(\w+)\(", page.read_text())}
    assert len(used) > 5
    assert used <= set(re.findall(r"(?m)^   \.\. automethod:: (\w+)$", PYTHON))
