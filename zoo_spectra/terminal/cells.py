"""Cells and columns of tables: what they say is text, and names shrink last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from zoo_spectra.text import visible

LONG = 48  # the longest name, in characters, that is never broken
NARROW = 80  # columns of a terminal; below, tables are closer together
LEAST = 6  # columns of a text that may be folded


def cell(text: object) -> Text:
    """A table's cell: what it says, with no markup in it."""
    return Text(visible(text))


def name_column(table: Table, title: str, names: Iterable[str]) -> None:
    """Add a column of names: the last to shrink in a narrow terminal, and never cut.

    Short ones stay on a line; longer ones are folded.
    """
    longest = max((len(visible(name)) for name in names), default=0)
    table.add_column(title, overflow="fold", no_wrap=longest <= LONG)


def given_up(
    names: Sequence[str], need: Mapping[str, int], order: Sequence[str], width: int
) -> list[str]:
    """The columns that a table of this width has no room for, in the order they are given up.

    ``need``: how wide each column must be beside the names. Numbers are whole or not there, and a
    name is folded only where it is very long.
    """
    room = min(LONG, max((len(visible(name)) for name in names), default=0))
    gone: list[str] = []
    for column in (None, *order):
        if column is not None and column in need:
            gone.append(column)
        # The border of each, and where nothing had to go two blanks beside it.
        beside = 1 if gone or width < NARROW else 3
        kept = [size for name, size in need.items() if name not in gone]
        if room + sum(kept) + beside * (len(kept) + 1) + 1 <= width:
            break
    return gone


def no_room(columns: Sequence[str]) -> Text:
    """The line on columns that were given up."""
    return cell(f"no room here for: {', '.join(columns)} (--csv and --json have them)")
