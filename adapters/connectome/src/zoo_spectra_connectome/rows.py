"""Text tables as rows of cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TextIO

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.dialect import Dialect, data_lines, dialect_of, open_text, split

CELL_BYTES = 100  # of memory, beside the characters
SAMPLE_LINES, SAMPLE_CHARACTERS = 1000, 1 << 18  # by which a table is understood
SHOWN = 3  # rows in a message


class Table(Protocol):
    """Cells of a table; ``line`` is that of the row read last, ``ended`` whether sample is all."""

    line: int
    sample: list[list[str]]
    ended: bool

    @property
    def dialect(self) -> Dialect:
        """How its cells are written."""

    def rows(self) -> Iterator[list[str]]:
        """All rows, from the first, cells stripped."""

    def shown(self) -> str:
        """The first rows as they were understood, for a message."""


class TextTable:
    """A text table: ``dialect``, its first rows in ``sample``, whether these are all in ``ended``.

    ``line`` is the line of the file that was read last. Raises FileFormatError for an empty file,
    NetworkError for one that has two readings.
    """

    def __init__(
        self,
        path: Path,
        guard: Guard,
        delimiter: str | None = None,
        decimal: str | None = None,
    ) -> None:
        self.path, self.line = path, 0
        self._guard = guard
        lines, self.ended = self._head()
        if not lines:
            raise FileFormatError("the table is empty: it has no rows")
        self.dialect = dialect_of(lines, delimiter, decimal)
        self.sample: list[list[str]] = []
        for row in self.rows():
            self.sample.append(row)
            if len(self.sample) == len(lines):
                break

    def _head(self) -> tuple[list[str], bool]:
        lines: list[str] = []
        size = 0
        with open_text(self.path) as stream:
            for _, line in data_lines(stream, self._guard):
                if len(lines) >= SAMPLE_LINES or (size > SAMPLE_CHARACTERS and len(lines) > 2):
                    return lines, False
                lines.append(line)
                size += len(line)
        return lines, True

    def rows(self) -> Iterator[list[str]]:
        """The rows, cells stripped. Raises csv.Error, and FileFormatError for ragged rows.

        The first may be a cell shorter than the others: a header without its corner.
        """
        with open_text(self.path) as stream:
            first = width = 0
            for number, row in enumerate(split(self._counted(stream), self.dialect.delimiter)):
                if self.dialect.trailing and not row[-1]:
                    row = row[:-1]
                if number == 0 or (number == 1 and len(row) == width + 1):
                    first, width = first or self.line, len(row)
                if len(row) != width:
                    raise FileFormatError(
                        f"line {self.line}, column {min(len(row), width) + 1}: the row has "
                        f"{len(row)} cells where line {first} has {width}; is the file cut off, "
                        "its delimiter another one (delimiter=), or a name with a blank not in "
                        "quotes?"
                    )
                yield row

    def _counted(self, stream: TextIO) -> Iterator[str]:
        for number, line in data_lines(stream, self._guard):
            self.line = number
            yield line

    def shown(self) -> str:
        """The first rows as they were understood, for a message."""
        return shown_rows(self.sample)


def shown_rows(rows: list[list[str]]) -> str:
    """The first rows of a table, for a message: ``a | b | c; 1 | 2 | 3``."""
    some = [" | ".join(cell[:24] for cell in row[:8]) for row in rows[:SHOWN]]
    return "its first rows: " + "; ".join(some)


def read_rows(path: Path, guard: Guard | None = None) -> Iterator[list[str]]:
    """The rows of a table, one at a time, cells stripped; lines that begin with ``#`` or ``%`` and
    empty ones are left out. Raises as ``TextTable``.
    """
    yield from TextTable(path, guard or Guard(budget_of(path))).rows()


def read_table(path: Path) -> list[list[str]]:
    """All rows of a small table. Raises FileFormatError when it is empty or ragged."""
    guard = Guard(budget_of(path))
    rows: list[list[str]] = []
    for row in read_rows(path, guard):
        rows.append(row)
        guard.hold(CELL_BYTES * len(row) + sum(map(len, row)), "the table")
        if len(row) != len(rows[0]):
            raise FileFormatError(
                f"row {len(rows)} has {len(row)} cells where row 1 has {len(rows[0])}; is the file "
                "cut off?"
            )
    return rows
