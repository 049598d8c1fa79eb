"""Reading parts when a frame is collected, not when it is made.

A LazyFrame of a catalog outlives compactions, which move the parts that they replace: where a part
lies is asked for when it is read. Columns of ``metadata`` are made there as well, and an error
names the part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl
import pyarrow.dataset as ds
from polars.io.plugins import register_io_source

from zoo_spectra.catalog import metadata
from zoo_spectra.catalog.parts import READ_ERRORS, blame, look_at, part_size
from zoo_spectra.catalog.schema import arrow_schema, polars_schema
from zoo_spectra.catalog.snapshot import Snapshot, located
from zoo_spectra.errors import CatalogError

# Parts whose wide columns are in memory at once, in bytes on disk.
_GROUP_BYTES = 256 << 20
_TRIES = 5
_MADE = ":metadata"


def scan(
    snapshot: Snapshot,
    table: str,
    names: Sequence[str],
    fields: Mapping[str, metadata.Field] | None = None,
) -> pl.LazyFrame:
    """The rows of a table's parts, each with every column of the schema, and those of ``fields``.

    Collecting raises CatalogError for a part that is damaged, out of reach, or gone.
    """
    fields = fields or {}
    schema = {**polars_schema(table), **{name: field.type for name, field in fields.items()}}
    if not names:
        return pl.LazyFrame(schema=schema)

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(schema) if columns is None else columns
        wide = any(schema[column].is_nested() for column in wanted)
        for group in _groups(snapshot, table, names) if wide else [names]:
            found = _read(snapshot, table, group, wanted, predicate, rows, fields)
            yield found
            if rows is not None:
                rows -= found.height
                if rows <= 0:
                    return

    return register_io_source(source, schema=schema)


def _groups(snapshot: Snapshot, table: str, names: Sequence[str]) -> Iterator[list[str]]:
    """The parts, some at a time."""
    group: list[str] = []
    size = 0
    for name in names:
        group.append(name)
        size += part_size(snapshot, table, name)
        if size >= _GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _read(
    snapshot: Snapshot,
    table: str,
    names: Sequence[str],
    columns: Sequence[str],
    predicate: pl.Expr | None,
    rows: int | None,
    fields: Mapping[str, metadata.Field],
) -> pl.DataFrame:
    """Read parts wherever they lie now. Raises CatalogError."""
    look_at(snapshot, table, names)
    needed = {*columns, *([] if predicate is None else predicate.meta.root_names())}
    made = {name: field for name, field in fields.items() if name in needed}
    places = snapshot.places(table, names)
    for _ in range(_TRIES):
        frame = _with_fields(_scan(snapshot, table, places), made)
        if predicate is not None:
            frame = frame.filter(predicate)
        frame = frame.select(columns)
        try:
            return (frame if rows is None else frame.head(rows)).collect()
        except READ_ERRORS as error:
            moved = located(snapshot, table, names)
            if moved == places:
                raise _explained(snapshot, table, error) from error
            places = moved
    raise CatalogError(f"{snapshot.storage.file()} is compacted again and again; try again later")


def _explained(snapshot: Snapshot, table: str, error: BaseException) -> BaseException:
    """The error to raise. Raises CatalogError for a damaged part."""
    blame(snapshot, table)
    if isinstance(error, pl.exceptions.PolarsError):
        return error  # the query's own fault
    what = str(error).strip().partition("\n")[0]
    return CatalogError(
        f"{snapshot.storage.file(table)}: cannot be read just now ({what}), but no part is "
        "damaged: try again"
    )


def _scan(snapshot: Snapshot, table: str, places: Sequence[str]) -> pl.LazyFrame:
    storage = snapshot.storage
    paths = [storage.path(place) for place in places]
    if storage.is_local:
        return pl.scan_parquet(
            paths,
            schema=polars_schema(table),
            missing_columns="insert",
            extra_columns="ignore",
            glob=False,
        )
    options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    reader = ds.ParquetFileFormat(default_fragment_scan_options=options)
    schema, system = arrow_schema(table), storage.filesystem
    return pl.scan_pyarrow_dataset(
        ds.dataset(paths, schema=schema, format=reader, filesystem=system)
    )


def _with_fields(frame: pl.LazyFrame, fields: Mapping[str, metadata.Field]) -> pl.LazyFrame:
    """With columns that are made of metadata, all at once."""
    if not fields:
        return frame
    struct = pl.Struct({name: field.type for name, field in fields.items()})

    def decode(texts: pl.Series) -> pl.Series:
        return pl.DataFrame(metadata.decoded(texts, fields)).to_struct(texts.name)

    made = pl.col("metadata").map_batches(decode, return_dtype=struct, is_elementwise=True)
    return frame.with_columns(made.alias(_MADE)).unnest(_MADE)
