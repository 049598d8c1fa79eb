"""Cells and columns of tables: what they say is text, and names shrink last."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from zoo_spectra.text import visible

NARROW = 48  # the longest name, in characters, that is never broken


def cell(text: object) -> Text:
    """A table's cell: what it says, with no markup in it."""
    return Text(visible(text))


def name_column(table: Table, title: str, names: Iterable[str]) -> None:
    """Add a column of names: the last to shrink in a narrow terminal, and never cut.

    Short ones stay on a line; longer ones are folded.
    """
    longest = max((len(visible(name)) for name in names), default=0)
    table.add_column(title, overflow="fold", no_wrap=longest <= NARROW)
