"""How a text table is written: encoding, delimiter, decimal mark; one reading of it, or none.

``delimiter=`` and ``decimal=`` settle what the first lines leave open.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard

COMMENTS = ("#", "%")
MAX_LINE = 1 << 24  # characters: a row of a million numbers
HARD = "\t,;|"  # delimiters that are no blanks
NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe", " ": "blank"}
MISSING = frozenset({"", "na", "n/a", "nan", "<na>", "null", "none", "#n/a", "-nan", "+nan"})
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_DOT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_DOTTED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_SEPARATOR = re.compile(r'"?sep=[,;|\t]"?\s*', re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True)
class Dialect:
    """``trailing``: whether each row ends in a delimiter, behind which there is no cell."""

    delimiter: str
    decimal: str = "."
    trailing: bool = False


def as_number(cell: str, decimal: str = ".") -> float | None:
    """The number that a cell holds (NaN and infinities are numbers), or None."""
    if decimal == ",":
        if "." in cell:
            return None
        cell = cell.replace(",", ".")
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def is_missing(cell: str) -> bool:
    """Whether a cell stands for an entry that is not there: empty, nan, NA, n/a …"""
    return len(cell) <= 4 and cell.lower() in MISSING


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """A text file, gzipped if its name ends so: UTF-8, or UTF-16 with its byte order mark."""
    with path.open("rb") as raw:
        stream: gzip.GzipFile | BufferedReader = raw
        if path.name.lower().endswith(".gz"):
            stream = gzip.GzipFile(fileobj=raw)
        start = stream.peek(2)[:2]
        encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            yield TextIOWrapper(cast("BinaryIO", stream), encoding, newline="")
        except UnicodeDecodeError as error:
            raise FileFormatError(
                f"its text is not {encoding.removesuffix('-sig').upper()} ({error.reason}); save "
                "it as UTF-8"
            ) from error


def read_lines(stream: TextIO) -> Iterator[str]:
    """The lines of a text, with their ends. Raises FileFormatError for one that never ends."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise FileFormatError(f"a line of more than {MAX_LINE:,} characters; is it a table?")
        if "\0" in line:
            raise FileFormatError(
                f"line {number}, column {line.index(chr(0)) + 1} of its text is a zero byte; save "
                "the table as UTF-8 text"
            )
        yield line


def data_lines(stream: TextIO, guard: Guard) -> Iterator[tuple[int, str]]:
    """The lines that are no comments and not empty, each with its number in the file.

    Nor the first where it only tells a spreadsheet the delimiter: ``sep=;``.
    """
    for number, line in enumerate(guard.each(read_lines(stream)), 1):
        bare = line.strip()
        if number == 1 and _SEPARATOR.fullmatch(line):
            continue
        if bare and not bare.startswith(COMMENTS):
            yield number, line


def split(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each line, stripped. Raises csv.Error.

    Blanks at the ends are no cells where blanks delimit; tabs and commas at the ends are.
    """
    edge = None if delimiter == " " else "\r\n"
    bare = (line.strip(edge) for line in lines)
    if delimiter == " ":
        bare = (line.replace("\t", " ") for line in bare)
    for cells in csv.reader(bare, delimiter=delimiter, skipinitialspace=True, strict=True):
        yield [cell.strip() for cell in cells]


def dialect_of(lines: Sequence[str], delimiter: str | None, decimal: str | None) -> Dialect:
    """The dialect of a table's first lines. Raises NetworkError where there are two readings."""
    mark = delimiter or _delimiter(lines, decimal)
    rows = _rows(lines, mark) or []
    trailing = mark != " " and bool(rows) and all(len(r) > 1 and not r[-1] for r in rows)
    if mark != " " and mark != delimiter and any(map(_mixed, rows)):
        raise NetworkError(
            f"mixed delimiters: {lines[0].strip()[:60]!r} has cells of several numbers between "
            f"{NAMES[mark]}s; write the table with one delimiter, or say delimiter="
        )
    return Dialect(mark, decimal or _decimal(rows, mark), trailing)


def _delimiter(lines: Sequence[str], decimal: str | None) -> str:
    fitting = {}
    for mark in HARD:
        rows = _rows(lines, mark) if any(mark in line for line in lines) else None
        if rows and _even(rows):
            fitting[mark] = rows
    if "," in fitting and len(fitting) > 1 and decimal != ".":
        others = [rows for mark, rows in fitting.items() if mark != ","]
        if all(_only_decimal_commas(rows) for rows in others):
            del fitting[","]
    if len(fitting) > 1:
        found = " or ".join(NAMES[mark] for mark in fitting)
        raise NetworkError(
            f"its delimiter may be {found} ({lines[0].strip()[:60]!r}); say which with delimiter="
        )
    if fitting:
        mark = next(iter(fitting))
        return " " if mark == "," and decimal != "." and _blanks_and_commas(lines) else mark
    blank = _rows(lines, " ")
    if blank and _even(blank) and not any(mark in lines[0] for mark in HARD):
        return " "
    often = max(HARD, key=lambda mark: sum(mark in line for line in lines))
    in_lines = sum(often in line for line in lines)
    return often if often in lines[0] or in_lines > len(lines) // 2 else " "


def _rows(lines: Sequence[str], mark: str) -> list[list[str]] | None:
    """The rows of some lines, the last of which may be cut inside a quoted cell."""
    rows: list[list[str]] = []
    try:
        rows.extend(split(iter(lines), mark))
    except csv.Error as error:
        return rows if rows and "unexpected end" in str(error) else None
    return rows


def _even(rows: Sequence[Sequence[str]]) -> bool:
    """Whether all rows are of one width; a first one may lack the corner of a header."""
    width = len(rows[-1])
    return (
        width > 1
        and all(len(row) == width for row in rows[1:])
        and len(rows[0]) in ((width,) if len(rows) == 1 else (width, width - 1))
    )


def _only_decimal_commas(rows: Sequence[Sequence[str]]) -> bool:
    with_comma = [cell for row in rows for cell in row if "," in cell]
    return all(map(_COMMA_NUMBER.fullmatch, with_comma))


def _blanks_and_commas(lines: Sequence[str]) -> bool:
    """Whether blanks between cells and commas in numbers read the lines just as well: refused."""
    rows = _rows(lines, " ")
    if not rows or not _even(rows) or not _only_decimal_commas(rows):
        return False
    if sum(cell.count(",") for row in rows for cell in row) == 0:
        return False
    raise NetworkError(
        f"{lines[0].strip()[:60]!r} has blanks and commas between numbers; say delimiter=comma, or "
        "delimiter=space with decimal=,"
    )


def _mixed(row: Sequence[str]) -> bool:
    """Whether a cell holds several numbers between blanks."""
    for cell in row:
        parts = cell.split()
        if len(parts) > 1 and all(as_number(part) is not None for part in parts):
            return True
    return False


def _check_dots(cells: Sequence[str], mark: str) -> None:
    """Refuse 1.234 between semicolons: where these are written, a dot may stand for thousands."""
    dots = [cell for cell in cells if _DOT_NUMBER.fullmatch(cell)]
    if mark == ";" and dots and all(map(_DOTTED_THOUSANDS.fullmatch, dots)):
        raise NetworkError(
            f"{dots[0]!r} may be thousands or decimals; say decimal=. or write it without dots"
        )


def _decimal(rows: Sequence[Sequence[str]], mark: str) -> str:
    if mark == ",":
        return "."
    cells = [cell for row in rows for cell in row]
    commas = [cell for cell in cells if "," in cell and _COMMA_NUMBER.fullmatch(cell)]
    commas += [cell for cell in cells if cell.count(",") > 1 and _THOUSANDS.fullmatch(cell)]
    if not commas:
        _check_dots(cells, mark)
        return "."
    if any("." in cell and _DOT_NUMBER.fullmatch(cell) for cell in cells):
        raise NetworkError(
            f"numbers with a comma ({commas[0]}) and with a dot; say which is decimal with decimal="
        )
    if all(map(_THOUSANDS.fullmatch, commas)):
        raise NetworkError(
            f"{commas[0]!r} may be thousands or decimals; say decimal=, or write it without commas"
        )
    return ","
