"""Text tables: edge lists and adjacency matrices, and how one is told from the other.

An edge list has 2 or 3 columns (source, target[, weight]) or a header that names source and
target; an adjacency matrix has 4 or more. ``format=edges`` or ``format=adjacency`` settles it: a
matrix of fewer than 4 columns needs that.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra_connectome.adjacency import (
    Adjacency,
    check_count,
    from_edges,
    from_matrix,
    index_nodes,
    is_number,
)
from zoo_spectra_connectome.rows import as_number, edge_columns, has_edge_header, read_rows

FORMATS = ("edges", "adjacency")


def read_text(path: Path, form: str | None = None, weight: str | None = None) -> Adjacency:
    """Read an edge list or an adjacency matrix; ``form`` is one of FORMATS, or None to detect.

    Raises NetworkError, FileFormatError, and what csv and the codec raise.
    """
    rows = read_rows(path)
    start = list(islice(rows, 2))
    if not start:
        raise FileFormatError("the file is empty: no nodes and no edges")
    if form is None:
        form = "edges" if path.suffix.lower() == ".edgelist" else detect(start)
    every = chain(start, rows)
    return read_edges(every, weight) if form == "edges" else read_adjacency(every)


def detect(start: Sequence[Sequence[str]]) -> str:
    """``edges`` or ``adjacency``, from the first two rows. Raises FileFormatError on one column."""
    if has_edge_header(start[0]):
        return "edges"
    width = len(start[-1])  # the first row may lack the corner cell
    if width < 2:
        raise FileFormatError("one column is neither an edge list nor an adjacency matrix")
    return "edges" if width <= 3 else "adjacency"


def read_edges(rows: Iterator[list[str]], weight: str | None = None) -> Adjacency:
    """An edge list. A first row whose third cell is no number is its header."""
    first = next(rows)
    header = _edge_header(first, weight)
    if header is None:
        if len(first) not in (2, 3):
            raise FileFormatError(
                f"{len(first)} columns without a header; an edge list has 2 or 3, or a header that "
                "names source, target and weight (format=adjacency reads a matrix)"
            )
        rows = chain([first], rows)
    source, target, value = edge_columns(
        header or ["source", "target", "weight"][: len(first)], weight
    )
    ends: list[tuple[str, str]] = []
    weights = array("d")
    for number, row in enumerate(rows, 2 if header else 1):
        if len(row) != len(first):
            raise FileFormatError(f"row {number} has {len(row)} cells where row 1 has {len(first)}")
        number_or_none = 1.0 if value is None else as_number(row[value])
        if number_or_none is None:
            raise FileFormatError(f"row {number}: weight {row[value or 0]!r} is no number")
        if not row[source] or not row[target]:
            raise FileFormatError(f"row {number}: an edge without a source or a target")
        ends.append((row[source], row[target]))
        weights.append(number_or_none)
    return _edges(ends, weights, header)


def _edge_header(first: list[str], weight: str | None) -> list[str] | None:
    if has_edge_header(first) or weight is not None:
        return first
    numbered = all(is_number(cell) for cell in first[:2])
    text = len(first) == 3 and as_number(first[2]) is None
    return first if text and not numbered else None


def _edges(
    ends: list[tuple[str, str]], weights: array[float], header: list[str] | None
) -> Adjacency:
    index = index_nodes(ends)
    if header is None and ends and all(is_number(name) for end in ends[1:] for name in end):
        if len(ends) > 1 and not any(is_number(name) for name in ends[0]):
            raise FileFormatError(
                f"row 1 ({', '.join(ends[0])}) looks like a header, for the other nodes are "
                "numbers; call the columns source and target, or remove it"
            )
    if header and not has_edge_header(header) and any(cell in index for cell in header[:2]):
        raise FileFormatError(
            f"row 1: {header[-1]!r} is no number, and {header[0]!r} is a node, so this is no header"
        )
    rows = np.fromiter((index[source] for source, _ in ends), np.int64, len(ends))
    columns = np.fromiter((index[target] for _, target in ends), np.int64, len(ends))
    return from_edges(rows, columns, np.frombuffer(weights) if ends else [], list(index))


def read_adjacency(rows: Iterator[list[str]]) -> Adjacency:
    """A square matrix, with or without a header of node names and a first column of them.

    A header is known from one row too many, a column of names from one column too many, both from
    a first cell that is empty or text. The rows are made sparse one by one.
    """
    first = next(rows)
    labels: list[str] = []
    indptr, indices, data = array("q", [0]), array("q"), array("d")
    for number, row in enumerate(rows, 2):
        if number == 2 and len(first) == len(row) - 1:
            first = ["", *first]  # a header without a corner, as R writes it
        if len(row) != len(first):
            raise FileFormatError(
                f"row {number} has {len(row)} cells where row 1 has {len(first)}; is it cut off?"
            )
        labels.append(row[0])
        _append(_numbers(row[1:], number, 2), indices, data)
        indptr.append(len(indices))
    width, height = len(first), len(labels) + 1
    headed, named = _layout(first, height, width)
    _check_square(height - headed, width - named, height, width)
    body = (
        sparse.csr_array(
            (
                np.frombuffer(data),
                np.frombuffer(indices, np.int64),
                np.frombuffer(indptr, np.int64),
            ),
            shape=(height - 1, width - 1),
        )
        if data
        else sparse.csr_array((height - 1, width - 1))
    )
    parts = [body] if named else [_column(labels), body]
    left = sparse.hstack(parts, format="csr")
    if not headed:
        top = sparse.csr_array(np.array([_numbers(first[named:], 1, 1 + named)]))
        left = sparse.vstack([top, left], format="csr")
    return from_matrix(left, _names(first, labels, headed, named))


def _layout(first: list[str], height: int, width: int) -> tuple[bool, bool]:
    if height == width:
        both = as_number(first[0]) is None
        return both, both
    return height == width + 1, width == height + 1


def _check_square(rows: int, columns: int, height: int, width: int) -> None:
    if rows != columns:
        raise FileFormatError(
            f"{height} rows of {width} cells are no square matrix, with or without names; "
            "an edge list of more than 3 columns needs a header that names source and target"
        )
    check_count(rows)


def _names(first: list[str], labels: list[str], headed: bool, named: bool) -> list[str] | None:
    across = first[named:] if headed else None
    if not named:
        return across
    down = labels if headed else [first[0], *labels]
    for row_name, column_name in zip(down, across or down, strict=True):
        if row_name != column_name:
            raise FileFormatError(
                f"row {row_name!r} stands where column {column_name!r} does; put rows and columns "
                "in one order"
            )
    return down


def _numbers(cells: Sequence[str], row: int, first_column: int) -> list[float]:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        at = next(k for k, cell in enumerate(cells) if as_number(cell) is None)
        raise FileFormatError(
            f"row {row}, column {first_column + at}: {cells[at]!r} is no number"
        ) from None


def _append(values: list[float], indices: array[int], data: array[float]) -> None:
    for at, value in enumerate(values):
        if value:
            indices.append(at)
            data.append(value)


def _column(labels: list[str]) -> sparse.coo_array[np.float64, tuple[int, int]]:
    values = [_numbers([cell], row, 1)[0] for row, cell in enumerate(labels, 2)]
    return sparse.coo_array(np.array(values)[:, None])
