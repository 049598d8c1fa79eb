"""What a person meets first is light: help, version and completion load no room."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import zoo_spectra
from zoo_spectra.terminal.app import COMMANDS, app

HEAVY = ("numpy", "scipy", "polars", "pyarrow", "ray", "torch", "networkx")
# Runs the command line as its script does, and says what it has loaded when it ends.
PROGRAM = f"""
import atexit, sys
from zoo_spectra.terminal.app import main
atexit.register(lambda: print("loaded:", [n for n in {HEAVY!r} if n in sys.modules]))
sys.argv[0] = "zoo-spectra"
main()
"""


def call(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | {"COLUMNS": "100", "NO_COLOR": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []", done.stdout
    return done.stdout


def test_help_names_every_command() -> None:
    told = call("--help")
    for command in COMMANDS:
        assert f" {command.__name__} " in told


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_help_of_a_command_is_whole(command: str) -> None:
    """What looks like markup in a help text would be swallowed."""
    told = " ".join("".join(c for c in call(command, "--help") if c not in "│╭╰─╮╯").split())
    assert f"zoo-spectra {command}" in told
    parameters = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    for parameter in parameters:
        assert " ".join((parameter.help or "").split()) in told


def test_the_version() -> None:
    assert call("--version").splitlines()[0] == f"zoo-spectra {zoo_spectra.__version__}"


@pytest.mark.parametrize(
    ("words", "found"),
    [("zoo-spectra cl", "classify"), ("zoo-spectra classify --lin", "--linkage")],
)
def test_completion_in_a_shell(words: str, found: str) -> None:
    asked = {"_ZOO_SPECTRA_COMPLETE": "complete_bash", "COMP_WORDS": words}
    assert found in call(**asked, COMP_CWORD=str(words.count(" "))).splitlines()


def test_the_heavy_packages_are_those_that_a_command_loads() -> None:
    """The lists above can fail: what classes need is seen when a command does its work."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "classify", "/no/such/catalog"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "'polars'" in done.stdout
    assert done.returncode == 2


def test_a_question_to_a_catalog_loads_nothing_that_it_does_not_need() -> None:
    catalog = str(Path(__file__).parents[2] / "catalogs/brains-and-nets")
    program = PROGRAM.replace(repr(HEAVY), repr(("scipy.stats", "ray", "torch", "networkx")))
    done = subprocess.run(
        [sys.executable, "-c", program, "query", catalog, "SELECT COUNT(*) FROM networks"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"
