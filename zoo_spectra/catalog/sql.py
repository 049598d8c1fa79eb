"""SQL over a catalog's tables, and over nothing else: Polars would read any file or URL.

Polars parses a query only when it is collected and shows nobody what it found, so that its
functions which read files are refused by their names wherever these occur, in texts and comments
too: whoever splits SQL in another way than Polars could be led astray.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping

import polars as pl

from zoo_spectra.errors import CatalogError, nearest

_READER = re.compile(r"(?<![a-z0-9_])(?:read|scan)_[a-z]\w*", re.IGNORECASE)
_RELATION = re.compile(r"relation '(.*?)' was not found", re.DOTALL)
_COLUMN = re.compile(r"unable to find column \"(.*?)\"; valid columns: \[(.*?)\]", re.DOTALL)


def refuse_files(sql: str) -> None:
    """Raise CatalogError for SQL that names a function which reads files or URLs."""
    if found := _READER.search(sql):
        raise CatalogError(
            f"{found[0]!r} reads files, and a query reads the catalog's tables only; say so if you "
            "mean it: --files, or files=True"
        )


def named(sql: str, tables: Iterable[str]) -> list[str]:
    """The tables that SQL can mean, perhaps some more."""
    lower = sql.lower()
    return [table for table in tables if table in lower]


def ask(sql: str, frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The answer of SQL over these tables. Raises CatalogError for a faulty query.

    Collecting may raise Polars's errors; see ``fault``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Polars calls its SQL unstable
        try:
            return pl.SQLContext(dict(frames)).execute(sql)
        except pl.exceptions.PolarsError as error:
            raise fault(error, frames) from error


def condition(where: str, frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of ``networks`` that meet an SQL condition. Raises CatalogError for a faulty one."""
    refuse_files(where)
    # The line's end closes a comment at the end of the condition.
    found = ask(f"SELECT * FROM networks WHERE ({where}\n)", {"networks": frame})
    try:
        found.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise fault(error, ["networks"]) from error
    return found


def fault(error: BaseException, tables: Iterable[str]) -> CatalogError:
    """What to say of a faulty query."""
    # Polars adds the resolved plan after an empty line.
    text = str(error).partition("\n\n")[0]
    if found := _RELATION.search(text):
        text = f"there is no table {found[1]!r}; {nearest(found[1], tables)}"
    elif found := _COLUMN.search(text):
        columns = re.findall(r'"(.*?)"', found[2])
        text = f"there is no column {found[1]!r}; {nearest(found[1], columns)}"
    return CatalogError(f"the query is at fault: {text}")
