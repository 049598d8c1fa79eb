"""What differs between two states, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from zoo_spectra.classes import Difference
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.text import count


def change_tables(found: Difference) -> Iterator[Table]:
    """A row a network that changed, and a row a class that merged or was split; none of nothing."""
    if found.networks.height:
        yield _networks(found)
    if found.classes.height:
        yield _classes(found)


def _networks(found: Difference) -> Table:
    rows = found.networks
    number = {change: (rows["change"] == change).sum() for change in ("added", "gone", "changed")}
    told = ", ".join(f"{many:,} {change}" for change, many in number.items() if many)
    table = Table(title=Text(f"{count(rows.height, 'network')}: {told}"), title_justify="left")
    name_column(table, "network", rows["name"])
    table.add_column("change", no_wrap=True)
    table.add_column("distance", justify="right", no_wrap=True)
    table.add_column("what", overflow="fold")
    for row in rows.iter_rows(named=True):
        distance = "–" if row["distance"] is None else f"{row['distance']:.4f}"
        ends = [each for each in (row["before"], row["after"]) if each]
        what = " to ".join(dict.fromkeys(ends)) if row["why"] is None else _why(row)
        table.add_row(cell(row["name"]), row["change"], distance, cell(what))
    return table


def _why(row: dict[str, str]) -> str:
    if row["before"] == row["after"]:
        return row["why"]
    others = [each for each in row["why"].split(", ") if each != "status"]
    return ", ".join([f"{row['before']} to {row['after']}", *others])


def _classes(found: Difference) -> Table:
    table = Table(title="Classes", title_justify="left")
    table.add_column("change", no_wrap=True)
    table.add_column("class", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    name_column(table, "medoid", found.classes["medoid"])
    for row in found.classes.iter_rows(named=True):
        where = "first" if row["change"] == "merged" else "second"
        others = ", ".join(map(str, row["of"]))
        joins = "of" if row["change"] == "merged" else "into"
        told = f"{joins} {others} of the {where}, {count(row['networks'], 'network')}"
        table.add_row(row["change"], str(row["class"]), told, cell(row["medoid"]))
    return table
