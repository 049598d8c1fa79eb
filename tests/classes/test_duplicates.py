"""Duplicates of a catalog: equal weights, equal spectra of other weights, near ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from networks import arrays
from parts import commit, result
from zoo_curves import zoo_curves
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.classes import duplicates_of
from zoo_spectra.sources import NetworkRef

Group = tuple[str, set[str]]


def groups(found: Any) -> list[Group]:
    return [
        (frame["relation"][0], set(frame["name"]))
        for frame in found.rows.partition_by("group", maintain_order=True)
    ]


def shuffled(nets: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: 3.0 * array[rng.permutation(len(array))][:, rng.permutation(array.shape[1])]
        for name, array in nets.items()
    }


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> zs.Catalog:
    place = str(tmp_path_factory.mktemp("duplicates") / "zoo")
    one = arrays(0, 4)
    near = {name: array * (1 + 1e-3 * (name == "layer1")) for name, array in one.items()}
    nets = {
        "a": one, "copy of a": one, "a in disguise": shuffled(one, 1), "near a": near,
        "b": arrays(1, 4), "c": arrays(2, 4), "orthogonal": {"w": np.eye(30)[::-1]},
        "orthogonal too": {"w": np.linalg.qr(arrays(3, 1)["layer0"])[0]},
        "bad": {"w": np.full((3, 3), np.inf)},
    }  # fmt: skip
    zs.run("memory:*", catalog=place, in_process=True, adapters=[zs.MemoryAdapter(nets)])
    return zs.Catalog(place)


def test_equal_weights_disguises_and_near_ones(catalog: zs.Catalog) -> None:
    found = duplicates_of(catalog)
    assert groups(found) == [
        ("equal_weights", {"a", "copy of a"}),
        ("equal_spectra", {"a", "a in disguise"}),
        ("near", {"a", "near a"}),
    ]
    shared = dict(found.rows.filter(relation="near").select("name", "shared").iter_rows())
    assert shared == {"a": 1.0, "near a": 0.75}, "one of four constituents is another"
    apart = dict(found.rows.filter(relation="near").select("name", "distance").iter_rows())
    assert 0 <= apart["near a"] < 0.001, "less than the grid tells, and no disguise"
    assert set(found.rows.filter(relation="equal_spectra")["shared"]) == {0.0, 1.0}


def test_what_says_nothing_and_what_is_left_out_is_told(catalog: zs.Catalog) -> None:
    found = duplicates_of(catalog)
    assert found.networks == 8
    assert any("2 networks of so simple a spectrum" in note for note in found.notes)
    assert any("1 network left out: did not end ok" in note for note in found.notes)


def test_equal_spectra_of_other_sizes_are_no_disguise(tmp_path: Path) -> None:
    one = arrays(0, 3)
    twice = {f"{k}{name}": array for k in (1, 2) for name, array in one.items()}
    twice = {name: array * 1.0 for name, array in twice.items()}
    twice["1layer0"] = twice["1layer0"][::-1]  # or they would count once
    twice["1layer1"], twice["1layer2"] = twice["1layer1"][::-1], twice["1layer2"][::-1]
    adapter = zs.MemoryAdapter({"one": one, "twice": twice})
    zs.run("memory:*", catalog=str(tmp_path / "c"), in_process=True, adapters=[adapter])
    assert groups(duplicates_of(zs.Catalog(tmp_path / "c"))) == [("near", {"one", "twice"})]


def test_an_empty_catalog_has_none(tmp_path: Path) -> None:
    found = duplicates_of(zs.Catalog.create(tmp_path / "c"))
    assert found.rows.is_empty()
    assert found.networks == 0


def test_a_curve_that_is_none_is_left_out(tmp_path: Path) -> None:
    catalog = zs.Catalog.create(tmp_path / "c")
    commit(catalog, "a", "c1", csd=[float("nan")] * 129)
    commit(catalog, "b", "c2", csd=[0.0] * 3)
    assert duplicates_of(catalog).networks == 0


def filled(place: Path, count: int, copies: int) -> zs.Catalog:
    """A catalog of many networks, the first ``copies`` there twice."""
    catalog = zs.Catalog.create(place)
    row, _ = result("net", "c")
    curves = zoo_curves(3, count - copies)
    curves = np.concatenate([curves, curves[:copies]])
    names = [f"net{at:05d}" for at in range(count)]
    refs = [NetworkRef(f"memory:{name}", "memory", name, "artificial") for name in names]
    rows = pl.DataFrame([row] * count).with_columns(
        pl.Series("name", names),
        pl.Series("source", [ref.source for ref in refs]),
        pl.Series("network_id", [ref.network_id for ref in refs]),
        pl.Series("commit_id", [ref.network_id[:16] for ref in refs]),
        pl.Series("weights_digest", names),
        pl.Series("csd", curves.tolist()),
    )
    schema = arrow_schema("networks")
    missing = [pl.lit(None).alias(name) for name in schema.names if name not in rows.columns]
    rows = rows.with_columns(missing).select(schema.names)
    catalog.write_table("networks", "many", rows.to_arrow().cast(schema))
    return catalog


def test_ten_thousand_networks(tmp_path: Path) -> None:
    found = duplicates_of(filled(tmp_path / "c", 10_000, 50))
    same = [members for relation, members in groups(found) if relation == "equal_spectra"]
    assert len(same) == 50
    assert {"net00000", "net09950"} in same
