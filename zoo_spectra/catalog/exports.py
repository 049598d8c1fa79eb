"""A catalog's tables for other programs: CSV, a DuckDB file, Delta tables.

networks, spectra and classes, as the views show them at one moment. A file is there when it is
whole, and what is there already is never touched.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.errors import ExportError, ZooSpectraError
from zoo_spectra.text import visible

TABLES = ("networks", "spectra", "classes")
ROWS = 2000  # in memory at once
_ARROW = {
    pl.String: pa.string(),
    pl.Int64: pa.int64(),
    pl.Float64: pa.float64(),
    pl.Boolean: pa.bool_(),
}


@dataclass(frozen=True)
class Table:
    """One table: its Arrow schema, and its rows a batch at a time."""

    name: str
    schema: pa.Schema
    batches: Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Exported:
    """``files``: what was written. ``rows``: of each table. ``left_out``: columns that are not."""

    files: tuple[Path, ...]
    rows: Mapping[str, int]
    left_out: Mapping[str, tuple[str, ...]]


def export(catalog: Catalog, target: Path) -> Exported:
    """Write a catalog's tables as the name of ``target`` says, ``.csv``, ``.duckdb`` or ``.delta``.

    CSV: ``NAME.csv`` has the networks, ``NAME.spectra.csv`` and ``NAME.classes.csv`` lie beside it;
    columns that hold lists have no place there and are left out. Delta: a folder with a table
    each. Raises ExportError for another name, where something is there already, where a library
    is missing or cannot hold a column, and CatalogError as reading does.
    """
    writers = {".csv": _csv, ".duckdb": _duckdb, ".delta": _delta}
    write = writers.get(target.suffix.lower())
    if write is None:
        raise ExportError(f"{target}: the name must end in {', '.join(writers)}")
    views = catalog.at_once(TABLES)
    tables = [_table(catalog, name, views[name]) for name in TABLES]
    return write(target, tables)


def _table(catalog: Catalog, name: str, view: pl.LazyFrame) -> Table:
    fixed = arrow_schema(name)
    found = view.collect_schema()
    fields = [
        pa.field(column, fixed.field(column).type)
        if column in fixed.names
        else pa.field(column, _ARROW[type(kind)])
        for column, kind in found.items()
    ]
    schema = pa.schema(fields)

    def batches() -> Iterator[pa.RecordBatch]:
        for frame in catalog.batches(view, ROWS):
            yield from frame.to_arrow().cast(schema).to_batches()

    return Table(name, schema, batches)


def _csv(target: Path, tables: list[Table]) -> Exported:
    stem = target.with_suffix("")
    files = {
        table.name: target if table.name == "networks" else Path(f"{stem}.{table.name}.csv")
        for table in tables
    }
    rows, left_out = {}, {}
    with _whole(list(files.values())) as beside:
        for table in tables:
            nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
            left_out[table.name] = tuple(nested)
            rows[table.name] = 0
            with beside[files[table.name]].open("xb") as out:
                pl.DataFrame(table.schema.empty_table()).drop(nested).write_csv(out)
                for batch in table.batches():
                    frame = pl.DataFrame(batch).drop(nested)
                    frame.write_csv(out, include_header=False)
                    rows[table.name] += frame.height
    return Exported(tuple(files.values()), rows, left_out)


def _duckdb(target: Path, tables: list[Table]) -> Exported:
    try:
        import duckdb
    except ImportError as error:
        raise ExportError(
            f"a DuckDB file needs duckdb ({error}); pip install 'zoo-spectra[duckdb]'"
        ) from error
    for table in tables:
        _check_case(table, "DuckDB")
    rows = {}
    with _whole([target]) as beside, duckdb.connect(str(beside[target])) as database:
        database.execute("SET TimeZone = 'UTC'")
        for table in tables:
            database.register("batch", table.schema.empty_table())
            database.execute(f"CREATE TABLE {table.name} AS SELECT * FROM batch")
            rows[table.name] = 0
            for batch in table.batches():
                database.register("batch", pa.Table.from_batches([batch]))
                database.execute(f"INSERT INTO {table.name} SELECT * FROM batch")
                rows[table.name] += batch.num_rows
            database.unregister("batch")
    return Exported((target,), rows, {})


def _delta(target: Path, tables: list[Table]) -> Exported:
    try:
        import deltalake
        from deltalake.exceptions import DeltaError
    except ImportError as error:
        raise ExportError(
            f"Delta tables need deltalake ({error}); pip install 'zoo-spectra[delta]'"
        ) from error
    rows = dict.fromkeys((table.name for table in tables), 0)
    faults: list[ZooSpectraError] = []

    def counted(table: Table) -> Iterator[pa.RecordBatch]:
        try:
            for batch in table.batches():
                rows[table.name] += batch.num_rows
                yield batch
        except ZooSpectraError as error:  # of the catalog: deltalake would make a text of it
            faults.append(error)
            raise

    with _whole([target]) as beside:
        for table in tables:
            _check_case(table, "Delta")
            reader = pa.RecordBatchReader.from_batches(table.schema, counted(table))
            try:
                deltalake.write_deltalake(beside[target] / table.name, reader, name=table.name)
            except DeltaError as error:
                if faults:
                    raise faults[0] from error
                raise ExportError(f"{target}: {table.name} cannot be written: {error}") from error
    return Exported((target,), rows, {})


def _check_case(table: Table, what: str) -> None:
    """Raise ExportError where two columns differ by capitals alone, which some formats ignore."""
    seen: dict[str, str] = {}
    for name in table.schema.names:
        if (other := seen.setdefault(name.casefold(), name)) != name:
            raise ExportError(
                f"{what} cannot tell the columns {visible(other)!r} and {visible(name)!r} apart: "
                "export to .csv, or choose columns with query -o FILE.parquet"
            )


@contextmanager
def _whole(targets: list[Path]) -> Iterator[dict[Path, Path]]:
    """Places beside the targets that become them at the end, the first one last, or nothing.

    Raises ExportError where one is taken or cannot be written.
    """
    for target in targets:
        if target.exists() or target.is_symlink():
            raise ExportError(
                f"{target} is there already, and is not replaced: choose another name"
            )
        if not target.parent.is_dir():
            raise ExportError(f"{target}: there is no folder {target.parent}: make it first")
    token = secrets.token_hex(4)
    beside = {target: target.with_name(f".{target.name}.{token}.tmp") for target in targets}
    try:
        yield beside
        for target in reversed(targets):
            if target.exists():
                raise ExportError(f"{target} has come meanwhile: choose another name")
            beside[target].rename(target)
    except OSError as error:
        raise ExportError(f"{targets[0]}: cannot be written: {error.strerror or error}") from error
    finally:
        for place in beside.values():
            shutil.rmtree(place, ignore_errors=True)
            if place.is_file():
                place.unlink()
