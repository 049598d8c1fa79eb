"""The packages as `make dist` builds them: what is inside, and the program where only they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

import zoo_spectra
from networks import arrays

ROOT = Path(__file__).parents[1]
FOLDERS = ("adapters", "benchmarks", "jobs", "tests", "zoo_spectra")
PACKAGES = {
    "zoo_spectra": ".",
    "zoo_spectra_timm": "adapters/timm/src",
    "zoo_spectra_connectome": "adapters/connectome/src",
    "zoo_spectra_checkpoint": "adapters/checkpoint/src",
}
LEFTOVERS = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
Call = Callable[..., str]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each package built out of its source distribution, in a copy without leftovers."""
    tree = tmp_path_factory.mktemp("tree")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tree / folder, symlinks=True, ignore=LEFTOVERS)
    for file in filter(Path.is_file, ROOT.glob("[!.]*")):
        shutil.copy(file, tree)
    for source in PACKAGES.values():
        project = tree / source.removesuffix("/src")
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", tree / "dist"]
        ran = subprocess.run([*command, project], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return tree / "dist"


@pytest.fixture(scope="module")
def call(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Runs a program of an environment that holds the wheels, and this one's dependencies."""
    home = tmp_path_factory.mktemp("bare")
    cwd = tmp_path_factory.mktemp("elsewhere")
    venv.EnvBuilder(symlinks=True).create(home)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"COLUMNS": "140", "NO_COLOR": "1"}

    def call(program: str | Path, *arguments: str | Path) -> str:
        ran = subprocess.run(
            [home / "bin" / program, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    pip = [sys.executable, "-m", "pip", "--python", home / "bin/python", "install", "--quiet"]
    call(*pip, "--no-index", "--no-deps", *dist.glob("*.whl"))
    # Folders of a .pth file come last, and .pth files in them, as of editable installs, do nothing.
    (packages,) = home.glob("lib/python*/site-packages")
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(paths)))
    for seed in range(3):
        np.savez(cwd / f"net{seed}.npz", **arrays(seed))
    (cwd / "ring.edgelist").write_text("\n".join(f"n{i} n{(i * 7 + 3) % 20}" for i in range(20)))
    return call


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_its_package_whole_with_the_licence_and_nothing_else(
    dist: Path, package: str
) -> None:
    info = f"{package}-{zoo_spectra.__version__}.dist-info"
    with ZipFile(dist / f"{package}-{zoo_spectra.__version__}-py3-none-any.whl") as wheel:
        names = {name for name in wheel.namelist() if not name.startswith(f"{info}/")}
        licence = wheel.read(f"{info}/licenses/LICENSE")
        metadata = message_from_bytes(wheel.read(f"{info}/METADATA"))
    source = ROOT / PACKAGES[package]
    files = {f.relative_to(source).as_posix() for f in (source / package).rglob("*") if f.is_file()}
    assert names == {file for file in files if "__pycache__" not in file}
    assert f"{package}/py.typed" in names
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_source_distribution_brings_the_licence_and_no_tests(
    dist: Path, package: str, tmp_path: Path
) -> None:
    name = f"{package}-{zoo_spectra.__version__}"
    shutil.unpack_archive(dist / f"{name}.tar.gz", tmp_path, filter="data")
    assert (tmp_path / name / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert not (tmp_path / name / "tests").exists()


def test_the_installed_packages_are_those_of_the_wheels(call: Call) -> None:
    code = "import importlib, sys; print(sys.prefix)\nfor n in sys.argv[1:]:\n"
    code += "    print(importlib.import_module(n).__file__)"
    prefix, *files = call("python", "-c", code, *PACKAGES).split()
    assert len(files) == len(PACKAGES)
    assert all(Path(file).is_relative_to(prefix) for file in files), files
    names = call("python", "-c", "from zoo_spectra import *; print(analyze.__module__)")
    assert names.strip() == "zoo_spectra.method.analysis"


def test_the_installed_program_does_its_work(call: Call) -> None:
    assert call("zoo-spectra", "--version") == f"zoo-spectra {zoo_spectra.__version__}\n"
    assert "classify" in call("zoo-spectra", "--help")
    assert "3 networks" in call("zoo-spectra", "ls", "checkpoint:net*.npz")
    sources = ["checkpoint:net*.npz", "connectome:ring.edgelist"]
    ran = call("zoo-spectra", "run", *sources, "--catalog", "zoo", "--in-process")
    assert "4 networks asked for: 4 ok" in ran
    assert "artificial + biological" in call("zoo-spectra", "classify", "zoo", "--accuracy", "10")
    assert "artificial" in call("zoo-spectra", "show", "zoo")
