"""The picture of training: how far shuffling moves a network, and trainings of one design."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert
from PIL import Image

from benchmarks.pictures.classes import SCALE
from benchmarks.pictures.curves import GREY, ORANGE, RED

KINDS = {"trained": ("trained", RED), "random": ("at random initialisation", GREY)}


def moved(figures: Mapping[str, Any]) -> alt.LayerChart:
    """Distance to itself shuffled against parameters; a line joins the sizes of one family."""
    rows = pl.DataFrame(
        [
            {
                "kind": KINDS["trained" if one["trained"] else "random"][0],
                "parameters": one["parameters"],
                "moved": max(one["moved"], 1e-4),
            }
            for one in figures["networks"].values()
        ]
    )
    domain = [label for label, _ in KINDS.values()]
    colour = alt.Color("kind:N", title=None, sort=domain).scale(
        domain=domain, range=[colour for _, colour in KINDS.values()]
    )
    x = alt.X("parameters:Q", title="entries of the constituents").scale(type="log")
    x = x.axis(format="~s", grid=False, tickCount=5)
    y = alt.Y("moved:Q", title="distance to itself shuffled, e-folds").scale(type="log")
    y = y.axis(format="~g", tickCount=5)
    dots = alt.Chart(rows).mark_circle(size=55, opacity=0.75).encode(x=x, y=y, color=colour)
    lines = [
        {"family": family, "parameters": count, "moved": distance}
        for family, one in figures["sizes"].items()
        for count, distance in zip(one["parameters"], one["moved"], strict=True)
    ]
    joined = alt.Chart(pl.DataFrame(lines)).mark_line(strokeWidth=1.2, color=ORANGE)
    sizes = joined.encode(x=x, y=y, detail="family:N")
    last = [
        {"family": family, "parameters": one["parameters"][-1], "moved": one["moved"][-1]}
        for family, one in figures["sizes"].items()
    ]
    words = alt.Chart(pl.DataFrame(last)).mark_text(align="left", dx=7, fontSize=11)
    names = words.encode(x=x, y=y, text="family:N")
    title = "What shuffling undoes"
    return alt.layer(sizes, dots, names).properties(width=420, height=270, title=title)


def one_design(figures: Mapping[str, Any]) -> alt.Chart:
    """Of each design with several trainings: how far apart they are, and how far from shuffled."""
    rows = pl.DataFrame(
        [
            {"family": f"{family} ({one['trainings']})", "what": what, "d": one[key]}
            for family, one in figures["one_design"].items()
            for key, what in (("apart", "two trainings"), ("to_shuffled", "trained and shuffled"))
        ]
    )
    order = ["two trainings", "trained and shuffled"]
    colour = alt.Color("what:N", title=None, sort=order).scale(domain=order, range=[ORANGE, RED])
    y = alt.Y("family:N", title=None).axis(labelLimit=0, domain=False, ticks=False)
    x = alt.X("d:Q", title="e-folds, median").axis(format="~g")
    bars = (
        alt.Chart(rows)
        .mark_bar()
        .encode(x=x, y=y, yOffset=alt.YOffset("what:N", sort=order), color=colour)
    )
    chart: alt.Chart = bars.properties(width=260, height=270, title="Trainings of one design")
    return chart


def draw(figures: Mapping[str, Any], path: Path) -> None:
    """Write the PNG."""
    chart = (
        alt.hconcat(moved(figures), one_design(figures), spacing=28)
        .resolve_scale(color="independent")
        .configure(font="DejaVu Sans", background="white", padding=8)
        .configure_view(stroke="#bbb")
        .configure_axis(
            labelFontSize=11, titleFontSize=12, gridColor="#eee", titleFontWeight="normal"
        )
        .configure_legend(orient="bottom", columns=2, labelLimit=0)
        .configure_title(fontSize=14, anchor="start", frame="group")
    )
    png = vl_convert.vegalite_to_png(chart.to_json(), scale=SCALE)
    Image.open(BytesIO(png)).quantize(128).save(path, optimize=True)
