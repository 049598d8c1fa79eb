"""Groups in the plane of their principal coordinates, and below where they differ most."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import polars as pl

from zoo_spectra.classes import GroupDifferences
from zoo_spectra.report.figures import Picture
from zoo_spectra.report.figures.groups import groups_of
from zoo_spectra.report.figures.style import (
    COLOURS,
    GREY,
    REFERENCE,
    WIDTH,
    colour,
    dressed,
    inline,
    key,
    shape,
)
from zoo_spectra.text import percent, visible

ROWS = 24  # constituents that are drawn
STEP = 13  # pixels of one
SIGNIFICANT = 0.05
LINES = 120  # units: up to so many have a line to their centroid


def groups_picture(found: GroupDifferences) -> Picture:
    """Small markers are units, large ones the means of their groups, a line joins them."""
    said = [*found.lines(), f"the plane holds {percent(found.held)} of the squared inner products"]
    panels = [*_plane(found, said), *_constituents(found, said)]
    return Picture(dressed(alt.vconcat(*panels), said), tuple(said))


def _plane(found: GroupDifferences, said: list[str]) -> list[Any]:
    units = found.units
    drawn = groups_of(units["group"].to_list(), found.by)
    said += drawn.said
    place = units.select("x", "y").to_numpy()
    span = np.ptp(place, axis=0) * 1.1 + 1e-9
    middle = (place.max(axis=0) + place.min(axis=0)) / 2
    height = float(np.clip(WIDTH * span[1] / span[0], WIDTH / 3, WIDTH))
    span = max(span[0] / WIDTH, span[1] / height) * np.array([WIDTH, height])
    axis = alt.Axis(tickMinStep=0.01)
    scales = [alt.Scale(domain=[middle[k] - span[k] / 2, middle[k] + span[k] / 2], nice=False)
              for k in (0, 1)]  # fmt: skip
    x = alt.X("x:Q", title="first principal coordinate, e-folds", axis=axis).scale(scales[0])
    y = alt.Y("y:Q", title="second, e-folds", axis=axis).scale(scales[1])
    means = units.group_by("group", maintain_order=True).agg(mx=pl.col("x").mean(),
                                                             my=pl.col("y").mean())  # fmt: skip
    rows = units.join(means, on="group", maintain_order="left").with_columns(
        which=pl.Series(drawn.which)
    )
    data = rows.select("x", "y", "mx", "my", "which").to_dicts()
    spots = alt.Chart(inline(data)).mark_point(filled=True, size=34, opacity=0.8)
    layers = [spots.encode(x=x, y=y, color=colour(), shape=shape())]
    if len(data) <= LINES:
        lines = alt.Chart(inline(data)).mark_rule(strokeWidth=0.5, opacity=0.5)
        layers.insert(0, lines.encode(x=x, y=y, x2="mx:Q", y2="my:Q", color=colour()))
    middles = rows.unique("group", maintain_order=True).select(x="mx", y="my", which="which")
    large = alt.Chart(inline(middles.to_dicts())).mark_point(
        filled=True, size=130, opacity=1, stroke="white"
    )
    layers.append(large.encode(x=x, y=y, color=colour(), shape=shape()))
    panel = alt.layer(*layers).properties(width=WIDTH, height=height)
    return [panel, key(drawn.kept, drawn.others)]


def _constituents(found: GroupDifferences, said: list[str]) -> list[Any]:
    """The R² of those with the least p-values; nothing where none was tested."""
    tested = found.constituents.drop_nulls("p_value")
    if tested.is_empty():
        return []
    few = tested.head(ROWS)
    number = tested.filter(pl.col("q_value") <= SIGNIFICANT).height
    said.append(
        f"below: R² of {few.height:,} of {tested.height:,} constituents, by p; filled: "
        f"q ≤ {SIGNIFICANT} (Benjamini and Hochberg), which {number:,} reach"
    )
    data = [
        {"name": visible(row["constituent"]), "r2": max(row["r2"], 0.0), "at": at,
         "filled": row["q_value"] <= SIGNIFICANT}
        for at, row in enumerate(few.iter_rows(named=True))
    ]  # fmt: skip
    x = alt.X("r2:Q", title="R² of the groups").scale(domain=[0, 1])
    y = alt.Y("name:N", title=None, sort=alt.SortField("at")).axis(labelLimit=220, labelFontSize=9)
    bars = alt.Chart(inline(data)).mark_bar(stroke=REFERENCE, strokeWidth=0.6)
    fill = alt.Color("filled:N", legend=None).scale(domain=[True, False], range=[COLOURS[0], GREY])
    panel = bars.encode(x=x, y=y, color=fill).properties(width=WIDTH, height=STEP * len(data))
    return [panel]
