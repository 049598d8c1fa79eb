"""Several catalogs into one: each network once, the newest result, and never half a catalog."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import zoo_spectra as zs
from networks import arrays
from parts import commit, tables
from zoo_spectra.catalog import Catalog, compact, merge_catalogs
from zoo_spectra.errors import CatalogError


@pytest.fixture
def two(tmp_path: Path) -> tuple[Catalog, Catalog]:
    """``both`` is in both, newer in the second one, whose run has the smaller number."""
    one, other = Catalog.create(tmp_path / "one"), Catalog.create(tmp_path / "other")
    commit(one, "both", "b1", second=1, run=7)
    commit(one, "first", "f1", second=2, run=7)
    commit(other, "both", "b2", second=3, run=1)
    commit(other, "second", "s1", second=0, run=1)
    return one, other


def test_the_newest_result_stands(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    before = [tables(each) for each in two]
    done = merge_catalogs(two, tmp_path / "new")
    new = Catalog(tmp_path / "new")
    names = new.networks().select("name", "commit_id").collect().sort("name").rows()
    assert names == [("both", "b2"), ("first", "f1"), ("second", "s1")]
    assert (done.networks, done.ok, done.several, done.lost) == (3, 3, 1, 0)
    assert done.spectra == 9 == new.spectra().collect().height
    for name, source in (("first", two[0]), ("both", two[1])):
        row, own = new.network(name), source.network(name)
        assert {k: v for k, v in row.items() if k != "run"} == {
            k: v for k, v in own.items() if k != "run"
        }
        assert_frame_equal(
            new.spectra().filter(pl.col("commit_id") == own["commit_id"]).collect(),
            source.spectra().filter(pl.col("commit_id") == own["commit_id"]).collect(),
            check_row_order=False,
        )
    for each, frames in zip(two, before, strict=True):
        for table, frame in tables(each).items():
            assert_frame_equal(frame, frames[table])
    new.check()
    assert new.incomplete().is_empty()


def test_it_is_a_catalog_of_its_own(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    """Runs go on in it, and it compacts."""
    zs.classify(two[0])
    merge_catalogs(two, tmp_path / "new")
    new = Catalog(tmp_path / "new")
    assert new.classes().collect().is_empty()
    assert new.networks().select(pl.col("run").unique()).collect()["run"].to_list() == [1]
    assert new.numbered().run == 2
    compact(new)
    assert new.networks().collect().height == 3
    place, adapter = str(new.location), zs.MemoryAdapter({"fresh": arrays(1)})
    zs.run("memory:fresh", catalog=place, in_process=True, adapters=[adapter], progress=False)
    assert zs.classify(Catalog(place)).height == 4


def test_what_failed_last_is_said(tmp_path: Path) -> None:
    one, other = Catalog.create(tmp_path / "one"), Catalog.create(tmp_path / "other")
    commit(one, "a", "a1", second=1)
    commit(other, "a", "a2", second=2, status="failed", reason="no")
    done = merge_catalogs([one, other], tmp_path / "new")
    assert (done.networks, done.ok, done.several, done.lost) == (1, 0, 1, 1)


def test_removed_networks_stay_away(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    two[0].remove("name = 'first'")
    merge_catalogs(two, tmp_path / "new")
    names = Catalog(tmp_path / "new").networks().select("name").collect()["name"].sort()
    assert names.to_list() == ["both", "second"]


def test_metadata_columns_of_all(tmp_path: Path) -> None:
    one, other = Catalog.create(tmp_path / "one"), Catalog.create(tmp_path / "other")
    commit(one, "a", "a1", metadata='{"left": 1}')
    commit(other, "b", "b1", metadata='{"right": "x"}')
    merge_catalogs([one, other], tmp_path / "new")
    rows = Catalog(tmp_path / "new").networks().sort("name").select("left", "right").collect()
    assert rows.rows() == [(1, None), (None, "x")]


def test_versions_of_the_method_are_not_mixed(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    commit(two[1], "old", "o1", method_version=1)
    with pytest.raises(CatalogError, match="several versions of the method.*run the older"):
        merge_catalogs(two, tmp_path / "new")
    assert not [each for each in tmp_path.iterdir() if "new" in each.name]


def test_places_that_are_taken(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("one", "file", "empty", "link"):
        with pytest.raises(CatalogError, match="is there already"):
            merge_catalogs(two, tmp_path / name)
    with pytest.raises(CatalogError, match="is made in a folder"):
        merge_catalogs(two, "s3://bucket/zoo")


def test_catalogs_with_and_without_spectra(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    bare = Catalog.create(tmp_path / "bare", spectra=False)
    with pytest.raises(CatalogError, match="bare holds no spectra"):
        merge_catalogs([*two, bare], tmp_path / "new")


def test_a_merge_that_fails_leaves_nothing(two: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    (part,) = list((tmp_path / "other" / "spectra").glob("s1*"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    before = sorted(each.name for each in tmp_path.iterdir())
    with pytest.raises(CatalogError, match="is damaged"):
        merge_catalogs(two, tmp_path / "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_a_merge_that_is_interrupted_leaves_nothing(
    two: tuple[Catalog, Catalog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["zoo_spectra.catalog.union"]
    copy = module._copy  # type: ignore[attr-defined]

    def interrupted(*given: object) -> int:
        if given[3] == "networks":
            assert list(tmp_path.glob(".new.*.tmp/spectra/*.parquet")), "it was at work"
            raise KeyboardInterrupt
        return int(copy(*given))

    monkeypatch.setattr(module, "_copy", interrupted)
    before = sorted(each.name for each in tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        merge_catalogs(two, tmp_path / "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_many_rows_are_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys.modules["zoo_spectra.catalog.union"], "ROWS", {"networks": 2, "spectra": 4}
    )
    one = Catalog.create(tmp_path / "one")
    for at in range(7):
        commit(one, f"n{at}", f"c{at}")
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    done = merge_catalogs([one, Catalog(tmp_path / "copy")], tmp_path / "new")
    assert (done.networks, done.several, done.spectra) == (7, 7, 21)
    new = Catalog(tmp_path / "new")
    assert new.networks().collect().height == 7
    assert new.spectra().collect().height == 21
    assert len(list((tmp_path / "new" / "networks").iterdir())) >= 4
