"""Adjacency matrices as text, with or without the names of rows and columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra_connectome.adjacency import Adjacency, check_count, from_matrix
from zoo_spectra_connectome.rows import as_number


def read_matrix(rows: Iterator[list[str]]) -> Adjacency:
    """A square matrix from its rows, made sparse one by one.

    A header is known from one row too many, a first column of names from one column too many,
    both from a first cell that is empty or text. Raises FileFormatError.
    """
    first = next(rows)
    labels: list[str] = []  # the first cell of each other row: a name or a number
    starts, at, data = array("q", [0]), array("q"), array("d")
    for number, row in enumerate(rows, 2):
        if number == 2 and len(first) == len(row) - 1:
            first = ["", *first]  # a header without a corner, as R writes it
        if len(row) != len(first):
            raise FileFormatError(
                f"row {number} has {len(row)} cells where row 1 has {len(first)}; is it cut off?"
            )
        labels.append(row[0])
        for column, value in enumerate(_numbers(row[1:], number, 2)):
            if value:
                at.append(column)
                data.append(value)
        starts.append(len(data))
    headed, named = _layout(first, len(labels) + 1)
    shape = (len(labels), len(first) - 1)
    matrix = sparse.csr_array((np.array(data), np.array(at), np.array(starts)), shape=shape)
    if not named:
        column_cells = [_numbers([cell], row, 1) for row, cell in enumerate(labels, 2)]
        left = sparse.csr_array(np.array(column_cells).reshape(-1, 1))
        matrix = sparse.hstack([left, matrix], format="csr")
    if not headed:
        top = sparse.csr_array(np.array([_numbers(first[named:], 1, 1 + named)]))
        matrix = sparse.vstack([top, matrix], format="csr")
    return from_matrix(matrix, _names(first, labels, headed, named))


def _layout(first: Sequence[str], height: int) -> tuple[bool, bool]:
    """Whether there is a header, and whether there is a column of names."""
    width = len(first)
    both = height == width and as_number(first[0]) is None
    headed, named = both or height == width + 1, both or width == height + 1
    if height - headed != width - named:
        raise FileFormatError(
            f"{height} rows of {width} cells are no square matrix, with or without names; "
            "an edge list of more than 3 columns needs a header that names source and target"
        )
    check_count(height - headed)
    return headed, named


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
    numbers = [as_number(cell) for cell in cells]
    if None in numbers:
        at = numbers.index(None)
        raise FileFormatError(f"row {row}, column {first_column + at}: {cells[at]!r} is no number")
    return [number for number in numbers if number is not None]
