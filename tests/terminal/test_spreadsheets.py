"""Excel files: text is text, numbers are the very numbers, and what Excel would lose is refused."""

from __future__ import annotations

import io
import math
import sys
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner

import zoo_spectra as zs
from parts import commit
from zoo_spectra.errors import ExportError
from zoo_spectra.terminal.app import app
from zoo_spectra.terminal.spreadsheets import EXACT, workbook_of

FORMULAS = [
    "=1+2", "+1", "-1", "@SUM(1)", "=HYPERLINK(\"http://x\")", "{=1}", "http://x/y",
    "mailto:a@b", "\t=1", "007", "1e5", "TRUE", "a\x1b[31m", "<b>&", "internal:A1",
]  # fmt: skip


def read(content: bytes) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == 1
    return [[cell.value for cell in row] for row in book.active]


def test_what_looks_like_a_formula_is_text() -> None:
    content = workbook_of(pl.DataFrame({"=name": FORMULAS}))
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [row[0] for row in book.active]
    assert [cell.data_type for cell in cells] == ["s"] * len(cells)
    assert not [cell for cell in cells if cell.hyperlink]
    texts = [openpyxl.utils.escape.unescape(str(cell.value)) for cell in cells]
    assert texts == ["=name", *FORMULAS]


def test_numbers_are_the_very_numbers() -> None:
    values = [0.1, 1 / 3, 5e-324, 1.7e308, -0.0, 1e22]
    whole = [EXACT, -EXACT, 0, 1, 12345678901234, 5]
    frame = pl.DataFrame({"x": values, "n": whole, "b": [True, False, None, True, True, False]})
    rows = read(workbook_of(frame))[1:]
    assert [float(row[0]) for row in rows] == values
    assert [row[1] for row in rows] == whole
    assert [row[2] for row in rows] == frame["b"].to_list()


def test_what_is_no_number_and_times_are_text() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    frame = pl.DataFrame({"x": [math.nan, math.inf], "t": [when, None]})
    rows = read(workbook_of(frame))
    assert rows[1:] == [["nan", "2026-01-02T03:04:05.678901+00:00"], ["inf", None]]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"l": [[1.0]]}), "a list has no place"),
        (pl.DataFrame({"n": [EXACT + 1]}), "beyond 2\\^53"),
        (pl.DataFrame({"n": [-(1 << 63)]}), "beyond 2\\^53"),
        (pl.DataFrame({"t": ["x" * 32_768]}), "more than 32,767 characters"),
        (pl.DataFrame({"n": pl.int_range(1 << 20, eager=True)}), "too many for an Excel sheet"),
    ],
)
def test_what_excel_would_lose_is_refused(frame: pl.DataFrame, said: str) -> None:
    with pytest.raises(ExportError, match=said):
        workbook_of(frame)


def test_without_xlsxwriter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(ExportError, match=r"pip install 'zoo-spectra\[excel\]'"):
        workbook_of(pl.DataFrame({"x": [1]}))


def test_a_query_into_a_workbook(tmp_path: Path) -> None:
    made = zs.Catalog.create(tmp_path / "zoo")
    for name in ("=cmd", "plain"):
        commit(made, name, name)
    file = tmp_path / "out.xlsx"
    sql = "SELECT name, finished_at, parameters FROM networks ORDER BY name"
    ran = CliRunner().invoke(app, ["query", str(made.location), sql, "-o", str(file)])
    assert ran.exit_code == 0, ran.output
    assert "2 rows in" in ran.stdout
    rows = read(file.read_bytes())
    assert [row[0] for row in rows] == ["name", "=cmd", "plain"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.xlsx", "zoo"]
