"""docs/examples/nnet: the package is installed as a stranger would, keeps its test, and is run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adapter.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?m)^zoo-spectra (.+)$", PAGE)
FILE = "// two layers\n2,3,2,4,\n3,4,2,\n0,\n" + 4 * "0,\n"
Call = Callable[..., str]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Runs Python where the package is installed, in a folder with a file of the format."""
    source = tmp_path_factory.mktemp("source") / "nnet"
    target, folder = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("acas")
    shutil.copytree(ROOT / "docs/examples/nnet", source)
    numbers = [f"{(at * 7 % 11) - 5}.5," for at in range(3 * 4 + 4 + 4 * 2 + 2)]
    (folder / "one.nnet").write_text(FILE + "\n".join(numbers))
    environment = os.environ | {"PYTHONPATH": str(target), "COLUMNS": "120", "NO_COLOR": "1"}

    def call(*arguments: str | Path) -> str:
        ran = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    call("-m", "pip", "install", "--quiet", *offline, "--target", target, source)
    assert not list(target.rglob("test_*"))
    return call


def test_its_own_test_passes(call: Call) -> None:
    said = call(
        *("-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "-p", "no:xdist"),
        ROOT / "docs/examples/nnet/test_nnet.py",
    )
    assert "passed" in said
    assert "skipped" not in said


def test_the_commands_of_the_page(call: Call) -> None:
    ls, run = (shlex.split(command) for command in COMMANDS)
    assert "1 network" in call("-m", "zoo_spectra", *ls)
    assert "1 network asked for: 1 ok" in call("-m", "zoo_spectra", *run, "--in-process")
    shown = call("-m", "zoo_spectra", "show", "catalogs/acas", "acas0/one", "--json")
    assert '"constituents": 2' in shown
