"""The axis that curves share: s = ln(λ/σ), in e-folds, with the end of the circular support."""

from __future__ import annotations

from math import log
from typing import Any

import altair as alt

from zoo_spectra.method import S_EDGES
from zoo_spectra.report.figures.style import REFERENCE, inline

S_TITLE = "s = ln(λ/σ), in e-folds"
CIRCLE_ENDS = log(2.0)


def location(low: float = float(S_EDGES[0]), high: float = float(S_EDGES[-1])) -> alt.X:
    """The axis of s."""
    axis = alt.Axis(tickCount=9)
    return alt.X("x:Q", title=S_TITLE, axis=axis).scale(domain=[low, high], nice=False)


def circle_ends(label: bool = False) -> Any:
    """A line where the support of the circular ensembles ends, s = ln 2."""
    data = inline([{"x": CIRCLE_ENDS, "text": "tail: s > ln 2"}])
    rule = alt.Chart(data).mark_rule(color=REFERENCE, strokeDash=[3, 3], strokeWidth=0.8)
    rule = rule.encode(x="x:Q")
    if not label:
        return rule
    text = alt.Chart(data).mark_text(align="left", dx=4, dy=9, fontSize=10, color=REFERENCE)
    return alt.layer(rule, text.encode(x="x:Q", y=alt.value(0), text="text:N"))
