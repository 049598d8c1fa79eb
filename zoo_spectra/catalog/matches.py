"""One network against many, constituent by namesake, as ``Spectrum.distance`` does for two."""

from __future__ import annotations

import numpy as np
import polars as pl

from zoo_spectra.catalog.constituents import named, read_curves
from zoo_spectra.catalog.tables import Tables
from zoo_spectra.method import BIN_WIDTH, Floats


def matched_to(tables: Tables, networks: pl.DataFrame, names: list[str], curves: Floats) -> Floats:
    """The matched distance of one network to each row of ``networks``, shape (n,), in e-folds.

    ``names`` and ``curves``, shape (m, 129): those of the one (``Spectrum.named``). ``networks``
    has network_id, commit_id and scale. NaN where the catalog has no spectra of a row, no name is
    shared, or a name occurs twice.
    """
    distances = np.full(networks.height, np.nan)
    place = {name: at for at, name in enumerate(names)}
    if len(place) < len(names):
        return distances
    told = _names(tables, networks, names)
    at = told["at"].to_numpy()
    row = np.full(networks.height, -1)
    row[at] = np.arange(len(at))
    total = np.zeros(len(at))
    met = np.zeros((len(at), len(names)), dtype=bool)
    null = np.ones(curves.shape[1])
    for some in read_curves(tables, networks[at]):
        for name, curve in zip(some.names, some.curves, strict=True):
            own = place.get(name)
            total[some.at] += np.sum(np.abs(curve - (null if own is None else curves[own])))
            if own is not None:
                met[some.at, own] = True
    # What the other lacks, or has all zero, is all null there.
    total += ~met @ np.abs(null - curves).sum(axis=1)
    union = len(names) + told["names"].to_numpy() - told["shared"].to_numpy()
    distances[at] = total / union * BIN_WIDTH
    return distances


def _names(tables: Tables, networks: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Of each network that can be matched, ``at``: how many names it has and how many it shares."""
    name = pl.col("constituent")
    counted = (
        named(tables, networks)
        .group_by("at")
        .agg(
            name.len().alias("names"),
            name.n_unique().alias("unique"),
            name.is_in(names).sum().alias("shared"),
        )
    )
    fit = (pl.col("names") == pl.col("unique")) & (pl.col("shared") > 0)
    return tables.collect(counted.filter(fit)).sort("at")
