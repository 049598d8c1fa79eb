"""Adjacency matrices as text, with or without the names of rows and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import SPARSE_BELOW, Adjacency, check_count
from zoo_spectra_connectome.dialect import as_number, is_missing
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.rows import CELL_BYTES, Table
from zoo_spectra_connectome.settings import Settings

if TYPE_CHECKING:
    Places = npt.NDArray[np.intp]

Floats = npt.NDArray[np.float64]
TOTALS = frozenset({"total", "totals", "sum", "sums", "grand total"})
CONNECTOGRAM = ["data", "data"]  # begins a table with two rows and two columns of names
PLACE_BYTES = 16  # for an entry of a sparse row: its column and its value


def read_matrix(table: Table, settings: Settings, guard: Guard) -> Adjacency:
    """A square matrix from its rows, which are kept sparse where they are.

    A header is known from one row too many, a first column of names from one column too many,
    both from a first cell that is empty or text; numbers are names where they count up. Raises
    FileFormatError, also for a missing entry; NetworkError beyond the guard's budget, and for one
    triangle where no option says what it is.
    """
    rows = table.rows()
    first = next(rows)
    codes = first[:2] == CONNECTOGRAM
    if codes:
        first = next(rows, first)[1:]
    labels: list[str] = []  # the first cell of each other row: a name or a number
    kept = _Rows(guard)
    for number, row in enumerate(rows, 2):
        cells = row[codes:]
        if number == 2 and len(first) == len(cells) - 1:
            first = ["", *first]  # a header without a corner, as R writes it
        labels.append(cells[0])
        guard.hold(CELL_BYTES + len(cells[0]), "the names of its rows")
        kept.append(_numbers(cells[1:], table, 2 + codes))
        guard.tick()
    decimal = table.dialect.decimal
    headed, named = _layout(first, labels, settings.header, decimal)
    left = [] if named else [_numbers([cell], table, 1, at)[0] for at, cell in enumerate(labels, 2)]
    top = [] if headed else list(_numbers(first[named:], table, 1 + named, 1))
    names = _names(first, labels, headed, named)
    if names is not None and names[-1].lower() in TOTALS:
        raise FileFormatError(
            f"its last row and column are called {names[-1]!r}: sums, and no node; remove them"
        )
    return network_of(kept.stacked(left, top, len(first) - 1), names, settings)


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


def _layout(
    first: Sequence[str], labels: Sequence[str], header: bool | None, decimal: str
) -> tuple[bool, bool]:
    """Whether there is a header, and whether there is a column of names."""
    width, height = len(first), len(labels) + 1
    corner = as_number(first[0], decimal) is None
    both = height == width and (corner if header is None else header)
    headed, named = both or height == width + 1, both or width == height + 1
    if height - headed != width - named or (header is not None and header != headed):
        raise FileFormatError(
            f"{height} rows of {width} cells are no square matrix, with or without names; "
            "an edge list of more than 3 columns needs a header that names source and target, or "
            "source= and target="
        )
    for names, only in ((first, headed and not named), (labels, named and not headed)):
        every = names if headed else [first[0], *names]
        if only and header is None and _all_numbers(every, decimal) and not _counts_up(every):
            what = "row" if headed else "column"
            raise FileFormatError(
                f"{height} rows of {width} numbers are no square matrix, for its first {what} "
                f"({', '.join(every[:3])}, …) are no names; remove it if they are (header=true "
                "where the first row names the columns)"
            )
    check_count(height - headed)
    return headed, named


def _all_numbers(names: Sequence[str], decimal: str) -> bool:
    return all(as_number(name, decimal) is not None for name in names)


def _counts_up(names: Sequence[str]) -> bool:
    """Whether the names are 0, 1, … or 1, 2, …"""
    return any(all(name == str(at) for at, name in enumerate(names, start)) for start in (0, 1))


def _names(first: list[str], labels: list[str], headed: bool, named: bool) -> list[str] | None:
    across = first[named:] if headed else None
    if not named:
        return across
    down = labels if headed else [first[0], *labels]
    for row_name, column_name in zip(down, across or down, strict=True):
        if row_name != column_name and _mangled(row_name) != _mangled(column_name):
            raise FileFormatError(
                f"row {row_name!r} stands where column {column_name!r} does; put rows and columns "
                "in one order"
            )
    return down


def _mangled(name: str) -> str:
    """A name as R writes it above a column: signs are dots, and an X is before a number."""
    dotted = re.sub(r"[^\w.]", ".", name)
    return dotted if re.match(r"[^\W\d_]|\.(?!\d)", dotted) else f"X{dotted}"


def _numbers(cells: Sequence[str], table: Table, column: int, row: int | None = None) -> Floats:
    """The numbers of some cells; ``row``: which of the table, if it is not the one read last."""
    try:
        if table.dialect.decimal == ",":
            raise ValueError
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        found = [as_number(cell, table.dialect.decimal) for cell in cells]
        numbers = np.array([np.nan if each is None else each for each in found])
    if np.isnan(numbers).any() or "_" in ",".join(cells):  # Python takes 1_000 for a number
        found = [as_number(cell, table.dialect.decimal) for cell in cells]
        at = next(at for at, each in enumerate(found) if each is None or each != each)
        where = f"line {table.line}" if row is None else f"row {row}"
        missing = ": a missing entry" if is_missing(cells[at]) else ""
        raise FileFormatError(f"{where}, column {column + at}: {cells[at]!r} is no number{missing}")
    return numbers
