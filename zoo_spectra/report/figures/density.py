"""The density of eigenvalues of the mixed matrix ensemble, beside that of the circle."""

from __future__ import annotations

import altair as alt
import numpy as np

from zoo_spectra.method import BIN_WIDTH, S_EDGES
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import chosen
from zoo_spectra.report.figures.lines import drawn, lines_of, points
from zoo_spectra.report.figures.places import circle_ends, location
from zoo_spectra.report.figures.style import HEIGHT, REFERENCE, WIDTH, dressed, inline, key
from zoo_spectra.text import percent

SAID = 0.005  # of a network's mass outside of the grid: from there on it is said


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen``."""
    found = chosen(wanted, ["density"])
    lines = lines_of(wanted, found, "Density of eigenvalues")
    mass = np.array(found.rows["density"].to_list(), dtype=float)
    density = mass[:, 1:-1] / BIN_WIDTH
    middle = (S_EDGES[:-1] + S_EDGES[1:]) / 2
    x, y = location(), alt.Y("y:Q", title="density, per e-fold")
    circle = np.diff(np.minimum(np.exp(S_EDGES) / 2, 1.0)) / BIN_WIDTH
    conjugate = alt.Chart(inline(points(middle, circle)))
    conjugate = conjugate.mark_area(color=REFERENCE, opacity=0.18, interpolate="step")
    layers = [conjugate.encode(x=x, y=y), *drawn(lines, middle, density, x, y), circle_ends()]
    shown = [row for own in lines.member for row in own]
    said = (*lines.said, "grey: a circular ensemble", *_outside(mass[shown]))
    panel = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    chart = alt.vconcat(panel, key(lines.labels, lines=True))
    return Picture(dressed(chart, said), said)


def _outside(mass: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[str]:
    """A line on the mass that lies beyond the ends of the grid, with the null mass."""
    ends = {"below s = −8 (zeros included)": mass[:, 0], "above s = 8": mass[:, -1]}
    lines = []
    for where, share in ends.items():
        if share.max() >= SAID:
            span = percent(float(share.max()))
            most = span if len(share) == 1 else f"up to {span} of a network's"
            lines.append(f"not shown: {most} mass {where}")
    return lines
