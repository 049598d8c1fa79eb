"""What a page of the documentation commands, and running it; and the scripts that write pages."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

from typer.testing import CliRunner

from zoo_spectra.terminal.app import app

COMMAND = re.compile(r"(?m)^zoo-spectra (.+(?:\n +.+)*)")


def commands(text: str) -> list[list[str]]:
    """The words of each zoo-spectra command in the bash blocks of a page, or of a part of one."""
    blocks = re.findall(r"(?s)```bash\n(.*?)```", text)
    lines = (found for each in blocks for found in COMMAND.findall(each.replace("\\\n", "")))
    return [shlex.split(line, comments=True) for line in lines]


def ran(words: list[str]) -> str:
    """What a command printed. A run is without Ray."""
    given = [*words, "--in-process"] if words[0] in ("run", "nulls") else words
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.stdout


def script(name: str) -> ModuleType:
    """docs/site/NAME.py, which is in no package."""
    path = Path(__file__).parents[1] / f"docs/site/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
