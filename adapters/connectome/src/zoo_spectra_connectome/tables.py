"""Parquet edge tables, and the JSON files of the C. elegans connectome toolbox (cect)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra_connectome.adjacency import (
    MAX_DENSE_BYTES,
    Adjacency,
    from_edges,
    from_matrix,
    index_nodes,
)
from zoo_spectra_connectome.rows import edge_columns, has_edge_header

SYNAPSES: Mapping[str, tuple[str, ...]] = {
    "chemical": ("Generic_CS",),
    "gap": ("Generic_GJ",),
    "both": ("Generic_CS", "Generic_GJ"),
}


def read_parquet(path: Path, weight: str | None = None) -> Adjacency:
    """An edge table: columns source, target and weight, by name or by position.

    A table of more than 3 columns without a weight counts 1 per row (a row a synapse).
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        header = list(file.schema_arrow.names)
        if len(header) < 2 or (len(header) > 3 and not has_edge_header(header)):
            raise NetworkError(f"no columns source and target among {', '.join(header[:8])}")
        if 24 * file.metadata.num_rows > MAX_DENSE_BYTES:
            raise NetworkError(f"{file.metadata.num_rows:,} edges are too many to hold in memory")
        source, target, value = edge_columns(header, weight)
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
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    coded = column.combine_chunks().dictionary_encode()
    return coded.indices.to_numpy(), [str(name) for name in coded.dictionary.to_pylist()]


def read_cect(path: Path, synapse: str = "chemical") -> Adjacency:
    """A cached dataset of ``cect``: chemical synapses, gap junctions, or the sum of both.

    Rows are pre-synaptic. The files name the cells and carry no classes of them. Gap junctions
    are symmetric in the files. Toolbox: P. Gleeson et al., OpenWorm ConnectomeToolbox.
    """
    with path.open(encoding="utf-8") as stream:
        content = json.load(stream)
    if not isinstance(content, dict) or not {"nodes", "connections"} <= content.keys():
        raise FileFormatError("no object with nodes and connections, so no file of cect")
    nodes, connections = content["nodes"], content["connections"]
    if not isinstance(nodes, list) or not all(isinstance(name, str) for name in nodes):
        raise FileFormatError("its nodes are no list of names")
    total: Any = 0
    for kind in SYNAPSES[synapse]:
        if not isinstance(connections, dict) or kind not in connections:
            raise NetworkError(f"no connections {kind} among {', '.join(connections) or 'none'}")
        matrix = np.array(connections[kind])
        if matrix.dtype.kind not in "biuf":
            raise FileFormatError(f"connections {kind} hold something else than numbers")
        if matrix.shape != (len(nodes), len(nodes)):
            raise FileFormatError(f"{kind} has shape {matrix.shape} for {len(nodes)} nodes")
        total = total + matrix
    return from_matrix(total, nodes)
