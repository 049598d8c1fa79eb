"""Rows of cells from a text table: delimiter, comments and quotes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from zoo_spectra.errors import FileFormatError, NetworkError, nearest
from zoo_spectra.sources import Guard, budget_of

COMMENTS = ("#", "%")
MAX_LINE = 1 << 24  # characters: a row of a million numbers
CELL_BYTES = 100  # of memory, beside the characters
SOURCES = ("source", "src", "from", "pre", "presynaptic", "i")
TARGETS = ("target", "dst", "to", "post", "postsynaptic", "j")


def read_rows(path: Path, guard: Guard | None = None) -> Iterator[list[str]]:
    """The rows of a table, one at a time, cells stripped.

    The delimiter is a tab if the first row has one, else a comma, else runs of blanks. Empty lines
    and lines that begin with ``#`` or ``%`` are left out. Raises csv.Error, UnicodeDecodeError;
    FileFormatError for a line without an end, NetworkError beyond the guard's budget of seconds.
    """
    watch = guard or Guard(budget_of(path))
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = _data(watch.each(read_lines(stream)))
        first = next(lines, "")
        delimiter = next((mark for mark in "\t," if mark in first), " ")
        reader = csv.reader(
            _chain(first, lines, delimiter), delimiter=delimiter, skipinitialspace=True, strict=True
        )
        for cells in reader:
            yield [cell.strip() for cell in cells]


def read_lines(stream: TextIO) -> Iterator[str]:
    """The lines of a text, with their ends. Raises FileFormatError for one that never ends."""
    while line := stream.readline(MAX_LINE):
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise FileFormatError(f"a line of more than {MAX_LINE:,} characters; is it a table?")
        yield line


def read_table(path: Path) -> list[list[str]]:
    """All rows of a small table. Raises FileFormatError when it is empty or ragged."""
    guard = Guard(budget_of(path))
    rows: list[list[str]] = []
    for number, row in enumerate(read_rows(path, guard), 1):
        rows.append(row)
        guard.hold(CELL_BYTES * len(row) + sum(map(len, row)), "the table")
        if len(row) != len(rows[0]):
            raise FileFormatError(
                f"row {number} has {len(row)} cells where row 1 has {len(rows[0])}; is the file "
                "cut off, or a name with a blank not in quotes?"
            )
    if not rows:
        raise FileFormatError("the table is empty")
    return rows


def as_number(cell: str) -> float | None:
    """The number that a cell holds (NaN and infinities are numbers), or None."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def has_edge_header(cells: Sequence[str]) -> bool:
    """Whether a header names a source and a target column."""
    return _find(cells, SOURCES) is not None and _find(cells, TARGETS) is not None


def edge_columns(header: Sequence[str], weight: str | None) -> tuple[int, int, int | None]:
    """Which columns hold source, target and weight (None: each row counts 1).

    Source and target by their usual names, else the first two. The weight is the column named
    ``weight`` (the option, or that very word), else the third of three. Raises NetworkError.
    """
    source, target = _find(header, SOURCES), _find(header, TARGETS)
    if source is None or target is None:
        source, target = 0, 1
    if weight is not None and weight not in header:
        raise NetworkError(f"no weight column {weight!r}; {nearest(weight, header)}")
    at = header.index(weight) if weight is not None else _find(header, ("weight",))
    if at is None and len(header) == 3:
        at = ({0, 1, 2} - {source, target}).pop()
    if at in (source, target):
        raise NetworkError(f"the weight column {header[at]!r} names nodes")
    return source, target, at


def _find(cells: Sequence[str], names: Sequence[str]) -> int | None:
    lowered = [cell.lower() for cell in cells]
    return next((lowered.index(name) for name in names if name in lowered), None)


def _data(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        bare = line.strip()
        if bare and not bare.startswith(COMMENTS):
            yield line


def _chain(first: str, rest: Iterator[str], delimiter: str) -> Iterator[str]:
    """Blanks at the ends are no cells where blanks delimit; tabs and commas at the ends are."""
    edge = None if delimiter == " " else "\r\n"
    if first:
        yield first.strip(edge)
    for line in rest:
        yield line.strip(edge)
