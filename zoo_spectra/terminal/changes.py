"""What differs between two states, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from zoo_spectra.classes import Difference
from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.terminal.neighbours import people_table
from zoo_spectra.text import count


def change_tables(found: Difference, width: int) -> Iterator[Table]:
    """A row a network that changed, and a row a class that merged or was split; none of nothing.

    Closer together where ``width`` is little.
    """
    if found.networks.height:
        yield _networks(found, width)
    if found.classes.height:
        yield _classes(found, width)


def _networks(found: Difference, width: int) -> Table:
    rows = found.networks
    number = {change: (rows["change"] == change).sum() for change in ("added", "gone", "changed")}
    told = ", ".join(f"{many:,} {change}" for change, many in number.items() if many)
    table = people_table(f"{count(rows.height, 'network')}: {told}", width)
    name_column(table, "network", rows["name"])
    table.add_column("distance", justify="right", no_wrap=True)
    table.add_column("change", overflow="fold")
    for row in rows.iter_rows(named=True):
        distance = "–" if row["distance"] is None else f"{row['distance']:.4f}"
        ends = [each for each in (row["before"], row["after"]) if each]
        what = " to ".join(dict.fromkeys(ends)) if row["why"] is None else _why(row)
        table.add_row(cell(row["name"]), distance, cell(f"{row['change']}: {what}"))
    return table


def _why(row: dict[str, str]) -> str:
    if row["before"] == row["after"]:
        return row["why"]
    others = [each for each in row["why"].split(", ") if each != "status"]
    return ", ".join([f"{row['before']} to {row['after']}", *others])


def _classes(found: Difference, width: int) -> Table:
    table = people_table("Classes", width)
    name_column(table, "medoid", found.classes["medoid"])
    table.add_column("class", justify="right", no_wrap=True)
    table.add_column("change", overflow="fold")
    for row in found.classes.iter_rows(named=True):
        where = "first" if row["change"] == "merged" else "second"
        others = ", ".join(map(str, row["of"]))
        joins = "of" if row["change"] == "merged" else "into"
        told = f"{row['change']} {joins} {others} of the {where}, "
        told += count(row["networks"], "network")
        table.add_row(cell(row["medoid"]), str(row["class"]), told)
    return table
