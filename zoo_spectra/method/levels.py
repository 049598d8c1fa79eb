"""Level statistics: the mean adjacent gap ratio (Oganesyan & Huse, PRB 75, 155111, 2007)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MIN_LEVELS = 32
LEAST_FLOOR = 16  # eps of λ_max
DEGENERATE = 1 / 20  # share of vanishing gaps; above it they would pull COE down to Poisson
# Atas, Bogomolny, Giraud & Roux, PRL 110, 084101 (2013), table I (large-N numerics).
UNIVERSALITY = {"poisson": 0.3863, "coe": 0.5307, "cue": 0.5996, "cse": 0.6744}


@dataclass(frozen=True)
class GapRatio:
    """Mean adjacent gap ratio in [0, 1], its standard error, and the nearest class.

    ``deviation`` is the distance to that class's value in standard errors, ≥ 0.
    """

    mean: float
    standard_error: float
    nearest: str
    deviation: float


def zero_threshold(eigenvalues: Floats, order: int | None = None) -> float:
    """max(N, 16) · eps · λ_max: eigenvalues up to this are numerical zeros (float64 arithmetic).

    N is ``order``, by default the number of eigenvalues. At N = 2 and 3, N · eps alone takes the
    rounding of rank-deficient matrices for signal in 0.5 to 3 % of draws.
    """
    if eigenvalues.size == 0:
        return 0.0
    n = eigenvalues.size if order is None else order
    return float(max(n, LEAST_FLOOR) * np.finfo(np.float64).eps * eigenvalues.max())


def _with_class(mean: float, error: float) -> GapRatio:
    name = min(UNIVERSALITY, key=lambda key: abs(UNIVERSALITY[key] - mean))
    distance = abs(UNIVERSALITY[name] - mean)
    return GapRatio(mean, error, name, distance / error if error > 0 else float("inf"))


def gap_ratio(positive: Floats) -> GapRatio | None:
    """⟨min(δ_i, δ_{i+1}) / max(δ_i, δ_{i+1})⟩ of ascending exact levels, all > 0.

    Gaps up to max(N, 16) · eps · λ_max are rounding and vanish; two of them in a row count as ratio
    0. None below 32 levels, or where more than one gap in twenty vanishes: levels that a symmetry
    makes degenerate (of skew and bipartite matrices, of repeated blocks) tell no class. The
    standard error includes the covariance of neighbouring ratios, which share a gap (correlation
    0.15 to 0.26).
    """
    if len(positive) < MIN_LEVELS or _are_degenerate(positive):
        return None
    return _of_ratios(_ratios(positive, zero_threshold(positive)))


def signed_gap_ratio(signed: Floats) -> GapRatio | None:
    """The same of a symmetric matrix, from its own eigenvalues, ascending, of either sign.

    Their squares, its Gram spectrum, are two independent spectra in one, which looks like Poisson's
    levels. Numerical zeros, told by the squares, are left out, and no gap is taken across them.
    None also where eigenvalues come in pairs of opposite sign.
    """
    sizes = np.abs(signed)
    if not sizes.size or sizes.max() == 0:
        return None
    sizes = sizes / sizes.max()
    kept = sizes**2 > zero_threshold(sizes**2)
    if np.count_nonzero(kept) < MIN_LEVELS or _are_degenerate(np.sort(sizes[kept])):
        return None
    levels = np.sign(signed) * sizes
    runs = [levels] if kept.all() else [levels[kept & (levels < 0)], levels[kept & (levels > 0)]]
    rounding = zero_threshold(sizes)
    return _of_ratios(np.concatenate([_ratios(run, rounding) for run in runs]))


def _are_degenerate(ascending: Floats) -> bool:
    gaps = np.diff(ascending)
    vanished = int(np.count_nonzero(gaps <= zero_threshold(ascending)))
    return vanished > DEGENERATE * len(gaps)


def _ratios(levels: Floats, rounding: float) -> Floats:
    gaps = np.diff(levels)
    gaps[gaps <= rounding] = 0.0
    low, high = np.minimum(gaps[:-1], gaps[1:]), np.maximum(gaps[:-1], gaps[1:])
    return np.divide(low, high, out=np.zeros_like(low), where=high > 0)


def _of_ratios(ratios: Floats) -> GapRatio:
    return _with_class(float(np.mean(ratios)), _standard_error(ratios))


def _standard_error(ratios: Floats) -> float:
    """Of the mean of a sequence that is correlated between neighbours only."""
    off = ratios - np.mean(ratios)
    covariance = max(float(off[:-1] @ off[1:]), 0.0)
    total = float(off @ off) + 2.0 * covariance
    return float(np.sqrt(total / ((len(ratios) - 1) * len(ratios))))


def average_gap_ratio(ratios: Sequence[GapRatio | None], orders: Sequence[int]) -> GapRatio | None:
    """The average over constituents, weighted by order; None when no constituent has one."""
    pairs = [(r, n) for r, n in zip(ratios, orders, strict=True) if r is not None]
    if not pairs:
        return None
    weight = np.array([n for _, n in pairs], dtype=np.float64)
    weight /= weight.sum()
    mean = float(np.sum(weight * [r.mean for r, _ in pairs]))
    error = float(np.sqrt(np.sum((weight * [r.standard_error for r, _ in pairs]) ** 2)))
    return _with_class(mean, error)
