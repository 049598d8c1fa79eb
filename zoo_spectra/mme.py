"""The spectral density of the mixed matrix ensemble (Süzen, arXiv:2006.13687).

The grid, the scale and the completion by weights are conventions of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo_spectra.spectrum import Floats, zero_threshold

Integers = npt.NDArray[np.int64]
BINS = 128
S_EDGES: Floats = np.linspace(-8.0, 8.0, BINS + 1)
BIN_WIDTH = 16.0 / BINS


@dataclass(frozen=True)
class MixedSpectrum:
    """The pooled positive spectrum of a network, sorted by eigenvalue.

    ``eigenvalues``: shape (n,), ascending, > 0. ``owner``: shape (n,), index of the constituent.
    ``orders``: shape (m,), the orders N_l. ``mass``: shape (n,), 1/(m N_l) of each eigenvalue.
    """

    eigenvalues: Floats
    owner: Integers
    orders: Integers
    mass: Floats


def mix(spectra: Sequence[Floats]) -> MixedSpectrum:
    """Pool the spectra of m ≥ 1 constituents; numerical zeros are left out.

    Periodic completion: each constituent weighs the same, so an eigenvalue of constituent l has
    mass 1/(m N_l), the limit of repeating each spectrum cyclically to a common length.
    """
    if not spectra:
        raise ValueError("a mixed matrix ensemble needs at least one constituent")
    orders = np.array([len(values) for values in spectra])
    kept = [values[values > zero_threshold(values)] for values in spectra]
    owner = np.repeat(np.arange(len(kept)), [len(values) for values in kept])
    pooled = np.concatenate(kept)
    rank = np.argsort(pooled, kind="stable")
    owner = owner[rank]
    return MixedSpectrum(pooled[rank], owner, orders, 1.0 / (len(spectra) * orders[owner]))


def scale_of(eigenvalues: Floats, mass: Floats) -> float:
    """σ: the smallest eigenvalue at which the cumulative mass reaches half (weighted median).

    Both arguments have shape (n,), eigenvalues ascending. The factor 1 - 1e-12 keeps a sum that
    is half up to rounding from moving to the next eigenvalue.
    """
    cumulative = np.cumsum(mass)
    at = int(np.searchsorted(cumulative, 0.5 * cumulative[-1] * (1 - 1e-12)))
    return float(eigenvalues[at])


def cumulative_density(eigenvalues: Floats, mass: Floats) -> Floats:
    """F_M at the 129 edges: the mass at or below each edge of s = ln(λ/σ), null mass included.

    Returns shape (129,), non-decreasing, in [0, 1].
    """
    s = np.log(eigenvalues) - np.log(scale_of(eigenvalues, mass))
    above = np.concatenate([np.cumsum(mass[::-1])[::-1], [0.0]])
    return 1.0 - above[np.searchsorted(s, S_EDGES, side="right")]


def density(cumulative: Floats) -> Floats:
    """Mass per bin, shape (130,): underflow (null mass included), 128 bins, overflow; sums to 1."""
    return np.diff(cumulative, prepend=0.0, append=1.0)


def null_mass(mixed: MixedSpectrum) -> float:
    """The mass of the numerical zeros, in [0, 1]."""
    counts = np.bincount(mixed.owner, minlength=len(mixed.orders))
    return float(np.mean((mixed.orders - counts) / mixed.orders))
