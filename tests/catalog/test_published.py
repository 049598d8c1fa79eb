"""The published catalog of timm is what its datasheet says, and small."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

import zoo_spectra as zs
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.classes.equivalence import equivalence_classes
from zoo_spectra.method.mme import S_EDGES

PLACE = Path(__file__).resolve().parents[2] / "catalogs" / "timm-random"
FILES = sorted(file for file in PLACE.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def catalog() -> zs.Catalog:
    return zs.Catalog(PLACE)


@pytest.fixture(scope="module")
def networks(catalog: zs.Catalog) -> pl.DataFrame:
    return catalog.networks().collect()


def test_it_is_there_and_at_most_10_mb() -> None:
    assert {file.name for file in FILES if file.parent == PLACE} >= {"catalog.json", "DATASHEET.md"}
    assert sum(file.stat().st_size for file in FILES) <= 10_000_000


def test_every_part_has_the_schema_and_is_whole(catalog: zs.Catalog) -> None:
    """A column that a later version adds may be missing; it is null then."""
    parts = [file for file in FILES if file.suffix == ".parquet"]
    assert {file.parent.name for file in parts} == {"networks", "classes"}
    for part in parts:
        found, schema = pq.read_schema(part), arrow_schema(part.parent.name)
        assert {field.name for field in found} <= set(schema.names)
        for field in schema:
            if field.name in found.names:
                assert found.field(field.name).equals(field)
            else:
                assert field.nullable, field.name
    catalog.check()


def test_there_are_no_eigenvalues(catalog: zs.Catalog, networks: pl.DataFrame) -> None:
    assert catalog.spectra().collect().is_empty()
    left_out = [name for name in networks.columns if name.endswith("resamples")]
    left_out += [name for name in networks.columns if name.startswith("csd_realisations")]
    assert len(left_out) == 4
    for name in left_out:
        assert (networks[name].list.len() == 0).all()


def test_it_holds_the_zoo(networks: pl.DataFrame) -> None:
    seeds = [(row["architecture"], row["seed"]) for row in map(json.loads, networks["metadata"])]
    assert len({architecture for architecture, _ in seeds}) >= 1258
    assert sum(seed == 1 for _, seed in seeds) >= 600
    assert len(set(seeds)) == len(seeds)
    bad = networks.filter(pl.col("status") != "ok")
    assert (bad["reason"].fill_null("") != "").all()


def test_curves_are_what_the_schema_says(networks: pl.DataFrame) -> None:
    ok = networks.filter(status="ok")
    csd, density = np.array(ok["csd"].to_list()), np.array(ok["density"].to_list())
    assert csd.shape == (ok.height, 129)
    assert np.abs(csd).max() <= 1
    np.testing.assert_allclose(density.sum(axis=1), 1, atol=1e-9)
    circular = np.minimum(np.exp(S_EDGES) / 2, 1)
    np.testing.assert_allclose(csd, density.cumsum(axis=1)[:, :-1] - circular, atol=1e-9)


def test_the_classes_follow_from_the_curves(catalog: zs.Catalog, networks: pl.DataFrame) -> None:
    classes = catalog.classes().collect()
    ok = networks.filter(status="ok").sort("name", "network_id")
    accuracy, linkage = classes.select("accuracy", "linkage").unique().row(0)
    found = equivalence_classes(np.array(ok["csd"].to_list()), accuracy, linkage)
    stored = ok.select("network_id").join(
        classes, on="network_id", how="left", maintain_order="left"
    )
    assert stored["class"].to_list() == found.label.tolist()
    assert stored["medoid"].to_list() == ok["name"].gather(found.medoid).to_list()
