"""Level statistics: the mean adjacent gap ratio (Oganesyan & Huse, PRB 75, 155111, 2007)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoo_spectra.spectrum import Floats

MIN_LEVELS = 32
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


def _with_class(mean: float, error: float) -> GapRatio:
    name = min(UNIVERSALITY, key=lambda key: abs(UNIVERSALITY[key] - mean))
    distance = abs(UNIVERSALITY[name] - mean)
    return GapRatio(mean, error, name, distance / error if error > 0 else float("inf"))


def gap_ratio(positive: Floats) -> GapRatio | None:
    """⟨min(δ_i, δ_{i+1}) / max(δ_i, δ_{i+1})⟩ of ascending levels; None below 32 levels.

    Two vanishing gaps in a row (degenerate levels) count as ratio 0.
    """
    if len(positive) < MIN_LEVELS:
        return None
    gaps = np.diff(positive)
    low, high = np.minimum(gaps[:-1], gaps[1:]), np.maximum(gaps[:-1], gaps[1:])
    ratios = np.divide(low, high, out=np.zeros_like(low), where=high > 0)
    error = float(np.std(ratios, ddof=1) / np.sqrt(len(ratios)))
    return _with_class(float(np.mean(ratios)), error)


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
