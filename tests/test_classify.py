"""Classifying a catalog."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from zoo_spectra.errors import CatalogError


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
