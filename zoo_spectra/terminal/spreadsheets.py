"""A frame as an Excel workbook: text is text, also where it looks like a formula or an address.

What Excel would change or drop is refused: it has numbers of 53 bits, cells of 32,767 characters,
and 1,048,576 rows. Times are text, ISO 8601 with their zone, which Excel's own times have not.
"""

from __future__ import annotations

import io
import math
from typing import Any

import polars as pl

from zoo_spectra.errors import ExportError
from zoo_spectra.text import visible

MOST_ROWS, MOST_COLUMNS, MOST_TEXT = (1 << 20) - 1, 1 << 14, 32_767
EXACT = 1 << 53  # the largest whole number up to which a cell holds each one
SHEET = "query"


def workbook_of(frame: pl.DataFrame) -> bytes:
    """An .xlsx of one sheet, its first row the names. Raises ExportError."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise ExportError(
            f"an Excel file needs xlsxwriter ({error}); pip install 'zoo-spectra[excel]'"
        ) from error
    _check(frame)
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(SHEET)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, name, bold)
            for row, value in enumerate(frame[name].to_list(), 1):
                _write(sheet, row, column, value)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        sheet.write_number(row, column, value)
    elif hasattr(value, "isoformat"):
        sheet.write_string(row, column, value.isoformat())
    else:  # text; NaN and infinities, which no cell holds, as text too
        sheet.write_string(row, column, str(value))


def _check(frame: pl.DataFrame) -> None:
    """Raise ExportError for what a sheet would lose."""
    if frame.height > MOST_ROWS or frame.width > MOST_COLUMNS:
        raise ExportError(
            f"{frame.height:,} rows of {frame.width:,} columns are too many for an Excel sheet "
            f"(at most {MOST_ROWS:,} and {MOST_COLUMNS:,}): choose fewer, or -o FILE.parquet"
        )
    for name, kind in frame.schema.items():
        if kind.is_nested() or kind == pl.Binary:
            raise ExportError(
                f"{visible(name)}: a list has no place in an Excel cell; choose other columns, or "
                "-o FILE.parquet"
            )
        column = frame[name]
        if kind.is_integer() and not -EXACT <= _least(column) <= _most(column) <= EXACT:
            raise ExportError(
                f"{visible(name)} has whole numbers beyond 2^53, which Excel would round: CAST it "
                "to VARCHAR, or -o FILE.parquet"
            )
        if kind == pl.String and (column.str.len_chars() > MOST_TEXT).any():
            raise ExportError(
                f"{visible(name)} has texts of more than {MOST_TEXT:,} characters, which no Excel "
                "cell holds: choose other columns, or -o FILE.parquet"
            )


def _least(column: pl.Series) -> int:
    return int(column.min() or 0)  # type: ignore[arg-type]


def _most(column: pl.Series) -> int:
    return int(column.max() or 0)  # type: ignore[arg-type]
