"""``show --failed``: what did not end ok, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from zoo_spectra.terminal.app import app


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("show") / "zoo")
    memory = zs.MemoryAdapter({"good": arrays(0), "[bad]": {"w": np.full((3, 3), np.inf)}})
    sources = ["memory:*", "faulty:raises"]
    zs.run(sources, catalog=place, in_process=True, adapters=[memory, FaultyAdapter()])
    return place


def show(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["show", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_only_what_did_not_end_ok_is_shown(catalog: str) -> None:
    text = show(catalog, "--failed")
    assert "2 networks did not end ok" in text
    assert "[bad]" in text
    assert "ZeroDivisionError: a fault inside the plug-in" in text
    assert "good" not in text


def test_for_a_machine(catalog: str) -> None:
    rows = json.loads(show(catalog, "--failed", "--json"))
    assert [row["name"] for row in rows] == ["[bad]", "raises"]
    assert set(rows[0]) == {"name", "status", "attempts", "reason"}
    assert (rows[0]["status"], rows[0]["attempts"]) == ("failed", 1)
    assert "9 non-finite entries" in rows[0]["reason"]


def test_a_catalog_without_failures_says_so(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    adapter = zs.MemoryAdapter({"good": arrays(0)})
    zs.run("memory:good", catalog=place, in_process=True, adapters=[adapter])
    assert "Every network ended ok" in show(place, "--failed")
    assert json.loads(show(place, "--failed", "--json")) == []


def test_a_network_beside_failed_is_bad_usage(catalog: str) -> None:
    result = CliRunner().invoke(app, ["show", catalog, "good", "--failed"])
    assert result.exit_code == 2
    assert "NETWORK or --failed" in result.output


def test_members_of_a_class_say_what_was_not_read(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    holed = arrays(0) | {"nan": np.full((3, 3), np.nan)}
    nets = {"whole": arrays(0), "holed": holed}
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zs.MemoryAdapter(nets)])
    zs.classify(zs.Catalog(place), 10.0)
    text = show(place, "--class", "1")
    assert "Class 1: 2 members" in text
    row = next(line for line in text.splitlines() if "holed" in line and "│" in line)
    assert [part.strip() for part in row.split("│")][-2] == "1"
    assert "left out" in text
    rows = {row["name"]: row for row in json.loads(show(place, "--class", "1", "--json"))}
    assert (rows["holed"]["skipped"], rows["whole"]["skipped"]) == (1, 0)
    text = show(place)
    assert "1 network has matrices left out: 1 matrix; non-finite entries" in text
