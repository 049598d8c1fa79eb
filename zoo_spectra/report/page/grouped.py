"""What the page tells of groups: the statistics in words, their tables, and who is where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from zoo_spectra.classes import GroupDifferences
from zoo_spectra.report.page.rows import rounded
from zoo_spectra.text import visible

# Of each table its caption, and the columns that are shown under other names.
_TABLES = {
    "groups": ("Groups", {"group": "group", "units": "units", "spread": "mean to centroid"}),
    "pairs": (
        "Pairs of groups",
        {"one": "group", "other": "and", "pseudo_f": "pseudo-F", "r2": "R²", "p_value": "p",
         "p_holm": "p, Holm"},
    ),
    "constituents": (
        "Constituents",
        {"constituent": "constituent", "pseudo_f": "pseudo-F", "r2": "R²", "p_value": "p",
         "q_value": "q, Benjamini–Hochberg"},
    ),
    "units": (
        "Units and their places",
        {"unit": "unit", "group": "group", "networks": "networks", "to_centroid": "to centroid",
         "x": "first axis", "y": "second axis"},
    ),
}  # fmt: skip


def grouped_told(found: GroupDifferences) -> dict[str, Any]:
    """JSON for the page: ``by``, ``lines``, ``notes``, ``held``, and ``tables`` by name.

    A table has ``caption``, ``heads``, ``words`` (the first so many columns are text) and ``rows``.
    """
    return {
        "by": visible(found.by),
        "lines": found.lines(),
        "notes": [visible(note) for note in found.notes],
        "held": round(found.held, 3),
        "tables": {
            name: _table(getattr(found, name), caption, columns)
            for name, (caption, columns) in _TABLES.items()
        },
    }


def _table(frame: pl.DataFrame, caption: str, columns: dict[str, str]) -> dict[str, Any]:
    words = [frame.schema[column] == pl.String for column in columns]
    return {
        "caption": caption,
        "heads": list(columns.values()),
        "words": sum(words),
        "rows": [_row(values) for values in frame.select(list(columns)).iter_rows()],
    }


def _row(values: Sequence[Any]) -> list[Any]:
    return [
        visible(value)
        if isinstance(value, str)
        else rounded(value)
        if isinstance(value, float)
        else value
        for value in values
    ]
