"""Classifying a catalog."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from parts import as_written_before
from reference import stability
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.classes import resamples
from zoo_spectra.classes.equivalence import equivalence_classes
from zoo_spectra.errors import CatalogError

# The package's attribute of this name is the function.
MODULE = sys.modules["zoo_spectra.classes.classify"]


@pytest.fixture
def catalog(tmp_path: Path) -> zs.Catalog:
    """Two seeds of each of two shapes (artificial), one biological network, one that failed."""
    nets = {f"narrow{s}": arrays(s, spread=0) for s in (1, 2)}
    nets |= {f"wide{s}": {"w": np.exp(2 * arrays(s, 1, 0)["layer0"])} for s in (1, 2)}
    place = str(tmp_path / "zoo")
    artificial = zs.MemoryAdapter(nets, family="mlp")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[artificial])
    worm = zs.MemoryAdapter({"worm": arrays(3, spread=0)}, kind="biological", family="worm")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[worm])
    zs.run("faulty:raises", catalog=place, in_process=True, adapters=[FaultyAdapter()])
    return zs.Catalog(place)


def test_both_kinds_are_in_one_space_and_the_failed_are_left_out(catalog: zs.Catalog) -> None:
    classes = zs.classify(catalog, accuracy=0.2)
    members = dict(classes.select("name", "class").iter_rows())
    assert set(members) == {"narrow1", "narrow2", "wide1", "wide2", "worm"}
    assert members["narrow1"] == members["narrow2"] == members["worm"] == 1
    assert members["wide1"] != 1
    assert set(classes.filter(classes["class"] == 1)["kind"]) == {"artificial", "biological"}
    assert set(classes.filter(classes["class"] == 1)["class_size"]) == {3}
    assert catalog.classes().collect().equals(classes)


def test_stability_is_null_for_one_constituent_and_a_share_otherwise(catalog: zs.Catalog) -> None:
    stability = dict(zs.classify(catalog).select("name", "stability").iter_rows())
    assert stability["wide1"] is None
    assert 0 <= stability["narrow1"] <= 1


def test_the_newest_classification_is_shown(catalog: zs.Catalog) -> None:
    zs.classify(catalog)
    zs.classify(catalog, accuracy=0.0, linkage="complete")
    classes = catalog.classes().collect()
    assert set(classes["linkage"]) == {"complete"}
    assert classes["class"].to_list() == [1, 2, 3, 4, 5]
    assert len(list((Path(catalog.location) / "classes").iterdir())) == 2


def test_nothing_to_classify_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no network to classify"):
        zs.classify(zs.Catalog.create(tmp_path / "zoo"))


@pytest.fixture
def zoo(tmp_path: Path) -> zs.Catalog:
    """Twelve networks of three constituents, and one of one."""
    nets = {f"net{s:02d}": arrays(s, spread=s % 4) for s in range(12)}
    nets["lonely"] = {"w": arrays(1, 1, 0)["layer0"]}
    place = str(tmp_path / "zoo")
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zs.MemoryAdapter(nets)])
    return zs.Catalog(place)


def test_stability_is_that_of_each_network_by_itself(zoo: zs.Catalog) -> None:
    classes = zs.classify(zoo, accuracy=0.05)
    rows = {row["name"]: row for row in zoo.networks().collect().iter_rows(named=True)}
    # In the order of the catalog's networks, which decides between medoids at one distance.
    medoids = sorted(set(classes["medoid"]))
    csds = np.array([rows[name]["csd"] for name in medoids])
    assert len(medoids) > 2
    for row in classes.iter_rows(named=True):
        curves = np.array(rows[row["name"]]["csd_resamples"], dtype=np.float64)
        own = medoids.index(row["medoid"])
        expected = stability(curves, csds, own) if curves.size else None
        assert row["stability"] == expected
    assert classes["stability"].null_count() == 1
    assert classes["stability"].n_unique() > 2


@pytest.mark.parametrize("compacted", [False, True])
def test_resamples_are_read_a_chunk_at_a_time(
    zoo: zs.Catalog, monkeypatch: pytest.MonkeyPatch, compacted: bool
) -> None:
    if compacted:
        compact(zoo)
    varying = ("classification_id", "classified_at", "run")
    whole = zs.classify(zoo, accuracy=0.05).drop(varying)
    heights = []
    batches = zs.Catalog.batches

    def watched(catalog: zs.Catalog, frame: pl.LazyFrame, rows: int) -> Iterator[pl.DataFrame]:
        for batch in batches(catalog, frame, rows):
            heights.append(batch.height)
            yield batch

    monkeypatch.setattr(zs.Catalog, "batches", watched)
    monkeypatch.setattr(resamples, "CHUNK", 5)
    assert zs.classify(zoo, accuracy=0.05).drop(varying).equals(whole)
    assert sorted(heights) == [3, 5, 5]


def test_a_row_says_whether_its_class_is_exact(
    zoo: zs.Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = zs.classify(zoo)
    assert set(found["exact"]) == {True}
    assert set(found["linked"]) == {"exact"}

    def with_limit(csds: Any, accuracy: float, linkage: Any) -> Any:
        return equivalence_classes(csds, accuracy, linkage, exact_limit=3)

    monkeypatch.setattr(MODULE, "equivalence_classes", with_limit)
    found = zs.classify(zoo, accuracy=0.5)
    assert False in set(found["exact"])
    assert found["exact"].to_list() == (found["linked"] == "exact").to_list()


def test_classes_without_the_column_of_later_versions_are_read(zoo: zs.Catalog) -> None:
    zs.classify(zoo)
    (part,) = (Path(zoo.location) / "classes").iterdir()
    later = ["exact", "linked", "measure"]
    as_written_before(part, lambda rows: rows.drop(later))
    classes = zoo.classes().collect()
    assert [classes[column].null_count() for column in later] == [classes.height] * 3 == [13] * 3
