"""What a catalog tells of single networks: as if they were analysed again, and nothing is."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import zoo_spectra as zs
from networks import FaultyAdapter, arrays
from parts import commit
from zoo_spectra.errors import CatalogError, MeasureError
from zoo_spectra.method import MEASURES

NETS: dict[str, dict[str, Any]] = {
    **{f"net{seed}": arrays(seed, layers=4, spread=seed % 3) for seed in range(5)},
    "zero": {**arrays(7, layers=4), "layer2": np.zeros((36, 40))},
    "renamed": {f"x{name}": array for name, array in arrays(2, layers=4).items()},
    "one": {"w": np.random.default_rng(0).standard_normal((60, 70))},
    "estimated": arrays(5, layers=3),
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> zs.Catalog:
    place = str(tmp_path_factory.mktemp("answers") / "zoo")
    job = zs.Job(sources=("memory:*", "faulty:raises"), catalog=place, realisations=3)
    adapters = [zs.MemoryAdapter(NETS, family="f"), FaultyAdapter()]
    zs.run(job, in_process=True, adapters=adapters, progress=False)
    return zs.Catalog(place)


def analysed(name: str, settings: zs.Settings) -> zs.Spectrum:
    adapter = zs.MemoryAdapter(NETS, family="f")
    (ref,) = adapter.list(name, {})
    return zs.analyze(adapter.load(ref), settings, digests=True)


def same(one: Any, other: Any, rounding: float = 0.0) -> None:
    """Equal in every field, arrays bit by bit unless there is rounding."""
    if isinstance(one, np.ndarray):
        assert one.shape == other.shape
        assert np.allclose(one, other, rtol=0, atol=rounding, equal_nan=True)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key], rounding)
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            same(left, right, rounding)
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            single = field.name in ("csd_realisations", "csd_resamples")
            same(getattr(one, field.name), getattr(other, field.name), 1e-7 if single else rounding)
    else:
        assert one == other


@pytest.mark.parametrize("name", ["net0", "zero", "one"])
def test_a_spectrum_comes_back_as_it_was_analysed(catalog: zs.Catalog, name: str) -> None:
    found = catalog.spectrum(name)
    same(found, analysed(name, zs.Settings(realisations=3)))
    assert repr(found) == repr(analysed(name, zs.Settings(realisations=3)))


def test_an_estimate_comes_back_too(tmp_path: Path) -> None:
    job = zs.Job(sources=("memory:estimated",), catalog=str(tmp_path / "c"), exact_limit=30)
    zs.run(job, in_process=True, adapters=[zs.MemoryAdapter(NETS, family="f")], progress=False)
    found = zs.Catalog(tmp_path / "c").spectrum("estimated")
    same(found, analysed("estimated", zs.Settings(exact_limit=30)))
    assert found.spectrum_kind == "slq"
    assert found.density_se is not None


def test_a_catalog_without_spectra_gives_curves_and_no_constituents() -> None:
    root = Path(zs.__file__).parents[1] / "catalogs" / "timm-random"
    catalog = zs.Catalog(root)
    found, other = catalog.spectrum("resnet18/seed0"), catalog.spectrum("resnet18/seed1")
    assert 0 < found.distance(other) < found.distance(other, "depth") < 0.1
    assert found.constituents == ()
    assert "constituents: not in the catalog" in repr(found)
    with pytest.raises(MeasureError, match="a published one has none"):
        found.distance(other, "matched")
    assert catalog.distances("resnet18/seed0", "resnet18/seed1")["matched"] is None
    with pytest.raises(CatalogError, match="holds no spectra of resnet18/seed0"):
        catalog.layers("resnet18/seed0")


def test_what_has_no_result_is_refused(catalog: zs.Catalog, tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="raises has no spectrum .* ended failed"):
        catalog.spectrum("raises")
    with pytest.raises(CatalogError, match="did you mean 'net"):
        catalog.spectrum("nett")
    older = zs.Catalog.create(tmp_path / "older")
    commit(older, "net", "c1", method_version=1)
    with pytest.raises(CatalogError, match="is of method version 1, and this is 2: run the job"):
        older.spectrum("net")


def test_lost_spectra_are_said(tmp_path: Path) -> None:
    catalog = zs.Catalog.create(tmp_path / "zoo")
    commit(catalog, "net", "c1")
    for part in (tmp_path / "zoo" / "spectra").iterdir():
        part.unlink()
    with pytest.raises(CatalogError, match="holds 0 of the 3 spectra of net: a part is lost"):
        zs.Catalog(tmp_path / "zoo").spectrum("net")


def test_distances_are_those_of_spectra(catalog: zs.Catalog) -> None:
    one, other = catalog.spectrum("net0"), catalog.spectrum("zero")
    found = catalog.distances("net0", "zero")
    assert found == {measure: one.distance(other, measure) for measure in MEASURES}
    assert catalog.distances("net0", "zero", "depth") == {"depth": found["depth"]}
    assert catalog.distances("net0", "renamed")["matched"] is None
    with pytest.raises(MeasureError, match="share no constituent"):
        catalog.distances("net0", "renamed", "matched")


def test_members_are_those_of_a_class(catalog: zs.Catalog) -> None:
    with pytest.raises(CatalogError, match="not classified yet"):
        catalog.members(1)
    classes = zs.classify(catalog, 0.5)
    found = catalog.members(1)
    assert sorted(found["name"]) == sorted(classes.filter(pl.col("class") == 1)["name"])
    assert found["medoid_distance"].is_sorted()
    with pytest.raises(CatalogError, match="no class 99: there are 1 to"):
        catalog.members(99)


def test_a_layer_is_what_it_would_be_alone(catalog: zs.Catalog) -> None:
    found = catalog.layers("zero")
    assert found["constituent"].to_list() == list(NETS["zero"])
    assert found["skipped"].to_list()[2] == "all entries are zero"
    assert found.filter(pl.col("skipped").is_not_null())["scale"].null_count() == 1
    for row in found.filter(pl.col("skipped").is_null()).iter_rows(named=True):
        array = NETS["zero"][row["constituent"]]
        alone = zs.analyze({"w": array})
        assert (row["rows"], row["columns"]) == array.shape
        assert row["order"] == min(array.shape)
        assert row["scale"] == alone.scale
        assert row["decay_rate"] == alone.decay_rate
        assert row["tail_mass"] == alone.tail.mass
        mean = None if alone.gap_ratio is None else alone.gap_ratio.mean
        assert row["gap_ratio"] == mean
    assert found["universality"].drop_nulls().len() > 0
