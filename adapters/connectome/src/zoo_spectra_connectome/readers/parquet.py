"""Edge tables in Parquet files, read in parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers.columnar import (
    PART,
    SAMPLE,
    is_text,
    layout_of,
    read_parts,
    wanted_columns,
)
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """An edge table; which columns are what is told from their names. Raises NetworkError."""
    guard = Guard(budget_of(path))
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
    names = list(schema.names)
    # As numbers into the list of distinct values: else one long text could be repeated for ever.
    texts = [name for name, kind in zip(names, schema.types, strict=True) if is_text(kind)]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        found = layout_of(schema, _sample(file, texts, guard), settings)
        wanted = wanted_columns(names, found)
        _check_sizes(file.metadata, wanted, guard)
        parts = file.iter_batches(PART, columns=wanted)
        return read_parts(parts, names, found, settings, guard)


def _sample(file: Any, names: Sequence[str], guard: Guard) -> Any:
    """The first rows of the columns of text."""
    if not names or not file.metadata.num_row_groups:
        return pa.RecordBatch.from_arrays([], names=[])
    _check_sizes(file.metadata, names, guard, groups=1)
    parts = file.iter_batches(SAMPLE, row_groups=[0], columns=names)
    return next(parts, pa.RecordBatch.from_arrays([], names=[]))


def _check_sizes(
    metadata: Any, wanted: Sequence[str], guard: Guard, groups: int | None = None
) -> None:
    """Hold against the budget what each row group unpacks to."""
    paths = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    own = [at for at, path in enumerate(paths) if path.partition(".")[0] in wanted]
    if not own:
        raise NetworkError("its columns are not those that its schema names; write it again")
    for number in range(metadata.num_row_groups if groups is None else groups):
        group = metadata.row_group(number)
        size = sum(group.column(at).total_uncompressed_size for at in own)
        guard.check(size, f"row group {number}")
        guard.tick()
