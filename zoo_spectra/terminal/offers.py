"""Cheaper equivalents as a table for people."""

from __future__ import annotations

import polars as pl
from rich.console import Group, RenderableType

from zoo_spectra.classes import Cheaper
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.terminal.neighbours import NARROW, distance, people_table, short
from zoo_spectra.text import count, percent

_BY = {"equivalent": "spectra", "nearest in cost": "cost"}


def offer_table(rows: pl.DataFrame, name: str, by: str, measure: str, width: int) -> RenderableType:
    """A row a network that costs less, cheapest first; below a line, the baselines.

    ``*`` marks the frontier: nothing as cheap is nearer. The family is said where ``width`` leaves
    room.
    """
    table = people_table(f"Cheaper than {name} ({by})", width)
    name_column(table, "network", rows["name"])
    wide, priced = width >= NARROW, by != "parameters"
    if wide:
        table.add_column("family", overflow="fold", min_width=6)
    for column in ("size", *([by] if priced else []), "saved", measure):
        table.add_column(cell(column), justify="right", no_wrap=True)
    table.add_column("by", no_wrap=True)
    last = None
    for row in rows.iter_rows(named=True):
        if last == "equivalent" != row["role"]:
            table.add_section()
        last = row["role"]
        table.add_row(
            cell(row["name"]),
            *([cell(row["family"])] if wide else []),
            short(row["parameters"]),
            *([number_of(row["cost"])] if priced else []),
            percent(row["saved"]),
            distance(row, measure) + (" *" if row["frontier"] else ""),
            _BY.get(row["role"], "family"),
        )
    legend = (
        "by spectra: equivalents, * on the frontier; by cost and family: what one would take "
        "without spectra, at the cost of the first"
    )
    return Group(table, cell(legend))


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
