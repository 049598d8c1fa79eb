"""The specifications of the page's charts, in Vega-Lite, by Altair.

They have no data and no colours of their own: the page gives rows of the networks that are chosen,
each with its number and its colour, and a theme.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from zoo_spectra.method import UNIVERSALITY

Chart = alt.Chart | alt.LayerChart | alt.FacetChart
_LN2 = 0.6931471805599453


def charts() -> dict[str, dict[str, Any]]:
    """By name. The rows that each needs are those of its named data sets."""
    made: dict[str, Chart] = {
        "csd": _csd(),
        "tail": _tail(),
        "depth": _depth(),
        "levels": _levels(),
        "groups": _groups(),
        "chance": _chance(),
    }
    return {name: _bare(chart) for name, chart in made.items()}


def _bare(chart: Chart) -> dict[str, Any]:
    sized = chart.properties(width="container", autosize={"type": "fit", "contains": "padding"})
    return {key: value for key, value in sized.to_dict().items() if key != "config"}


def _data(name: str) -> alt.Chart:
    return alt.Chart(alt.NamedData(name))


def _colour() -> alt.Color:
    return alt.Color("colour:N").scale(None)


def _csd() -> Chart:
    x = alt.X("s:Q").title("s = ln(λ/σ)").scale(domain=[-8, 8], nice=False)
    y = alt.Y("csd:Q").title("CSD = F_M − F_C")
    lines = (
        _data("curves").mark_line(strokeWidth=2).encode(x=x, y=y, detail="id:N", color=_colour())
    )
    band = (
        _data("band")
        .mark_area(opacity=0.25)
        .encode(x=x, y="low:Q", y2="high:Q", detail="id:N", color=_colour())
    )
    numbers = (
        _data("numbers")
        .mark_text(dy=-8, fontWeight="bold")
        .encode(x=x, y=y, text="number:N", color=_colour())
    )
    zero = _rule(y=0)
    support = _rule(x=_LN2)
    return alt.layer(zero, support, band, lines, numbers).properties(height=300)


def _tail() -> Chart:
    x = alt.X("x:Q").title("x = λ/σ").scale(type="log", nice=False)
    x = x.axis(values=[2, 5, 10, 30, 100, 300, 1000, 3000], format="~g")
    y = alt.Y("rest:Q").title("−CSD = 1 − F_M").scale(type="log", domain=[1e-6, 1], clamp=True)
    y = y.axis(values=[1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6], format="~g")
    base = {"x": x, "y": y, "detail": "id:N", "color": _colour()}
    lines = _data("curves").mark_line(strokeWidth=2, clip=True).encode(**base)
    fits = _data("fits").mark_line(strokeDash=[5, 4], strokeWidth=1.5, clip=True).encode(**base)
    numbers = (
        _data("numbers")
        .mark_text(dy=-9, fontWeight="bold")
        .encode(x=x, y=y, text="number:N", color=_colour())
    )
    return alt.layer(_rule(y=1e-3), lines, fits, numbers).properties(height=300)


def _depth() -> Chart:
    x = alt.X("s:Q").title("s = ln(λ/σ)").scale(domain=[-8, 8], nice=False)
    y = alt.Y("top:Q").title("depth").scale(domain=[1, 0], nice=False).axis(format="%")
    legend = alt.Legend(title="mass per e-fold", orient="top", gradientLength=160)
    colour = alt.Color("density:Q", legend=legend).scale(domainMin=0)
    cells = _data("cells").mark_rect(strokeWidth=0)
    drawn: alt.Chart = cells.encode(x=x, x2="end:Q", y=y, y2="bottom:Q", color=colour)
    return drawn.properties(height=240)


def _levels() -> Chart:
    x = alt.X("order:Q").title("largest order N").scale(type="log")
    x = x.axis(format="~s", tickCount=6)
    y = alt.Y("ratio:Q").title("mean gap ratio").scale(zero=False, padding=12)
    shape = alt.Shape("shape:N").scale(None)
    at = {"x": x, "y": y, "color": _colour()}
    dots = _data("others").mark_point(size=22, opacity=0.7, filled=True).encode(shape=shape, **at)
    spans = (
        _data("chosen")
        .mark_rule(strokeWidth=2)
        .encode(x=x, y="low:Q", y2="high:Q", color=_colour())
    )
    picked = _data("chosen").mark_point(size=70, filled=False, strokeWidth=2).encode(**at)
    numbers = _data("chosen").mark_text(dx=11, fontWeight="bold").encode(text="number:N", **at)
    rules = [_rule(y=value) for value in UNIVERSALITY.values()]
    names = (
        _data("universal")
        .mark_text(align="right", dx=-4, dy=-6)
        .encode(x=alt.value("width"), y="ratio:Q", text="name:N")
    )
    return alt.layer(*rules, names, dots, spans, picked, numbers).properties(height=300)


def _groups() -> Chart:
    x = alt.X("x:Q").title("first axis, in e-folds").scale(zero=False, padding=12)
    y = alt.Y("y:Q").title("second axis, in e-folds").scale(zero=False, padding=12)
    shape = alt.Shape("shape:N").scale(None)
    points = _data("points").mark_point(size=60, filled=True, opacity=0.85)
    drawn: alt.Chart = points.encode(x=x, y=y, color=_colour(), shape=shape)
    return drawn.properties(height=360)


def _chance() -> Chart:
    x = alt.X("s:Q").title("s = ln(λ/σ)").scale(domain=[-8, 8], nice=False)
    y = alt.Y("z:Q").title("z: CSD − mean of the draws, in their standard deviations")
    lines = (
        _data("curves").mark_line(strokeWidth=2).encode(x=x, y=y, detail="id:N", color=_colour())
    )
    numbers = (
        _data("numbers")
        .mark_text(dy=-8, fontWeight="bold")
        .encode(x=x, y=y, text="number:N", color=_colour())
    )
    rules = [_rule(y=value) for value in (-2, 0, 2)]
    return alt.layer(*rules, lines, numbers).properties(height=300)


def _rule(**at: float) -> alt.Chart:
    """A dashed line at a place of one axis."""
    ((axis, value),) = at.items()
    one = alt.Chart(alt.InlineData([{}])).mark_rule(strokeDash=[2, 3], opacity=0.7)
    placed = alt.XDatum(value) if axis == "x" else alt.YDatum(value)
    rule: alt.Chart = one.encode(**{axis: placed})
    return rule
