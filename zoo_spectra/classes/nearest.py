"""The networks of catalogs that are nearest to one: a name in them, a source, or arrays."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from zoo_spectra.catalog import Asked, Catalog, Found, near_to, published_catalogs
from zoo_spectra.classes.asked import asked_for
from zoo_spectra.defaults import DEFAULT_MEASURE, DEFAULT_NEAREST, Measure
from zoo_spectra.text import count

Place = Catalog | str | Path

_SAME = 6  # decimals of a distance: random weights differ between processors in their last bits


def nearest(
    what: Any,
    catalog: Place | Iterable[Place] | None = None,
    k: int = DEFAULT_NEAREST,
    measure: Measure = DEFAULT_MEASURE,
    where: str | None = None,
) -> pl.DataFrame:
    """The k networks nearest to one, of one or several catalogs, nearest first.

    ``what``: a network's name, source or id in the catalogs; another source, which is analysed now;
    or whatever ``analyze`` takes or gives. ``catalog``: by default those published with this
    package. Columns: those of ``Catalog.nearest`` and ``catalog``, where the row is. The network
    itself is not among them. Warns of networks that are left out. Raises CatalogError for a name
    that is none, or several networks', and for a faulty condition; MeasureError where the network
    cannot be measured so; what ``load`` and ``analyze`` raise.
    """
    catalogs = opened(catalog)
    found = nearest_of(asked_for(what, catalogs), catalogs, k, measure, where)
    for line in left_out_lines(found):
        warnings.warn(line, stacklevel=2)
    return found.rows


def opened(places: Place | Iterable[Place] | None) -> list[Catalog]:
    """The catalogs that are meant, each once; the published ones by default; or CatalogError."""
    if places is None:
        return published_catalogs()
    some = [places] if isinstance(places, Catalog | str | Path) else dict.fromkeys(places)
    return [each if isinstance(each, Catalog) else Catalog(each) for each in some]


def nearest_of(
    asked: Asked, catalogs: Sequence[Catalog], k: int, measure: Measure, where: str | None = None
) -> Found:
    """``nearest``, with what was left out."""
    return merged(
        [(each, near_to(each, asked, k, measure, where)) for each in catalogs], measure, k
    )


def merged(found: Sequence[tuple[Catalog, Found]], measure: str, k: int | None) -> Found:
    """What several catalogs gave, nearest first, with a column ``catalog``; k rows, or all.

    A network that several hold, at one distance up to rounding, is named once.
    """
    places = [each.rows.with_columns(catalog=pl.lit(str(at.location))) for at, each in found]
    rows = pl.concat(places).sort(measure, "name", "network_id", "catalog")
    rows = rows.filter(pl.struct("network_id", pl.col(measure).round(_SAME)).is_first_distinct())
    counts = Counter[str]()
    for _, each in found:
        counts.update(each.left_out)
    return Found(rows if k is None else rows.head(k), dict(counts))


def left_out_lines(found: Found) -> list[str]:
    """A line a reason: how many networks were not compared."""
    return [f"{count(number, 'network')} left out: {why}" for why, number in found.left_out.items()]
