"""``groups``: for people, for machines, into files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from demo import curve
from parts import commit
from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import DesignError
from zoo_spectra.terminal.app import app


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve networks of three groups, one of whose names is markup."""
    place = tmp_path_factory.mktemp("groups") / "zoo"
    catalog = Catalog.create(place)
    for at in range(12):
        about = {"arm": ("[b]one", "<i>two", "three")[at % 3], "site": "xy"[at // 6]}
        more = {"metadata": json.dumps(about), "run": 1, **curve(0.5 * (at % 3) + 0.02 * at)}
        commit(catalog, f"net{at:02d}", f"c{at}", second=at, **more)
    return place


def run(place: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["groups", str(place), "--by", "arm", *more])


def test_for_people(place: Path) -> None:
    ran = run(place)
    assert ran.exit_code == 0, ran.output
    assert "3 groups of arm, 12 networks, pooled distance" in ran.stdout
    assert "place: pseudo-F" in ran.stdout
    assert "spread: F" in ran.stdout
    assert "nearest neighbour of the same group: 100%" in ran.stdout
    rows = [line for line in ran.stdout.splitlines() if "│ [b]one" in line]
    assert len(rows) == 3  # the group, and its pairs
    assert "layer1" in ran.stdout


def test_for_a_machine(place: Path) -> None:
    ran = run(place, "--json", "--within", "site", "--permutations", "99")
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    wanted = {"pseudo_f", "r2", "p_value", "dispersion_p_value", "nearest_accuracy",
              "nearest_p_value", "pairs", "constituents", "notes"}  # fmt: skip
    assert wanted <= found.keys()
    assert found["within"] == "site"
    assert found["permutations"] == 99
    assert found["nearest_accuracy"] == 1.0
    assert len(found["pairs"]) == 3
    assert [row["constituent"] for row in found["constituents"]][:1] != []
    assert {row["group"] for row in found["units"]} == {"[b]one", "<i>two", "three"}


def test_as_csv(place: Path) -> None:
    ran = run(place, "--csv")
    rows = list(csv.DictReader(ran.stdout.splitlines()))
    assert [row["test"] for row in rows] == [
        "place", "spread", "nearest", *["pair"] * 3, *["constituent"] * 3,
    ]  # fmt: skip
    assert rows[0]["p_value"] == json.loads(run(place, "--json").stdout)["p_value"].__str__()
    assert "the least possible p" not in ran.stdout


def test_into_files(place: Path, tmp_path: Path) -> None:
    for suffix, start in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF")):
        file = tmp_path / f"arms{suffix}"
        ran = run(place, "-o", str(file))
        assert ran.exit_code == 0, ran.output
        assert f"written: {file}" in ran.stdout
        assert file.read_bytes().startswith(start)
    file = tmp_path / "arms.csv"
    assert run(place, "-o", str(file)).exit_code == 0
    assert pl.read_csv(file).height == 9


def test_a_page_shows_names_as_text(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "arms.html"
    assert run(place, "-o", str(file)).exit_code == 0
    text = file.read_text("utf-8")
    assert "<i>two" not in text
    assert "&lt;i&gt;two" in text
    assert "<h2>Pairs</h2>" in text
    assert "pseudo-F" in text


@pytest.mark.parametrize(
    "options",
    [["--json", "--csv"], ["--csv", "-o", "x.csv"], ["-o", "x.xlsx"], ["--permutations", "0"]],
)
def test_bad_usage(place: Path, options: list[str]) -> None:
    assert run(place, *options).exit_code == 2


def test_a_bad_column_is_a_message(place: Path) -> None:
    ran = CliRunner().invoke(app, ["groups", str(place), "--by", "arms"])
    assert isinstance(ran.exception, DesignError)
    assert "did you mean 'arm'" in str(ran.exception)
    both = run(place, "--adjust", "site, armm")
    assert "no column 'armm'" in str(both.exception)
