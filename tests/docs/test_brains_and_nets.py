"""docs/brains-and-nets.md: its commands run, and its figures are those of catalog and result."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import zoo_spectra as zs
from pages import commands, ran
from zoo_spectra.classes import against_nulls

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "brains-and-nets.md").read_text(encoding="utf-8")
FOUND = json.loads((ROOT / "benchmarks/results/beside.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", commands(TEXT), ids=lambda words: words[0])
def test_what_it_commands_runs(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert ran(command)


def test_beyond_chance_is_what_the_catalog_says() -> None:
    catalog = zs.Catalog(ROOT / "catalogs" / "brains-and-nets")
    kinds = catalog.collect(catalog.networks().select("network_id", "kind"))
    every = against_nulls(catalog).join(kinds, on="network_id")
    for (kind, model), group in every.group_by("kind", "model"):
        beyond = group.filter(pl.col("p_value") < pl.col("floor") + 1e-9).height
        distance, units = group["distance"].median(), group["units"].median()
        name = "brains" if kind == "biological" else "artificial"
        row = f"| {name} | `{model}` | {group.height} | {beyond} | {distance:.2f} | {units:.1f} |"
        assert row in TEXT
    classes = catalog.collect(catalog.classes().group_by("class").agg(pl.col("kind").n_unique()))
    assert classes["kind"].max() == 1


def test_what_survives_is_what_was_found() -> None:
    assert f"nearest of {FOUND['networks']:,} artificial" in TEXT
    for model, row in FOUND["survived"].items():
        assert f"| `{model}` | {row['brains']} | {row['beyond']} |" in TEXT
    mice = [row for row in FOUND["projections"] if row["species"] == "mice"]
    near = sum(row["nearest"].startswith("neuralfoil/") for row in mice)
    assert f"{near} of {len(mice)} lie nearest" in TEXT
