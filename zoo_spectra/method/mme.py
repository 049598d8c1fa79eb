"""The spectral density of the mixed matrix ensemble (Süzen, arXiv:2006.13687).

The grid, the scale and the completion by weights are conventions of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo_spectra.method.levels import Floats, zero_threshold

Integers = npt.NDArray[np.int64]
BINS = 128
BIN_WIDTH = 16.0 / BINS  # Δs, in e-folds
S_EDGES: Floats = np.linspace(-8.0, 8.0, BINS + 1)


# Eigenvalues this close above an edge, in e-folds, count as on it. σ may itself be an eigenvalue:
# without this, rounding alone would decide on which side of s = 0 its degenerate partners fall.
EDGE_TOLERANCE = 1e-9
# A cumulative mass this close to one half is one half: sums of a million terms are off by 1e-11.
HALF_TOLERANCE = 5e-10


@dataclass(frozen=True)
class MixedSpectrum:
    """The pooled positive spectrum of a network, sorted by eigenvalue.

    ``eigenvalues``: shape (n,), ascending, > 0. ``owner``: shape (n,), index of the constituent.
    ``orders``: shape (m,), the orders N_l. ``mass``: shape (n,), 1/(m N_l) of an exact eigenvalue,
    weight/m of a quadrature node. ``null``: shape (m,), share of numerical zeros a constituent.
    ``blur``: shape (n,), 1/(m N_l) for a quadrature node, over which one level's mass is spread
    with that of others; 0 for an exact eigenvalue.
    """

    eigenvalues: Floats
    owner: Integers
    orders: Integers
    mass: Floats
    null: Floats
    blur: Floats

    @property
    def levels(self) -> Floats:
        """How many eigenvalues each entry stands for, shape (n,): 1 for exact spectra."""
        return self.mass * (len(self.orders) * self.orders[self.owner])


def mix(
    spectra: Sequence[Floats],
    weights: Sequence[Floats | None] | None = None,
    orders: Sequence[int] | None = None,
) -> MixedSpectrum:
    """Pool the spectra of m ≥ 1 constituents; numerical zeros are left out.

    Periodic completion: each constituent weighs the same, so an eigenvalue of constituent l has
    mass 1/(m N_l), the limit of repeating each spectrum cyclically to a common length. Quadrature
    nodes come with ``weights`` of sum 1 (None: exact) and their constituents' ``orders``.
    Raises ValueError without a constituent, for an empty spectrum, or weights without orders.
    """
    if not spectra or not all(len(values) for values in spectra):
        raise ValueError("a mixed matrix ensemble needs constituents, each with eigenvalues")
    given = [None] * len(spectra) if weights is None else list(weights)
    if orders is None and any(each is not None for each in given):
        raise ValueError("the orders of constituents are needed where weights are given")
    sizes = [len(values) for values in spectra] if orders is None else list(orders)
    kept, masses, null = [], [], []
    for values, share, order in zip(spectra, given, sizes, strict=True):
        positive = values > zero_threshold(values, order)
        kept.append(values[positive])
        if share is None:
            masses.append(np.full(len(kept[-1]), 1.0 / (len(spectra) * order)))
            null.append((order - len(kept[-1])) / order)
        else:
            masses.append(share[positive] / len(spectra))
            null.append(float(np.sum(share[~positive])))
    owner = np.repeat(np.arange(len(kept)), [len(values) for values in kept])
    pooled = np.concatenate(kept)
    rank = np.argsort(pooled, kind="stable")
    mass = np.concatenate(masses)[rank]
    level = [0.0 if each is None else 1.0 / order for each, order in zip(given, sizes, strict=True)]
    blur = np.array(level)[owner[rank]] / len(spectra)
    return MixedSpectrum(pooled[rank], owner[rank], np.array(sizes), mass, np.array(null), blur)


def scale_of(eigenvalues: Floats, mass: Floats, blur: Floats | None = None) -> float:
    """σ: the weighted median of all eigenvalues, numerical zeros included.

    Both arguments have shape (n,): the positive eigenvalues, ascending, and their mass; what the
    mass lacks to 1 is that of the numerical zeros. Where they have half of it or more, σ is the
    median of the positive ones alone. Where the cumulative mass is one half between two
    eigenvalues, σ is their geometric mean.

    With ``blur``, shape (n,), where the one half falls to a quadrature node of blur b > 0, σ is the
    geometric mean over the mass from 1/2 - b/2 to 1/2 + b/2: half of either middle level, or the
    whole of the one in the middle. The node alone would be at one of the two.
    """
    cumulative = np.cumsum(mass)
    positive = float(cumulative[-1])
    null = 1.0 - positive
    half = positive / 2 if null >= 0.5 - HALF_TOLERANCE else 0.5 - null
    at = int(np.searchsorted(cumulative, half - HALF_TOLERANCE))
    if blur is not None and blur[at] > 0:
        return _mean_around(half, float(blur[at]), eigenvalues, cumulative)
    if cumulative[at] > half + HALF_TOLERANCE or at + 1 == len(eigenvalues):
        return float(eigenvalues[at])
    return float(np.sqrt(eigenvalues[at]) * np.sqrt(eigenvalues[at + 1]))


def _mean_around(half: float, width: float, eigenvalues: Floats, cumulative: Floats) -> float:
    """The geometric mean of the eigenvalues over that much of the mass around ``half``."""
    lowest = max(half - width / 2, 0.0)
    share = np.diff(np.clip(cumulative, lowest, half + width / 2), prepend=lowest)
    return float(np.exp(share @ np.log(eigenvalues) / share.sum()))


def cumulative_density(eigenvalues: Floats, mass: Floats, blur: Floats | None = None) -> Floats:
    """F_M at the 129 edges: the mass at or below each edge of s = ln(λ/σ), null mass included.

    Arguments as for ``scale_of``. Returns shape (129,), non-decreasing, in [0, 1].
    """
    s = np.log(eigenvalues) - np.log(scale_of(eigenvalues, mass, blur))
    above = np.concatenate([np.cumsum(mass[::-1])[::-1], [0.0]])
    return np.clip(1.0 - above[np.searchsorted(s, S_EDGES + EDGE_TOLERANCE, side="right")], 0, 1)


def density(cumulative: Floats) -> Floats:
    """Mass per bin, shape (130,): underflow (null mass included), 128 bins, overflow; sums to 1."""
    return np.diff(cumulative, prepend=0.0, append=1.0)


def null_mass(mixed: MixedSpectrum) -> float:
    """The mass of the numerical zeros, in [0, 1]."""
    return float(np.mean(mixed.null))
