"""All networks in the plane, by their distances: classical scaling."""

from __future__ import annotations

import altair as alt
import numpy as np

from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import paired
from zoo_spectra.report.figures.groups import groups_of
from zoo_spectra.report.figures.style import WIDTH, colour, dressed, inline, key, shape
from zoo_spectra.report.plane import plane_of
from zoo_spectra.text import count, percent

TALLEST = 1.2 * WIDTH
CROWDED = 400  # networks: from there on points are smaller
LABELLED = 12  # networks whose names are beside them


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen`` and ``classes.sweep``; FigureError for more than 3,000 networks."""
    found, pairs = paired(wanted, "a map")
    rows, plane = found.rows, plane_of(pairs.at)
    place, share = plane.place, plane.held
    groups = groups_of(rows["group"].to_list(), wanted.by)
    data = [
        {"x": x, "y": y, "which": which, "label": label}
        for (x, y), which, label in zip(place.tolist(), groups.which, rows["label"], strict=True)
    ]
    data.sort(key=lambda row: row["which"], reverse=True)  # others below
    axis = alt.Axis(tickMinStep=0.01)
    span = np.ptp(place, axis=0) * 1.1 + 1e-9
    middle = (place.max(axis=0) + place.min(axis=0)) / 2
    height = float(np.clip(WIDTH * span[1] / span[0], WIDTH / 3, TALLEST))
    # One e-fold is as long both ways, where the figure is not at its least or largest height.
    span = max(span[0] / WIDTH, span[1] / height) * np.array([WIDTH, height])
    low, high = middle - span / 2, middle + span / 2
    x = alt.X("x:Q", title="e-folds", axis=axis).scale(domain=[low[0], high[0]], nice=False)
    y = alt.Y("y:Q", title="e-folds", axis=axis).scale(domain=[low[1], high[1]], nice=False)
    dots = alt.Chart(inline(data)).mark_point(
        filled=True, size=34 if len(data) <= CROWDED else 16, opacity=0.8
    )
    layers = [
        dots.encode(
            x=x,
            y=y,
            color=colour(),
            shape=shape(),
        )
    ]
    if len(data) <= LABELLED:
        text = alt.Chart(inline(data)).mark_text(align="left", dx=7, fontSize=9, color="#333")
        layers.append(text.encode(x=x, y=y, text="label:N"))
    said = (
        f"{count(len(data), 'network')} by {wanted.measure} distance: classical scaling, the plane "
        f"holds {percent(share)} of the squared distances",
        *groups.said,
        *found.left_out,
    )
    panel = alt.layer(*layers).properties(width=WIDTH, height=height)
    chart = alt.vconcat(panel, key(groups.kept, groups.others))
    return Picture(dressed(chart, said), said)
