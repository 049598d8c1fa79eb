"""Curves of a few networks, or of groups of many: colour, dash and marker say which.

Up to eight networks are a line each. More are told apart by a column: a thick line is the median of
a group at each place, thin ones are its networks, or where these are too many a band has 80 % of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from zoo_spectra.method import Floats
from zoo_spectra.report.figures import Wanted
from zoo_spectra.report.figures.chosen import Chosen, groups_left_out, largest_groups
from zoo_spectra.report.figures.style import MOST, colour, dash, inline, shape
from zoo_spectra.text import count

MOST_LINES = 200  # thin ones
MARKED = 8  # places from one marker to the next


@dataclass(frozen=True)
class Lines:
    """``labels``: what the legend says, at most eight. ``member``: of each, the rows of its curves.

    ``single``: whether a label is one network. ``said``: what is drawn, and what is left out.
    """

    labels: tuple[str, ...]
    member: tuple[tuple[int, ...], ...]
    single: bool
    said: tuple[str, ...]


def lines_of(wanted: Wanted, found: Chosen, what: str) -> Lines:
    """Which curves are drawn together, and what to say of it."""
    names = found.rows["label"].to_list()
    if len(names) <= MOST:
        said = f"{what} of {count(len(names), 'network')}"
        each = tuple((at,) for at in range(len(names)))
        return Lines(tuple(names), each, True, (said, *found.left_out))
    groups = found.rows["group"].to_list()
    kept = largest_groups(groups)
    member = tuple(tuple(at for at, own in enumerate(groups) if own == each) for each in kept)
    drawn = sum(map(len, member))
    few = drawn <= MOST_LINES
    how = "thin: each network" if few else "shaded: 80 % of the networks"
    said = f"{what} of {count(drawn, 'network')} by {wanted.by}; thick: median, {how}"
    labels = tuple(f"{each} ({len(rows):,})" for each, rows in zip(kept, member, strict=True))
    left = [f"left out: {line}" for line in groups_left_out(groups, kept, wanted.by)]
    return Lines(labels, member, False, (said, *left, *found.left_out))


def drawn(
    lines: Lines, at: Floats, values: Floats, x: alt.X, y: alt.Y, least: float = -np.inf
) -> list[Any]:
    """Layers of curves over places ``at``, (k,): ``values`` are (n, k).

    ``least``: what is below it is not drawn, as on a log axis; medians and bands are of all values.
    A field ``x`` is the place, ``y`` the value, ``which`` the number of the label.
    """
    middle = [_quantiles(values[list(rows)], [0.5], least)[0] for rows in lines.member]
    layers = [] if lines.single else _members(lines, at, values, x, y, least)
    thick = inline(
        [row for which, curve in enumerate(middle) for row in points(at, curve, which=which)]
    )
    line = alt.Chart(thick).mark_line(strokeWidth=1.6, clip=True)
    layers.append(line.encode(x=x, y=y, color=colour(), strokeDash=dash()))
    spots = []
    for which, curve in enumerate(middle):
        start = which * MARKED // len(middle)  # markers of several do not coincide
        spots += points(at[start::MARKED], curve[start::MARKED], which=which)
    marks = alt.Chart(inline(spots)).mark_point(filled=True, size=26, opacity=1, clip=True)
    layers.append(marks.encode(x=x, y=y, color=colour(), shape=shape()))
    return layers


def _members(
    lines: Lines, at: Floats, values: Floats, x: alt.X, y: alt.Y, least: float
) -> list[Any]:
    """The networks behind a group's median: lines, or a band."""
    rows: list[dict[str, Any]] = []
    if sum(map(len, lines.member)) <= MOST_LINES:
        for which, own in enumerate(lines.member):
            for network in own:
                curve = np.where(values[network] >= least, values[network], np.nan)
                rows += points(at, curve, which=which, network=network)
        thin = alt.Chart(inline(rows)).mark_line(strokeWidth=0.5, opacity=0.4, clip=True)
        return [thin.encode(x=x, y=y, color=colour(), detail="network:N")]
    for which, own in enumerate(lines.member):
        low, high = np.quantile(values[list(own)], [0.1, 0.9], axis=0)
        seen = high >= least
        bounds = (at[seen], np.maximum(low[seen], least), high[seen])
        rows += [
            {"x": place, "y": below, "y2": above, "which": which}
            for place, below, above in zip(*(each.tolist() for each in bounds), strict=True)
        ]
    band = alt.Chart(inline(rows)).mark_area(opacity=0.13, clip=True)
    return [band.encode(x=x, y=y, y2="y2:Q", color=colour())]


def _quantiles(values: Floats, shares: list[float], least: float) -> Floats:
    """Quantiles of curves, (n, k), at each place; NaN where they are below ``least``."""
    found = np.quantile(values, shares, axis=0)
    return np.where(found >= least, found, np.nan)


def points(at: Floats, values: Floats, **more: Any) -> list[dict[str, Any]]:
    """Rows of a curve; null, a gap, where it has no value."""
    return [
        {"x": place, "y": value if np.isfinite(value) else None, **more}
        for place, value in zip(at.tolist(), values.tolist(), strict=True)
    ]
