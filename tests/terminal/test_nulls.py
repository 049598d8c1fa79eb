"""``nulls``: for people and for machines, with its limits said; ``show`` and ``plot`` after it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from zoo_spectra.defaults import NULL_MODELS
from zoo_spectra.errors import CatalogError, FigureError, NetworkError
from zoo_spectra.terminal.app import app

DRAWS = 5


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def edge_list(place: Path, seed: int) -> Path:
    """A directed graph with weights, as a file."""
    random = np.random.default_rng(seed)
    lines = [
        f"n{a} n{b} {random.exponential():.4f}"
        for a in range(25)
        for b in range(25)
        if a != b and random.random() < 0.25
    ]
    place.write_text("\n".join(lines))
    return place


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("nulls")
    for name in ("one", "[two]"):
        edge_list(root / f"{name}.edgelist", len(name))
    place = str(root / "zoo")
    source = f"connectome:{root}/*.edgelist"
    assert run("run", source, "--catalog", place, "--in-process").exit_code == 0
    ran = run("nulls", place, "--model", "degree", "--draws", str(DRAWS), "--in-process")
    assert ran.exit_code == 0, ran.output
    return place


def again(catalog: str, *arguments: str) -> Result:
    return run("nulls", catalog, "--draws", str(DRAWS), "--in-process", *arguments)


def name_of(catalog: str, ending: str) -> str:
    rows = json.loads(run("query", catalog, "SELECT name FROM networks", "--json").stdout)
    return next(row["name"] for row in rows if row["name"].endswith(ending))


def test_a_table_for_people(catalog: str) -> None:
    ran = again(catalog, "--model", "degree")
    assert ran.exit_code == 0, ran.output
    row = next(line for line in ran.stdout.splitlines() if "[two]" in line)
    assert row.split("│")[2].strip() == "degree"
    assert row.split("│")[3].strip() == str(DRAWS)
    assert f"{1 / (1 + DRAWS):.4f}" in row
    assert "edges still in place after 16 rounds of trades" in ran.stdout
    assert f"{2 * DRAWS} draws asked for: 0 ok, {2 * DRAWS} done before" in ran.stdout


def test_of_those_that_meet_a_condition(catalog: str) -> None:
    (row,) = json.loads(
        again(catalog, "--model", "degree", "--json", "--where", "name LIKE '%one'").stdout
    )
    assert row["network"].endswith("one")
    assert row["draws"] == DRAWS
    nobody = again(catalog, "--model", "degree", "--where", "name = 'nobody'")
    assert isinstance(nobody.exception, CatalogError)
    assert "no network with a result that meets name = 'nobody'" in str(nobody.exception)
    both = again(catalog, row["network"], "--model", "degree", "--where", "name = 'nobody'")
    assert isinstance(both.exception, NetworkError)


def test_for_machines(catalog: str, tmp_path: Path) -> None:
    rows = json.loads(again(catalog, "--model", "degree", "--json").stdout)
    assert [row["draws"] for row in rows] == [DRAWS, DRAWS]
    assert all(len(row["z"]) == len(row["mean"]) == len(row["sd"]) == 129 for row in rows)
    told = again(catalog, "--model", "degree", "--csv").stdout
    found = list(csv.DictReader(io.StringIO(told)))
    assert [float(row["p_value"]) for row in found] == [row["p_value"] for row in rows]
    file = tmp_path / "nulls.csv"
    assert again(catalog, "--model", "degree", "-o", str(file)).exit_code == 0
    assert file.read_text() == told


def test_one_network_by_name(catalog: str) -> None:
    ran = again(catalog, name_of(catalog, "one"), "--model", "weights", "--json")
    assert [row["model"] for row in json.loads(ran.stdout)] == ["weights"]


def test_what_cannot_be_drawn_ends_with_1_and_says_why(catalog: str) -> None:
    ran = again(catalog, name_of(catalog, "one"), "--model", "block")
    assert ran.exit_code == 1
    assert "partition=ATTRIBUTE" in ran.stdout


def test_no_model_is_guessed(catalog: str) -> None:
    ran = again(catalog)
    assert ran.exit_code == 2
    for name in NULL_MODELS:
        assert f"{name}: " in ran.stderr
    assert isinstance(again(catalog, "--model", "degre").exception, NetworkError)
    assert isinstance(again(catalog, "nobody", "--model", "degree").exception, CatalogError)
    both = run("nulls", catalog, "--model", "degree", "--in-process", "--workers", "2")
    assert both.exit_code == 2


def test_show_tells_it(catalog: str) -> None:
    name = name_of(catalog, "[two]")
    shown = run("show", catalog, name)
    line = next(line for line in shown.stdout.splitlines() if "null degree" in line)
    assert f"floor {1 / (1 + DRAWS):.4f}" in line
    told = json.loads(run("show", catalog, name, "--json").stdout)["nulls"]
    assert [row["model"] for row in told] == ["degree"]
    everything = run("show", catalog).stdout
    assert "degree 0" not in everything


def test_draws_behind_a_curve(catalog: str, tmp_path: Path) -> None:
    file = tmp_path / "csd.svg"
    ran = run("plot", "csd", catalog, "--nulls", "degree", "-o", str(file))
    assert ran.exit_code == 0, ran.output
    assert "5% to 95% of draws of degree" in ran.stdout
    assert ran.stdout.count(f"mean of {DRAWS} draws") == 2
    assert file.read_bytes().startswith(b"<svg")
    ran = run("plot", "csd", catalog, "--nulls", "strength", "-o", str(file))
    assert isinstance(ran.exception, FigureError)
    assert run("plot", "tail", catalog, "--nulls", "degree", "-o", str(file)).exit_code == 2


def test_help_does_not_load_networkit() -> None:
    code = (
        "import sys; from typer.testing import CliRunner\n"
        "from zoo_spectra.terminal.app import app\n"
        "CliRunner().invoke(app, ['nulls', '--help']); import zoo_spectra.runner\n"
        "print('networkit' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["False"]
