"""Edge tables in Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zoo_spectra.errors import NetworkError
from zoo_spectra_connectome.adjacency import (
    MAX_DENSE_BYTES,
    Adjacency,
    from_edges,
    index_nodes,
)
from zoo_spectra_connectome.rows import edge_columns, has_edge_header
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """An edge table: columns source, target and weight, by name or by position.

    A table of more than 3 columns without a weight counts 1 per row (a row a synapse).
    """
    with pq.ParquetFile(path) as file:
        header = list(file.schema_arrow.names)
        if len(header) < 2 or (len(header) > 3 and not has_edge_header(header)):
            raise NetworkError(f"no columns source and target among {', '.join(header[:8])}")
        if 24 * file.metadata.num_rows > MAX_DENSE_BYTES:
            raise NetworkError(f"{file.metadata.num_rows:,} edges are too many to hold in memory")
        source, target, value = edge_columns(header, settings.weight)
        wanted = [header[at] for at in (source, target, value) if at is not None]
        table = file.read(columns=wanted)
    for name in wanted:
        if table.column(name).null_count:
            raise NetworkError(f"column {name!r} has empty cells")
    weights = np.ones(table.num_rows)
    if value is not None:
        weights = table.column(header[value]).to_numpy()
        if weights.dtype.kind not in "biuf":
            raise NetworkError(f"weight column {header[value]!r} holds {weights.dtype}, no numbers")
    ends = [_codes(table.column(header[at])) for at in (source, target)]
    index = index_nodes(names for _, names in ends)
    rows, columns = (
        np.array([index[name] for name in names], dtype=np.int64)[codes] for codes, names in ends
    )
    return from_edges(rows, columns, weights, list(index))


def _codes(column: Any) -> tuple[Any, list[str]]:
    """A column as numbers into the list of its distinct values, as text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy(), [str(name) for name in coded.dictionary.to_pylist()]
