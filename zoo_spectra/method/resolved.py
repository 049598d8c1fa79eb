"""The CSD along the network, and the measures of distance: by depth, and name by name. Ours.

Constituent l of m, in the network's order, occupies the depths from l/m to (l + 1)/m. At depth
resolution T a network has T curves, the mean of the constituents' own cumulative densities over
each of T equal intervals; T = 1 is the pooled curve. Refining T never makes a distance smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from zoo_spectra.defaults import MEASURES, Measure
from zoo_spectra.errors import MeasureError
from zoo_spectra.method.csd import circular_spectral_difference, distance
from zoo_spectra.method.mme import BIN_WIDTH, EDGE_TOLERANCE, S_EDGES, MixedSpectrum, mix
from zoo_spectra.method.spectrum import ALL_ZERO, ConstituentSpectrum, Floats

DEPTH = 4  # intervals of depth that are stored


def constituent_curves(
    eigenvalues: Sequence[Floats],
    weights: Sequence[Floats | None] | None,
    orders: Sequence[int] | None,
    scale: float,
) -> Floats:
    """F_l at the 129 edges of s = ln(λ/σ), of each constituent, at the network's σ = ``scale``.

    Arguments as for ``mix``. Returns shape (m, 129), rows non-decreasing, in [0, 1]: the null mass
    is in them, and their mean is F_M. Raises ValueError as ``mix`` does.
    """
    return curves_of(mix(eigenvalues, weights, orders), scale)


def curves_of(mixed: MixedSpectrum, scale: float) -> Floats:
    """``constituent_curves`` of what is mixed already; shape (m, 129)."""
    m, columns = len(mixed.orders), len(S_EDGES) + 1
    s = np.log(mixed.eigenvalues) - np.log(scale)
    edges_below = np.searchsorted(S_EDGES + EDGE_TOLERANCE, s, side="left")
    places = mixed.owner * columns + edges_below
    held: Floats = np.bincount(places, mixed.mass * m, m * columns).astype(np.float64, copy=False)
    above = np.cumsum(held.reshape(m, columns)[:, :0:-1], axis=1)[:, ::-1]
    return np.clip(1.0 - above, 0.0, 1.0)


def depth_curves(curves: Floats, intervals: int) -> Floats:
    """The mean curve of each of T = ``intervals`` ≥ 1 equal intervals of depth, by overlap.

    ``curves``: shape (m, 129), in the network's order. Returns shape (T, 129). Raises ValueError
    without a curve or an interval.
    """
    m = len(curves)
    if m < 1 or intervals < 1:
        raise ValueError(f"{m} curves cannot be shared among {intervals} intervals")
    # In units of 1/(m T), so that whole numbers say where a constituent ends.
    start, place = np.arange(intervals)[:, None] * m, np.arange(m) * intervals
    overlap = np.minimum(start + m, place + intervals) - np.maximum(start, place)
    mean: Floats = np.maximum(overlap, 0) @ curves / m
    return mean


def depth_csd(curves: Floats, intervals: int = DEPTH) -> Floats:
    """CSD_t = F_t - F_C of each interval of depth; shape (T, 129). Arguments as above."""
    return circular_spectral_difference(depth_curves(curves, intervals))


def named_curves(
    constituents: Sequence[ConstituentSpectrum], scale: float
) -> tuple[list[str], Floats]:
    """The names of a network's constituents, and their curves F_l, shape (n, 129).

    A matrix that is all zero is among them, as all null; others that are skipped are not.
    """
    kept = [c for c in constituents if c.skipped in (None, ALL_ZERO)]
    used = [c for c in kept if c.skipped is None]
    curves = np.ones((len(kept), len(S_EDGES)))
    curves[[c.skipped is None for c in kept]] = constituent_curves(
        [c.eigenvalues for c in used], [c.weights for c in used], [c.order for c in used], scale
    )
    return [c.name for c in kept], curves


class Comparable(Protocol):
    """What a measure needs of a network's spectrum."""

    @property
    def csd(self) -> Floats:
        """The pooled curve, (129,)."""

    @property
    def csd_depth(self) -> Floats:
        """Those of the intervals of depth, (T, 129)."""

    @property
    def named(self) -> tuple[list[str], Floats]:
        """``named_curves``."""


def depth_distance(one: Floats, other: Floats) -> float:
    """d_T in e-folds, ≥ 0: the mean over depth. Both have shape (T, 129), CSD or F alike."""
    return float(np.sum(np.abs(one - other)) * BIN_WIDTH / len(one))


def distances_to(one: Floats, others: Floats) -> Floats:
    """d, or d_T, of one network to each of n others, shape (n,), in e-folds.

    ``one``: its pooled curve (129,), or those of the depths (T, 129); ``others``: (n, *one.shape).
    """
    apart = np.abs(others - one).reshape(len(others), -1).sum(axis=1) * BIN_WIDTH
    found: Floats = apart if one.ndim == 1 else apart / len(one)
    return found


def _matched(one: Comparable, other: Comparable) -> float:
    """Over the union of both networks' names; F = 1, all null, where one lacks a name."""
    curves, others = _by_name(one), _by_name(other)
    if not curves.keys() & others.keys():
        raise MeasureError(
            "two networks share no constituent by name, so they cannot be matched: the first of "
            f"one is {next(iter(curves))!r}, of the other {next(iter(others))!r}; use the measure "
            "pooled or depth"
        )
    null = np.ones(len(S_EDGES))
    apart = [
        np.sum(np.abs(curves.get(name, null) - others.get(name, null)))
        for name in dict.fromkeys([*curves, *others])
    ]
    return float(np.mean(apart) * BIN_WIDTH)


def _by_name(network: Comparable) -> dict[str, Floats]:
    names, curves = network.named
    found = dict(zip(names, curves, strict=True))
    if len(found) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise MeasureError(
            f"two constituents are called {twice!r}: networks can be matched only by names "
            "that are their own; use the measure pooled or depth"
        )
    return found


DISTANCES: Mapping[Measure, Callable[[Comparable, Comparable], float]] = {
    "pooled": lambda one, other: distance(one.csd, other.csd),
    "depth": lambda one, other: depth_distance(one.csd_depth, other.csd_depth),
    "matched": _matched,
}


def measure_between(one: Comparable, other: Comparable, measure: Measure) -> float:
    """The distance of two networks by a measure, in e-folds, ≥ 0.

    Raises ValueError for an unknown measure, and MeasureError for networks it cannot compare.
    """
    if measure not in DISTANCES:
        raise ValueError(f"no measure {measure!r}; one of {', '.join(MEASURES)}")
    return DISTANCES[measure](one, other)
