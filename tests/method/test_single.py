"""One constituent as if it were the network."""

from __future__ import annotations

import numpy as np
import pytest

import zoo_spectra as zs
from zoo_spectra.method import ConstituentSpectrum, distance_alone


def spectrum(matrix: np.ndarray) -> ConstituentSpectrum:
    return zs.analyze({"w": matrix}).constituents[0]


def test_the_distance_of_two_constituents_is_that_of_networks_of_them() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((40, 30)), np.exp(rng.standard_normal((20, 50)))
    expected = zs.analyze({"w": one}).distance(zs.analyze({"w": other}))
    assert distance_alone(spectrum(one), spectrum(other)) == pytest.approx(expected, abs=1e-12)
    assert distance_alone(spectrum(one), spectrum(-3 * one.T)) == pytest.approx(0, abs=1e-12)


def test_what_has_no_spectrum_has_no_distance() -> None:
    nothing = ConstituentSpectrum("w", (3, 3), np.empty(0), "all entries are zero")
    assert distance_alone(nothing, spectrum(np.eye(3) + 1)) is None
