"""Two networks compared: how much each constituent has changed, from the input to the output.

And below, the densities of both, one over the other.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from zoo_spectra.classes import Comparison
from zoo_spectra.errors import FigureError
from zoo_spectra.method import BIN_WIDTH, S_EDGES
from zoo_spectra.report.figures import Picture
from zoo_spectra.report.figures.lines import Lines, drawn
from zoo_spectra.report.figures.places import location
from zoo_spectra.report.figures.style import (
    HEIGHT,
    OTHER,
    WIDTH,
    colour,
    dressed,
    inline,
    key,
    shape,
)
from zoo_spectra.text import count, visible

LEAST = 1e-4  # what is smaller, equal ones too, is drawn here on the log axis


def compared_picture(found: Comparison) -> Picture:
    """Change and spectral distance along the first network. Raises FigureError without a pair."""
    pairs = found.constituents.filter(found.constituents["relation"] != "left_over").sort("place")
    if pairs.is_empty():
        raise FigureError("no constituent could be paired: there is nothing to draw")
    kinds = pairs["relation"].unique(maintain_order=True).to_list()
    place = alt.X("x:Q", title="place along the network").scale(zero=False).axis(tickMinStep=1)
    panels: list[Any] = []
    for column, title in (
        ("change", "‖A − B‖/‖A‖ (log axis)"),
        ("spectral", "spectral distance, e-folds (log axis)"),
    ):
        data = [
            {"x": row["place"], "y": max(row[column], LEAST), "name": visible(row["constituent"]),
             "which": min(kinds.index(row["relation"]), OTHER)}
            for row in pairs.iter_rows(named=True) if row[column] is not None
        ]  # fmt: skip
        if not data:
            continue
        y = alt.Y("y:Q", title=title).scale(type="log")
        spots = alt.Chart(inline(data)).mark_point(filled=True, size=32)
        spots = spots.encode(x=place, y=y, color=colour(), shape=shape())
        panels.append(spots.properties(width=WIDTH, height=0.75 * HEIGHT))
    if not panels:
        raise FigureError("no pair has a change that is a number: there is nothing to draw")
    panels.append(key(kinds[:OTHER], "other" if len(kinds) > OTHER else ""))
    panels += _densities(found)
    left = found.constituents.height - pairs.height
    said = [
        f"{found.one} and {found.other}: {found.verdict}; {count(pairs.height, 'pair')} along the "
        f"first, {left:,} constituents left over; below {LEAST:g}, and equal: at {LEAST:g}",
    ]
    return Picture(dressed(alt.vconcat(*panels), said), tuple(said))


def _densities(found: Comparison) -> list[Any]:
    """A panel and its key; none where no spectra were compared."""
    if found.densities is None:
        return []
    names = [
        f"{letter}: {visible(name)}" for letter, name in (("A", found.one), ("B", found.other))
    ]
    lines = Lines(tuple(names), ((0,), (1,)), True, ())
    middle = (S_EDGES[:-1] + S_EDGES[1:]) / 2
    density = np.array(found.densities)[:, 1:-1] / BIN_WIDTH
    x, y = location(), alt.Y("y:Q", title="density, per e-fold")
    panel = alt.layer(*drawn(lines, middle, density, x, y))
    pairs = found.constituents["spectral"].drop_nulls().len()
    about = alt.Title(f"densities of both, over the {count(pairs, 'pair')} above", fontSize=11)
    panel = panel.properties(width=WIDTH, height=HEIGHT, title=about)
    return [panel, key(lines.labels, lines=True)]
