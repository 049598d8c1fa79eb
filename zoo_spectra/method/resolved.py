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
from zoo_spectra.method.csd import BIN_WIDTH, circular_spectral_difference, distance
from zoo_spectra.method.mme import EDGE_TOLERANCE, S_EDGES, MixedSpectrum, mix
from zoo_spectra.method.spectrum import ALL_ZERO, ConstituentSpectrum, Floats, Integers

DEPTH = 4  # intervals of depth that are stored
_ROWS = 1024  # networks compared at once, when names are looked for


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


def matched_vectors(names: Sequence[Sequence[str]], curves: Sequence[Floats]) -> Floats:
    """Networks over the union of their constituents' names, to be compared name by name.

    ``names``: of each of n networks, its m constituents; ``curves``: theirs, (m, 129). A network
    that lacks a name has F = 1 there, all null. Returns shape (n, M · 129) for M names: Σ |a - b|
    times ``BIN_WIDTH`` / M is the distance of two rows, in e-folds.
    Raises MeasureError when two networks share no name, or one has a name twice.
    """
    place: dict[str, int] = {}
    for each in names:
        if len(set(each)) < len(each):
            twice = next(name for name in each if list(each).count(name) > 1)
            raise MeasureError(
                f"two constituents are called {twice!r}: networks can be matched only by names "
                "that are their own; use the measure pooled or depth"
            )
        for name in each:
            place.setdefault(name, len(place))
    rows: list[Integers] = [np.array([place[name] for name in each], np.int64) for each in names]
    _check_shared(names, rows, len(place))
    vectors = np.ones((len(rows), len(place), len(S_EDGES)))
    for vector, places, own in zip(vectors, rows, curves, strict=True):
        vector[places] = own
    return vectors.reshape(len(rows), -1)


def _check_shared(names: Sequence[Sequence[str]], rows: Sequence[Integers], width: int) -> None:
    has = np.zeros((len(rows), width), np.float32)
    for at, places in enumerate(rows):
        has[at, places] = 1
    for start in range(0, len(rows), _ROWS):
        apart = np.argwhere(has[start : start + _ROWS] @ has.T == 0)
        if len(apart):
            one, other = int(apart[0, 0]) + start, int(apart[0, 1])
            raise MeasureError(
                f"two networks share no constituent by name, so they cannot be matched: the first "
                f"of one is {_first(names[one])}, of the other {_first(names[other])}; use the "
                "measure pooled or depth"
            )


def _first(names: Sequence[str]) -> str:
    return repr(names[0]) if names else "missing"


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


def _matched(one: Comparable, other: Comparable) -> float:
    (names, curves), (other_names, other_curves) = one.named, other.named
    a, b = matched_vectors([names, other_names], [curves, other_curves])
    return float(np.sum(np.abs(a - b)) * BIN_WIDTH * len(S_EDGES) / len(a))


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
