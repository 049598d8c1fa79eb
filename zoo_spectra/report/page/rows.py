"""The rows of the page's table of networks: facts as they are shown, and metadata.

Numbers are rounded here, to the digits that are shown; text is made visible here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import polars as pl

from zoo_spectra.catalog import Catalog, arrow_schema
from zoo_spectra.report.page.space import KEY, Space
from zoo_spectra.text import visible

Value = str | int | float | bool | None
MOST_KEYS = 40  # columns of metadata
MOST_TEXT = 1_000  # characters of a name or a value
MOST_OTHERS = 2_000  # networks that are not drawn, and are told of
_DIGITS = 4
_LARGEST = 2**53  # a script's largest whole number

# Column of the catalog, and what it is called for people.
TOLD = {
    "name": "network",
    "kind": "kind",
    "family": "family",
    "status": "status",
    "parameters": "parameters",
    "constituents": "constituents",
    "order_max": "largest order",
    "scale": "scale σ",
    "null_mass": "null mass",
    "tail_mass": "tail mass",
    "tail_count": "eigenvalues in the tail",
    "decay_rate": "decay rate κ",
    "decay_rate_se": "standard error of κ",
    "tail_law": "law of the tail",
    "tail_law_p_value": "p of the law",
    "vanishing_location": "vanishes at x",
    "gap_ratio": "gap ratio",
    "gap_ratio_se": "standard error of the gap ratio",
    "universality": "universality",
    "universality_deviation": "deviation from it, in standard errors",
    "spectrum_kind": "spectra",
    "coverage": "coverage",
    "skipped": "matrices left out",
    "notes": "notes",
    "reason": "reason",
    "attempts": "attempts",
    "seconds": "seconds of analysis",
    "adapter": "adapter",
    "source": "source",
    "method_version": "method version",
}
# As of the catalog's own ε.
CLASSIFIED = {
    "stability": "stability in the catalog's class",
    "medoid_distance": "distance to its medoid",
}


@dataclass(frozen=True)
class Column:
    """``values``: those that are drawn first, in their order. ``metadata``: a key of it."""

    key: str
    title: str
    values: list[Value]
    metadata: bool = False


@dataclass(frozen=True)
class Rows:
    """``columns`` of equal length; ``untold``: how many networks have no row here."""

    columns: list[Column]
    untold: int
    keys_left_out: int


def rows_of(catalog: Catalog, space: Space | None) -> Rows:
    """The drawn networks, then those that did not end ok, then the others: at most 2,000 of both.

    Where medoids are drawn the others have no row.
    """
    view = catalog.networks()
    own = [name for name in view.collect_schema().names() if name not in _stored()]
    keys = own[:MOST_KEYS]
    order = {"failed": 0, "quarantined": 0}
    ids = view.select(*KEY, "name", "status")
    every = catalog.collect(ids)
    drawn = every.clear() if space is None else space.networks.select(KEY)
    others = every.join(drawn, on=KEY, how="anti")
    if space is not None and space.label is not None:
        others = others.filter(pl.col("status") != "ok")
    others = others.sort(
        pl.col("status").replace_strict(order, default=1, return_dtype=pl.Int8), "name", KEY[0]
    )
    shown = pl.concat([drawn.select(KEY), others.head(MOST_OTHERS).select(KEY)])
    wanted = view.filter(pl.col("network_id").is_in(shown["network_id"].to_list()))
    found = catalog.collect(wanted.select(*KEY, *TOLD, *keys))
    found = shown.join(found, on=KEY, how="left", maintain_order="left")
    classified = catalog.collect(catalog.classes().select(*KEY, *CLASSIFIED))
    found = found.join(classified, on=KEY, how="left", maintain_order="left")
    columns = [
        *(Column(key, title, _shown(found[key])) for key, title in (TOLD | CLASSIFIED).items()),
        *(Column(key, visible(key), _shown(found[key]), metadata=True) for key in keys),
    ]
    left = every.height - found.height
    kept = [each for each in columns if any(value is not None for value in each.values)]
    return Rows(kept, left, len(own) - len(keys))


def _stored() -> set[str]:
    return set(arrow_schema("networks").names)


def _shown(values: pl.Series) -> list[Value]:
    kind = values.dtype
    told: Callable[[Any], Value] = _text
    if kind == pl.Boolean:
        told = bool
    elif kind.is_integer():
        told = _whole
    elif kind.is_float():
        told = rounded
    return [None if value is None else told(value) for value in values.to_list()]


def _text(value: Any) -> Value:
    text = str(value)
    if text and text.isspace():  # quoted, so that it is seen
        return repr(text)
    if len(text) <= MOST_TEXT:
        return visible(text)
    return f"{visible(text[:MOST_TEXT])}… ({len(text):,} characters)"


def _whole(value: int) -> Value:
    return value if abs(value) <= _LARGEST else str(value)


def rounded(value: float) -> float | None:
    """To four significant digits, which are all that is shown."""
    return float(f"{value:.{_DIGITS}g}") if isfinite(value) else None
