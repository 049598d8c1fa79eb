"""Classes by accuracy."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

import zoo_spectra as zs
from networks import arrays
from zoo_curves import zoo_curves
from zoo_spectra.classes import silhouette
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes
from zoo_spectra.classes.silhouette import silhouettes
from zoo_spectra.classes.sweep import ladder
from zoo_spectra.defaults import LINKAGES, Linkage
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import MEASURES, Measure


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> zs.Catalog:
    place = str(tmp_path_factory.mktemp("sweep") / "zoo")
    nets = {f"net{s:02d}": arrays(s, layers=6, spread=s % 4) for s in range(12)}
    artificial = zs.MemoryAdapter(nets, family="mlp")
    worms = {f"worm{s}": arrays(s + 50, layers=6, spread=0) for s in range(3)}
    biological = zs.MemoryAdapter(worms, kind="biological", family="worm")
    for adapter in (artificial, biological):
        zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=False)
    return zs.Catalog(place)


@pytest.mark.parametrize("linkage", LINKAGES)
@pytest.mark.parametrize("measure", MEASURES)
def test_each_row_is_what_classify_gives(
    catalog: zs.Catalog, linkage: Linkage, measure: Measure
) -> None:
    rows = zs.sweep(catalog, linkage, measure)
    assert 0.1 in rows["accuracy"].to_list()
    assert rows["accuracy"].is_sorted()
    assert rows["classes"].to_list() == sorted(rows["classes"], reverse=True)
    assert rows["classes"][-1] == 1
    for row in rows[::4].iter_rows(named=True):
        classes = zs.classify(catalog, row["accuracy"], linkage, measure=measure)
        by_class = classes.group_by("class").agg(pl.len(), pl.col("kind").n_unique())
        assert row["classes"] == by_class.height
        assert row["largest"] == by_class["len"].max()
        assert row["singletons"] == by_class.filter(pl.col("len") == 1).height
        assert row["mixed"] == by_class.filter(pl.col("kind") == 2).height
        assert row["stability"] == pytest.approx(classes["stability"].mean(), abs=1e-12)
    assert rows["mixed"].max() > 0


def test_nothing_is_written(catalog: zs.Catalog) -> None:
    files = sorted(Path(catalog.location).rglob("*"))
    zs.sweep(catalog)
    assert sorted(Path(catalog.location).rglob("*")) == files


def test_the_best_has_the_highest_silhouette(catalog: zs.Catalog) -> None:
    rows = zs.sweep(catalog)
    best = rows.filter("best")
    assert best.height == 1
    assert best["silhouette"][0] == rows["silhouette"].max()
    alone = rows["classes"].is_in([1, 15])
    assert (rows["silhouette"].is_null() == alone).all()


def test_only_what_meets_a_condition(catalog: zs.Catalog) -> None:
    rows = zs.sweep(catalog, where="kind = 'biological'")
    assert rows["classes"].max() <= 3
    assert rows["mixed"].sum() == 0


def test_two_networks_have_no_silhouette_and_one_no_sweep(catalog: zs.Catalog) -> None:
    rows = zs.sweep(catalog, where="name IN ('net00', 'net01')")
    assert rows["silhouette"].null_count() == rows.height == 2
    assert not rows["best"].any()
    with pytest.raises(CatalogError, match="'net00' is the only network"):
        zs.sweep(catalog, where="name = 'net00'")


def test_equal_networks_have_one_accuracy(tmp_path: Path) -> None:
    place = str(tmp_path / "zoo")
    adapter = zs.MemoryAdapter({"a": arrays(0), "b": arrays(0)})
    zs.run("memory:*", catalog=place, in_process=True, adapters=[adapter], progress=False)
    rows = zs.sweep(zs.Catalog(place))
    assert rows.select("accuracy", "classes", "largest").rows() == [(0.1, 1, 2)]


def test_too_many_networks_are_refused(
    catalog: zs.Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["zoo_spectra.classes.pairs"], "EXACT_LIMIT", 14)
    with pytest.raises(CatalogError, match="15 networks are too many .* at most 14 with --where"):
        zs.sweep(catalog)


@pytest.mark.parametrize("entries", [1 << 24, 1000])
def test_silhouettes_are_those_of_sklearn(entries: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silhouette, "_ENTRIES", entries)
    csds = zoo_curves(0, 300)
    labels = [equivalence_classes(csds, accuracy).label for accuracy in (0.02, 0.1, 0.3, 0.0, 9.0)]
    found = silhouettes(csds, labels)
    square = distance_matrix(csds)
    for label, value in zip(labels[:3], found[:3], strict=True):
        assert value == pytest.approx(silhouette_score(square, label, metric="precomputed"))
    assert found[3:] == [None, None]


@given(st.lists(st.floats(1e-6, 16), min_size=1, max_size=30))
@example([1.0000000000000002e-06])
def test_a_ladder_goes_from_the_lowest_merge_to_the_highest(heights: list[float]) -> None:
    found = ladder(np.array([0.0, 1e-15, *heights]))
    assert found == sorted(set(found))
    assert 0.1 in found
    rungs = [rung for rung in found if rung != 0.1] or [0.1]
    assert min(heights) <= rungs[0] <= min(heights) * 1.011
    assert max(heights) <= rungs[-1] <= max(heights) * 1.011
    assert all(float(f"{rung:.3g}") == rung for rung in found)
