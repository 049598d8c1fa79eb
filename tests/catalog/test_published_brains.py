"""The published catalog of brains beside networks: small, whole, with its draws, asked first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from zoo_spectra.classes import against_nulls
from zoo_spectra.method import S_EDGES
from zoo_spectra.method.csd import distance

PLACE = Path(__file__).resolve().parents[2] / "catalogs" / "brains-and-nets"


@pytest.fixture(scope="module")
def catalog() -> zs.Catalog:
    return zs.Catalog(PLACE)


def test_it_is_at_most_10_mb_and_sound(catalog: zs.Catalog) -> None:
    files = [file for file in PLACE.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 10_000_000
    assert (PLACE / "DATASHEET.md").is_file()
    catalog.check()
    zs.Catalog(PLACE / "nulls").check()


def test_it_has_both_kinds_and_all_ended_ok(catalog: zs.Catalog) -> None:
    rows = catalog.collect(catalog.networks().select("kind", "status", "method_version"))
    assert set(rows["kind"]) == {"biological", "artificial"}
    assert set(rows["status"]) == {"ok"}
    assert set(rows["method_version"]) == {zs.METHOD_VERSION}
    sheet = (PLACE / "DATASHEET.md").read_text(encoding="utf-8")
    brains = rows.filter(kind="biological").height
    assert f"{rows.height} networks: {brains} brains" in sheet


def test_every_draw_is_shown_beside_its_network(catalog: zs.Catalog) -> None:
    view = catalog.collect(catalog.nulls())
    inner = zs.Catalog(PLACE / "nulls")
    assert view.height == inner.collect(inner.networks().select(pl.len())).item()
    assert set(view["status"]) == {"ok"}
    assert f"{view.height:,}" in (PLACE / "DATASHEET.md").read_text(encoding="utf-8")
    own = {
        row["name"]: np.array(row["csd"])
        for row in catalog.collect(catalog.networks().select("name", "csd")).iter_rows(named=True)
    }
    circle = np.minimum(np.exp(S_EDGES) / 2, 1.0)
    for row in view.sample(40, seed=1).iter_rows(named=True):
        drawn = np.array(row["csd"])
        found = distance(own[row["network"]] + circle, drawn + circle)
        assert row["distance"] == pytest.approx(found, abs=1e-9)


def test_null_models_are_answered_from_it(catalog: zs.Catalog) -> None:
    found = against_nulls(catalog)
    brains = found.filter(pl.col("model") == "degree")
    assert brains["draws"].min() == 99
    assert found["p_value"].is_between(0, 1).all()
    assert found["not_ok"].sum() == 0


def test_nearest_looks_there_too() -> None:
    found = zs.nearest("worms/white", k=3)
    assert all(each.endswith("brains-and-nets") for each in found["catalog"])
    assert "worms/varshney" in set(found["name"])


def test_a_network_that_both_published_catalogs_hold_is_named_once() -> None:
    found = zs.nearest("resnet18/seed1", k=5)
    assert found["name"].to_list().count("resnet18/seed0") == 1
