"""The HTML of the page: one file, which asks for nothing and runs nothing but its own scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

# In the order in which they need one another.
SCRIPTS = (
    "unpack.js",
    "state.js",
    "dom.js",
    "tables.js",
    "facts.js",
    "colours.js",
    "map.js",
    "tree.js",
    "charts.js",
    "groups.js",
    "chance.js",
    "cards.js",
    "main.js",
)
ASSETS = files("zoo_spectra.report.page") / "assets"


def page_of(data: str, vega: str) -> str:
    """The page with packed ``data`` and Vega's script; scripts are allowed by their digests."""
    own = "\n".join(_asset(name) for name in SCRIPTS)
    scripts = [_inside(vega), _inside(f'(() => {{\n"use strict";\n{own}\n}})();')]
    style = _asset("style.css")
    parts = {
        "POLICY": _policy(scripts, style),
        "STYLE": style,
        "DATA": data,
        "VEGA": scripts[0],
        "SCRIPT": scripts[1],
    }
    pieces = _asset("page.html").split("⟦")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("⟧")
        filled += [parts[name], rest]
    return "".join(filled)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _inside(script: str) -> str:
    """A script as it can stand in HTML. Raises ValueError where it would end before its end."""
    if "</script" in script.lower() or "<!--" in script:
        raise ValueError("a script of the page would end too early")
    return script


def _policy(scripts: Sequence[str], style: str) -> str:
    allowed = " ".join(_digest(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
