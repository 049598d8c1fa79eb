"""Merging sorted and unsorted Parquet parts into large sorted ones, in bounded memory.

An external merge sort. Which rows to keep, and in which order, is known beforehand from narrow
columns; so every input becomes a *run*, a stream of rows in that order, and an output row group is
the next few rows of every run.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zoo_spectra.catalog.parts import READ_ERRORS, blame, opened, part_name
from zoo_spectra.catalog.schema import arrow_schema, parquet_options
from zoo_spectra.catalog.snapshot import ASIDE, Snapshot
from zoo_spectra.errors import CatalogError

RowIndex = pl.DataFrame
Ranks = npt.NDArray[np.int64]

# A row group: small enough to find one network fast, large enough for short footers.
GROUP_ROWS = {"networks": 250, "spectra": 2000, "classes": 20_000, "removals": 20_000}
# Bytes of a finished part; of the loose rows sorted at once, in memory; of a batch of a run.
PART_BYTES, SORT_BYTES, BATCH_BYTES = 128 << 20, 128 << 20, 2 << 20


def row_index(snapshot: Snapshot, table: str, columns: Sequence[str]) -> RowIndex:
    """Narrow columns of every row of the visible parts, with ``file`` and ``row`` in it.

    ``file`` counts the compact parts first, then the loose ones. Raises CatalogError for a damaged
    part.
    """
    schema, storage = arrow_schema(table), snapshot.storage
    narrow = pa.schema([schema.field(column) for column in columns])
    paths = [storage.path(place) for place in snapshot.places(table, snapshot.names(table))]
    places = {path: file for file, path in enumerate(paths)}
    batches, files = [], [np.empty(0, np.int64)]
    options = ds.ParquetFragmentScanOptions(page_checksum_verification=True)
    reader = ds.ParquetFileFormat(default_fragment_scan_options=options)
    try:
        data = ds.dataset(paths, schema=schema, format=reader, filesystem=storage.filesystem)
        for batch, fragment in data.scanner(columns=list(columns)).scan_batches():
            batches.append(batch)
            files.append(np.full(batch.num_rows, places[fragment.path]))
    except READ_ERRORS as error:
        blame(snapshot, table)
        what = str(error).strip().partition("\n")[0]
        raise CatalogError(f"{storage.file(table)}: cannot be read: {what}; try again") from error
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches(batches, narrow)))
    frame = frame.with_columns(file=pl.Series(np.concatenate(files)))
    return frame.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64).over("file"))


def merge(snapshot: Snapshot, table: str, order: RowIndex, prefix: str) -> dict[str, int]:
    """Write the rows of ``order`` (columns ``file``, ``row``) as parts ``<prefix><k>…``, aside.

    Returns their sizes in bytes. Raises CatalogError for a damaged part.
    """
    runs = _runs(snapshot, table, order)
    sizes: dict[str, int] = {}
    writer = _Writer(table)
    for start in range(0, order.height, GROUP_ROWS[table]):
        stop = min(start + GROUP_ROWS[table], order.height)
        writer.add(_next(runs, start, stop))
        if stop == order.height or writer.size >= PART_BYTES:
            content = writer.close()
            name = part_name(f"{prefix}{len(sizes)}", content)
            snapshot.storage.write(f"{ASIDE}/{table}/{name}", content)
            sizes[name] = len(content)
            writer = _Writer(table)
    return sizes


class _Writer:
    """One part, in memory until it is whole."""

    def __init__(self, table: str) -> None:
        schema = _schema(table)
        self._buffer = io.BytesIO()
        self._writer = pq.ParquetWriter(self._buffer, schema, **parquet_options(schema))

    @property
    def size(self) -> int:
        return self._buffer.tell()

    def add(self, group: pa.Table) -> None:
        self._writer.write_table(group, row_group_size=group.num_rows)

    def close(self) -> memoryview:
        self._writer.close()
        return self._buffer.getbuffer()


class _Run:
    """Rows in their final order: ``ranks`` are their places in the result, ascending."""

    def __init__(self, ranks: Ranks, batches: Iterator[pa.Table]) -> None:
        self.ranks = ranks
        self._batches = batches
        self._rest: pa.Table | None = None
        self._taken = 0

    def until(self, rank: int) -> tuple[Ranks, list[pa.Table]]:
        """The rows not yet taken whose rank is below ``rank``."""
        stop = int(np.searchsorted(self.ranks, rank))
        ranks, missing = self.ranks[self._taken : stop], stop - self._taken
        self._taken = stop
        found: list[pa.Table] = []
        while missing:
            rows = self._rest if self._rest is not None else next(self._batches)
            found.append(rows.slice(0, missing))
            missing -= found[-1].num_rows
            rest = rows.slice(found[-1].num_rows)
            self._rest = rest if rest.num_rows else None
        return ranks, found


def _next(runs: Sequence[_Run], start: int, stop: int) -> pa.Table:
    """The rows ``start`` … ``stop`` of the result."""
    taken = [run.until(stop) for run in runs]
    ranks = np.concatenate([ranks for ranks, _ in taken])
    rows = pa.concat_tables([table for _, tables in taken for table in tables])
    places = np.empty(stop - start, dtype=np.int64)
    places[ranks - start] = np.arange(len(ranks))
    return rows.take(places).combine_chunks()


def _runs(snapshot: Snapshot, table: str, order: RowIndex) -> list[_Run]:
    """One run of the compact parts, which are sorted already, and the sorted runs of the others."""
    ranked = order.select("file", "row").with_columns(rank=pl.int_range(pl.len(), dtype=pl.Int64))
    groups = ranked.sort("file", "row").partition_by("file", as_dict=True)
    kept = {int(file): frame for (file,), frame in groups.items()}
    compact = [file for file in kept if file < len(snapshot.compact[table])]
    ranks = [kept[file]["rank"].to_numpy() for file in compact]
    if not compact or np.any(np.diff(np.concatenate(ranks)) < 0):
        return list(_sorted_runs(snapshot, table, kept))
    stream = (rows for file in compact for rows, _ in _stream(snapshot, table, file, kept[file]))
    loose = {file: frame for file, frame in kept.items() if file not in compact}
    return [_Run(np.concatenate(ranks), stream), *_sorted_runs(snapshot, table, loose)]


def _sorted_runs(
    snapshot: Snapshot, table: str, kept: Mapping[int, pl.DataFrame]
) -> Iterator[_Run]:
    """The rows of the files, sorted ``SORT_BYTES`` at a time; but for the last they go to disk."""
    held: list[tuple[pa.Table, Ranks]] = []
    size = 0
    for file, frame in kept.items():
        for rows, ranks in _stream(snapshot, table, file, frame):
            held.append((rows, ranks))
            size += rows.nbytes
            if size >= SORT_BYTES:
                ordered, found = _sorted(held)
                yield _Run(ordered, _spill(found))
                held, size = [], 0
    if held:
        ordered, found = _sorted(held)
        yield _Run(ordered, iter([found]))


def _sorted(held: Sequence[tuple[pa.Table, Ranks]]) -> tuple[Ranks, pa.Table]:
    ranks = np.concatenate([found for _, found in held])
    places = np.argsort(ranks)
    return ranks[places], pa.concat_tables([rows for rows, _ in held]).take(places)


def _stream(
    snapshot: Snapshot, table: str, file: int, kept: pl.DataFrame
) -> Iterator[tuple[pa.Table, Ranks]]:
    """The kept rows of a file with their ranks, in the file's order. Raises CatalogError."""
    name = snapshot.names(table)[file]
    rows, ranks = kept["row"].to_numpy(), kept["rank"].to_numpy()
    start = 0
    with opened(snapshot, table, name) as part:
        for batch in part.iter_batches(_batch_rows(part)):
            stop = start + batch.num_rows
            low, high = np.searchsorted(rows, [start, stop])
            if high > low:
                found = _conform(pa.Table.from_batches([batch]), table)
                yield found.take(rows[low:high] - start), ranks[low:high]
            start = stop


def _batch_rows(part: pq.ParquetFile) -> int:
    groups = range(part.metadata.num_row_groups)
    total = sum(part.metadata.row_group(group).total_byte_size for group in groups)
    return int(max(1, min(1000, BATCH_BYTES * part.metadata.num_rows // max(total, 1))))


def _spill(rows: pa.Table) -> Iterator[pa.Table]:
    """Rows on disk, read back as they are asked for; the file has no name and goes with us."""
    step = max(1, min(1000, BATCH_BYTES * rows.num_rows // max(rows.nbytes, 1)))
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who reads it to the end
    with pa.ipc.new_file(file, rows.schema, options=options) as out:
        out.write_table(rows, max_chunksize=step)

    def read() -> Iterator[pa.Table]:
        with file, pa.ipc.open_file(file) as reader:
            for number in range(reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(number)])

    return read()


def _schema(table: str) -> pa.Schema:
    """The table's schema; columns that older parts lack are null, so all may be null."""
    return pa.schema([field.with_nullable(True) for field in arrow_schema(table)])


def _conform(rows: pa.Table, table: str) -> pa.Table:
    columns = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in _schema(table)
    ]
    return pa.Table.from_arrays(columns, schema=_schema(table))
