"""``import zoo_spectra``: the names of its stub, and nothing is loaded before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import zoo_spectra as zs

STUB = Path(zs.__file__).with_name("__init__.pyi")


def test_the_names_are_those_of_the_stub() -> None:
    aliases = [
        alias.asname
        for node in ast.parse(STUB.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(aliases) == sorted(zs.__all__)
    assert set(zs.__all__) <= set(dir(zs))
    for name in zs.__all__:
        assert getattr(zs, name) is not None


def test_the_version_is_that_of_the_distribution() -> None:
    assert zs.__version__ == version("zoo-spectra")


def test_functions_are_functions_whatever_was_imported_before() -> None:
    """Three files are named after the function in them: the room's face must win."""
    code = (
        "import zoo_spectra.classes.classify, zoo_spectra.runner.run, zoo_spectra.runner.submit\n"
        "import zoo_spectra as zs\n"
        "from zoo_spectra.classes import classify; from zoo_spectra.runner import run, submit\n"
        "assert callable(zs.classify) and callable(zs.run)\n"
        "assert callable(classify) and callable(run) and callable(submit)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, zoo_spectra; dir(zoo_spectra); zoo_spectra.__version__\n"
        "print([n for n in ('numpy', 'scipy', 'polars', 'ray', 'torch') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
