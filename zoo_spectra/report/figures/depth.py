"""Each network as a heat map: the density of its constituents, from its input to its output."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from zoo_spectra.errors import FigureError
from zoo_spectra.method import BIN_WIDTH, DEPTH, S_EDGES, Floats, depth_curves, named_curves
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import chosen
from zoo_spectra.report.figures.places import S_TITLE
from zoo_spectra.report.figures.style import WIDTH, dressed, inline
from zoo_spectra.text import count

MOST = 8  # networks, a panel each
ROWS = 64  # of a panel
TALL = 110
DARKEST = 0.98  # quantile of the densities that is black: a spike would leave the rest white


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen``; FigureError for more than eight networks."""
    found = chosen(wanted, ["csd", "csd_depth"])
    if found.rows.height > MOST:
        raise FigureError(
            f"{found.rows.height:,} networks are too many for heat maps, of which a figure has at "
            f"most {MOST}: name some, or choose with --where"
        )
    panels, told = [], []
    for row in found.rows.iter_rows(named=True):
        curves, what = _curves(wanted, row)
        panels.append(np.diff(curves, axis=1) / BIN_WIDTH)
        told.append(what)
    some = [panel[panel > 0] for panel in panels if panel.any()]
    if not some:
        raise FigureError("none of these networks has an eigenvalue between s = −8 and s = 8")
    top = max(float(np.quantile(each, DARKEST)) for each in some)
    same = len(set(told)) == 1
    titles = [
        label if same else f"{label}: {what}"
        for label, what in zip(found.rows["label"], told, strict=True)
    ]
    charts = [_panel(*each, top, at == len(panels) - 1) for at, each in
              enumerate(zip(titles, panels, strict=True))]  # fmt: skip
    chart = alt.vconcat(*charts, spacing=8).resolve_scale(color="independent")
    said = [
        f"Density along {count(len(panels), 'network')}, from the first constituent (top) to the "
        f"last; black: {top:.2g} per e-fold and more",
        *([f"rows: {told[0]}"] if same else []),
        *found.left_out,
    ]
    return Picture(dressed(chart, said), tuple(said))


def _curves(wanted: Wanted, row: dict[str, object]) -> tuple[Floats, str]:
    """Cumulative densities of a network from its input to its output, and what they are of."""
    catalog = wanted.catalog
    if not catalog.holds_spectra:
        along = np.array(row["csd_depth"], dtype=float)
        circle = np.minimum(np.exp(S_EDGES) / 2, 1.0)
        return along + circle, f"{DEPTH} quarters of the depth (the catalog holds no spectra)"
    spectrum = catalog.spectrum(str(row["network_id"]))
    _, curves = named_curves(spectrum.used, spectrum.scale)
    if len(curves) <= ROWS:
        return curves, count(len(curves), "constituent")
    return depth_curves(curves, ROWS), f"{ROWS} intervals of {len(curves):,} constituents"


def _panel(title: str, density: Floats, top: float, last: bool) -> Any:
    rows, bins = density.shape
    edges = S_EDGES.tolist()
    cells = [
        {"x": edges[b], "x2": edges[b + 1], "y": r / rows, "y2": (r + 1) / rows,
         "density": round(min(float(density[r, b]), top), 5)}
        for r in range(rows) for b in range(bins) if density[r, b] > 0
    ]  # fmt: skip
    x = alt.X(
        "x:Q", title=S_TITLE if last else None, axis=alt.Axis(grid=False, tickCount=9, zindex=1)
    )
    x = x.scale(domain=[edges[0], edges[-1]], nice=False)
    y = alt.Y("y:Q", title="depth", axis=alt.Axis(grid=False, values=[0, 0.5, 1], zindex=1))
    y = y.scale(domain=[1, 0], nice=False)
    colour = alt.Color("density:Q").scale(domain=[0, top], range=["#ffffff", "#000000"])
    colour = (
        colour.legend(title="per e-fold", gradientLength=TALL - 20) if last else colour.legend(None)
    )
    name = alt.TitleParams(title, fontSize=10, anchor="start", offset=3, fontWeight="normal")
    chart = alt.Chart(inline(cells)).mark_rect(strokeWidth=0)
    return chart.encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=colour).properties(
        width=WIDTH, height=TALL, title=name
    )
