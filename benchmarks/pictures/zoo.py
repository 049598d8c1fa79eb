"""The picture of the zoo: distances, classes against ε, and nearest neighbours by description."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import vl_convert
from PIL import Image

from benchmarks.common import ACCURACY, Floats
from benchmarks.pictures.classes import SCALE
from benchmarks.pictures.curves import BLUE, GREEN, GREY, ORANGE, RED, SKY

Layers = alt.LayerChart | alt.FacetChart
SMALLEST = 1e-3  # e-folds; twins with the same seed can be equal
PAIRS = {
    "seeds": ("two seeds", BLUE),
    "twins": ("twins: same matrices", SKY),
    "family": ("one family", ORANGE),
    "families": ("two families", GREY),
}
DESCRIPTIONS = {
    "csd": "CSD (this package)",
    "weightwatcher": "weightwatcher, 6 means",
    "weightwatcher_ranks": "the same, ranked",
    "bristol": "bristol, cPSE",
    "sizes": "sizes, no spectrum",
}


def distances(values: Mapping[str, Floats]) -> Layers:
    """Density of log10 d of each kind of pair, of area 1; the peak of equal twins is cut off."""
    edges = np.linspace(np.log10(SMALLEST), 1, 49)
    frames = []
    for key, (label, _) in PAIRS.items():
        if len(values[key]):
            places = np.log10(np.maximum(values[key], SMALLEST))
            density, _ = np.histogram(places, edges, density=True)
            middle = 10 ** ((edges[:-1] + edges[1:]) / 2)
            frames.append(pl.DataFrame({"pair": label, "d": middle, "density": density}))
    domain = [label for label, _ in PAIRS.values()]
    colour = alt.Color("pair:N", title=None, sort=domain).scale(
        domain=domain, range=[colour for _, colour in PAIRS.values()]
    )
    x = alt.X("d:Q", title="distance, e-folds", axis=_ticks(0.001, 0.01, 0.1, 1, 10)).scale(
        type="log", domain=[SMALLEST, 10]
    )
    y = alt.Y("density:Q", title="share of pairs per decade").scale(domain=[0, 2])
    chart = alt.Chart(pl.concat(frames)).mark_area(opacity=0.35, line={"strokeWidth": 2}, clip=True)
    areas = chart.encode(x=x, y=y.stack(None), color=colour)
    title = "How far apart"
    return alt.layer(_rule("d"), areas).properties(width=300, height=260, title=title)


def curve(by_accuracy: list[dict[str, float]], networks: int) -> Layers:
    """Adjusted Rand index, V-measure and number of classes against ε."""
    rows = pl.DataFrame(by_accuracy).with_columns(pl.col("classes") / networks)
    names = {
        "adjusted_rand": "adjusted Rand index",
        "v_measure": "V-measure",
        "classes": "classes / networks",
    }
    long = rows.rename(names).unpivot(index="accuracy", variable_name="what", value_name="value")
    domain = list(names.values())
    colour = alt.Color("what:N", title=None, sort=domain).scale(
        domain=domain, range=[RED, GREEN, GREY]
    )
    x = alt.X("accuracy:Q", title="accuracy ε, e-folds", axis=_ticks(0.01, 0.03, 0.1, 0.3, 1))
    x = x.scale(type="log", domain=[0.01, 1])
    y = alt.Y("value:Q", title=None).scale(domain=[0, 1])
    lines = alt.Chart(long).mark_line(strokeWidth=2).encode(x=x, y=y, color=colour)
    title = "Classes against families"
    return alt.layer(_rule("accuracy"), lines).properties(width=260, height=260, title=title)


def descriptions(peers: Mapping[str, Any]) -> Layers:
    """Whose family the nearest neighbour is of, with intervals; dotted: by chance."""
    rows = pl.DataFrame(
        [
            {
                "by": label,
                "share": peers["by"][key]["nearest"],
                "low": peers["by"][key]["interval"][0],
                "high": peers["by"][key]["interval"][1],
            }
            for key, label in DESCRIPTIONS.items()
        ]
    )
    order = list(DESCRIPTIONS.values())
    y = alt.Y("by:N", sort=order, title=None).axis(labelLimit=0, domain=False, ticks=False)
    x = alt.X("share:Q", title="nearest neighbour is of the same family").scale(domain=[0, 1])
    x = x.axis(format="%")
    chart = alt.Chart(rows)
    bars = chart.mark_bar(height={"band": 0.55}).encode(
        x=x,
        y=y,
        color=alt.condition(alt.datum.by == order[0], alt.value(BLUE), alt.value("#c4c4c4")),
    )
    spans = chart.mark_rule(strokeWidth=1.5, color="#333").encode(x="low:Q", x2="high:Q", y=y)
    line = alt.Chart(pl.DataFrame({"share": [peers["chance"]]}))
    by_chance = line.mark_rule(strokeDash=[2, 2], color=RED).encode(x="share:Q")
    title = f"{peers['architectures']} architectures of {peers['families']} families"
    return alt.layer(bars, spans, by_chance).properties(width=250, height=260, title=title)


def _ticks(*values: float) -> alt.Axis:
    return alt.Axis(values=list(values), format="~g", grid=False)


def _rule(field: str) -> alt.Chart:
    at = alt.Chart(pl.DataFrame({field: [ACCURACY]})).mark_rule(color="#999", strokeDash=[2, 2])
    rule: alt.Chart = at.encode(x=f"{field}:Q")
    return rule


def draw(figures: Mapping[str, Any], values: Mapping[str, Floats], path: Path) -> None:
    """Write the PNG: distances of all networks, the ε curve of one of each set of twins."""
    one = figures["recovery"]["distinct"]
    panels = (
        distances(values),
        curve(one["by_accuracy"], one["networks"]),
        descriptions(figures["peers"]),
    )
    chart = (
        alt.hconcat(*panels, spacing=28)
        .resolve_scale(color="independent")
        .configure(font="DejaVu Sans", background="white", padding=8)
        .configure_view(stroke="#bbb")
        .configure_axis(
            labelFontSize=11, titleFontSize=12, gridColor="#eee", titleFontWeight="normal"
        )
        .configure_legend(orient="bottom", columns=2, labelLimit=0, symbolStrokeWidth=2)
        .configure_title(fontSize=14, anchor="start", frame="group")
    )
    picture = Image.open(BytesIO(vl_convert.vegalite_to_png(chart.to_json(), scale=SCALE)))
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
