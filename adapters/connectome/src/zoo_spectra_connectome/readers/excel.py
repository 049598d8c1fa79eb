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
    return understood(SheetTable(_rows(path, settings.sheet), guard), path, settings, guard)


class SheetTable:
    """A sheet's cells, as a text table has them; lines are its rows."""

    dialect = Dialect("")
    ended = True

    def __init__(self, rows: list[list[str]], guard: Guard) -> None:
        self.line = 0
        self._rows = [row for row in rows if any(row)]
        if not self._rows:
            raise FileFormatError("the sheet is empty: no nodes and no edges")
        guard.hold(CELL_BYTES * sum(map(len, self._rows)), "the sheet")
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


def _rows(path: Path, sheet: str | None) -> list[list[str]]:
    try:
        import fastexcel
    except ImportError as error:
        raise NetworkError(
            "Excel files need a library: pip install 'zoo-spectra-connectome[excel]'"
        ) from error
    book = fastexcel.read_excel(path)
    if sheet is None and len(book.sheet_names) != 1:
        names = ", ".join(book.sheet_names[:8])
        raise NetworkError(f"{len(book.sheet_names)} sheets ({names}); choose one with sheet=NAME")
    if sheet is not None and sheet not in book.sheet_names:
        raise NetworkError(f"no sheet {sheet!r}; {nearest(sheet, book.sheet_names)}")
    name = book.sheet_names[0] if sheet is None else sheet
    loaded: Any = book.load_sheet(name, header_row=None, dtypes="string")
    columns = [column.to_pylist() for column in loaded.to_arrow().columns]
    return [[_cell(each) for each in row] for row in zip(*columns, strict=True)]


def _cell(value: str | None) -> str:
    return "" if value is None else value.strip()
