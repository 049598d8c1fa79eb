"""The band of a null model's draws behind a network's curve: 5 to 95 % of them at each place."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import polars as pl

from zoo_spectra.catalog import WHOLE, stacked
from zoo_spectra.classes import against_nulls
from zoo_spectra.errors import FigureError, nearest
from zoo_spectra.method import METHOD_VERSION, S_EDGES
from zoo_spectra.report.figures import Wanted
from zoo_spectra.report.figures.chosen import Chosen
from zoo_spectra.report.figures.lines import Lines, points
from zoo_spectra.report.figures.style import colour, inline
from zoo_spectra.text import visible

SHARES = (0.05, 0.95)
BORDER = [1, 2]


def draws_band(
    wanted: Wanted, found: Chosen, lines: Lines, x: alt.X, y: alt.Y
) -> tuple[list[Any], list[str]]:
    """Layers of the band of each network, and a line on each. Nothing where no model is wanted.

    Raises FigureError for a model of which a network has fewer than 2 draws, and where the
    networks are too many to be a line each.
    """
    model = wanted.nulls
    if model is None:
        return [], []
    if not lines.single:
        raise FigureError("draws are drawn behind a few networks: name up to eight, with --nulls")
    ids = found.rows["network_id"].to_list()
    verdicts = {row["network_id"]: row for row in _verdicts(wanted, ids, model)}
    sound = (pl.col("status") == "ok") & (pl.col("method_version") == METHOD_VERSION)
    these = (pl.col("network_id").is_in(ids)) & (pl.col("model") == model)
    view = wanted.catalog.nulls().filter(these & sound & WHOLE["pooled"])
    draws = wanted.catalog.collect(view.select("network_id", "csd"))
    area: list[dict[str, Any]] = []
    border: list[dict[str, Any]] = []
    said = [f"shaded, with dotted borders: {SHARES[0]:.0%} to {SHARES[1]:.0%} of draws of {model}"]
    for which, label in enumerate(lines.labels):
        (at,) = lines.member[which]
        own = draws.filter(pl.col("network_id") == ids[at])
        low, high = np.quantile(stacked(own["csd"]), SHARES, axis=0)
        for side, curve in (("low", low), ("high", high)):
            border += points(S_EDGES, curve, which=which, side=f"{which}{side}")
        area += [
            {"x": place, "y": below, "y2": above, "which": which}
            for place, below, above in zip(*(each.tolist() for each in (S_EDGES, low, high)),
                                           strict=True)
        ]  # fmt: skip
        said.append(_said(label, verdicts[ids[at]], alone=len(lines.labels) == 1))
    shade = alt.Chart(inline(area)).mark_area(opacity=0.16, clip=True)
    edge = alt.Chart(inline(border)).mark_line(strokeWidth=0.8, strokeDash=BORDER, clip=True)
    return [
        shade.encode(x=x, y=y, y2="y2:Q", color=colour()),
        edge.encode(x=x, y=y, color=colour(), detail="side:N"),
    ], said


def _verdicts(wanted: Wanted, ids: list[str], model: str) -> list[dict[str, Any]]:
    rows = against_nulls(wanted.catalog, ids)
    there = rows.filter(pl.col("model") == model, pl.col("draws") >= 2).to_dicts()
    lacking = set(ids) - {row["network_id"] for row in there}
    if lacking:
        models = sorted(set(rows.filter(pl.col("draws") >= 2)["model"]))
        hint = nearest(model, models) if models and model not in models else "make them first"
        raise FigureError(
            f"{len(lacking)} of the networks has no draws of {model!r}; {hint}: zoo-spectra nulls "
            "CATALOG NETWORK --model MODEL"
        )
    return there


def _said(label: str, row: dict[str, Any], alone: bool) -> str:
    units = "scatter 0" if row["units"] is None else f"{row['units']:.2f} of their scatter"
    text = (
        f"d to the mean of {row['draws']:,} draws {row['distance']:.4f}, {units}; "
        f"p {row['p_value']:.4f}, floor {row['floor']:.4f}"
    )
    text = text if row["note"] is None else f"{text}; {row['note']}"
    return text if alone else f"{visible(label)}: {text}"
