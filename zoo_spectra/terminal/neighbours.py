"""The nearest networks as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zoo_spectra.defaults import MEASURES
from zoo_spectra.terminal.cells import LEAST, NARROW, cell, given_up, name_column, no_room
from zoo_spectra.text import visible


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
    need = {"size": 7, "class": 5} | dict.fromkeys(told, LEAST)
    need |= {each: max(6, len(each)) for each in measures}
    gone = given_up(names, need, [*told, *others, "class", "size"], width)
    told = [each for each in told if each not in gone]
    measures = [each for each in measures if each not in gone]
    counts = [each for each in ("size", "class") if each not in gone]
    table = people_table(title, width if not gone else NARROW - 1)
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
    if gone:
        lines.append(no_room(gone))
    if "class" in counts and rows["class"].null_count() == rows.height:
        lines.append(cell("class –: not classified, or not with this result"))
    if rows["equal_weights"].any():
        lines.append(cell("= equal weights, entry by entry"))
    if rows["matched"].null_count() == rows.height:
        lines.append(
            cell("matched does not apply: no constituent has the same name, or no spectra")
        )
    return Group(table, *lines)


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
