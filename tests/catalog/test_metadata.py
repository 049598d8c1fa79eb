"""The keys of ``metadata`` as columns: typed, cheap to know, and never in the way of others."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import zoo_spectra as zs
from parts import as_written_before, commit, result
from zoo_spectra.catalog import metadata, views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.schema import TABLES
from zoo_spectra.catalog.storage import Storage

OWN = [column.name for column in TABLES["networks"]]
MICE: dict[str, dict[str, Any]] = {
    "m1": {"genotype": "APOE3", "weeks": 12, "weight": 20.5, "male": True, "mixed": 1},
    "m2": {"genotype": "APOE4", "weeks": 15, "weight": 21, "male": False, "mixed": "x"},
    "m3": {"genotype": "APOE4", "weight": 22.25, "mixed": [1, {"a": None}], "extra": None},
    "m4": {},
}


def fill(catalog: Catalog, of: dict[str, dict[str, Any]] = MICE) -> None:
    for name, known in of.items():
        commit(catalog, name, f"{name}1", metadata=json.dumps(known))


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog.create(tmp_path / "zoo")
    fill(made)
    return made


def test_keys_are_columns_of_their_types(catalog: Catalog) -> None:
    for _ in range(2):
        frame = catalog.networks()
        schema = frame.collect_schema()
        assert schema.names() == [*OWN, "genotype", "male", "mixed", "weeks", "weight"]
        found = frame.select("name", *schema.names()[len(OWN) :]).sort("name").collect()
        assert_frame_equal(
            found,
            pl.DataFrame(
                {
                    "name": ["m1", "m2", "m3", "m4"],
                    "genotype": ["APOE3", "APOE4", "APOE4", None],
                    "male": [True, False, None, None],
                    "mixed": ["1", "x", '[1, {"a": null}]', None],
                    "weeks": [12, 15, None, None],
                    "weight": [20.5, 21.0, 22.25, None],
                }
            ),
        )
        assert frame.collect().schema == schema
        compact(catalog)


def test_they_can_be_asked_for(catalog: Catalog) -> None:
    counted = "SELECT genotype, COUNT(*) AS n FROM networks GROUP BY genotype ORDER BY genotype"
    assert catalog.query(counted).rows() == [("APOE3", 1), ("APOE4", 2), (None, 1)]
    old = catalog.query("SELECT name FROM networks WHERE weeks > 12 AND NOT male")
    assert old["name"].to_list() == ["m2"]
    assert catalog.networks("weight > 21").select("name").collect().height == 1
    assert catalog.remove("genotype = 'APOE4'", dry_run=True)["name"].to_list() == ["m2", "m3"]
    only = catalog.networks().filter(pl.col("male")).select(pl.len()).collect().item()
    assert only == 1


def test_a_key_named_like_a_column_has_a_prefix(tmp_path: Path) -> None:
    catalog = Catalog.create(tmp_path / "zoo")
    known = {"name": "Jerry", "run": 5, "status": "tired", "metadata_status": "x", "NAME": "Tom"}
    fill(catalog, {"an": known})
    row = catalog.networks().collect().row(0, named=True)
    assert (row["name"], row["status"]) == ("an", "ok")
    assert (row["metadata_name"], row["metadata_run"], row["NAME"]) == ("Jerry", 5, "Tom")
    assert row["metadata_status"] == "x"  # two of one name: the key that has it
    assert json.loads(row["metadata"]) == known


def test_which_keys_there_are_is_known_without_reading_a_part(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a part is read")

    opened = Catalog(catalog.location)
    monkeypatch.setattr(pl, "scan_parquet", fail)
    assert "genotype" in opened.networks().collect_schema()
    folder = catalog.storage.root / "columns"
    assert sorted(path.name for path in folder.iterdir()) == [
        "genotype.str", "male.bool", "mixed.int", "mixed.str", "weeks.int", "weight.float",
        "weight.int",
    ]  # fmt: skip
    assert not any(path.stat().st_size for path in folder.iterdir())


def test_a_worker_writes_down_what_is_new_once(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = Storage.write

    def watched(storage: Storage, name: str, content: bytes) -> None:
        written.append(name)
        write(storage, name, content)

    monkeypatch.setattr(Storage, "write", watched)
    worker = Catalog(catalog.location)
    for turn in range(3):
        commit(worker, f"n{turn}", f"n{turn}", metadata='{"weeks": 1, "new": 2.5}')
    assert [name for name in written if name.startswith("columns/")] == ["columns/new.float"]
    place = written.index("columns/new.float")
    assert place < min(at for at, name in enumerate(written) if name.startswith("networks/"))


def test_a_catalog_of_format_1_has_them_too(catalog: Catalog) -> None:
    expected = catalog.networks().collect().sort("name")
    root = catalog.storage.root
    for path in (root / "columns").iterdir():
        path.unlink()
    for part in list((root / "networks").iterdir()):
        as_written_before(part, lambda rows: rows)
    (root / "catalog.json").write_text('{"format": 1, "method_version": 1}')
    old = Catalog(root)
    assert_frame_equal(old.networks().collect().sort("name"), expected)
    compact(old)
    assert_frame_equal(old.networks().collect().sort("name"), expected)
    upgraded = Catalog.create(root)
    assert sorted((root / "columns").iterdir())
    assert_frame_equal(upgraded.networks().collect().sort("name"), expected)


def test_the_published_catalog_can_be_asked() -> None:
    published = zs.Catalog(Path(__file__).parents[2] / "catalogs/timm-random")
    found = published.query("SELECT seed, COUNT(*) AS n FROM networks GROUP BY seed ORDER BY seed")
    assert found["seed"].to_list()[:2] == [0, 1]
    assert published.networks().collect_schema()["architecture"] == pl.String


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[1]",
        "5",
        "{",
        "{}{}",
        '{"a": NaN}',
        '{"a": 1e999}',
        "[" * 9000,
        '{"a": "\\ud800"}',
    ],
)
def test_metadata_that_is_none_is_null(catalog: Catalog, text: str) -> None:
    """As another program may have written it; what is written here is made clean."""
    row, _ = result("odd", "odd1")
    names = set(catalog.networks().collect_schema())
    part = max((catalog.storage.root / "networks").iterdir())
    as_written_before(
        part, lambda rows: rows.with_columns(network_id=pl.lit("odd"), metadata=pl.lit(text))
    )
    assert set(catalog.networks().collect_schema()) == names
    odd = catalog.networks().filter(pl.col("network_id") == "odd").collect().row(0, named=True)
    assert odd["genotype"] is None
    assert odd["metadata"] == text
    assert catalog.networks().select("genotype").collect().height == len(MICE)
    assert row["name"] == "odd"


def test_there_is_a_bound_on_their_number_and_length(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "MOST_KEYS", 8)
    fill(catalog, {"long": {"x" * 300: 1}, "many": {f"key{k:03d}": k for k in range(100)}})
    schema = catalog.networks().collect_schema()
    assert len(schema) == len(OWN) + 8
    assert len(list((catalog.storage.root / "columns").iterdir())) <= 16
    told = catalog.networks().filter(pl.col("name") == "many").select("metadata").collect().item()
    assert json.loads(told)["key099"] == 99


KEYS = st.text(min_size=1, max_size=20)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=5), st.none()),
)  # fmt: skip


@given(rows=st.lists(st.dictionaries(KEYS, VALUES, max_size=6), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_metadata_comes_back(rows: list[dict[str, Any]]) -> None:
    """Every value is in its column, as it is or as text; the two ways to decode agree."""
    texts = [json.dumps(row) for row in rows]
    keys = metadata.keys_of(texts)
    fields = metadata.columns(keys)
    found = {series.name: series for series in metadata.decoded(pl.Series(texts), fields)}
    assert len(fields) == len(keys)
    for name, field in fields.items():
        assert found[name].dtype == field.type
        for row, value in zip(rows, found[name].to_list(), strict=True):
            given_ = row.get(field.key)
            if given_ is None:
                assert value is None
            elif field.type == pl.String and not isinstance(given_, str):
                assert json.loads(value) == given_ or given_ != given_
            elif isinstance(given_, float) and math.isnan(given_):
                assert math.isnan(value)
            else:
                assert value == given_


@given(key=st.text(min_size=1), kind=st.sampled_from(["int", "float", "bool", "str"]))
@settings(max_examples=300, deadline=None)
def test_a_key_survives_as_the_name_of_a_file(
    tmp_path_factory: pytest.TempPathFactory, key: str, kind: str
) -> None:
    storage = Storage(str(tmp_path_factory.getbasetemp() / "keys"))
    storage.make()
    name = metadata.file_of(key, kind)
    if name is None:
        assert len(key) > 15 or not key.isprintable() or "\ud800" <= max(key) <= "\udfff"
        return
    storage.write(name, b"")
    assert kind in metadata.registered(storage)[key]


@pytest.mark.parametrize("large", [False, True])
def test_large_catalogs_have_them_as_well(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(views, "_SMALL_BYTES", 0)
        compact(catalog)
    commit(catalog, "m1", "m1b", second=9, metadata='{"genotype": "APOE2"}')
    found = dict(catalog.networks().select("name", "genotype").collect().iter_rows())
    assert found == {"m1": "APOE2", "m2": "APOE4", "m3": "APOE4", "m4": None}
