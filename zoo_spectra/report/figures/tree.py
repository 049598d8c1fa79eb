"""The dendrogram of networks, or of its largest branches where they are many, cut at ε."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
from scipy.cluster.hierarchy import dendrogram, fcluster, to_tree
from scipy.spatial.distance import squareform

from zoo_spectra.method import Floats
from zoo_spectra.report.figures import Picture, Wanted
from zoo_spectra.report.figures.chosen import paired
from zoo_spectra.report.figures.groups import groups_of
from zoo_spectra.report.figures.style import (
    REFERENCE,
    WIDTH,
    colour,
    dressed,
    inline,
    key,
    shape,
)
from zoo_spectra.text import count

LEAVES = 60  # that have a line each
STEP = 13  # pixels of a leaf
PLACE = 10.0  # from one leaf to the next, as scipy draws


def picture(wanted: Wanted) -> Picture:
    """Errors as ``chosen`` and ``classes.sweep``; FigureError for more than 3,000 networks."""
    found, pairs = paired(wanted, "a tree")
    rows, links = found.rows, pairs.tree(wanted.linkage)
    drawn = dendrogram(links, LEAVES, "lastp", no_plot=True)
    _, nodes = to_tree(links, rd=True)
    members = [[int(at) for at in nodes[leaf].pre_order()] for leaf in drawn["leaves"] or ()]
    apart = squareform(pairs.condensed)
    medoids = [_medoid(apart, each) for each in members]
    names = rows["label"].to_list()
    labels = [
        names[medoid] + (f" and {len(each) - 1:,} more" if len(each) > 1 else "")
        for medoid, each in zip(medoids, members, strict=True)
    ]
    groups = groups_of(rows["group"].to_list(), wanted.by)
    which = [groups.which[medoid] for medoid in medoids]
    classes = len(np.unique(fcluster(links, wanted.accuracy, criterion="distance")))
    said = [
        f"{count(rows.height, 'network')} by {wanted.measure} distance, {wanted.linkage} linkage; "
        f"dashed: ε = {wanted.accuracy:g}, {count(classes, 'class', 'classes')}"
    ]
    if rows.height > LEAVES:
        whose = "a branch of several has the name and the marker of its medoid"
        said.append(f"the {LEAVES} largest branches; {whose}")
    said += [*groups.said, *found.left_out]
    top = max(float(links[-1, 2]), wanted.accuracy) * 1.03 or 1.0
    x = alt.X("x:Q", title="merged at, in e-folds").scale(domain=[top, 0], nice=False)
    y = alt.Y("y:Q", axis=None).scale(domain=[0, PLACE * len(labels)], nice=False, reverse=True)
    tips = [
        {"x": 0, "y": PLACE * (at + 0.5), "text": text, "which": group}
        for at, (text, group) in enumerate(zip(labels, which, strict=True))
    ]
    dots = alt.Chart(inline(tips)).mark_point(filled=True, size=30, opacity=1)
    text = alt.Chart(inline(tips)).mark_text(align="left", dx=8, fontSize=10, color="#222")
    panel = alt.layer(
        *_branches(drawn["icoord"], drawn["dcoord"], x, y),
        alt.Chart(inline([{"x": wanted.accuracy}]))
        .mark_rule(color=REFERENCE, strokeDash=[5, 3])
        .encode(x="x:Q"),
        dots.encode(
            x=x,
            y=y,
            color=colour(),
            shape=shape(),
        ),
        text.encode(x=x, y=y, text="text:N"),
    ).properties(width=WIDTH, height=STEP * len(labels))
    chart = alt.vconcat(panel, key(groups.kept, groups.others))
    return Picture(dressed(chart, said).configure_view(stroke=None), tuple(said))


def _branches(places: Any, heights: Any, x: alt.X, y: alt.Y) -> list[Any]:
    """A line of three pieces for each merge."""
    rows = [
        {"x": height, "y": place, "merge": merge, "order": order}
        for merge, (along, up) in enumerate(zip(places, heights, strict=True))
        for order, (place, height) in enumerate(zip(along, up, strict=True))
    ]
    line = alt.Chart(inline(rows)).mark_line(color="#222", strokeWidth=0.9)
    return [line.encode(x=x, y=y, detail="merge:N", order="order:Q")]


def _medoid(apart: Floats, members: Sequence[int]) -> int:
    """The member with the least summed distance to the others."""
    return members[int(np.argmin(apart[np.ix_(members, members)].sum(axis=1)))]
