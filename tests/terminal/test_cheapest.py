"""``cheapest``: for people and for machines, and what it says when nothing is cheaper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

import zoo_spectra as zs
from parts import commit
from zoo_spectra.errors import CatalogError
from zoo_spectra.terminal.app import app


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("cheapest") / "zoo"
    opened = zs.Catalog.create(place)
    for at, (name, parameters) in enumerate((("large", 900), ("[less]", 300), ("far", 800))):
        csd = [0.4 * at if name != "far" else 9.0, *[0.0] * 128]
        more = {"csd": csd, "csd_depth": [csd] * 4, "family": "f"}
        commit(opened, name, f"c{at}", parameters=parameters, **more)
    return str(place)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cheapest", *arguments])


def test_a_table_for_people(catalog: str) -> None:
    ran = run("large", "--in", catalog)
    assert ran.exit_code == 0, ran.output
    row = next(line for line in ran.stdout.splitlines() if "[less]" in line)
    for part in ("67 %", "0.0500 *", "300", "spectra"):
        assert part in row
    beside = [line for line in ran.stdout.splitlines() if "far " in line]
    assert [line.split()[-2] for line in beside] == ["cost", "family"]
    assert "by cost and family: what one would take without spectra" in ran.stdout
    assert "1 network within ε = 0.1 e-folds of large (pooled), 1 of them for less" in ran.stdout


def test_for_a_machine(catalog: str, tmp_path: Path) -> None:
    ran = run("large", "--in", catalog, "--json")
    rows = json.loads(ran.stdout)
    assert [row["name"] for row in rows] == ["[less]", "far", "far"]
    assert (rows[0]["cost"], rows[0]["equivalent"]) == (300.0, True)
    assert "1 network within" in ran.stderr
    ran = run("large", "--in", catalog, "-o", str(tmp_path / "offer.csv"))
    assert "3 rows in" in ran.stdout


def test_nothing_is_cheaper(catalog: str) -> None:
    ran = run("[less]", "--in", catalog)
    assert ran.exit_code == 0, ran.output
    assert "1 network within ε = 0.1" in ran.stdout
    assert "none of them for less; its own parameters: 300" in ran.stdout
    ran = run("far", "--in", catalog)
    assert "nothing is within ε = 0.1 e-folds of far (pooled)" in ran.stdout


def test_costs_by_a_table(catalog: str, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text('model,gmacs\nlarge,"1,000.5"\n[less],2\n')
    ran = run("large", "--in", catalog, "--results", str(table), "--by", "gmacs")
    assert "its own gmacs: 1,000.5" in ran.stdout
    assert "1 network left out: without a number in the results" in ran.stdout
    refused = run("large", "--in", catalog, "--by", "flops")
    assert isinstance(refused.exception, CatalogError)
    assert "come from --results FILE" in str(refused.exception)
