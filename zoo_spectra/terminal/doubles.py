"""The duplicates of a catalog as a table for people."""

from __future__ import annotations

import polars as pl
from rich.console import Group, RenderableType

from zoo_spectra.classes import Duplicates
from zoo_spectra.terminal.cells import LEAST, cell, given_up, name_column, no_room
from zoo_spectra.terminal.neighbours import people_table, short
from zoo_spectra.text import count, percent

SAID = {"equal_weights": "equal weights", "equal_spectra": "equal spectra", "near": "near"}
SHOWN = 200  # rows of a table


def duplicates_table(rows: pl.DataFrame, width: int) -> RenderableType:
    """A row a network, group by group; at most 200, and how many there are."""
    some = rows.head(SHOWN)
    need = {"group": 5, "what": 13, "family": LEAST, "size": 7, "e-folds": 7, "shared": 6}
    gone = given_up(some["name"].to_list(), need, ["family", "size", "shared", "e-folds"], width)
    table = people_table("Networks that are there twice, in disguise, or nearly", width)
    kept = [column for column in need if column not in gone]
    for column in kept[:2]:
        table.add_column(column)
    name_column(table, "network", some["name"])
    for column in kept[2:]:
        right = column in ("size", "e-folds", "shared")
        table.add_column(column, justify="right" if right else "left", no_wrap=right)
    for row in some.iter_rows(named=True):
        cells = {
            "group": str(row["group"]),
            "what": SAID[row["relation"]],
            "family": row["family"],
            "size": short(row["parameters"]),
            "e-folds": f"{row['distance']:.2g}",
            "shared": "–" if row["shared"] is None else percent(row["shared"]),
        }
        values = [cells[column] for column in kept]
        table.add_row(*map(cell, values[:2]), cell(row["name"]), *map(cell, values[2:]))
    more = f"{rows.height - some.height:,} more rows; --json and -o FILE have all"
    lines = [no_room(gone)] if gone else []
    return Group(table, *lines, *([cell(more)] if some.height < rows.height else []))


def summary_of(found: Duplicates) -> str:
    """How many groups of each kind, and of how many networks."""
    counted = found.rows.group_by("relation").agg(pl.col("group").n_unique())
    groups = dict(counted.iter_rows())
    said = [
        f"{count(groups[relation], 'group')} of {what}{'' if relation != 'near' else ' spectra'}"
        for relation, what in SAID.items()
        if relation in groups
    ]
    return f"{', '.join(said) or 'no duplicates'} among {count(found.networks, 'network')}"
