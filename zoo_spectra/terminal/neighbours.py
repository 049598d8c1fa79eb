"""The nearest networks as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zoo_spectra.defaults import MEASURES
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.text import visible


def neighbour_table(rows: pl.DataFrame, name: str, measure: str) -> RenderableType:
    """A row a network, nearest first: family, kind, parameters, class, distances.

    Equal weights are marked; where rows are of several catalogs, each says of which.
    """
    title = f"Nearest to {visible(name)} by {measure} distance, in e-folds"
    if rows.is_empty():
        return cell(f"{title}: no network that can be compared")
    table = Table(title=Text(title), title_justify="left")
    name_column(table, "network", rows["name"])
    for column in ("family", "kind"):
        table.add_column(column, overflow="fold")
    for column in ("parameters", "class", *MEASURES):
        table.add_column(column, justify="right")
    several = rows["catalog"].n_unique() > 1
    if several:
        table.add_column("catalog", overflow="fold")
    for row in rows.iter_rows(named=True):
        name_of = f"{row['name']} (equal weights)" if row["equal_weights"] else row["name"]
        table.add_row(
            cell(name_of),
            cell(row["family"]),
            row["kind"],
            f"{row['parameters']:,}",
            _shown(row["class"]),
            *(distance(row, each) for each in MEASURES),
            *([cell(row["catalog"])] if several else []),
        )
    lines = []
    if rows["class"].null_count() == rows.height:
        lines.append(cell("class –: not classified, or not with this result"))
    return Group(table, *lines)


def distance(row: Mapping[str, Any], measure: str) -> str:
    """A distance, to four decimals; – where a measure does not apply."""
    return "–" if row[measure] is None else f"{row[measure]:.4f}"


def _shown(value: object) -> str:
    return "–" if value is None else str(value)
