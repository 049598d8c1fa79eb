"""Cheaper equivalents as a table for people."""

from __future__ import annotations

import polars as pl
from rich.console import Group, RenderableType

from zoo_spectra.classes import Cheaper
from zoo_spectra.terminal.cells import LEAST, NARROW, cell, given_up, name_column, no_room
from zoo_spectra.terminal.neighbours import distance, people_table, short
from zoo_spectra.text import count, percent

_BY = {"equivalent": "spectra", "nearest in cost": "cost"}


def offer_table(rows: pl.DataFrame, name: str, by: str, measure: str, width: int) -> RenderableType:
    """A row a network that costs less, cheapest first; below a line, the baselines.

    ``*`` marks the frontier: nothing as cheap is nearer. The family is said where ``width`` leaves
    room.
    """
    priced = by != "parameters"
    need = {"family": LEAST} if width >= NARROW else {}
    need |= {"size": 7} | ({"cost": max(len(by), 9)} if priced else {}) | {"saved": 5}
    need |= {"distance": 8, "by": 7}
    titles = {"cost": by, "distance": measure}  # a cost may be called like another column
    gone = given_up(rows["name"].to_list(), need, ["family", "size", "saved"], width)
    kept = [each for each in need if each not in gone]
    table = people_table(f"Cheaper than {name} ({by})", NARROW - 1 if gone else width)
    name_column(table, "network", rows["name"])
    for column in kept:
        if column == "family":
            table.add_column(column, overflow="fold", min_width=LEAST)
        else:
            justify = "left" if column == "by" else "right"
            table.add_column(cell(titles.get(column, column)), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    last = None
    for row in rows.iter_rows(named=True):
        if last == "equivalent" != row["role"]:
            table.add_section()
        last = row["role"]
        shown: dict[str, RenderableType] = {
            "family": cell(row["family"]),
            "size": short(row["parameters"]),
            "cost": number_of(row["cost"]),
            "saved": percent(row["saved"]),
            "distance": distance(row, measure) + (" *" if row["frontier"] else ""),
            "by": _BY.get(row["role"], "family"),
        }
        table.add_row(cell(row["name"]), *(shown[each] for each in kept))
    legend = (
        "by spectra: equivalents, * on the frontier; by cost and family: what one would take "
        "without spectra, at the cost of the first"
    )
    return Group(table, *([no_room(gone)] if gone else []), cell(legend))


def summary_of(found: Cheaper, name: str, by: str, accuracy: float, measure: str) -> str:
    """How many networks are equivalent, and how many of them cost less, in a line."""
    own = f"its own {by}: {number_of(found.cost)}"
    within = f"within ε = {accuracy:g} e-folds of {name} ({measure})"
    if not found.equivalents:
        return f"nothing is {within}; {own}"
    less = f"{found.cheaper:,}" if found.cheaper else "none"
    return f"{count(found.equivalents, 'network')} {within}, {less} of them for less; {own}"


def number_of(cost: float) -> str:
    """A cost: whole, or to six digits."""
    return f"{cost:,.0f}" if cost == int(cost) else f"{cost:,.6g}"
