"""``report``: what it says, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from parts import commit
from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import CatalogError, FigureError
from zoo_spectra.terminal.app import app


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    made = Catalog.create(tmp_path / "zoo")
    for name in ("an", "bo"):
        commit(made, name, name)
    return tmp_path / "zoo"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def test_it_says_where_it_is_and_what_is_in_it(zoo: Path, tmp_path: Path) -> None:
    path = tmp_path / "a report.html"
    ran = run(zoo, "-o", path)
    assert ran.exit_code == 0, ran.output
    assert f"{path}: 2 networks, all drawn; " in ran.stdout
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    told = json.loads(run(zoo, "-o", path, "--json").stdout)
    assert told["networks"] == told["drawn"] == 2
    assert told["size"] == path.stat().st_size
    assert [each.name for each in tmp_path.iterdir() if each != zoo] == [path.name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing/report.html", "there is no folder"),
        ("report.pdf", "must end in .html"),
        ("folder.html", "is a folder"),
    ],
)
def test_a_place_that_cannot_be_is_refused_first(
    zoo: Path, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "folder.html").mkdir()
    ran = run(zoo, "-o", tmp_path / name)
    assert isinstance(ran.exception, FigureError)
    assert said in str(ran.exception)


def test_a_place_that_cannot_be_written(zoo: Path, tmp_path: Path) -> None:
    for place in (tmp_path / f"{'x' * 300}.html", Path("/proc/report.html")):
        ran = run(zoo, "-o", place)
        assert isinstance(ran.exception, FigureError)
        assert "cannot be written" in str(ran.exception)


def test_no_catalog_and_an_empty_one(tmp_path: Path) -> None:
    ran = run(tmp_path / "none", "-o", tmp_path / "r.html")
    assert isinstance(ran.exception, CatalogError)
    Catalog.create(tmp_path / "empty")
    ran = run(tmp_path / "empty", "-o", tmp_path / "r.html")
    assert isinstance(ran.exception, CatalogError)
    assert "run a job into it first" in str(ran.exception)
    assert not (tmp_path / "r.html").exists()


def test_without_what_draws_it_says_what_to_install(zoo: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['vl_convert'] = None\n"
        "from zoo_spectra.terminal.app import main; main()"
    )
    command = [sys.executable, "-c", code, "report", str(zoo), "-o", str(tmp_path / "r.html")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install 'zoo-spectra[report]'" in ran.stderr
    assert "Traceback" not in ran.stderr
