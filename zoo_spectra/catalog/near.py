"""The networks of a catalog by their distance to one: read in batches, and only current ones.

What cannot be compared is left out and counted: rows that did not end `ok`, of another version of
the method, without a curve, or, where constituents are matched, without a namesake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from zoo_spectra.catalog.current import is_old_estimate
from zoo_spectra.catalog.curves import CURVES, WHOLE, stacked
from zoo_spectra.catalog.matches import matched_to
from zoo_spectra.catalog.stored import spectrum_of
from zoo_spectra.catalog.tables import Tables
from zoo_spectra.defaults import MEASURES, Measure
from zoo_spectra.method import METHOD_VERSION, Floats, Spectrum, distances_to

ROWS = 4096  # networks whose curves are in memory at once: 17 MB by depth
_KEY = ["network_id", "commit_id"]
_TOLD = ["name", "kind", "family", "parameters", "source", *_KEY, "weights_digest"]
FAILED, VERSION = "did not end ok", f"of another method version than {METHOD_VERSION}"
OLD_ESTIMATE = "estimated without an error of the CSD"
NO_CURVE, UNMATCHED = "without a curve", "without a constituent of the same name to match"


@dataclass(frozen=True)
class Asked:
    """The network that is asked about: its spectrum, and who it is.

    ``weights_digest``: None where nobody knows.
    """

    spectrum: Spectrum
    network_id: str
    parameters: int
    weights_digest: str | None


@dataclass(frozen=True)
class Found:
    """``rows``: nearest first. ``left_out``: how many networks are not among them, and why."""

    rows: pl.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)


def asked_of(tables: Tables, row: Mapping[str, Any]) -> Asked:
    """One network of a catalog, by its row. Raises CatalogError as ``spectrum_of``."""
    spectrum = spectrum_of(tables, row)
    return Asked(spectrum, row["network_id"], row["parameters"], row["weights_digest"])


def measured(tables: Tables, asked: Asked, measure: Measure, where: str | None = None) -> Found:
    """Every network that can be compared but the asked one itself, nearest first.

    Columns: ``name``, ``kind``, ``family``, ``parameters``, the measure (in e-folds),
    ``equal_weights`` (null: not known), ``source``, ``network_id``, ``commit_id``. ``where``: only
    networks that meet this SQL condition. Raises CatalogError for a faulty condition, MeasureError
    where the asked network cannot be measured so, and ValueError for an unknown measure.
    """
    if measure not in MEASURES:
        raise ValueError(f"no measure {measure!r}; one of {', '.join(MEASURES)}")
    networks = tables.networks(where).filter(pl.col("network_id") != asked.network_id)
    ok, current = pl.col("status") == "ok", pl.col("method_version") == METHOD_VERSION
    old = is_old_estimate()
    told = tables.collect(networks.select(ok=ok, current=current, old=old))
    candidates = networks.filter(ok & current & ~old)
    if measure == "matched":
        found = _by_name(tables, candidates, asked.spectrum)
    else:
        found = _by_curve(tables, candidates, asked.spectrum, measure)
    whole = found.filter(pl.col(measure).is_finite())
    left_out = {
        FAILED: told.filter(~pl.col("ok")).height,
        VERSION: told.filter(pl.col("ok") & ~pl.col("current")).height,
        OLD_ESTIMATE: told.filter(pl.col("ok") & pl.col("current") & pl.col("old")).height,
        UNMATCHED if measure == "matched" else NO_CURVE: found.height - whole.height,
    }
    equal = pl.col("weights_digest") == pl.lit(asked.weights_digest, dtype=pl.String)
    columns = [
        "name",
        "kind",
        "family",
        "parameters",
        measure,
        equal.alias("equal_weights"),
        "source",
        *_KEY,
    ]
    rows = whole.select(columns).sort(measure, "name", "network_id")
    return Found(rows, {why: number for why, number in left_out.items() if number})


def near_to(
    tables: Tables, asked: Asked, count: int, measure: Measure, where: str | None = None
) -> Found:
    """The ``count`` nearest of ``measured``, with all three measures and their classes.

    ``class``: that of the newest classification; null where this result was not in it. ``pooled``,
    ``depth``, ``matched``: null where a measure does not apply. Errors as ``measured``, and
    ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(f"k must be at least 1, not {count}")
    found = measured(tables, asked, measure, where)
    return Found(described(tables, asked, found.rows.head(count)), found.left_out)


def described(tables: Tables, asked: Asked, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``measured``, in their order, with all three measures and their classes."""
    own = pl.col("network_id").is_in(rows["network_id"].to_list())
    stored = tables.networks().filter(own).select(*_KEY, "scale", *CURVES.values())
    labels = tables.collect(tables.classes().filter(own).select(*_KEY, "class"))
    full = rows.join(tables.collect(stored), on=_KEY, how="left", maintain_order="left")
    full = full.join(labels, on=_KEY, how="left", maintain_order="left")
    distances = [pl.Series(name, _distances(asked.spectrum, full, name)) for name in CURVES]
    if asked.spectrum.constituents:
        matched = matched_to(tables, full, *asked.spectrum.named)
    else:
        matched = np.full(full.height, np.nan)
    distances.append(pl.Series("matched", matched))
    return full.with_columns(each.fill_nan(None) for each in distances).select(ANSWER)


ANSWER = [
    *("name", "kind", "family", "parameters", "class", "pooled", "depth", "matched"),
    *("equal_weights", "source", "network_id", "commit_id"),
]


def _by_curve(
    tables: Tables, candidates: pl.LazyFrame, spectrum: Spectrum, measure: Measure
) -> pl.DataFrame:
    column = CURVES[measure]
    narrow = candidates.select(*_TOLD, column)
    pieces = [
        batch.drop(column).with_columns(pl.Series(measure, _distances(spectrum, batch, measure)))
        for batch in tables.batches(narrow, ROWS)
    ]
    nothing = tables.collect(narrow.drop(column).head(0))
    return pl.concat([nothing.with_columns(pl.Series(measure, [], pl.Float64)), *pieces])


def _distances(spectrum: Spectrum, rows: pl.DataFrame, measure: str) -> Floats:
    """Shape (n,); NaN where a row has no such curve."""
    one = spectrum.csd if measure == "pooled" else spectrum.csd_depth
    whole = rows.select(WHOLE[measure]).to_series()
    found = np.full(rows.height, np.nan)
    if whole.any():
        found[whole.to_numpy()] = distances_to(one, stacked(rows[CURVES[measure]].filter(whole)))
    return found


def _by_name(tables: Tables, candidates: pl.LazyFrame, spectrum: Spectrum) -> pl.DataFrame:
    rows = tables.collect(candidates.select(*_TOLD, "scale"))
    distances = matched_to(tables, rows, *spectrum.named)
    return rows.drop("scale").with_columns(pl.Series("matched", distances))
