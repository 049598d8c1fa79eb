"""How figures look: print on white, and legible in grey.

Eight kinds of line and of point; what differs in colour differs in its dash and its marker too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

import altair as alt

from zoo_spectra.text import visible

# Okabe and Ito's colours, which the colour-blind tell apart, without the yellow.
COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A5A2B"),
)
DASHES = ([1, 0], [7, 3], [2, 2], [8, 2, 2, 2], [12, 3], [4, 2], [1, 3], [8, 2, 2, 2, 2, 2])
STAR = "M0,-1L.24,-.31L.95,-.31L.36,.12L.59,.81L0,.38L-.59,.81L-.36,.12L-.95,-.31L-.24,-.31Z"
HOURGLASS = "M-.8,-.8L.8,-.8L-.8,.8L.8,.8Z"
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", STAR, HOURGLASS)
MOST = len(COLOURS)
OTHER = MOST  # the number of what is none of the eight
GREY, REFERENCE = "#AAAAAA", "#555555"
WIDTH, HEIGHT = 440, 230
LETTER, ROW = 5.7, 15  # pixels of a letter of a key, on average, and of a row
_NUMBERS = list(range(MOST + 1))


def colour() -> alt.Color:
    """By the field ``which``, a number up to eight."""
    return alt.Color(
        "which:N", legend=None, scale=alt.Scale(domain=_NUMBERS, range=[*COLOURS, GREY])
    )


def dash() -> alt.StrokeDash:
    """The same in dashes."""
    scale = alt.Scale(domain=_NUMBERS, range=[*DASHES, [1, 0]])
    return alt.StrokeDash("which:N", legend=None, scale=scale)


def shape() -> alt.Shape:
    """The same in markers."""
    return alt.Shape(
        "which:N", legend=None, scale=alt.Scale(domain=_NUMBERS, range=[*SHAPES, "circle"])
    )


def key(
    labels: Sequence[str],
    others: str = "",
    lines: bool = False,
    grey: Mapping[str, Any] | None = None,
) -> Any:
    """What ``which`` means, for below a figure: a marker, with ``lines`` a line, and a name each.

    ``others``: the name of the number eight. ``grey``: names of further lines, with their dashes.
    """
    named = [*enumerate(labels), *([(OTHER, others)] if others else [])]
    texts = [visible(text) for _, text in named] + [*(grey or ())]
    longest = max(map(len, texts), default=1)
    columns = max(1, min(4, int(WIDTH // (LETTER * longest + 40))))
    wide, rows = WIDTH / columns, -(-len(texts) // columns)
    places = [(at % columns * wide, (at // columns + 0.5) * ROW) for at in range(len(texts))]
    cells = [
        {"x": left, "x2": left + 26, "at": left + 13, "text_at": left + 31, "y": y, "text": text}
        for (left, y), text in zip(places, texts, strict=True)
    ]
    cells_of = [{**cell, "which": which} for cell, (which, _) in zip(cells, named, strict=False)]
    across, down = alt.Scale(domain=[0, WIDTH], nice=False), alt.Scale(domain=[rows * ROW, 0])
    x, at, text_at = (
        alt.X(f"{name}:Q", axis=None, scale=across) for name in ("x", "at", "text_at")
    )
    y = alt.Y("y:Q", axis=None, scale=down)
    of = alt.Chart(inline(cells_of))
    layers = [
        alt.Chart(inline(cells))
        .mark_text(align="left", fontSize=10)
        .encode(x=text_at, y=y, text="text:N"),
        of.mark_point(filled=True, size=40, opacity=1).encode(
            x=at, y=y, color=colour(), shape=shape()
        ),
    ]
    if lines:
        line = of.mark_rule(strokeWidth=1.6)
        layers.append(line.encode(x=x, x2="x2:Q", y=y, color=colour(), strokeDash=dash()))
    for cell, pattern in zip(cells[len(named) :], (grey or {}).values(), strict=True):
        line = alt.Chart(inline([cell])).mark_rule(color=REFERENCE, strokeDash=pattern)
        layers.append(line.encode(x=x, x2="x2:Q", y=y))
    return alt.layer(*layers[::-1], view=alt.ViewBackground(stroke=None)).properties(
        width=WIDTH, height=rows * ROW
    )


def dressed(chart: Any, said: Sequence[str]) -> Any:
    """The whole figure, with what is said of it above."""
    lines = [piece for line in said for piece in folded(visible(line))]
    title = alt.TitleParams(
        lines, anchor="start", fontSize=10, fontWeight="normal", color="#444", offset=8
    )
    return (
        chart.properties(title=title, background="white", padding=8)
        .configure(font="Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif")
        .configure_view(stroke="#999")
        .configure_axis(
            labelFontSize=10,
            titleFontSize=11,
            titleFontWeight="normal",
            gridColor="#eeeeee",
            domainColor="#666",
            tickColor="#666",
            labelLimit=0,
            labelSeparation=4,
        )
        .configure_concat(spacing=12)
    )


def folded(line: str, width: int = 96) -> list[str]:
    """A line in pieces that fit above a figure."""
    pieces, piece = [], ""
    for word in line.split(" "):
        if piece and len(piece) + 1 + len(word) > width:
            pieces.append(piece)
            piece = word
        else:
            piece = f"{piece} {word}" if piece else word
    return [*pieces, piece]


def decades(least: float) -> list[float]:
    """1, 0.1, … down to ``least``: the ticks of a log axis of shares."""
    return [10.0**-power for power in range(1 + round(-log10(least)))]


def inline(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as the data of a chart, however many; names in them are data."""
    return alt.InlineData(values=[dict(row) for row in rows])
