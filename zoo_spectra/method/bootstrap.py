"""CSD curves of resampled constituents: how much a curve depends on which matrices it has."""

from __future__ import annotations

import numpy as np

from zoo_spectra.method.csd import circular_spectral_difference
from zoo_spectra.method.mme import S_EDGES, MixedSpectrum, cumulative_density
from zoo_spectra.method.spectrum import Floats

RESAMPLES = 32


def resampled_csd(mixed: MixedSpectrum, rng: np.random.Generator, count: int = RESAMPLES) -> Floats:
    """CSD of ``count`` bootstrap resamples of the m constituents; shape (count, 129).

    Each draws m constituents with replacement (Efron 1979); scale and weights are recomputed.
    With m = 1 there is nothing to resample, and the shape is (0, 129).
    """
    m = len(mixed.orders)
    if m == 1:
        return np.empty((0, len(S_EDGES)))
    curves = np.empty((count, len(S_EDGES)))
    for draw in range(count):
        times = np.bincount(rng.integers(0, m, m), minlength=m)
        mass = mixed.mass * times[mixed.owner]
        kept = mass > 0
        blur = (mixed.blur * times[mixed.owner])[kept]
        cumulative = cumulative_density(mixed.eigenvalues[kept], mass[kept], blur)
        curves[draw] = circular_spectral_difference(cumulative)
    return curves
