"""A result as one HTML file: a picture, what is said, and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import polars as pl

from zoo_spectra.text import visible

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px sans-serif;margin:2em;max-width:70em}}table{{border-collapse:collapse}}
td,th{{padding:.2em .6em;text-align:left;border-bottom:1px solid #ccc}}</style>
<h1>{title}</h1>{picture}<ul>{lines}</ul>{tables}</html>
"""


def page(
    title: str, picture: str, lines: Sequence[str], tables: Mapping[str, pl.DataFrame]
) -> bytes:
    """``picture`` is SVG; all else is text, and every name in it data. ``tables``: by headings."""
    return _PAGE.format(
        title=escape(visible(title)),
        picture=picture,
        lines="".join(f"<li>{escape(visible(line))}</li>" for line in lines),
        tables="".join(_table(heading, frame) for heading, frame in tables.items()),
    ).encode()


def _table(heading: str, frame: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>"
        for row in frame.iter_rows()
    )
    above = f"<h2>{escape(visible(heading))}</h2>" if heading else ""
    return f"{above}<table><tr>{head}</tr>{rows}</table>"


def _text(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else visible(value)
