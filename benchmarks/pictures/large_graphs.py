"""The picture of large graphs: CPU time and the error stated, by the number of edges."""

from __future__ import annotations

import argparse
import json
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
from benchmarks.pictures.curves import GREY, RED
from benchmarks.speed.large_graphs import LAW

WIDTH, HEIGHT = 330, 250
# Of a name from its point, and by how much: the two graphs of most edges are beside each other.
PLACES = {"left": -5, "below": 16, "above": -14}


def panel(rows: pl.DataFrame, value: str, title: str) -> alt.LayerChart:
    """One figure by edges, both logarithmic; a line joins the graphs of one mean degree."""
    x = (
        alt.X("edges:Q", title="edges")
        .scale(type="log", domain=[4e4, 1e8])
        .axis(format="~s", tickCount=5)
    )
    y = alt.Y(f"{value}:Q", title=title).scale(type="log").axis(format="~g", tickCount=5)
    law = alt.Chart(rows.filter("law")).mark_line(strokeWidth=1.2, color=GREY).encode(x=x, y=y)
    dots = alt.Chart(rows).mark_circle(size=60, color=RED, opacity=1).encode(x=x, y=y)
    place = pl.col("name").replace_strict({"male CNS": "below", "50 M": "above"}, default="left")
    words = [
        alt.Chart(rows.filter(place == where))
        .mark_text(
            align="right" if where == "left" else "center",
            dx=-8 * (where == "left"),
            dy=dy,
            fontSize=11,
        )
        .encode(x=x, y=y, text="name:N")
        for where, dy in PLACES.items()
    ]
    return alt.layer(law, dots, *words).properties(width=WIDTH, height=HEIGHT)


def draw(figures: Mapping[str, Any], path: Path) -> None:
    """Write the PNG."""
    rows = pl.DataFrame(
        [{"name": name, "law": name in LAW, **one} for name, one in figures["graphs"].items()]
    )
    chart = (
        alt.hconcat(
            panel(rows, "cpu_seconds", "CPU time, s"),
            panel(rows, "csd_error", "csd_error, e-folds"),
            spacing=28,
        )
        .configure(font="DejaVu Sans", background="white", padding=8)
        .configure_view(stroke="#bbb")
        .configure_axis(labelFontSize=11, titleFontSize=12, titleFontWeight="normal", grid=False)
    )
    png = vl_convert.vegalite_to_png(chart.to_json(), scale=SCALE)
    Image.open(BytesIO(png)).quantize(128).save(path, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    figures = json.loads((RESULTS / "large_graphs.json").read_text(encoding="utf-8"))
    draw(figures, parser.parse_args().output)


if __name__ == "__main__":
    main()
