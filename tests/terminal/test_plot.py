"""``plot``: a file, what it shows, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import zoo_spectra as zs
from parts import commit
from zoo_spectra.errors import FigureError
from zoo_spectra.terminal.app import app


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("plot") / "zoo"
    opened = zs.Catalog.create(place)
    for at in range(3):
        commit(opened, f"n{at}", f"c{at}", family="f")
    commit(opened, "bad", "cb", status="failed", reason="no")
    return str(place)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plot", *arguments])


def test_a_figure_is_written_and_said(catalog: str, tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    ran = run("csd", catalog, "-o", str(file))
    assert ran.exit_code == 0, ran.output
    assert "Circular spectral difference of 3 networks" in ran.stdout
    assert "left out: 1 network did not end ok" in ran.stdout
    assert file.read_bytes().startswith(b"<svg")
    ran = run("tree", catalog, "n0", "n2", "--accuracy", "0.3", "-o", str(file), "--json")
    told = json.loads(ran.stdout)
    assert told["file"] == str(file)
    assert told["said"][0].startswith("2 networks by pooled distance, average linkage")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["csd", "--measure", "depth", "-o", "a.svg"], "--measure is for map, tree, sweep"),
        (["map", "--accuracy", "1", "-o", "a.svg"], "--accuracy is for tree"),
        (["csd", "-o", "/no/such/folder/a.svg"], "cannot be written"),
        (["csd"], "say where the figure goes: -o FILE.svg"),
    ],
)
def test_bad_usage(catalog: str, arguments: list[str], said: str) -> None:
    ran = run(arguments[0], catalog, *arguments[1:])
    assert ran.exit_code == 2
    assert said in " ".join(ran.stderr.replace("│", " ").split())


def test_a_figure_that_there_is_not(catalog: str) -> None:
    ran = run("cds", catalog, "-o", "a.svg")
    assert isinstance(ran.exception, FigureError)
    assert "did you mean 'csd'" in str(ran.exception)


@pytest.mark.parametrize("output", [["-o", "a.jpg"], ["-o", "svg"]])
def test_a_file_of_another_kind(catalog: str, output: list[str]) -> None:
    ran = run("csd", catalog, *output)
    assert isinstance(ran.exception, FigureError)
    assert "ends in .svg, .png, .pdf" in str(ran.exception)
