"""A network's constituents, a row each: what of the spectrum is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from zoo_spectra.catalog.stored import check_sound, constituents_of, spectra_of
from zoo_spectra.catalog.tables import Tables
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import alone
from zoo_spectra.text import visible

_NUMBERS = {"scale": pl.Float64, "null_mass": pl.Float64, "tail_mass": pl.Float64}
_TAIL = {
    "tail_count": pl.Int64,
    "decay_rate": pl.Float64,
    "decay_rate_se": pl.Float64,
    "tail_law": pl.String,
}
_STORED = [
    *("position", "constituent", "rows", "columns", "order", "skipped", "spectrum_kind"),
    *("gap_ratio", "gap_ratio_se", "universality", "universality_deviation"),
]


def layers_of(tables: Tables, row: Mapping[str, Any]) -> pl.DataFrame:
    """One row a constituent of the network of a row of ``networks``; see ``Catalog.layers``."""
    check_sound(tables, row)
    rows = spectra_of(tables, row)
    if rows.is_empty():
        raise CatalogError(
            f"{tables.storage.file()} holds no spectra of {visible(row['name'])} (a published "
            "catalog has none): run it into a catalog of your own"
        )
    values = [
        {}
        if each is None
        else {
            "scale": each.scale,
            "null_mass": each.null_mass,
            "tail_mass": each.tail.mass,
            "tail_count": each.tail.count,
            "decay_rate": each.tail.decay_rate,
            "decay_rate_se": each.tail.decay_rate_se,
            "tail_law": each.tail.law,
        }
        for each in map(alone, constituents_of(rows))
    ]
    own = pl.DataFrame(values, schema={**_NUMBERS, **_TAIL})
    found = pl.concat([rows.select(_STORED), own], how="horizontal")
    return found.select(*_STORED[:7], *own.columns, *_STORED[7:])
