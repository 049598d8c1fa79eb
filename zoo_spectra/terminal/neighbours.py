"""The nearest networks as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zoo_spectra.defaults import MEASURES
from zoo_spectra.terminal.cells import NARROW as LONG
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.text import visible

NARROW = 80  # columns of a terminal
LEAST = 6  # columns of a text that may be folded


def neighbour_table(rows: pl.DataFrame, name: str, measure: str, width: int) -> RenderableType:
    """A row a network, nearest first: family, parameters, class, distances that apply.

    Equal weights are marked. The kind, and the catalog, are said where they are not all one, and
    the family where ``width`` leaves room.
    """
    title = f"Nearest to {visible(name)} by {measure} distance, in e-folds"
    if rows.is_empty():
        return cell(f"{title}: no network that can be compared")
    names = [_name_of(row) for row in rows.iter_rows(named=True)]
    told = [] if width < NARROW else ["family"]
    told += [each for each in ("kind", "catalog") if rows[each].n_unique() > 1]
    measures = [each for each in MEASURES if rows[each].null_count() < rows.height]
    others = [each for each in measures if each != measure]
    given_up = _given_up(names, told, measures, [*told, *others, "class", "size"], width)
    told = [each for each in told if each not in given_up]
    measures = [each for each in measures if each not in given_up]
    counts = [each for each in ("size", "class") if each not in given_up]
    table = people_table(title, width if not given_up else NARROW - 1)
    name_column(table, "network", names)
    for column in told:
        table.add_column(column, overflow="fold", min_width=LEAST)
    for column in (*counts, *measures):
        table.add_column(column, justify="right", no_wrap=True)
    for row, name_of in zip(rows.iter_rows(named=True), names, strict=True):
        table.add_row(
            cell(name_of),
            *(cell(row[each]) for each in told),
            *(
                short(row["parameters"]) if each == "size" else _shown(row["class"])
                for each in counts
            ),
            *(distance(row, each) for each in measures),
        )
    lines = []
    if given_up:
        lines.append(cell(f"no room here for: {', '.join(given_up)} (--csv and --json have them)"))
    if "class" in counts and rows["class"].null_count() == rows.height:
        lines.append(cell("class –: not classified, or not with this result"))
    if rows["equal_weights"].any():
        lines.append(cell("= equal weights, entry by entry"))
    if rows["matched"].null_count() == rows.height:
        lines.append(
            cell("matched does not apply: no constituent has the same name, or no spectra")
        )
    return Group(table, *lines)


def _given_up(
    names: Sequence[str],
    told: Sequence[str],
    measures: Sequence[str],
    order: Sequence[str],
    width: int,
) -> list[str]:
    """The columns that a table of this width has no room for, in the order they are given up.

    Numbers are whole or not there, and a name is folded only where it is very long.
    """
    room = min(LONG, max(len(visible(name)) for name in names))
    need = (
        {"size": 7, "class": 5} | dict.fromkeys(told, LEAST) | {m: max(6, len(m)) for m in measures}
    )
    gone: list[str] = []
    for column in (None, *order):
        if column is not None:
            gone.append(column)
        # The border of each, and where nothing had to go two blanks beside it.
        beside = 1 if gone or width < NARROW else 3
        kept = [size for name, size in need.items() if name not in gone]
        if room + sum(kept) + beside * (len(kept) + 1) + 1 <= width:
            break
    return gone


def people_table(title: str, width: int) -> Table:
    """A table of short numbers, closer together on a narrow terminal."""
    padding = (0, 0) if width < NARROW else (0, 1)
    return Table(title=Text(title), title_justify="left", padding=padding)


def _name_of(row: Mapping[str, Any]) -> str:
    return f"{row['name']} =" if row["equal_weights"] else str(row["name"])


def distance(row: Mapping[str, Any], measure: str) -> str:
    """A distance, to four decimals; – where a measure does not apply."""
    return "–" if row[measure] is None else f"{row[measure]:.4f}"


def short(number: int) -> str:
    """``25.5 M``, in three digits."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.9995 * size:
            return f"{number / size:#.3g} {letter}".replace(". ", " ")
    return str(number)


def _shown(value: object) -> str:
    return "–" if value is None else str(value)
