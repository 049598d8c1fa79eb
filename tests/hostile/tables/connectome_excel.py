"""Hostile Excel files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import openpyxl
from good_connectome import of_excel
from makers import Table, bomb, cases_of, zipped


def book(*sheets: Sequence[Sequence[object]]) -> bytes:
    stream = io.BytesIO()
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, rows in enumerate(sheets):
        sheet = made.create_sheet(f"s{number}")
        for row in rows:
            sheet.append(list(row))
    made.save(stream)
    return stream.getvalue()


def changed(name: str, content: bytes) -> bytes:
    """A good book, one part of which is another."""
    with zipfile.ZipFile(io.BytesIO(of_excel())) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    return zipped({**members, name: content}, zipfile.ZIP_DEFLATED)


SHEET = "xl/worksheets/sheet1.xml"
START = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
LAUGHS = b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>' + START + b"&c;"
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
HEAD = ["pre", "post", "n"]
FILES: Table = {
    "no sheets' zip": zipped({"a.txt": b"x"}),
    "an empty sheet": book([]),
    "two sheets": book([HEAD, [1, 2, 3]], [HEAD, [2, 1, 3]]),
    "one cell": book([["x"]]),
    "ids that have lost digits": book([HEAD, [720575940600000017, 720575940600000018, 3]]),
    "ids that are fractions": book([HEAD, [1.5, 2.5, 3], [2.5, 1.5, 3]]),
    "missing weights": book([HEAD, ["a", "b", None], ["b", "a", 2]]),
    "errors in cells": book([HEAD, ["a", "b", "#DIV/0!"], ["b", "a", 2]]),
    "entities": changed(SHEET, LAUGHS),
    "a cell far away": changed(SHEET, START + b'<row r="1"><c r="A1"><v>1</v></c></row>' + FAR),
    "half a sheet": changed(SHEET, START + b"<row>"),
    "a sheet that is not there": changed("xl/workbook.xml", b"<workbook/>"),
    "a bomb": bomb(SHEET, START, 3 << 30),
}
CASES = cases_of(FILES, ".xlsx", {"ids that have lost digits"})
