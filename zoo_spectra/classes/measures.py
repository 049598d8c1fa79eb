"""What is compared: each network as a point, so that L1 times Δs is its distance by a measure.

The pooled curve is a point of 129 numbers. The curves of four depths lie one after the other, each
divided by four; those of M constituents, name by name, by M.
"""

from __future__ import annotations

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
    if measure == "pooled":
        return stacked(_sound(catalog, networks, measure))
    if measure == "depth":
        along = stacked(_sound(catalog, networks, measure))
        return along.reshape(networks.height, -1) / DEPTH
    return matched_points(catalog, networks)


def _sound(catalog: Catalog, networks: pl.DataFrame, measure: Measure) -> pl.Series:
    column, odd = CURVES[measure], networks.filter(~WHOLE[measure])
    if odd.height:
        raise CatalogError(
            f"{catalog.location} holds a curve that is none ({column}), of {odd['name'][0]!r}; "
            "another program has written it: remove that network, and run the job again"
        )
    return networks[column]
