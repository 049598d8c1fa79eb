"""Level spacings: mean adjacent gap ratios beside those of the universality classes.

Of a few networks a point is a constituent, of many it is a network. Ratios are those that are
stored: of symmetric matrices from their own eigenvalues, none of degenerate ones (docs/method.md).
"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from zoo_spectra.errors import FigureError
from zoo_spectra.method import UNIVERSALITY
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import Chosen, chosen, groups_left_out, largest_groups
from zoo_spectra.report.figures.style import MOST, REFERENCE, WIDTH, dressed, inline
from zoo_spectra.text import count

STEP = 26  # pixels of a row
GROUPS = 24  # rows at most
LOW, HIGH = 0.25, 0.8


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen``, and FigureError where no level statistics are stored."""
    found = chosen(wanted, ["commit_id", "gap_ratio", "gap_ratio_se"])
    single = found.rows.height <= MOST and wanted.catalog.holds_spectra
    if single:
        rows, said = _constituents(wanted, found)
    else:
        rows, said = _networks(wanted, found)
    if not rows:
        raise FigureError(
            "none of these networks has level statistics: they need 32 levels that are exact and "
            "not degenerate"
        )
    said = [*said, "bars: two standard errors; large: the mean of a row", *found.left_out]
    order = list(dict.fromkeys(row["row"] for row in rows))
    low, high = min(LOW, *(r["x"] for r in rows)), max(HIGH, *(r["x"] for r in rows))
    scale = alt.Scale(domain=[low, high], nice=False)
    x = alt.X("x:Q", title="mean adjacent gap ratio r", scale=scale)
    y = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(grid=True))
    points = [row for row in rows if not row["mean"]]
    means = [row for row in rows if row["mean"]]
    bar = alt.Chart(inline(points)).mark_rule(
        strokeWidth=0.7, color="#0072B2", opacity=0.5, clip=True
    )
    dot = alt.Chart(inline(points)).mark_tick(
        size=13, thickness=1.4, color="#0072B2", orient="vertical", clip=True
    )
    mean = alt.Chart(inline(means)).mark_point(filled=True, size=60, color="#000", shape="diamond")
    chart = alt.layer(
        *_classes(scale),
        bar.encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y),
        dot.encode(x=x, y=y),
        mean.encode(x=x, y=y),
    ).properties(width=WIDTH, height=STEP * len(order))
    return Picture(dressed(chart, said), tuple(said))


def _constituents(wanted: Wanted, found: Chosen) -> tuple[list[dict[str, Any]], list[str]]:
    """A point a constituent, a row a network."""
    ids = found.rows["network_id"].to_list()
    own = wanted.catalog.spectra().filter(pl.col("network_id").is_in(ids))
    stored = wanted.catalog.collect(
        own.select("network_id", "gap_ratio", "gap_ratio_se", "skipped")
    )
    rows: list[dict[str, Any]] = []
    some, all_of_them = 0, 0
    for each in found.rows.iter_rows(named=True):
        used = stored.filter(
            pl.col("network_id") == each["network_id"], pl.col("skipped").is_null()
        )
        have = used.drop_nulls("gap_ratio")
        some, all_of_them = some + have.height, all_of_them + used.height
        label = f"{each['label']} ({have.height:,} of {used.height:,})"
        rows += [
            _point(label, *row) for row in have.select("gap_ratio", "gap_ratio_se").iter_rows()
        ]
        if each["gap_ratio"] is not None:
            rows.append(_point(label, each["gap_ratio"], each["gap_ratio_se"], mean=True))
    said = [f"Level spacings of {some:,} of {count(all_of_them, 'constituent')}"]
    if some < all_of_them:
        said.append("left out: constituents of less than 32 exact levels, or degenerate ones")
    return rows, said


def _networks(wanted: Wanted, found: Chosen) -> tuple[list[dict[str, Any]], list[str]]:
    """A point a network, a row a group."""
    have = found.rows.drop_nulls("gap_ratio")
    groups = have["group"].to_list()
    kept = largest_groups(groups, GROUPS)
    rows: list[dict[str, Any]] = []
    for name in kept:
        some = have.filter(pl.col("group") == name)
        label = f"{name} ({some.height:,})"
        rows += [
            _point(label, *row) for row in some.select("gap_ratio", "gap_ratio_se").iter_rows()
        ]
        average = some["gap_ratio"].mean()
        if isinstance(average, float):
            rows.append(_point(label, average, 0.0, mean=True))
    drawn = sum(not row["mean"] for row in rows)
    said = [f"Level spacings of {count(drawn, 'network')} by {wanted.by}"]
    if without := found.rows.height - have.height:
        said.append(f"left out: {count(without, 'network')} without level statistics")
    return rows, [*said, *(f"left out: {x}" for x in groups_left_out(groups, kept, wanted.by))]


def _point(row: str, ratio: float, error: float, mean: bool = False) -> dict[str, Any]:
    low, high = ratio - 2 * error, ratio + 2 * error
    return {"row": row, "x": ratio, "low": low, "high": high, "mean": mean}


def _classes(scale: alt.Scale) -> list[Any]:
    """A line at the gap ratio of each universality class, with its name above."""
    data = inline(
        [
            {"x": value, "text": name.upper() if name != "poisson" else "Poisson"}
            for name, value in UNIVERSALITY.items()
        ]
    )
    rule = alt.Chart(data).mark_rule(color=REFERENCE, strokeDash=[4, 3])
    x = alt.X("x:Q", scale=scale)
    text = alt.Chart(data).mark_text(baseline="bottom", dy=-3, fontSize=10, color="#333")
    return [rule.encode(x=x), text.encode(x=x, y=alt.value(0), text="text:N")]
