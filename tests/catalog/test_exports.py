"""A catalog for other programs: the same rows, whole or not at all."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import zoo_spectra as zs
from parts import commit
from zoo_spectra.catalog import Catalog, export
from zoo_spectra.errors import CatalogError, ExportError


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    made = Catalog.create(tmp_path_factory.mktemp("exports") / "zoo")
    for at, name in enumerate(("an", '=1+2,"x"', "two\nlines", "none")):
        commit(made, name, f"c{at}", metadata=f'{{"seed": {at}, "note": "ü{at}", "on": true}}')
    commit(made, "an", "c9", second=9, metadata='{"seed": 9, "share": 0.5}')
    made.remove("name = 'none'")
    zs.classify(made)
    return made


def views(catalog: Catalog) -> dict[str, pl.DataFrame]:
    return {name: getattr(catalog, name)().collect() for name in ("networks", "spectra", "classes")}


def same(found: pl.DataFrame, expected: pl.DataFrame, keys: list[str]) -> None:
    """Equal values; other programs have their own kinds of lists and times."""
    assert found.columns == expected.columns
    found, expected = found.sort(keys), expected.sort(keys)
    for name, kind in expected.schema.items():
        column = found[name]
        if isinstance(kind, pl.Datetime):
            column = column.dt.convert_time_zone("UTC").cast(kind)
        assert column.to_list() == expected[name].to_list(), name


ODD = ["a b", "c;d", "e{f}", "g=h", "drop table", 'i"j', "k.l"]
KEYS = {
    "networks": ["network_id"],
    "spectra": ["commit_id", "position"],
    "classes": ["network_id"],
}


def test_duckdb_has_what_the_views_show(catalog: Catalog, tmp_path: Path) -> None:
    done = export(catalog, tmp_path / "zoo.duckdb")
    assert done.rows == {"networks": 3, "spectra": 9, "classes": 3}
    assert [each.name for each in tmp_path.iterdir()] == ["zoo.duckdb"]
    with duckdb.connect(str(tmp_path / "zoo.duckdb"), read_only=True) as database:
        for name, expected in views(catalog).items():
            found = pl.DataFrame(database.sql(f"SELECT * FROM {name}").to_arrow_table())
            same(found, expected, KEYS[name])
        found = database.sql("SELECT csd[65] FROM networks WHERE name = 'an'").fetchall()
    ((value,),) = found
    assert value == catalog.network("an")["csd"][64]


def test_delta_has_what_the_views_show(catalog: Catalog, tmp_path: Path) -> None:
    export(catalog, tmp_path / "zoo.delta")
    assert [each.name for each in tmp_path.iterdir()] == ["zoo.delta"]
    for name, expected in views(catalog).items():
        table = deltalake.DeltaTable(tmp_path / "zoo.delta" / name)
        assert table.version() == 0
        same(pl.read_delta(str(tmp_path / "zoo.delta" / name)), expected, KEYS[name])


def test_csv_has_what_is_no_list(catalog: Catalog, tmp_path: Path) -> None:
    done = export(catalog, tmp_path / "zoo.csv")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "zoo.classes.csv",
        "zoo.csv",
        "zoo.spectra.csv",
    ]
    networks = views(catalog)["networks"]
    nested = [name for name, kind in networks.schema.items() if kind.is_nested()]
    assert done.left_out["networks"] == tuple(nested)
    found = pl.read_csv(tmp_path / "zoo.csv", schema_overrides={"seed": pl.Int64})
    assert found.columns == networks.drop(nested).columns
    for name in ("name", "seed", "share", "scale", "decay_rate", "note"):
        assert sorted(map(repr, found[name])) == sorted(map(repr, networks[name])), name
    assert done.left_out["classes"] == ()
    assert_frame_equal(
        pl.read_csv(tmp_path / "zoo.classes.csv").select("name", "class").sort("name"),
        catalog.classes().select("name", "class").collect().sort("name"),
        check_dtypes=False,
    )


@pytest.mark.parametrize("name", ["zoo.csv", "zoo.duckdb", "zoo.delta"])
def test_what_is_there_stays(catalog: Catalog, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(ExportError, match="is there already, and is not replaced"):
        export(catalog, tmp_path / name)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(name, "mine")]


def test_a_file_beside_that_is_there_stays(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "zoo.classes.csv").write_text("mine")
    with pytest.raises(ExportError, match=r"zoo.classes.csv is there already"):
        export(catalog, tmp_path / "zoo.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["zoo.classes.csv"]


@pytest.mark.parametrize("name", ["zoo.csv", "zoo.duckdb", "zoo.delta"])
def test_an_export_that_fails_leaves_nothing(tmp_path: Path, name: str) -> None:
    made = Catalog.create(tmp_path / "zoo")
    for at in range(3):
        commit(made, f"n{at}", f"c{at}")
    (part,) = (tmp_path / "zoo" / "spectra").glob("c1*")
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    with pytest.raises(CatalogError, match="is damaged"):
        export(made, tmp_path / name)
    assert [each.name for each in tmp_path.iterdir()] == ["zoo"]


def test_names_and_libraries_that_are_not(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExportError, match="must end in .csv, .duckdb, .delta"):
        export(catalog, tmp_path / "zoo.parquet")
    with pytest.raises(ExportError, match="there is no folder"):
        export(catalog, tmp_path / "no" / "zoo.csv")
    for module, name in (("duckdb", "zoo.duckdb"), ("deltalake", "zoo.delta")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ExportError, match=r"pip install 'zoo-spectra\["):
            export(catalog, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "what"), [("z.duckdb", "DuckDB"), ("z.delta", "Delta")])
def test_columns_that_differ_by_capitals(tmp_path: Path, name: str, what: str) -> None:
    made = Catalog.create(tmp_path / "zoo")
    commit(made, "an", "a1", metadata='{"Seed": 1, "seed": 2}')
    with pytest.raises(ExportError, match=f"{what} cannot tell the columns 'Seed' and 'seed'"):
        export(made, tmp_path / name)
    export(made, tmp_path / "z.csv")


@pytest.mark.parametrize("name", ["z.duckdb", "z.delta", "z.csv"])
def test_odd_names_of_columns_are_kept_or_refused(tmp_path: Path, name: str) -> None:
    made = Catalog.create(tmp_path / "zoo")
    metadata = '{"a b": 1, "c;d": 2, "e{f}": 3, "g=h": 4, "drop table": 5, "i\\"j": 6, "k.l": 7}'
    commit(made, "an", "a1", metadata=metadata)
    try:
        export(made, tmp_path / name)
    except ExportError as error:
        assert "cannot be written" in str(error)  # noqa: PT017
        assert not (tmp_path / name).exists()
        return
    found: Any
    if name == "z.duckdb":
        with duckdb.connect(str(tmp_path / name), read_only=True) as database:
            found = pl.DataFrame(database.sql("SELECT * FROM networks").to_arrow_table())
    elif name == "z.delta":
        found = pl.read_delta(str(tmp_path / name / "networks"))
    else:
        with (tmp_path / name).open(newline="") as file:  # Polars reads odd headers otherwise
            header, row = csv.reader(file)
        found = pl.DataFrame({key: [value] for key, value in zip(header, row, strict=True)})
        found = found.select(ODD).cast(pl.Int64)
    assert found.select(ODD).rows() == [(1, 2, 3, 4, 5, 6, 7)]


def test_an_empty_catalog(tmp_path: Path) -> None:
    made = Catalog.create(tmp_path / "zoo")
    for name in ("z.csv", "z.duckdb", "z.delta"):
        assert set(export(made, tmp_path / name).rows.values()) == {0}
