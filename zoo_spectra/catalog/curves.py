"""The columns of `networks` that hold what a measure compares, as arrays."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from zoo_spectra.method import DEPTH, S_EDGES, Floats

_POINTS = len(S_EDGES)
CURVES: Mapping[str, str] = {"pooled": "csd", "depth": "csd_depth"}
# Whether a row has such curves, of their full lengths.
WHOLE: Mapping[str, pl.Expr] = {
    "pooled": (pl.col("csd").list.len() == _POINTS).fill_null(False),
    "depth": (
        (pl.col("csd_depth").list.len() == DEPTH)
        & pl.col("csd_depth").list.eval(pl.element().list.len() == _POINTS).list.all()
    ).fill_null(False),
}


def stacked(lists: pl.Series) -> Floats:
    """A column of curves as an array, shape (n, 129); of those by depth, (n, T, 129)."""
    inner = lists.explode() if lists.dtype == pl.List(pl.List(pl.Float64)) else lists
    flat = inner.explode().to_numpy().astype(float, copy=False)
    return flat.reshape(len(lists), *(() if inner is lists else (-1,)), _POINTS)
