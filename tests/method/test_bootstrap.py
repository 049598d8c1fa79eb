"""Resampled curves against building each resample by hand."""

import numpy as np

from zoo_spectra.method import mme
from zoo_spectra.method.bootstrap import resampled_csd
from zoo_spectra.method.csd import circular_spectral_difference


def spectra(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [
        np.sort(rng.gamma(2.0, scale, order)) for order, scale in [(5, 1.0), (9, 4.0), (3, 9.0)]
    ]


def test_a_resample_is_the_ensemble_of_the_drawn_constituents() -> None:
    pool = spectra(0)
    curves = resampled_csd(mme.mix(pool), np.random.default_rng(5), count=20)
    rng = np.random.default_rng(5)
    for curve in curves:
        drawn = [pool[index] for index in rng.integers(0, 3, 3)]
        mixed = mme.mix(drawn)
        expected = circular_spectral_difference(
            mme.cumulative_density(mixed.eigenvalues, mixed.mass)
        )
        np.testing.assert_allclose(curve, expected, atol=1e-12)
    assert len({curve.tobytes() for curve in curves}) > 3


def test_a_single_constituent_cannot_be_resampled() -> None:
    assert resampled_csd(mme.mix(spectra(1)[:1]), np.random.default_rng(0)).shape == (0, 129)
