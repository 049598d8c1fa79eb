"""Removing networks: the views forget them, their rows stay, and a later result is shown again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import zoo_spectra as zs
from networks import zoo
from parts import CONSTITUENTS, assert_shows, commit, result, tables
from zoo_spectra.catalog import compaction, views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError, CatalogVersionError

SHOWN = [("an", "a1"), ("bo", "b1"), ("cy", "c1")]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog.create(tmp_path / "zoo")
    for name, key in SHOWN:
        commit(made, name, key)
    commit(made, "an", "a0", second=-5)
    return made


@pytest.fixture(params=["loose", "compact", "compact removal", "large", "compact large"])
def situation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if "large" in request.param:
        monkeypatch.setattr(views, "_SMALL_BYTES", 0)
    return str(request.param)


def remove(catalog: Catalog, where: str, situation: str) -> pl.DataFrame:
    if situation.startswith("compact"):
        compact(catalog)
    found = catalog.remove(where)
    if situation == "compact removal":
        compact(catalog)
    return found


def test_what_is_removed_is_not_shown_any_more(catalog: Catalog, situation: str) -> None:
    classify(catalog)
    gone = remove(catalog, "name = 'an'", situation)
    assert gone["name"].to_list() == ["an"]
    assert gone.columns == [
        "network_id", "commit_id", "name", "kind", "family", "status", "source",
    ]  # fmt: skip
    for _ in range(2):
        assert_shows(catalog, SHOWN[1:])
        assert catalog.classes().collect()["name"].to_list() == ["bo", "cy"]
        assert catalog.removals().collect()["condition"].to_list() == ["name = 'an'"]
        with pytest.raises(CatalogError, match="no network 'an'"):
            catalog.network("an")
        assert not classify(catalog)["name"].is_in(["an"]).any()
        compact(catalog)


def test_a_later_result_is_shown_again(catalog: Catalog, situation: str) -> None:
    remove(catalog, "name <> 'cy'", situation)
    assert_shows(catalog, [("cy", "c1")])
    commit(catalog, "an", "a0", second=-5)  # a worker that has not heard of it
    assert_shows(catalog, [("cy", "c1")])
    commit(catalog, "an", "a2", second=9)
    commit(catalog, "bo", "b1", second=9)  # a split network's result has the same id again
    shown = [("an", "a2"), ("bo", "b1"), ("cy", "c1")]
    for _ in range(2):
        assert_shows(catalog, shown)
        compact(catalog)
    assert catalog.remove("name = 'bo'").height == 1
    assert_shows(catalog, [shown[0], shown[2]])


def test_a_run_after_the_removal_does_the_network_again(tmp_path: Path) -> None:
    """Also when the row that was removed is dated in the future."""
    place = tmp_path / "zoo"
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(3)])
    catalog = zs.Catalog(place)
    (row,) = catalog.networks("name = 'net1'").collect().to_dicts()
    ahead = row["finished_at"] + timedelta(days=3650)
    catalog.write_part("networks", "ahead", [row | {"finished_at": ahead}])
    assert catalog.remove("name = 'net1'").height == 1
    assert catalog.networks().collect().height == 2
    again = zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(3)])
    assert (again.done_before, again.count("ok")) == (2, 1)
    assert catalog.networks().collect().height == 3


def test_rows_stay_until_a_compaction(catalog: Catalog) -> None:
    place = catalog.storage.root
    catalog.remove("name = 'an'")

    def names() -> list[str]:
        return sorted(pl.read_parquet(place / "networks/*.parquet")["name"])

    assert names() == ["an", "an", "bo", "cy"]
    compact(catalog)
    assert names() == ["bo", "cy"]


def test_a_dry_run_lists_and_changes_nothing(catalog: Catalog) -> None:
    before = sorted(catalog.storage.root.rglob("*"))
    found = catalog.remove("family IN ('a', 'b') -- both", dry_run=True)
    assert found["name"].to_list() == ["an", "bo"]
    assert sorted(catalog.storage.root.rglob("*")) == before
    assert_shows(catalog, SHOWN)
    assert catalog.remove("name = 'nobody'").is_empty()
    assert sorted(catalog.storage.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("colour = 'red'", "no column 'colour'"),
        ("name = ", "the query is at fault"),
        ("1 = 1) UNION SELECT * FROM nowhere WHERE (1 = 1", "no table 'nowhere'"),
        ("name IN (SELECT a FROM read_csv('/etc/passwd'))", "'read_csv' reads files"),
        ("", "the query is at fault"),
    ],
)
def test_a_faulty_condition_is_a_message(catalog: Catalog, where: str, message: str) -> None:
    for use in (catalog.remove, catalog.networks, lambda text: classify(catalog, where=text)):
        with pytest.raises(CatalogError, match=message):
            use(where)
    assert_shows(catalog, SHOWN)


def test_a_removal_while_a_compaction_is_at_work_stands(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = compaction.merge

    def slow(*arguments: object) -> object:
        if not catalog.removals().collect().height:
            catalog.remove("name = 'bo'")
        return merge(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "merge", slow)
    compact(catalog)
    for _ in range(2):
        assert_shows(catalog, [SHOWN[0], SHOWN[2]])
        compact(catalog)


def test_one_that_was_classified_again_after_its_return_is_in_the_classes(
    catalog: Catalog,
) -> None:
    classify(catalog)
    catalog.remove("name = 'an'")
    assert catalog.classes().collect()["name"].to_list() == ["bo", "cy"]
    commit(catalog, "an", "a1", second=9)
    classify(catalog)
    assert set(catalog.classes().collect()["name"]) == {"an", "bo", "cy"}


def test_classes_of_a_condition_are_of_those_networks(catalog: Catalog) -> None:
    some = classify(catalog, where="name <> 'bo'")
    assert set(some["name"]) == {"an", "cy"}
    assert set(some["condition"]) == {"name <> 'bo'"}
    assert classify(catalog)["condition"].null_count() == 3
    with pytest.raises(CatalogError, match="no network to classify where name = 'x'"):
        classify(catalog, where="name = 'x'")


def test_an_older_version_refuses_a_catalog_with_removals(tmp_path: Path) -> None:
    """It would show them: format 1 is upgraded by who removes, and by who writes."""
    header = tmp_path / "zoo/catalog.json"
    commit(Catalog.create(tmp_path / "zoo"), "an", "a1")
    header.write_text('{"format": 1, "method_version": 1}\n')
    old = Catalog(tmp_path / "zoo")
    assert old.networks().collect().height == 1
    assert json.loads(header.read_text())["format"] == 1
    old.remove("name = 'an'")
    assert json.loads(header.read_text())["format"] == 2
    header.write_text('{"format": 1, "method_version": 1}\n')
    Catalog.create(tmp_path / "zoo")
    assert json.loads(header.read_text())["format"] == 2
    header.write_text('{"format": 3, "method_version": 1}\n')
    with pytest.raises(CatalogVersionError, match="format version 3"):
        Catalog(tmp_path / "zoo")


def test_spectra_of_a_split_network_serve_again_after_a_removal(catalog: Catalog) -> None:
    row, shares = result("di", "split")
    catalog.commit("split-0", [], shares)
    catalog.commit("split-row", [row])
    catalog.remove("name = 'di'")
    compact(catalog)
    assert catalog.pieces("split").height == CONSTITUENTS
    later = row | {"finished_at": row["finished_at"] + timedelta(seconds=9)}
    catalog.commit("split-row", [later])
    for _ in range(2):
        assert_shows(catalog, [*SHOWN, ("di", "split")])
        compact(catalog)


def test_removed_networks_leave_the_three_tables_alone_otherwise(catalog: Catalog) -> None:
    before = tables(catalog)
    catalog.remove("name = 'bo'")
    after = tables(catalog)
    kept = pl.col("network_id") != catalog.removals().collect()["network_id"][0]
    assert after["networks"].equals(before["networks"].filter(kept))
    assert after["spectra"].equals(before["spectra"].filter(kept))
