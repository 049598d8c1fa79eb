"""The long positive tail on log axes, with the power law that was fitted to it."""

from __future__ import annotations

from math import exp
from typing import Any

import altair as alt
import numpy as np

from zoo_spectra.catalog import stacked
from zoo_spectra.errors import FigureError
from zoo_spectra.method import S_EDGES
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import Chosen, chosen
from zoo_spectra.report.figures.lines import Lines, drawn, lines_of
from zoo_spectra.report.figures.style import HEIGHT, WIDTH, colour, decades, dressed, inline, key
from zoo_spectra.text import count

LEAST = 1e-5  # of the mass above x
START = 2.0  # x, where the circular support ends


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen``, and FigureError where no network has a tail."""
    columns = ["csd", "tail_mass", "tail_count", "decay_rate", "decay_rate_se", "tail_law"]
    found = chosen(wanted, columns)
    lines = lines_of(wanted, found, "Mass above x, along the tail,")
    beyond = np.log(START) < S_EDGES
    above = -stacked(found.rows["csd"])[:, beyond]
    at = np.exp(S_EDGES[beyond])
    # The tail begins between two edges: its mass there is stored.
    at, above = np.append(START, at), np.column_stack([found.rows["tail_mass"], above])
    seen = above >= LEAST
    if not seen.any():
        raise FigureError("none of these networks has mass beyond x = 2: there is no tail to draw")
    last = max(4.0, float(at[np.flatnonzero(seen.any(axis=0))[-1]]))
    x = alt.X("x:Q", title="x = λ/σ (log axis)").scale(type="log", domain=[START, last], nice=False)
    y = alt.Y("y:Q", title="1 − F_M(x) = −CSD (log axis)")
    y = y.axis(format="~g", values=decades(LEAST))
    lowest = 10.0 ** np.floor(np.log10(above[seen].min()))
    y = y.scale(type="log", domain=[lowest, 1.0], nice=False)
    layers = drawn(lines, at, above, x, y, LEAST)
    fits, said = _fits(lines, found, last) if lines.single else ([], [_rates(lines, found)])
    if fits:
        fitted = alt.Chart(inline(fits)).mark_line(strokeWidth=0.9, strokeDash=[3, 2], clip=True)
        layers.append(fitted.encode(x=x, y=y, color=colour()))
    said = [*lines.said, *said]
    panel = alt.layer(*layers).properties(width=WIDTH, height=1.2 * HEIGHT)
    chart = alt.vconcat(panel, key(lines.labels, lines=True))
    return Picture(dressed(chart, said), tuple(said))


def _fits(lines: Lines, found: Chosen, last: float) -> tuple[list[dict[str, Any]], list[str]]:
    """The straight lines of power laws, x^-κ from the mass at x = 2, and what they are."""
    rows: list[dict[str, Any]] = []
    said, without = [], []
    told = found.rows.select("tail_mass", "tail_count", "decay_rate", "decay_rate_se", "tail_law")
    for number, (name, row) in enumerate(zip(lines.labels, told.iter_rows(), strict=True)):
        mass, eigenvalues, kappa, error, law = row
        if kappa is None:
            without.append(f"{name} ({count(eigenvalues, 'eigenvalue')})")
            continue
        end = min(last, START * exp(np.log(mass / LEAST) / kappa))
        rows += [
            {"x": at, "y": mass * (at / START) ** -kappa, "which": number} for at in (START, end)
        ]
        likelier = {"power_law": "power law", "exponential": "exponential"}[law]
        said.append(f"{name}: κ = {kappa:.2f} ± {error:.2f}, likelier {likelier}")
    if rows:
        said.insert(0, "short dashes: the fitted power law, x^−κ")
    if without:
        said.append(f"too few eigenvalues beyond x = 2 for a fit: {', '.join(without)}")
    return rows, said


def _rates(lines: Lines, found: Chosen) -> str:
    """The decay rates of groups: medians, without lines."""
    rates = found.rows["decay_rate"]
    told = []
    for name, own in zip(lines.labels, lines.member, strict=True):
        median = rates[list(own)].median()
        told.append(f"{name} {median:.2f}" if isinstance(median, float) else f"{name} none")
    return f"median κ: {', '.join(told)}"
