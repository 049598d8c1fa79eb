"""How often each network stays in its class when its constituents are resampled, by each measure.

Pooled curves of resamples are stored with a network. Along the depth, each interval draws as many
constituents as lie in it, with replacement, each with the chance of its share of the interval; σ
stays. Where names are matched, the names are drawn: see ``matched.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from zoo_spectra.catalog import Catalog, read_curves, stacked
from zoo_spectra.classes.equivalence import Classes
from zoo_spectra.classes.matched import DRAWS, matched_stabilities
from zoo_spectra.classes.stability import stay
from zoo_spectra.method import DEPTH, Floats, Integers, Measure, depth_csd, depth_curves

# Networks whose resamples are in memory at once: 32 curves of 129 float64 each, 68 MB together.
CHUNK = 2048


@dataclass(frozen=True)
class Resamples:
    """Points of resampled networks, Σ ``counts`` × W: the networks ``at``, ``counts`` of each."""

    at: Integers
    counts: Integers
    points: Floats


def stabilities(
    catalog: Catalog,
    view: pl.LazyFrame,
    networks: pl.DataFrame,
    points: Floats,
    found: Sequence[Classes],
    measure: Measure,
) -> list[pl.Series]:
    """The stability of n networks in each of several classifications, in [0, 1].

    ``view``: the catalog's networks, of which ``networks`` are rows and ``points`` those of the
    measure. Null where there is nothing to resample, and, along the depth, where the catalog has
    no spectra.
    """
    if measure == "matched":
        return [_series(values) for values in matched_stabilities(points, found)]
    drawn = _pooled(catalog, view, networks) if measure == "pooled" else _along(catalog, networks)
    medoids = [np.unique(each.medoid) for each in found]
    values = [np.full(networks.height, np.nan) for _ in found]
    for some in drawn:
        starts = np.cumsum(some.counts) - some.counts
        for value, middle, classes in zip(values, medoids, found, strict=True):
            own = np.searchsorted(middle, classes.medoid[some.at])
            stays = stay(some.points, np.repeat(own, some.counts), points[middle])
            value[some.at] = np.add.reduceat(stays.astype(np.float64), starts) / some.counts
    return [_series(each) for each in values]


def _series(values: Floats) -> pl.Series:
    return pl.Series("stability", values).fill_nan(None)


def _pooled(catalog: Catalog, view: pl.LazyFrame, networks: pl.DataFrame) -> Iterator[Resamples]:
    """The stored ones, read once, some networks at a time: all of them may not fit memory."""
    places = networks.select("network_id").with_row_index("at")
    for batch in catalog.batches(view.select("network_id", "csd_resamples"), CHUNK):
        read = batch.join(places, on="network_id")
        counts = read["csd_resamples"].list.len().fill_null(0).cast(pl.Int64).to_numpy()
        full = counts > 0
        if full.any():
            lists = read["csd_resamples"].filter(full).explode()
            yield Resamples(read["at"].to_numpy()[full], counts[full], stacked(lists))


def _along(catalog: Catalog, networks: pl.DataFrame) -> Iterator[Resamples]:
    """Drawn from each network's constituents as soon as all of them are read."""
    due = networks["constituents"].to_list()
    open_: dict[int, list[tuple[Integers, Floats]]] = {}
    for each in read_curves(catalog, networks):
        pieces = open_.setdefault(each.at, [])
        pieces.append((each.position, each.curves))
        if sum(len(position) for position, _ in pieces) < due[each.at]:
            continue
        order = np.argsort(np.concatenate([position for position, _ in pieces]))
        whole = np.concatenate([some for _, some in open_.pop(each.at)])[order]
        points = depth_resamples(whole)
        if len(points):
            yield Resamples(np.array([each.at]), np.array([len(points)]), points)


def depth_resamples(curves: Floats, count: int = DRAWS) -> Floats:
    """Points of ``count`` resamples of a network, by depth; shape (count, 4 · 129).

    ``curves``: F_l of its m constituents, in order, shape (m, 129). The draws are the same for
    every network of m constituents. With one constituent at most at every depth there is nothing
    to resample, and the shape is (0, 4 · 129).
    """
    shares = depth_curves(np.eye(len(curves)), DEPTH)
    lying = (shares > 0).sum(axis=1)
    if lying.max() == 1:
        return np.empty((0, DEPTH * curves.shape[1]))
    rng = np.random.default_rng(0)
    times = [rng.multinomial(some, share, count) for some, share in zip(lying, shares, strict=True)]
    drawn = np.stack(times, axis=1) / lying[:, None]  # draw × depth × constituent
    points: Floats = np.array([depth_csd(each) for each in drawn @ curves]) / DEPTH
    return points.reshape(count, -1)
