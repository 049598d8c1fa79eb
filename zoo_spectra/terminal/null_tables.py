"""Networks against their draws of null models, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.console import Group, RenderableType

from zoo_spectra.terminal.cells import cell, given_up, name_column, no_room
from zoo_spectra.terminal.neighbours import people_table
from zoo_spectra.text import count, visible

CURVES = ("mean", "sd", "z")
_NEED = {"model": 11, "draws": 5, "e-folds": 7, "d": 6, "p": 7, "floor": 6, "σ ratio": 7}
_OPTIONAL = ("σ ratio", "e-folds", "floor")


def null_table(rows: pl.DataFrame, width: int) -> RenderableType:
    """A row a network and model: draws, d in e-folds and in units of their scatter, p, floor."""
    names = rows["network"].to_list()
    gone = given_up(names, _NEED, _OPTIONAL, width)
    table = people_table("Beyond the null model? d to its mean, in units of its scatter", width)
    name_column(table, "network", names)
    columns = [each for each in _NEED if each not in gone]
    for column in columns:
        table.add_column(column, justify="left" if column == "model" else "right", no_wrap=True)
    for row in rows.iter_rows(named=True):
        cells = _cells(row)
        table.add_row(cell(row["network"]), *(cell(cells[column]) for column in columns))
    return Group(table, *([no_room(gone)] if gone else []))


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "model": row["model"],
        "draws": f"{row['draws']:,}",
        "e-folds": _number(row["distance"], ".4f"),
        "d": _number(row["units"], ".2f"),
        "p": _number(row["p_value"], ".4f"),
        "floor": _number(row["floor"], ".4f"),
        "σ ratio": _number(row["scale_ratio"], ".3g"),
    }


def null_lines(rows: pl.DataFrame) -> list[str]:
    """What there is to say beside the table: what draws did not tell, and how they were mixed."""
    lines = []
    at_floor = rows.filter(pl.col("p_value") == pl.col("floor")).height
    if at_floor:
        lines.append(
            f"p at its floor, 1/(1 + draws), for {count(at_floor, 'row')}: more draws say how small"
        )
    for note, some in _by_note(rows).items():
        lines.append(f"{note}: {_listed(some)}")
    shares, rounds = (rows[name].drop_nulls().to_list() for name in ("in_place", "rounds"))
    if shares:
        low, high = f"{min(shares):.1%}", f"{max(shares):.1%}"
        share = low if low == high else f"{low} to {high}"
        lines.append(f"edges still in place after {max(rounds)} rounds of trades: {share}")
    near = rows["strength_agreement"].drop_nulls().to_list()
    if near:
        lines.append(f"strengths of draws and network correlate by at least {min(near):.3f}")
    return lines


def _by_note(rows: pl.DataFrame) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows.drop_nulls("note").iter_rows(named=True):
        found.setdefault(row["note"], []).append(row["network"])
    return found


def _listed(names: list[str]) -> str:
    some = ", ".join(map(visible, names[:3]))
    return some if len(names) <= 3 else f"{some} and {len(names) - 3:,} more"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
