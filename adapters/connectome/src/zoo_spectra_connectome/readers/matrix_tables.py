"""Adjacency matrices as text, with or without the names of rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import SPARSE_BELOW, Adjacency, check_count, from_matrix
from zoo_spectra_connectome.rows import CELL_BYTES, as_number

if TYPE_CHECKING:
    Places = npt.NDArray[np.intp]

Floats = npt.NDArray[np.float64]
PLACE_BYTES = 16  # for an entry of a sparse row: its column and its value


def read_matrix(rows: Iterator[list[str]], guard: Guard) -> Adjacency:
    """A square matrix from its rows, which are kept sparse where they are.

    A header is known from one row too many, a first column of names from one column too many,
    both from a first cell that is empty or text. Raises FileFormatError; NetworkError beyond the
    guard's budget.
    """
    first = next(rows)
    labels: list[str] = []  # the first cell of each other row: a name or a number
    kept = _Rows(guard)
    for number, row in enumerate(rows, 2):
        if number == 2 and len(first) == len(row) - 1:
            first = ["", *first]  # a header without a corner, as R writes it
        if len(row) != len(first):
            raise FileFormatError(
                f"row {number} has {len(row)} cells where row 1 has {len(first)}; is it cut off?"
            )
        labels.append(row[0])
        guard.hold(CELL_BYTES + len(row[0]), "the names of its rows")
        kept.append(_numbers(row[1:], number, 2))
        guard.tick()
    headed, named = _layout(first, len(labels) + 1)
    left = [] if named else [_numbers([cell], row, 1)[0] for row, cell in enumerate(labels, 2)]
    top = [] if headed else list(_numbers(first[named:], 1, 1 + named))
    names = _names(first, labels, headed, named)
    return from_matrix(kept.stacked(left, top, len(first) - 1), names)


class _Rows:
    """The rows of a matrix so far: dense ones as they are, others as their entries."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._rows: list[Floats | tuple[Places, Floats]] = []
        self._filled = 0

    def append(self, row: Floats) -> None:
        places = np.flatnonzero(row)
        self._filled += len(places)
        if PLACE_BYTES * len(places) >= row.nbytes:
            self._guard.hold(row.nbytes, "a matrix")
            self._rows.append(row)
        else:
            self._guard.hold(PLACE_BYTES * len(places) + CELL_BYTES, "a matrix")
            self._rows.append((places, row[places]))

    def stacked(self, left: Sequence[float], top: Sequence[float], width: int) -> Any:
        """All rows, under the row ``top`` and beside the column ``left`` where there are such."""
        across, down = int(bool(left)), int(bool(top))
        shape = (down + len(self._rows), across + width)
        if self._filled < SPARSE_BELOW * shape[0] * shape[1]:
            return self._sparse(left, top, shape)
        dense = np.zeros(shape)
        if top:
            dense[0] = top
        if left:
            dense[down:, 0] = left
        for at in range(len(self._rows)):
            row, self._rows[at] = self._rows[at], (np.empty(0, np.intp), np.empty(0))
            if isinstance(row, tuple):
                dense[down + at, across + row[0]] = row[1]
            else:
                dense[down + at, across:] = row
        return dense

    def _sparse(self, left: Sequence[float], top: Sequence[float], shape: tuple[int, int]) -> Any:
        rows = [row if isinstance(row, tuple) else (np.arange(len(row)), row) for row in self._rows]
        starts = np.cumsum([0, *(len(places) for places, _ in rows)])
        places = np.concatenate([each for each, _ in rows])
        data = np.concatenate([each for _, each in rows])
        inner = (len(rows), shape[1] - bool(left))
        matrix: Any = sparse.csr_array((data, places, starts), shape=inner)
        if left:
            column = sparse.csr_array(np.array(left).reshape(-1, 1))
            matrix = sparse.hstack([column, matrix], format="csr")
        if top:
            matrix = sparse.vstack([sparse.csr_array(np.array([top])), matrix], format="csr")
        return matrix


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


def _numbers(cells: Sequence[str], row: int, first_column: int) -> Floats:
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        numbers = None
    if numbers is None or "_" in ",".join(cells):  # Python takes 1_000 for a number
        at = next(at for at, cell in enumerate(cells) if as_number(cell) is None)
        raise FileFormatError(f"row {row}, column {first_column + at}: {cells[at]!r} is no number")
    return numbers
