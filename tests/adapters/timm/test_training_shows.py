"""What training does to a spectrum: three ImageNet networks against their random twins."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from zoo_spectra import load
from zoo_spectra.method import BIN_WIDTH, mme
from zoo_spectra.method.csd import circular_spectral_difference
from zoo_spectra.method.spectrum import Floats, constituent_spectrum


def curve(source: str) -> Floats:
    spectra = [constituent_spectrum(c) for c in load(source).constituents()]
    assert not any(spectrum.skipped for spectrum in spectra)
    mixed = mme.mix([spectrum.eigenvalues for spectrum in spectra])
    return circular_spectral_difference(mme.cumulative_density(mixed.eigenvalues, mixed.mass))


def distance(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).sum() * BIN_WIDTH)


def test_trained_networks_are_near_one_another_and_far_from_random_ones() -> None:
    file = "@samples/efficientnet_lite/efficientnet_lite"
    sizes = (0, 1, 2)
    trained = [curve(f"timm:efficientnet_lite{n}?checkpoint={file}{n}.pth") for n in sizes]
    random = [curve(f"timm:efficientnet_lite{n}?seed=0") for n in sizes]
    assert max(distance(a, b) for a, b in combinations(trained, 2)) < 0.06
    assert max(distance(a, b) for a, b in combinations(random, 2)) < 0.07
    assert min(distance(a, b) for a in trained for b in random) > 0.42
    np.testing.assert_array_equal(curve(f"checkpoint:{file}0.pth"), trained[0])
