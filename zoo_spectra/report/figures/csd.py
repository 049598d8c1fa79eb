"""The paper's figure: the spectral difference, and how it vanishes along the tail.

Above CSD(s) with the band of two standard deviations of a finite COE; below its size on a log axis,
beside two standard deviations of the three conjugate circular ensembles (docs/method.md, 3 and 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np

from zoo_spectra.catalog import stacked
from zoo_spectra.method import S_EDGES, Floats
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import chosen
from zoo_spectra.report.figures.draws import draws_band
from zoo_spectra.report.figures.lines import drawn, lines_of, points
from zoo_spectra.report.figures.places import circle_ends, location
from zoo_spectra.report.figures.style import HEIGHT, REFERENCE, WIDTH, decades, dressed, inline, key

ENSEMBLES = {"COE": [1, 0], "CUE": [6, 3], "CSE": [2, 2]}
LEAST = 1e-5  # of |CSD| that is drawn; below it is rounding
DEVIATIONS = 2


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen``."""
    columns = [f"csd_fluctuation_{name.lower()}" for name in ENSEMBLES]
    found = chosen(wanted, ["csd", *columns])
    lines = lines_of(wanted, found, "Circular spectral difference")
    shown = [row for own in lines.member for row in own]
    csd = stacked(found.rows["csd"])
    scatter = {
        name: DEVIATIONS * stacked(found.rows[column][shown]).max(axis=0)
        for name, column in zip(ENSEMBLES, columns, strict=True)
    }
    largest = "" if len(shown) == 1 else ", the largest of these networks"
    note = f"grey: {DEVIATIONS} standard deviations (s.d.) of a finite circular ensemble{largest}"
    x = location()
    curve = drawn(lines, S_EDGES, csd, x, alt.Y("y:Q", title="CSD = F_M − F_C"))
    shaded, told = draws_band(wanted, found, lines, x, alt.Y("y:Q"))
    above = alt.layer(_band(scatter["COE"], x), *shaded, *curve, circle_ends())
    y = alt.Y("y:Q", title="|CSD| (log axis)").axis(format="~g", values=decades(LEAST))
    y = y.scale(type="log", domain=[LEAST, 1.0])
    size = drawn(lines, S_EDGES, np.abs(csd), x, y, LEAST)
    below = alt.layer(*_ensembles(scatter, x, y), *size, circle_ends(label=True))
    panels = [each.properties(width=WIDTH, height=HEIGHT) for each in (above, below)]
    named = {f"{name}, {DEVIATIONS} s.d.": pattern for name, pattern in ENSEMBLES.items()}
    said = (*lines.said, note, *told)
    chart = alt.vconcat(*panels, key(lines.labels, lines=True, grey=named))
    return Picture(dressed(chart, said), said)


def _band(scatter: Floats, x: alt.X) -> Any:
    rows = [
        {"x": place, "low": -value, "high": value}
        for place, value in zip(S_EDGES.tolist(), scatter.tolist(), strict=True)
    ]
    band = alt.Chart(inline(rows)).mark_area(color=REFERENCE, opacity=0.25)
    return band.encode(x=x, y=alt.Y("low:Q"), y2="high:Q")


def _ensembles(scatter: Mapping[str, Floats], x: alt.X, y: alt.Y) -> list[Any]:
    return [
        alt.Chart(inline(points(S_EDGES, np.where(values >= LEAST, values, np.nan))))
        .mark_line(color=REFERENCE, strokeWidth=1, clip=True, strokeDash=ENSEMBLES[name])
        .encode(x=x, y=y)
        for name, values in scatter.items()
    ]
