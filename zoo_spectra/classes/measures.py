"""What is compared: each network as a point, so that L1 times Δs is its distance by a measure.

The pooled curve is a point of 129 numbers. The curves of four depths lie one after the other, each
divided by four; those of M constituents, name by name, by M.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from zoo_spectra.catalog import CURVES, WHOLE, Catalog, stacked
from zoo_spectra.classes.matched import matched_points
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import DEPTH, Floats, Measure


def points(catalog: Catalog, networks: pl.DataFrame, measure: Measure) -> Floats:
    """Points of n networks by a measure, shape (n, W).

    ``networks``: rows of the table, in the order of the result. Raises CatalogError for a row
    without such curves, and for networks that cannot be matched.
    """
    if measure == "matched":
        return matched_points(catalog, networks)
    found = _sound(catalog, networks, measure)
    return found if measure == "pooled" else found.reshape(networks.height, -1) / DEPTH


def _sound(catalog: Catalog, networks: pl.DataFrame, measure: Measure) -> Floats:
    """The curves as they are stored: of their full length, and finite."""
    odd = networks.filter(~WHOLE[measure])
    if odd.is_empty():
        found = stacked(networks[CURVES[measure]])
        finite = np.isfinite(found.reshape(networks.height, -1)).all(axis=1)
        if finite.all():
            return found
        odd = networks.filter(pl.Series(~finite))
    raise CatalogError(
        f"{catalog.location} holds a curve that is none ({CURVES[measure]}), of "
        f"{odd['name'][0]!r}; another program has written it: remove that network, and run the job "
        "again"
    )
