"""The right half of the picture: all networks in the plane, with their classes."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import polars as pl
from scipy.spatial import ConvexHull

from benchmarks.common import Floats
from benchmarks.pictures.curves import BLACK, BLUE, GREEN, PINK, RED, SKY, first
from zoo_spectra.report.plane import plane_of

# Group: colour, shape.
GROUPS = {
    "worms": (GREEN, "circle"),
    "flies": (BLACK, "circle"),
    "mice": (PINK, "circle"),
    "trained networks": (RED, "triangle-up"),
    "random: convolutional": (BLUE, "square"),
    "random: transformer, MLP": (SKY, "square"),
}
ATTENTION = ("vision_transformer", "deit", "swin_transformer", "mlp_mixer")
# Where a label is, seen from the end of its line.
SIDES: dict[str, dict[str, Any]] = {
    "above": {"baseline": "bottom"},
    "below": {"baseline": "top"},
    "left": {"align": "right", "dx": -2},
    "right": {"align": "left", "dx": 2},
}
# How a network's source begins: its label, where its line ends, and the side.
LABELS = {
    "timm:resnet18?seed=0": ("ResNet-18, 2 seeds", -1.95, -0.42, "below"),
    "timm:efficientnet_lite1?seed=0": ("EfficientNet-Lite, random", -1.3, -0.66, "below"),
    "timm:vit_tiny_patch16_224?": ("ViT, DeiT", -1.95, 0.3, "above"),
    "timm:efficientnet_lite1?checkpoint": ("EfficientNet-Lite, trained", -1.35, 0.6, "above"),
    "checkpoint:@samples/proteinmpnn/vanilla_v_48_020": ("11 ProteinMPNN", -0.9, 0.36, "above"),
    "checkpoint:@samples/minilm": ("MiniLM", -0.72, 0.08, "right"),
    "checkpoint:@samples/neuralfoil/nn-xxsmall": ("NeuralFoil, smallest", 0.2, -0.78, "below"),
    "checkpoint:@samples/neuralfoil/nn-xxxlarge": ("NeuralFoil, largest", 1.5, 1.05, "below"),
    "connectome:@samples/worms/witvliet_5": ("worms, birth to adult", 0.4, 1.3, "left"),
    "connectome:@samples/worms/cook2019_h": ("adult worms, synapses", 0.78, 1.8, "left"),
    "connectome:@samples/worms/cook2019_male.json?": ("gap junctions", -0.1, 0.6, "above"),
    "connectome:@samples/fly/left": ("fly, left", 0.82, 1.6, "right"),
    "connectome:@samples/fly/right": ("fly, right", -0.2, 0.32, "above"),
    "connectome:@samples/mice/edgelists/sub-54851": ("mice, BTBR", 1.62, 0.3, "above"),
    "connectome:@samples/mice/edgelists/sub-54794": ("mice, other genotypes", 1.4, -0.84, "below"),
}
PAD = 0.035  # e-folds between a class's outline and its members


def plane(networks: pl.DataFrame) -> tuple[Floats, float]:
    """Classical scaling: (n, 2) in e-folds, and the share that the plane holds. Biological networks
    to the right, worms on top.
    """
    found = plane_of(np.array(networks["csd"].to_list()))
    biological = (networks["kind"] == "biological").to_numpy()
    worms = (networks["family"] == "worms").to_numpy()
    place = found.place.copy()
    place[:, 0] *= np.sign(place[biological, 0].mean())
    place[:, 1] *= np.sign(place[worms, 1].mean())
    return place, found.held


def group(row: dict[str, Any]) -> str:
    """Which of GROUPS a network belongs to."""
    if row["kind"] == "biological":
        return {"worms": "worms", "fly": "flies"}.get(row["family"], "mice")
    if "seed=" not in row["source"]:
        return "trained networks"
    attention = row["family"] in ATTENTION
    return "random: transformer, MLP" if attention else "random: convolutional"


def outline(points: Floats) -> Floats:
    """A closed line, (k, 2), around points (n, 2), PAD away from them."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    circle = PAD * np.column_stack([np.cos(angle), np.sin(angle)])
    around = (points[:, None] + circle).reshape(-1, 2)
    corners = around[ConvexHull(around).vertices]
    return np.vstack([corners, corners[:1]])


def map_of(networks: pl.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """All networks in the plane, an outline around each class of two or more."""
    place, share = plane(networks)
    groups = [group(row) for row in networks.iter_rows(named=True)]
    points = networks.select("source").with_columns(
        pl.Series("group", groups), pl.Series("x", place[:, 0]), pl.Series("y", place[:, 1])
    )
    outlines = [
        pl.DataFrame(outline(place[(networks["class"] == at).to_numpy()]), schema=["x", "y"])
        .with_row_index("order")
        .with_columns(pl.lit(at).alias("class"))
        for at in networks["class"].unique().sort()
        if (networks["class"] == at).sum() > 1
    ]
    at = {start: first(points, start) for start in LABELS}
    labels = pl.DataFrame(
        [
            {"text": text, "x": x, "y": y, "side": side, "x2": at[start]["x"], "y2": at[start]["y"]}
            for start, (text, x, y, side) in LABELS.items()
        ]
    )
    title = f"e-folds (classical MDS; the plane holds {share:.0%})"
    x = alt.X("x:Q", title=title).scale(domain=[-2.5, 2.05], nice=False)
    y = alt.Y("y:Q", title="e-folds").scale(domain=[-0.95, 2.05], nice=False)
    domain = list(GROUPS)
    colour = alt.Color("group:N", title=None, sort=domain).scale(
        domain=domain, range=[c for c, _ in GROUPS.values()]
    )
    shape = alt.Shape("group:N", title=None, sort=domain).scale(
        domain=domain, range=[s for _, s in GROUPS.values()]
    )
    dots = alt.Chart(points).mark_point(filled=True, size=38, opacity=0.85)
    rings = alt.Chart(pl.concat(outlines)).mark_line(color="#444", strokeWidth=1)
    leaders = alt.Chart(labels).mark_rule(color="#aaa", strokeWidth=0.8)
    sides = [
        alt.Chart(some).mark_text(color="#222", **SIDES[side]).encode(x=x, y=y, text="text")
        for (side,), some in labels.group_by("side", maintain_order=True)
    ]
    return alt.layer(
        leaders.encode(x=x, y=y, x2="x2:Q", y2="y2:Q"),
        rings.encode(x=x, y=y, detail="class:N", order="order:Q"),
        dots.encode(x=x, y=y, color=colour, shape=shape),
        *sides,
    ).properties(width=500, height=330)
