"""The left half of the picture: the CSD of a few networks."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import polars as pl

from zoo_spectra.method.mme import S_EDGES

# Okabe and Ito's colours, told apart by the colour-blind.
BLUE, SKY, GREEN, ORANGE = "#0072B2", "#56B4E9", "#009E73", "#E69F00"
RED, PINK, GREY, BLACK = "#D55E00", "#CC79A7", "#8a8a8a", "#000000"
# Label: how the network's source begins, colour, dashes.
CURVES: dict[str, tuple[str, str, list[int]]] = {
    "worm (male, whole matrix)": ("connectome:@samples/worms/cook2019_male.json", GREEN, []),
    "mouse (B6, 14 blocks)": ("connectome:@samples/mice/edgelists/sub-54790", PINK, []),
    "EfficientNet-Lite 1, trained": ("timm:efficientnet_lite1?checkpoint", RED, []),
    "EfficientNet-Lite 1, random": ("timm:efficientnet_lite1?seed=0", ORANGE, [6, 3]),
    "ViT-Tiny, random": ("timm:vit_tiny_patch16_224?seed=0", SKY, [6, 3]),
    "ResNet-50, random": ("timm:resnet50?seed=0", BLUE, [6, 3]),
}


def first(networks: pl.DataFrame, start: str) -> dict[str, Any]:
    """The network whose source begins with ``start``; the first of several."""
    found = networks.filter(pl.col("source").str.starts_with(start)).sort("source")
    if found.is_empty():
        raise SystemExit(f"the catalog has no {start}…; make it with jobs/demo.toml")
    return found.row(0, named=True)


def curves(networks: pl.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """CSD against spectral location, with the band of a circular ensemble of the same orders."""
    location = np.exp(S_EDGES)
    lines: list[pl.DataFrame] = []
    band = np.zeros(len(location))
    for label, (start, _, _) in CURVES.items():
        row = first(networks, start)
        lines.append(pl.DataFrame({"network": label, "x": location, "csd": row["csd"]}))
        band = np.maximum(band, 2 * np.array(row["csd_fluctuation_cue"]))
    domain = list(CURVES)
    scale = alt.Scale(type="log", domain=[float(location[0]), float(location[-1])])
    axis = alt.Axis(values=[10.0**k for k in range(-3, 4)], format="~g", grid=False)
    x = alt.X("x:Q", scale=scale, axis=axis, title="spectral location x = λ/σ")
    line = (
        alt.Chart(pl.concat(lines))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y("csd:Q", title="circular spectral difference").scale(
                domain=[-0.5, 0.53], nice=False
            ),
            color=alt.Color("network:N", title=None, sort=domain).scale(
                domain=domain, range=[c[1] for c in CURVES.values()]
            ),
            strokeDash=alt.StrokeDash("network:N", sort=domain).scale(
                domain=domain, range=[c[2] or [1, 0] for c in CURVES.values()]
            ),
        )
    )
    area = (
        alt.Chart(pl.DataFrame({"x": location, "low": -band, "high": band}))
        .mark_area(color=GREY, opacity=0.45)
        .encode(x=x, y="low:Q", y2="high:Q")
    )
    notes = pl.DataFrame(
        {
            "x": [2.4, 3.7e-4],
            "y": [0.3, -0.2],
            "text": ["long positive tail: x > 2", "grey band: ± 2 s.d. of the CUE"],
        }
    )
    note = alt.Chart(notes).mark_text(align="left", color="#555").encode(x=x, y="y:Q", text="text")
    tail = (
        alt.Chart(pl.DataFrame({"x": [2.0]})).mark_rule(color=GREY, strokeDash=[2, 2]).encode(x=x)
    )
    return alt.layer(area, tail, line, note).properties(width=330, height=330)
