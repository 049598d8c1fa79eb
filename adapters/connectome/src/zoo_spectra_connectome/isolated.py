"""Nodes without an edge: a list of edges names none of them, and a table of nodes does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import sparse

from zoo_spectra.errors import NetworkError
from zoo_spectra_connectome.adjacency import Adjacency, check_count, is_number
from zoo_spectra_connectome.partition import counts_from_one, split_header
from zoo_spectra_connectome.rows import read_table

HEADING = re.compile(r"(?i)(^|_)(id|ids|node|nodes|name|neuron|cell|label|region|roi|body)(_|$|id)")


def with_isolated(adjacency: Adjacency, table: Path, columns: Sequence[str]) -> Adjacency:
    """The network with the nodes of ``table`` that no edge names, where its file lists edges only.

    They come last, or in numerical order where all are whole numbers. Tables that do not name the
    nodes in their first column (ranges, row order) add none. Raises NetworkError without
    ``columns`` where the table can have no other use, and this one is none.
    """
    ids = _ids(adjacency, table, columns) if adjacency.implied else []
    known = set(adjacency.nodes)
    if not columns and known.isdisjoint(ids):
        raise NetworkError(
            "nodes=FILE without partition= adds nodes without edges to a list of edges, by the ids "
            "in its first column; give partition=COLUMN"
        )
    extra = [name for name in dict.fromkeys(ids) if name and name not in known]
    if not extra or known.isdisjoint(ids):
        return adjacency
    names = [*adjacency.nodes, *extra]
    check_count(len(names))
    grown = sparse.coo_array(adjacency.matrix)
    order = sorted(names, key=int) if all(map(is_number, names)) else names
    place = {name: at for at, name in enumerate(order)}
    moved = np.array([place[name] for name in names], np.int64)
    ends = moved[grown.row], moved[grown.col]
    matrix = sparse.coo_array((grown.data, ends), shape=(len(names), len(names))).tocsr()
    names = order
    return replace(adjacency, matrix=matrix.astype(float), nodes=names, attributes={})


def _ids(adjacency: Adjacency, table: Path, columns: Sequence[str]) -> list[str]:
    """The ids in the first column; none where that is the region, or the start of a range."""
    rows = read_table(table)
    header, body = split_header(rows, columns)
    ids = [row[0] for row in body]
    if {"i", "j"} <= set(header) or header[0] in columns or counts_from_one(ids, adjacency.nodes):
        return []
    first = rows[0][0]
    if columns or HEADING.search(first):
        return ids
    if first in adjacency.nodes or (is_number(first) and all(map(is_number, ids))):
        return [first, *ids]
    raise NetworkError(
        f"its first row begins with {first[:40]!r}, which is neither a node nor a heading such as "
        "id; add a header"
    )
