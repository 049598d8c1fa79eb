"""What ``groups`` finds of planted differences, and how often it is wrong where there are none."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import vl_convert
from PIL import Image

from benchmarks.common import RESULTS
from benchmarks.pictures.classes import SCALE
from benchmarks.pictures.curves import GREY, ORANGE, RED

NAMES = {
    "place": "place",
    "nearest": "nearest neighbours",
    "found": "moved constituents found",
    "false_discovery_rate": "of those found, wrong",
    "spread": "spread",
}
COLOURS = {"place": RED, "nearest": ORANGE, "found": "#0072B2", "false_discovery_rate": GREY,
           "spread": "#009E73"}  # fmt: skip


def power(rows: list[dict[str, float]], by: str, title: str, width: int = 300) -> Any:
    """A line a statistic against the size of what was planted; dashed: 5 %."""
    names = [name for name in NAMES if name in rows[0]]
    data = pl.DataFrame(
        [{"x": row[by], "y": row[name], "what": NAMES[name]} for row in rows for name in names]
    )
    domain = [NAMES[name] for name in names]
    colour = alt.Color("what:N", title=None, sort=domain).scale(
        domain=domain, range=[COLOURS[name] for name in names]
    )
    shape = alt.Shape("what:N", title=None, sort=domain).scale(domain=domain)
    x = alt.X("x:Q", title=title).scale(zero=False)
    y = alt.Y("y:Q", title="share").scale(domain=[0, 1])
    lines = alt.Chart(data).mark_line(strokeWidth=1.4).encode(x=x, y=y, color=colour)
    dots = alt.Chart(data).mark_point(filled=True, size=50, opacity=1)
    rule = alt.Chart(pl.DataFrame({"y": [0.05]})).mark_rule(strokeDash=[4, 3], color="#555")
    layers = alt.layer(
        rule.encode(y="y:Q"), lines, dots.encode(x=x, y=y, color=colour, shape=shape)
    )
    return layers.properties(width=width, height=230)


def draw(figures: Mapping[str, Any], path: Path) -> None:
    """Write the PNG."""
    chart = (
        alt.hconcat(
            power(figures["place"], "moved", "10 of 105 constituents moved, e-folds"),
            power(figures["spread"], "factor", "distances to the mean, times", 200),
            spacing=28,
        )
        .resolve_scale(color="independent", shape="independent")
        .configure(font="DejaVu Sans", background="white", padding=8)
        .configure_view(stroke="#bbb")
        .configure_axis(
            labelFontSize=11, titleFontSize=12, gridColor="#eee", titleFontWeight="normal"
        )
        .configure_legend(orient="bottom", columns=2, labelLimit=0)
    )
    png = vl_convert.vegalite_to_png(chart.to_json(), scale=SCALE)
    Image.open(BytesIO(png)).quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    draw(json.loads((RESULTS / "groups.json").read_text("utf-8")), Path(sys.argv[-1]))
