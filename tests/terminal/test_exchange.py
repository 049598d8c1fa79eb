"""``merge``, ``export`` and ``diff`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

import zoo_spectra as zs
from parts import commit
from zoo_spectra.terminal.app import app


@pytest.fixture
def catalogs(tmp_path: Path) -> list[str]:
    places = [str(tmp_path / "one"), str(tmp_path / "other")]
    for at, place in enumerate(places):
        made = zs.Catalog.create(place)
        commit(made, "[both]", f"b{at}", second=at, run=1)
        commit(made, f"only{at}", f"o{at}", run=1)
    commit(zs.Catalog(places[1]), "bad", "x", second=9, run=2, status="failed", reason="no")
    return places


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def good(*arguments: str) -> str:
    ran = run(*arguments)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_merge(catalogs: list[str], tmp_path: Path) -> None:
    text = good("merge", *catalogs, "-o", str(tmp_path / "new"))
    assert f"4 networks (3 ok, 1 not) in {tmp_path}/new" in text
    assert "1 network in several catalogs: the newest result stands" in text
    assert f"zoo-spectra classify {tmp_path}/new" in text
    told = json.loads(good("merge", *catalogs, "-o", str(tmp_path / "again"), "--json"))
    assert (told["networks"], told["several"]) == (4, 1)


def test_export(catalogs: list[str], tmp_path: Path) -> None:
    text = good("export", catalogs[0], "-o", str(tmp_path / "a.csv"))
    assert "rows: networks 2, spectra 6, classes 0" in text
    assert "left out of spectra, a list has no place in CSV: eigenvalues, weights, probe" in text
    assert pl.read_csv(tmp_path / "a.csv").height == 2
    told = json.loads(good("export", catalogs[0], "-o", str(tmp_path / "a.duckdb"), "--json"))
    assert told["rows"] == {"networks": 2, "spectra": 6, "classes": 0}


def test_diff(catalogs: list[str], tmp_path: Path) -> None:
    text = good("diff", *catalogs)
    assert "4 networks: 2 added, 1 gone, 1 changed" in text
    assert "[both]" in text
    assert "classes are not compared: the first state is not classified" in text
    told = json.loads(good("diff", *catalogs, "--json"))
    assert [row["change"] for row in told["networks"]] == ["added", "added", "gone", "changed"]
    assert "1 network: 1 added" in good("diff", catalogs[1], "1", "2")
    assert "4 rows in " in good("diff", *catalogs, "-o", str(tmp_path / "d.csv"))
    assert pl.read_csv(tmp_path / "d.csv").height == 4
    same = good("diff", catalogs[0], catalogs[0])
    assert same.startswith("2 networks with equal results")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("merge", "@"), "give two catalogs or more, and the new one"),
        (("merge", "@", "@"), "give two catalogs or more, and the new one"),
        (("export", "@"), "say where: -o FILE.csv"),
        (("diff", "@"), "give a CATALOG and two numbers of runs, or two catalogs"),
        (("diff", "@", "one", "2"), "give a CATALOG and two numbers of runs, or two catalogs"),
        (("diff", "@", "@", "--json", "-o", "a.csv"), "give one of --json and -o"),
    ],
)
def test_bad_usage(catalogs: list[str], arguments: tuple[str, ...], said: str) -> None:
    ran = run(*(catalogs[0] if word == "@" else word for word in arguments))
    assert ran.exit_code == 2
    assert said in " ".join(ran.stderr.replace("│", " ").split())
