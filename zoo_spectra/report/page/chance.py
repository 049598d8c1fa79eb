"""What the page tells of null models: each network beside its draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes import against_nulls
from zoo_spectra.method import S_EDGES, Floats
from zoo_spectra.report.page.rows import rounded
from zoo_spectra.report.page.space import Space
from zoo_spectra.text import visible

DIGITS = 4
_NUMBERS = ("draws", "distance", "scatter", "units", "p_value", "floor", "scale_ratio", "not_ok")


@dataclass(frozen=True)
class Chance:
    """``rows``: of each network and null model what is told; ``z``: shape (n, 129), its curve in
    standard deviations of the draws, NaN where they have none.
    """

    rows: list[dict[str, Any]]
    z: Floats


def chance_of(catalog: Catalog, space: Space) -> Chance | None:
    """Of the networks that are drawn; None where none of them has draws.

    A row's ``row`` is the network's place among those. Raises CatalogError.
    """
    ids = space.networks["network_id"].to_list()
    found = against_nulls(catalog, ids)
    if found.is_empty():
        return None
    at = {network_id: row for row, network_id in enumerate(ids)}
    rows = [
        {
            "row": at[each["network_id"]],
            "model": visible(each["model"]),
            "note": None if each["note"] is None else visible(each["note"]),
            **{key: _number(each[key]) for key in _NUMBERS},
        }
        for each in found.iter_rows(named=True)
    ]
    return Chance(rows, _curves(found["z"]))


def _number(value: float | int | None) -> float | int | None:
    return rounded(value) if isinstance(value, float) else value


def _curves(values: pl.Series) -> Floats:
    """To four significant digits, which is more than can be seen."""
    z = np.full((len(values), len(S_EDGES)), np.nan)
    for at, curve in enumerate(values.to_list()):
        if curve is not None:
            z[at] = np.array(curve, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.floor(np.log10(np.abs(z)))
        unit = 10.0 ** (power - (DIGITS - 1))
        return np.where(z == 0, 0.0, np.rint(z / unit) * unit)
