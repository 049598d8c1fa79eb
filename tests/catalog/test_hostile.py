"""Catalogs that somebody else has made: a CatalogError that names the file, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from parts import assert_shows, commit, result, tables
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.schema import TABLES, arrow_schema
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

SHOWN = [("an", "a1"), ("bo", "b1")]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog.create(tmp_path / "zoo")
    for name, key in SHOWN:
        commit(made, name, key)
    return made


def use(catalog: Catalog) -> list[Callable[[], object]]:
    """Everything that reads a catalog."""
    return [
        lambda: tables(catalog),
        lambda: catalog.query("SELECT COUNT(*) FROM networks JOIN spectra USING (commit_id)"),
        lambda: catalog.network("an"),
        lambda: catalog.check(),
        lambda: catalog.incomplete(),
        lambda: catalog.remove("name = 'an'", dry_run=True),
        lambda: catalog.numbered(),
        lambda: classify(catalog),
        lambda: compact(catalog),
    ]


# --- the header ---

HEADERS = {
    "nothing": b"",
    "half": b'{"format": 1, "met',
    "a list": b"[1, 2]",
    "a number": b"1",
    "null": b"null",
    "an infinite version": b'{"format": 1e400, "method_version": 1}',
    "a fraction": b'{"format": 1.5, "method_version": 1}',
    "a text": b'{"format": "1", "method_version": 1}',
    "a truth": b'{"format": true, "method_version": 1}',
    "a negative version": b'{"format": -1, "method_version": 1}',
    "NaN": b'{"format": NaN, "method_version": 1}',
    "a huge version": b'{"format": 1' + b"0" * 5000 + b', "method_version": 1}',
    "a large version": b'{"format": 1' + b"0" * 4000 + b', "method_version": 1}',
    "depth": b"[" * 30_000,
    "depth in a value": b'{"format": ' + b"[" * 30_000,
    "no method": b'{"format": 1}',
    "an id that is none": b'{"format": 2, "method_version": 1, "id": {"a": 1}}',
    "spectra that are none": b'{"format": 2, "method_version": 1, "spectra": "no"}',
    "no UTF-8": b'{"format": 1, "method_version": 1, "x": "\xff"}',
    "UTF-16": '{"format": 3, "method_version": "x"}'.encode("utf-16"),
    "a large file": b" " * 100_000 + b'{"format": 1, "method_version": 1}',
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS.keys())
def test_headers(catalog: Catalog, content: bytes) -> None:
    (catalog.storage.root / "catalog.json").write_bytes(content)
    for open_it in (Catalog, Catalog.create):
        with pytest.raises(CatalogError, match=r"zoo/catalog\.json"):
            open_it(catalog.location)


def test_a_header_with_a_byte_order_mark_is_read(catalog: Catalog) -> None:
    path = catalog.storage.root / "catalog.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert_shows(Catalog(catalog.location), SHOWN)


# --- manifests ---

TIME = "2026-01-01T00:00:00+00:00"
BAD_TIMES = ["", "soon", "2026-01-01", "2026-01-01T00:00:00", 5, None, ["x"], "9" * 400]
CHANGES: dict[str, Any] = {
    **{
        f"number {value!r}": {"number": value} for value in ("1", 1.0, None, -1, True, 10**400, [1])
    },
    **{f"identity {value!r}": {"identity": value} for value in (None, 5, "../x", ["a"])},
    **{f"made at {value!r:.20}": {"made_at": value} for value in BAD_TIMES},
    **{f"run {value!r:.20}": {"run": value} for value in ("1", 1.5, None, -1, 10**30, [1])},
    **{f"parts {value!r}": {"parts": value} for value in (None, [], "x", {"networks": []}, 5)},
    **{
        f"size {value!r:.20}": {"parts": {"networks": {"compact-1-0.parquet": value}}}
        for value in ("1", None, -1, 0, 1.5, [], True, 10**30)
    },
    **{
        f"name {name!r}": {"parts": {"networks": {name: 5}}}
        for name in ("x.parquet", "compact-/../../x.parquet", "compact-x", "", "compact-\0.parquet")
    },
    **{f"replaced {value!r}": {"replaced": value} for value in (None, [], {"networks": []})},
    **{f"when {t!r:.20}": {"replaced": {"networks": {str(t): []}}} for t in BAD_TIMES},
    **{
        f"replaced {value!r}": {"replaced": {"networks": {TIME: value}}}
        for value in (None, "x", {"a": 1}, [1], [None], [["x.parquet"]], ["x"])
    },
    **{
        f"replaced {name!r}": {"replaced": {"networks": {TIME: [name]}}}
        for name in ("../catalog.json", "../../thesis.parquet", "/etc/x.parquet", "\ud800.parquet")
    },
    **{f"idle {value!r}": {"idle": value} for value in (None, [], "x")},
    **{f"until {value!r:.20}": {"idle": {"a": value}} for value in BAD_TIMES},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_manifests(catalog: Catalog, tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "thesis.parquet").write_text("mine")
    compact(catalog)
    (path,) = catalog.storage.root.glob("compactions/*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    for each in use(catalog):
        with pytest.raises(CatalogError, match=rf"compactions/{path.name} is damaged|is missing"):
            each()
    assert (tmp_path / "thesis.parquet").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"[" * 50_000, b'{"a": ' * 50_000, b"\xff\xfe", b"9" * 5000, b"1e400"],
)
def test_manifests_that_are_none(catalog: Catalog, content: bytes) -> None:
    compact(catalog)
    (path,) = catalog.storage.root.glob("compactions/*.json")
    path.write_bytes(content)
    for each in use(catalog):
        with pytest.raises(CatalogError, match=rf"compactions/{path.name} is damaged"):
            each()


def test_other_files_beside_the_manifests_are_left_alone(catalog: Catalog) -> None:
    compact(catalog)
    other = catalog.storage.root / "compactions" / "zzz.json"
    other.write_text("mine")
    commit(catalog, "cy", "c1")
    compact(catalog)
    assert_shows(catalog, [*SHOWN, ("cy", "c1")])
    assert other.read_text() == "mine"


# --- parts ---


def _row(table: str) -> dict[str, Any]:
    row, (piece, *_) = result("zz", "z1")
    now = datetime.now(UTC)
    return {
        "networks": row,
        "spectra": piece,
        "classes": {field.name: _value(field.type, now) for field in arrow_schema("classes")},
        "removals": {field.name: _value(field.type, now) for field in arrow_schema("removals")},
    }[table]


def _value(kind: pa.DataType, now: datetime) -> Any:
    if pa.types.is_timestamp(kind):
        return now
    if pa.types.is_string(kind):
        return "x"
    return True if pa.types.is_boolean(kind) else 1


def _frame(table: str) -> pa.Table:
    return pa.Table.from_pylist([_row(table)], schema=arrow_schema(table))


def _odd_parts() -> dict[str, Callable[[str], pa.Table]]:
    def retyped(name: str, kind: pa.DataType) -> Callable[[str], pa.Table]:
        def change(table: str) -> pa.Table:
            rows = _frame(table)
            at = rows.column_names.index(name)
            return rows.set_column(at, name, pa.nulls(1, kind).fill_null(_filler(kind)))

        return change

    def _filler(kind: pa.DataType) -> Any:
        return pa.scalar("x", kind) if pa.types.is_string(kind) else pa.scalar(1, kind)

    def nested(table: str) -> pa.Table:
        rows = _frame(table)
        at = rows.column_names.index("network_id")
        return rows.set_column(at, "network_id", pa.array([{"a": 1}]))

    def listed(table: str) -> pa.Table:
        rows = _frame(table)
        at = rows.column_names.index("commit_id")
        return rows.set_column(at, "commit_id", pa.array([["x"]]))

    def nulls(table: str) -> pa.Table:
        rows = _frame(table)
        at = rows.column_names.index("network_id")
        return rows.set_column(at, "network_id", pa.nulls(1, pa.string()))

    return {
        "no columns": lambda table: pa.table({"x": [1]}),
        "no id": lambda table: _frame(table).drop_columns("network_id"),
        "numbers for ids": retyped("network_id", pa.int64()),
        "bytes for ids": lambda table: _frame(table).set_column(
            0, _frame(table).column_names[0], pa.array([b"x"])
        ),
        "structs for ids": nested,
        "lists for ids": listed,
        "no rows and no columns": lambda table: pa.table({}),
        "nulls for ids": nulls,
    }


@pytest.mark.parametrize("table", list(TABLES))
@pytest.mark.parametrize("odd", _odd_parts().values(), ids=_odd_parts().keys())
def test_parts_of_another_schema(
    catalog: Catalog, table: str, odd: Callable[[str], pa.Table]
) -> None:
    path = catalog.storage.root / table / "odd.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(odd(table), path)
    content = path.read_bytes()
    for each in (catalog.check, lambda: compact(catalog)):
        with pytest.raises(CatalogError, match=rf"{table}/odd\.parquet is no part of"):
            each()
    for each in use(catalog):
        with suppress(CatalogError):
            each()
    assert path.read_bytes() == content


@pytest.mark.parametrize("table", list(TABLES))
def test_folders_links_and_names(catalog: Catalog, tmp_path: Path, table: str) -> None:
    folder = catalog.storage.root / table
    folder.mkdir(exist_ok=True)
    for name, make in {
        "folder.parquet": lambda path: path.mkdir(),
        "nowhere.parquet": lambda path: path.symlink_to("/nowhere/x.parquet"),
        "round.parquet": lambda path: path.symlink_to(path),
        "pipe.parquet": os.mkfifo,
        "zero.parquet": lambda path: path.symlink_to("/dev/zero"),
        "empty.parquet": lambda path: path.touch(),
    }.items():
        path = folder / name
        make(path)
        for each in (catalog.check, lambda: compact(catalog), lambda: tables(catalog)):
            with pytest.raises(CatalogError, match=rf"{table}/{name} is (no file|empty)"):
                each()
        path.rmdir() if name == "folder.parquet" else path.unlink()
    path = folder.joinpath(os.fsdecode(b"caf\xe9.parquet"))
    path.write_bytes(b"x")
    for each in (catalog.check, lambda: compact(catalog), lambda: tables(catalog)):
        with pytest.raises(
            CatalogError, match=rf"{table}/caf\\udce9.parquet: its name is no UTF-8"
        ):
            each()
    path.rename(folder / os.fsdecode(b"caf\xe9.txt"))
    catalog.check()


def test_other_files_in_the_folders_are_left_alone(catalog: Catalog) -> None:
    mine = [catalog.storage.root / place for place in ("notes.txt", "networks/README", "columns/x")]
    for path in mine:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    (catalog.storage.root / "columns" / os.fsdecode(b"\xff.str")).touch()
    (catalog.storage.root / "columns/%FF%00.int").touch()
    (catalog.storage.root / "columns" / (("x" * 200) + ".int")).touch()
    assert_shows(catalog, SHOWN)
    compact(catalog)
    assert_shows(catalog, SHOWN)
    assert all(path.read_text() == "mine" for path in mine)


# --- places and locks ---


@pytest.mark.parametrize(
    "location",
    ["a\0b", "x/\0", os.fsdecode(b"caf\xe9"), "x" * 300, "x/" * 3000, "~nobody-of-that-name/zoo"],
)
def test_places_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for open_it in (Catalog, Catalog.create):
        with pytest.raises(CatalogError) as caught:
            open_it(location)
        str(caught.value).encode()
    assert not list(tmp_path.iterdir())


def hold(catalog: Catalog, lock: str) -> None:
    if lock == "compaction":
        compact(catalog)
    else:
        with catalog.exclusive():
            pass


@pytest.mark.parametrize("lock", ["run", "compaction"])
@pytest.mark.parametrize("existing", [True, False])
def test_a_lock_that_is_a_link_overwrites_nothing(
    catalog: Catalog, tmp_path: Path, lock: str, existing: bool
) -> None:
    target = tmp_path / "thesis.tex"
    if existing:
        target.write_text("mine")
    path = catalog.storage.root / f".lock-{lock}"
    path.symlink_to(target)
    with pytest.raises(CatalogError, match=rf"\.lock-{lock} is a link, .*remove it"):
        hold(catalog, lock)
    assert target.exists() == existing
    assert not existing or target.read_text() == "mine"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CatalogError, match=rf"\.lock-{lock} is no file"):
        hold(catalog, lock)


def test_what_a_lock_says_is_not_trusted(catalog: Catalog) -> None:
    path = catalog.storage.root / ".lock-run"
    for content in ("[" * 50_000, "[1]", '{"pid": {}}', "\0" * 10_000_000):
        with catalog.exclusive():
            path.write_text(content)
            with pytest.raises(CatalogError, match="another run is at work"), catalog.exclusive():
                pass


# --- bombs ---


def _many_rows(table: str, count: int) -> pa.Table:
    """Rows that take no room: each column is one value, repeated by a run-length code."""
    row = _frame(table)
    return pa.table(
        {
            field.name: pa.repeat(row[field.name][0], count)
            if not pa.types.is_list(field.type)
            else pa.nulls(count, field.type)
            for field in arrow_schema(table)
            if field.nullable is False and not pa.types.is_list(field.type)
        }
    )


def _long_text(table: str) -> pa.Table:
    """One text of 20 MB in each of 2,000 rows, by a dictionary: 40 GB."""
    row = _frame(table)
    columns = {
        field.name: pa.DictionaryArray.from_arrays(
            pa.array([0] * 2000, pa.int32()), pa.array(["x" * 20_000_000])
        )
        if field.name == "network_id"
        else pa.repeat(row[field.name][0], 2000)
        for field in arrow_schema(table)
    }
    return pa.table(columns)


def _long_list(table: str) -> pa.Table:
    """One row whose list is 80 million zeros, coded in some hundred bytes."""
    name = {"networks": "csd", "spectra": "eigenvalues"}[table]
    row, count = _frame(table), 80_000_000
    listed = arrow_schema(table).field(name).type
    zeros = pa.array(np.zeros(count), listed.value_type)
    long = pa.ListArray.from_arrays(pa.array([0, count], pa.int32()), zeros)
    return row.set_column(row.column_names.index(name), name, long)


BOMBS = {
    "rows": lambda table: _many_rows(table, 5_000_000),
    "text": _long_text,
    "list": _long_list,
}
PROGRAM = """
import resource, sys
from zoo_spectra.catalog import Catalog, compact
from zoo_spectra.errors import CatalogError
catalog, what = Catalog(sys.argv[1]), sys.argv[2]
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    if what == "query":
        catalog.query("SELECT COUNT(*) FROM networks WHERE name <> 'x'")
        catalog.query("SELECT COUNT(*) FROM spectra WHERE constituent <> 'x'")
    else:
        {"check": catalog.check, "compact": lambda: compact(catalog)}[what]()
except CatalogError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start, file=sys.stderr)
"""


@pytest.mark.parametrize("what", ["check", "compact", "query"])
@pytest.mark.parametrize("table", ["networks", "spectra"])
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_bombs(catalog: Catalog, table: str, bomb: Callable[[str], pa.Table], what: str) -> None:
    path = catalog.storage.root / table / "bomb.parquet"
    pq.write_table(bomb(table), path, compression="zstd", use_dictionary=True)
    assert path.stat().st_size < 1_000_000
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(catalog.location), what],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert int(ran.stderr.split()[-1]) < 1_500_000, "kB of memory"
    if what != "query":
        assert "bomb.parquet is no part of" in ran.stdout
