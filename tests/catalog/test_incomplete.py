"""A result whose spectra are not all there is found, and done again; advice does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

import zoo_spectra as zs
from networks import zoo
from parts import CONSTITUENTS, commit, result
from zoo_spectra.catalog import views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    run(tmp_path / "zoo", 12)
    return tmp_path / "zoo"


def run(place: Path, networks: int) -> zs.Summary:
    return zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(networks)])


def parts_of(place: Path, table: str) -> list[Path]:
    return sorted((place / table).glob("*.parquet"))


def counts(place: Path) -> tuple[int, int]:
    catalog = zs.Catalog(place)
    return catalog.networks().collect().height, catalog.spectra().collect().height


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("table", ["networks", "spectra"])
def test_the_advice_for_a_damaged_part_brings_everything_back(
    place: Path, table: str, compacted: bool
) -> None:
    networks = 14 if compacted else 12
    if compacted:
        compact(zs.Catalog(place))
        run(place, networks)
    whole = counts(place)
    part = next(p for p in parts_of(place, table) if not p.name.startswith("compact-"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    advice = r"damaged .*; remove it and run the job again"
    with pytest.raises(CatalogError, match=f"{re.escape(part.name)} is {advice}"):
        zs.Catalog(place).check()
    part.unlink()
    lost = whole[0] if table == "spectra" else whole[0] - 1
    assert counts(place) == (lost, whole[1] - CONSTITUENTS)
    again = run(place, networks)
    assert again.count("ok") == 1
    assert counts(place) == whole
    assert zs.Catalog(place).incomplete().is_empty()


def test_a_damaged_part_of_classes_is_classified_again(place: Path) -> None:
    catalog = zs.Catalog(place)
    whole = classify(catalog).height
    (part,) = parts_of(place, "classes")
    part.write_bytes(part.read_bytes()[:-3])
    with pytest.raises(CatalogError, match="damaged .*; remove it and classify again"):
        zs.Catalog(place).check()
    part.unlink()
    assert classify(catalog).height == whole


def test_a_damaged_removal_is_done_again(place: Path) -> None:
    catalog = zs.Catalog(place)
    catalog.remove("name = 'net3'")
    (part,) = parts_of(place, "removals")
    part.write_bytes(b"rubbish")
    with pytest.raises(CatalogError, match="damaged .*; remove it, and then those networks again"):
        catalog.networks().collect()
    part.unlink()
    assert catalog.networks().collect().height == 12
    catalog.remove("name = 'net3'")
    assert catalog.networks().collect().height == 11


@pytest.mark.parametrize("large", [False, True])
def test_which_results_are_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(views, "_SMALL_BYTES", 0)
    catalog = Catalog.create(tmp_path / "zoo")
    commit(catalog, "whole", "w1")
    row, shares = result("lacks one", "l1")
    catalog.commit("l1", [row], shares[:2])
    row, shares = result("one twice", "t1")
    catalog.commit("t1", [row], [shares[0], shares[1], shares[1]])
    row, _ = result("none", "n1")
    catalog.commit("n1", [row])
    row, _ = result("failed", "f1", status="failed", constituents=None, skipped=None)
    catalog.commit("f1", [row])
    row, shares = result("replaced", "r1", second=-1)
    catalog.commit("r1", [row], shares[:1])
    commit(catalog, "replaced", "r2")
    for _ in range(2):
        assert sorted(catalog.incomplete()["commit_id"]) == ["l1", "n1", "t1"]
        compact(catalog)
    catalog.commit("l1", [], result("lacks one", "l1")[1][2:])
    assert sorted(catalog.incomplete()["commit_id"]) == ["n1", "t1"]


def test_a_catalog_that_was_published_without_spectra_is_complete(tmp_path: Path) -> None:
    published = zs.Catalog(Path(__file__).parents[2] / "catalogs/timm-random")
    assert published.incomplete().is_empty()
    made = Catalog.create(tmp_path / "zoo", spectra=False)
    made.commit("a", [result("an", "a1")[0]])
    assert made.incomplete().is_empty()
    assert Catalog.create(tmp_path / "zoo").incomplete().is_empty()


@pytest.mark.parametrize("table", ["networks", "spectra", "classes", "removals"])
def test_a_foreign_file_is_refused_by_name_and_never_deleted(place: Path, table: str) -> None:
    catalog = zs.Catalog(place)
    classify(catalog)
    catalog.remove("name = 'net3'")
    mine = pl.DataFrame({"my": [1, 2], "network_id": ["a", "b"]})
    path = place / table / "results.parquet"
    mine.write_parquet(path)
    what = f"{table}/results.parquet is no part of '{table}' .*no column.*; move it elsewhere"
    for use in (catalog.check, lambda: compact(catalog), lambda: catalog.query(f"FROM {table}")):
        with pytest.raises(CatalogError, match=what):
            use()
    assert pl.read_parquet(path).equals(mine)
    path.unlink()
    catalog.check()


def test_a_part_of_another_table_is_no_part(place: Path) -> None:
    catalog = zs.Catalog(place)
    part = parts_of(place, "spectra")[0]
    for name in (part.name, "plain.parquet"):
        target = place / "networks" / name
        target.write_bytes(part.read_bytes())
        for use in (catalog.check, lambda: compact(catalog)):
            with pytest.raises(CatalogError, match="is no part of 'networks'"):
                use()
        target.unlink()


def test_parts_of_before_are_still_read(place: Path) -> None:
    """Without digests in their names, and without page checksums."""
    catalog, before = zs.Catalog(place), counts(place)
    for table in ("networks", "spectra"):
        for part in parts_of(place, table):
            rows = pq.read_table(part)
            part.unlink()
            drop = [name for name in ("run",) if name in rows.column_names]
            pq.write_table(rows.drop_columns(drop), part.with_name(f"{part.name[:20]}.parquet"))
    assert counts(place) == before
    catalog.check()
    compact(catalog)
    assert counts(place) == before
