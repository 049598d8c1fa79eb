"""Cheaper equivalents as a table for people."""

from __future__ import annotations

import polars as pl
from rich.table import Table
from rich.text import Text

from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.terminal.neighbours import distance
from zoo_spectra.text import percent


def offer_table(rows: pl.DataFrame, name: str, by: str, measure: str) -> Table:
    """A row a network that costs less, cheapest first; below a line, the baselines.

    ``*`` marks the frontier: nothing as cheap is nearer.
    """
    title = f"Cheaper than {name} ({by}), equivalents first; * on the frontier"
    table = Table(title=Text(title), title_justify="left")
    name_column(table, "network", rows["name"])
    table.add_column("family", overflow="fold")
    numbers = ("parameters",) if by == "parameters" else ("parameters", by)
    for column in (*numbers, "saved", measure, "within ε"):
        table.add_column(cell(column), justify="right")
    table.add_column("how it was found", overflow="fold")
    last = None
    for row in rows.iter_rows(named=True):
        if last == "equivalent" != row["role"]:
            table.add_section()
        last = row["role"]
        cost = () if by == "parameters" else (f"{row['cost']:,g}",)
        table.add_row(
            cell(row["name"]),
            cell(row["family"]),
            f"{row['parameters']:,}",
            *cost,
            percent(row["saved"]),
            distance(row, measure) + (" *" if row["frontier"] else ""),
            "yes" if row["equivalent"] else "no",
            row["role"],
        )
    return table
