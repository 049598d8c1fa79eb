"""Small pictures for a notebook: SVG that needs nothing else, light on dark and dark on light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 360.0, 90.0
_ROW, _NAME, _COUNT = 18.0, 96.0, 60.0  # a line's height, and the widths of its name and number
_STYLE = 'style="max-width: 100%; height: auto" role="img"'


def _framed(title: str, inside: str, height: float = HEIGHT) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" '
        f'width="{WIDTH:g}" height="{height:g}" {_STYLE}><title>{escape(title)}</title>'
        f"{inside}</svg>"
    )


def curve(title: str, values: Sequence[float], band: Sequence[float]) -> str:
    """A curve over evenly spaced places, zero as a line, and ± ``band`` around zero, shaded."""
    top = max(*map(abs, values), *band) or 1.0

    def place(at: int, value: float) -> str:
        x = WIDTH * at / (len(values) - 1)
        return f"{x:.1f},{HEIGHT / 2 * (1 - 0.95 * value / top):.1f}"

    upper = [place(at, value) for at, value in enumerate(band)]
    lower = [place(at, -value) for at, value in enumerate(band)]
    line = " ".join(place(at, value) for at, value in enumerate(values))
    return _framed(
        title,
        f'<polygon points="{" ".join(upper + lower[::-1])}" fill="currentColor" opacity="0.2"/>'
        f'<path d="M0 {HEIGHT / 2:g}H{WIDTH:g}" stroke="currentColor" opacity="0.4"/>'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    )


def bars(title: str, values: Sequence[float]) -> str:
    """A bar a value, all ≥ 0."""
    top, step = max(values, default=0) or 1, WIDTH / max(1, len(values))
    drawn = (
        f'<rect x="{at * step:.2f}" y="{HEIGHT * (1 - value / top):.1f}" '
        f'width="{0.8 * step:.2f}" height="{HEIGHT * value / top:.1f}" fill="currentColor"/>'
        for at, value in enumerate(values)
    )
    return _framed(title, "".join(drawn))


def counts(title: str, values: Mapping[str, int]) -> str:
    """A line a name: its bar, as long as its share of the largest, and its number, all ≥ 0."""
    most = max(values.values(), default=0) or 1
    drawn = []
    for at, (name, value) in enumerate(values.items()):
        top, length = at * _ROW, (WIDTH - _NAME - _COUNT) * value / most
        drawn.append(
            f'<text x="0" y="{top + 13:g}">{escape(name)}</text>'
            f'<rect x="{_NAME:g}" y="{top + 4:g}" width="{length:.1f}" height="10"/>'
            f'<text x="{_NAME + length + 6:.1f}" y="{top + 13:g}">{value:,}</text>'
        )
    style = 'font-family="sans-serif" font-size="12" fill="currentColor"'
    return _framed(title, f"<g {style}>{''.join(drawn)}</g>", max(1, len(values)) * _ROW)


def shown(text: str, picture: str = "") -> str:
    """Text as it is, and a picture below: HTML for a notebook."""
    return f"<pre>{escape(text)}</pre>{picture}"
