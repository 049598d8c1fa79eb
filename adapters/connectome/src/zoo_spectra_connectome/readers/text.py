"""Text tables: edge lists and adjacency matrices, and how one is told from the other.

An edge list has a header that names source and target, or 2 or 3 columns of which two hold ids; a
matrix is square, with or without names. What could be both, or is neither, is an error;
``format=edges`` or ``format=adjacency`` settles it. A file named .edgelist is an edge list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, Scalar, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.columns import has_ends
from zoo_spectra_connectome.dialect import NAMES, as_number, is_missing
from zoo_spectra_connectome.edge_tables import fault_of_id
from zoo_spectra_connectome.readers.edge_lists import header_of, read_edges
from zoo_spectra_connectome.readers.matrix_tables import CONNECTOGRAM, read_matrix
from zoo_spectra_connectome.readers.table import EDGE_OPTIONS, suffix_of
from zoo_spectra_connectome.readers.tables_of_else import check_beside
from zoo_spectra_connectome.rows import Table, TextTable
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """Read an edge list or an adjacency matrix, as the option ``format`` says or by detection.

    Raises NetworkError, FileFormatError, and what csv and the codec raise.
    """
    guard = Guard(budget_of(path))
    if settings.form is None:
        check_beside(path)
    table = TextTable(path, guard, settings.delimiter, settings.decimal)
    return understood(table, path, settings, guard)


def understood(table: Table, path: Path, settings: Settings, guard: Guard) -> Adjacency:
    """The network of a table's cells: edges or a matrix. Raises NetworkError, FileFormatError."""
    form = form_of(table, path, settings)
    if form == "adjacency":
        check_options(settings)
        made = read_matrix(table, settings, guard)
    else:
        sure = settings.form == "edges" or suffix_of(path.name).startswith(".edgelist")
        made = read_edges(table, settings, sure, guard)
    return replace(made, facts={**facts_of(table), **made.facts})


def facts_of(table: Table) -> Mapping[str, Scalar]:
    """How the table is written."""
    known = NAMES.get(table.dialect.delimiter)
    facts: dict[str, Scalar] = {} if known is None else {"delimiter": known}
    if table.dialect.decimal == ",":
        facts["decimal"] = ","
    return facts


def form_of(table: Table, path: Path, settings: Settings) -> str:
    """``edges`` or ``adjacency``. Raises NetworkError where neither, or both, can be meant."""
    if any("{" in cell for cell in table.sample[-1]):
        raise NetworkError(
            "its rows end in attributes in braces, {…}; write the list with "
            "networkx.write_weighted_edgelist, or write_edgelist(data=['weight'])"
        )
    if settings.form is not None:
        return settings.form
    if suffix_of(path.name).startswith(".edgelist"):
        return "edges"
    if not any(getattr(settings, option) is not None for option in EDGE_OPTIONS):
        return detect(table)
    width = len(table.sample[-1])
    chosen = settings.source is not None or header_of(table, settings) is not None
    return "edges" if chosen or width <= 3 else detect(table)


def check_options(settings: Settings) -> None:
    """Raise NetworkError for an option of edge tables: the file is a matrix."""
    for option in EDGE_OPTIONS:
        if getattr(settings, option) is not None:
            raise NetworkError(f"{option}= is for edge tables, and this is read as a matrix")


def detect(table: Table) -> str:
    """``edges`` or ``adjacency``, from the first rows."""
    rows, width = table.sample, len(table.sample[-1])
    if has_ends(rows[0]):
        return "edges"
    if width < 2:
        raise FileFormatError(
            "one column is neither an edge list nor an adjacency matrix; " + table.shown()
        )
    height = len(rows) if table.ended else None
    # Of more rows than are looked at, what is wide enough may be square.
    square = len(rows) <= width + 1 if height is None else _is_square(rows, height, width)
    if width > 3:
        if not square or not _mostly_numbers(table):
            raise FileFormatError(_neither(table, height, width))
        return "adjacency"
    if not square or not _numbers_only(table):
        return "edges"
    if not _ids_only(table):
        return "adjacency"
    raise NetworkError(
        f"{len(rows)} rows of {width} numbers may be a matrix or an edge list; say "
        f"format=adjacency or format=edges; {table.shown()}"
    )


def _is_square(rows: Sequence[Sequence[str]], height: int, width: int) -> bool:
    """With or without a row and a column of names, or two of them."""
    if len(rows[0]) == width - 1:  # a header without a corner
        return height == width
    if rows[0][:2] == CONNECTOGRAM:
        return height == width
    named = width == height + 1 and width > 3
    return height in (width, width + 1) or named


def _numbers_only(table: Table) -> bool:
    """Whether what is no name, in the first row and column, is numbers or missing."""
    return all(
        as_number(cell, table.dialect.decimal) is not None or is_missing(cell)
        for row in table.sample[1:]
        for cell in row[1:]
    )


def _mostly_numbers(table: Table) -> bool:
    """Whether most cells that are no names are numbers: else a matrix is not what it should be."""
    names = 2 if table.sample[0][:2] == CONNECTOGRAM else 1
    cells = [cell for row in table.sample[names:] for cell in row[names:]]
    wrong = sum(
        as_number(cell, table.dialect.decimal) is None and not is_missing(cell) for cell in cells
    )
    return 2 * wrong < len(cells)


def _ids_only(table: Table) -> bool:
    """Whether the first two columns may name nodes."""
    decimal = table.dialect.decimal
    rows = table.sample[1:] if len(table.sample) > 1 else table.sample
    first = table.sample[0]
    return all(fault_of_id(cell, decimal) is None for row in rows for cell in row[:2]) and all(
        fault_of_id(cell, decimal) is None for cell in first[:2]
    )


def _neither(table: Table, height: int | None, width: int) -> str:
    high = "many" if height is None else str(height)
    return (
        f"{high} rows of {width} cells are no square matrix, with or without names, and no header "
        "names source and target, so it is no edge list; if it is one, say source= and target= "
        f"(and weight=; columns without a header are 1, 2, …); {table.shown()}"
    )
