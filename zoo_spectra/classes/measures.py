"""What is compared: each network as a point, so that L1 times Δs is its distance by a measure.

The pooled curve is a point of 129 numbers. The curves of four depths lie one after the other, each
divided by four; those of M constituents, name by name, by M.
"""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes.matched import matched_points
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import DEPTH, S_EDGES, Floats, Measure

_POINTS = len(S_EDGES)
_CURVE = pl.col("csd").list.len() == _POINTS
_CURVES = (pl.col("csd_depth").list.len() == DEPTH) & pl.col("csd_depth").list.eval(
    pl.element().list.len() == _POINTS
).list.all()


def points(catalog: Catalog, networks: pl.DataFrame, measure: Measure) -> Floats:
    """Points of n networks by a measure, shape (n, W).

    ``networks``: rows of the table, in the order of the result. Raises CatalogError for a row
    without such curves, and for networks that cannot be matched.
    """
    if measure == "pooled":
        return curves(_sound(catalog, networks, "csd", _CURVE))
    if measure == "depth":
        along = curves(_sound(catalog, networks, "csd_depth", _CURVES).explode())
        return along.reshape(networks.height, -1) / DEPTH
    return matched_points(catalog, networks)


def curves(lists: pl.Series) -> Floats:
    """A column of curves as an array, shape (n, 129)."""
    flat = lists.explode().to_numpy().astype(float, copy=False)
    return flat.reshape(-1, _POINTS)


def _sound(catalog: Catalog, networks: pl.DataFrame, column: str, whole: pl.Expr) -> pl.Series:
    odd = networks.filter(~whole.fill_null(False))
    if odd.height:
        raise CatalogError(
            f"{catalog.location} holds a curve that is none ({column}), of {odd['name'][0]!r}; "
            "another program has written it: remove that network, and run the job again"
        )
    return networks[column]
