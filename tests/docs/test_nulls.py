"""docs/nulls.md: its commands run, and give the numbers that the page quotes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import zoo_spectra as zs
from pages import commands, ran

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/nulls.md").read_text("utf-8")


def test_the_commands_and_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, run, nulls, show, plot = commands(PAGE)
    ran(["samples", "worms"])
    ran(run)
    told = [cell.strip() for cell in ran(nulls).splitlines()[4].strip("│").split("│")]
    (quoted,) = re.findall(r"(?m)^worms/white +degree .*$", PAGE)
    assert told == quoted.split()
    assert "null degree" in ran(show)
    assert "5% to 95% of draws of degree" in ran(plot)
    assert "0.2142\ne-folds" in PAGE
    assert "0.29 times theirs" in PAGE


def test_the_timing_is_the_measured_one() -> None:
    found = json.loads((ROOT / "benchmarks/results/nulls.json").read_text("utf-8"))
    degree = found["models"]["degree"]
    assert (found["nodes"], found["edges"], found["draws_made"]) == (3000, 70_000, 100)
    assert f"are made in {round(degree['draws'])} s" in PAGE
    assert degree["search"] + degree["draws"] <= 60


def test_the_python_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran(commands(PAGE)[1])
    (code,) = re.findall(r"(?s)```python\n(.*?)```", PAGE)
    names = {"zs": zs}
    exec(code.replace("draws=20", "draws=3, in_process=True"), names)
    assert zs.against_nulls(names["catalog"])["draws"].to_list() == [3]
