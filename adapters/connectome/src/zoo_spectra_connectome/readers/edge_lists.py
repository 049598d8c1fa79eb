"""Edge lists as text: a row an edge, source, target and perhaps a weight."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import chain

import numpy as np

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency, is_number
from zoo_spectra_connectome.edges import EdgeSum, Names, named_adjacency
from zoo_spectra_connectome.rows import as_number, edge_columns, has_edge_header

PART = 1 << 17  # rows that are taken at once


def read_edges(rows: Iterator[list[str]], weight: str | None, guard: Guard) -> Adjacency:
    """An edge list from its rows; without a weight each row counts 1. Nodes are those it names.

    The first row is a header if it names source and target, if ``weight`` is to be looked up in
    it, or if it has text where the weight and the nodes' numbers would be. Raises NetworkError.
    """
    first = next(rows)
    header = _header(first, weight)
    if header is None:
        if len(first) not in (2, 3):
            raise FileFormatError(
                f"{len(first)} columns without a header; an edge list has 2 or 3, or a header that "
                "names source, target and weight (format=adjacency reads a matrix)"
            )
        rows = chain([first], rows)
    columns = edge_columns(header or ["source", "target", "weight"][: len(first)], weight)
    # A first row of names, where all others have numbers, is a header that was not known as one.
    doubtful = header is None and not any(is_number(first[at]) for at in columns[:2])
    edges, names, weights, count = EdgeSum(guard), Names(guard), array("d"), 0
    ends: list[str] = []
    for number, row in enumerate(rows, 2 if header else 1):
        if len(row) != len(first):
            raise FileFormatError(f"row {number} has {len(row)} cells where row 1 has {len(first)}")
        source, target, value = _edge(row, columns, number)
        if doubtful and number > 1 and not (is_number(source) and is_number(target)):
            doubtful = False
        ends.append(source)
        ends.append(target)
        weights.append(value)
        count = number
        if len(weights) == PART:
            _take(edges, names, ends, weights)
            ends, weights = [], array("d")
    _take(edges, names, ends, weights)
    _check_header(first, header, names.index, doubtful and count > 1)
    return named_adjacency(edges, names, names)


def _take(edges: EdgeSum, names: Names, ends: list[str], weights: array[float]) -> None:
    numbers = names.numbers(ends).reshape(-1, 2)
    edges.add(numbers[:, 0], numbers[:, 1], np.array(weights))


def _edge(
    row: list[str], columns: tuple[int, int, int | None], number: int
) -> tuple[str, str, float]:
    source, target, at = row[columns[0]], row[columns[1]], columns[2]
    if not source or not target:
        raise FileFormatError(f"row {number}: an edge without a source or a target")
    value = 1.0 if at is None else as_number(row[at])
    if value is None:
        raise FileFormatError(f"row {number}: weight {row[at or 0]!r} is no number")
    return source, target, value


def _header(first: list[str], weight: str | None) -> list[str] | None:
    if has_edge_header(first) or weight is not None:
        return first
    text = len(first) == 3 and as_number(first[2]) is None
    return first if text and not all(is_number(cell) for cell in first[:2]) else None


def _check_header(
    first: list[str], header: list[str] | None, index: dict[str, int], doubtful: bool
) -> None:
    """Refuse a first row that was taken for an edge or for a header, and looks like the other."""
    if header and not has_edge_header(header) and any(cell in index for cell in header[:2]):
        raise FileFormatError(
            f"row 1: weight {first[-1]!r} is no number, and {first[0]!r} is a node, so this is no "
            "header"
        )
    if doubtful:
        raise FileFormatError(
            f"row 1 ({', '.join(first)}) looks like a header, for all other nodes are numbers; "
            "call the columns source and target, or remove it"
        )
