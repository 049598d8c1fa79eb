"""Tables in Excel files (.xlsx): edges or a matrix, as in text tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError, nearest
from zoo_spectra.sources import Archive, Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.dialect import Dialect
from zoo_spectra_connectome.readers.text import understood
from zoo_spectra_connectome.rows import CELL_BYTES, SAMPLE_LINES, shown_rows
from zoo_spectra_connectome.settings import Settings

DIGITS = 15  # that Excel keeps of a number
TIMES = 4  # what a sheet takes, of its unpacked text


def read(path: Path, settings: Settings) -> Adjacency:
    """The table of one sheet (option ``sheet``). Raises NetworkError, FileFormatError."""
    guard = Guard(budget_of(path))
    unpacked = sum(info.file_size for info in Archive(path).members.values())
    guard.check(TIMES * unpacked, "its sheets")
    return understood(SheetTable(_rows(path, settings.sheet, guard)), path, settings, guard)


class SheetTable:
    """A sheet's cells, as a text table has them; lines are its rows."""

    dialect = Dialect("")

    def __init__(self, rows: list[list[str]]) -> None:
        self.line, self._rows = 0, rows
        if not rows:
            raise FileFormatError("the sheet is empty: no nodes and no edges")
        self.sample = self._rows[:SAMPLE_LINES]
        self.ended = len(self.sample) == len(self._rows)

    def rows(self) -> Iterator[list[str]]:
        """The rows. Raises FileFormatError for a number of which Excel has lost digits."""
        for number, row in enumerate(self._rows, 1):
            self.line = number
            for cell in row:
                if len(cell) > DIGITS and cell.isdigit():
                    raise FileFormatError(
                        f"row {self.line}: {cell!r} has more than the {DIGITS} digits that Excel "
                        "keeps of a number; export the table as CSV or Parquet where it comes from"
                    )
            yield row

    def shown(self) -> str:
        """The first rows as they were understood, for a message."""
        return shown_rows(self.sample)


def _rows(path: Path, wanted: str | None, guard: Guard) -> list[list[str]]:
    """The cells of a sheet; a library in C or Rust would take the memory of a cell far away."""
    try:
        import openpyxl
    except ImportError as error:
        raise NetworkError(
            "Excel files need a library: pip install 'zoo-spectra-connectome[excel]'"
        ) from error
    rows: list[list[str]] = []
    with path.open("rb") as stream:  # by its name, openpyxl would look at the suffix
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        sheet: Any = book.worksheets[_place([each.title for each in book.worksheets], wanted)]
        sheet.reset_dimensions()
        for row in guard.each(sheet.iter_rows(values_only=True)):
            cells = list(map(_cell, row))
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                guard.hold(CELL_BYTES * len(cells) + sum(map(len, cells)), "the sheet")
                rows.append(cells)
    width = max(map(len, rows), default=0)
    guard.hold(8 * width * len(rows), "the sheet")
    return [row + [""] * (width - len(row)) for row in rows]


def _place(names: list[str], wanted: str | None) -> int:
    """Which of the sheets is read. Raises NetworkError."""
    if wanted is None and len(names) != 1:
        raise NetworkError(
            f"{len(names)} sheets ({', '.join(names[:8])}); choose one with sheet=NAME"
        )
    if wanted is not None and wanted not in names:
        raise NetworkError(f"no sheet {wanted!r}; {nearest(wanted, names)}")
    return 0 if wanted is None else names.index(wanted)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
