"""``analyze`` puts the pieces together; its parts have tests of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.errors import NetworkError


def test_a_mapping_of_arrays() -> None:
    given = arrays(0) | {
        "bias": np.zeros(4),
        "conv": np.random.default_rng(1).normal(size=(6, 3, 3, 3)),
    }
    spectrum = zs.analyze(given)
    assert [c.name for c in spectrum.constituents] == ["layer0", "layer1", "layer2", "conv"]
    assert spectrum.constituents[3].shape == (6, 27)
    singular = np.linalg.svd(given["layer1"], compute_uv=False)
    np.testing.assert_allclose(spectrum.constituents[1].eigenvalues, np.sort(singular**2))
    assert spectrum.density.sum() == pytest.approx(1)
    assert spectrum.csd.shape == (129,)
    assert spectrum.csd_resamples.shape == (32, 129)
    assert set(spectrum.csd_fluctuation) == {"coe", "cue", "cse"}
    assert spectrum.decay_rate == spectrum.tail.decay_rate
    assert spectrum.spectrum_kind == "exact"
    assert spectrum.density_se is None


def test_a_torch_module_is_its_weights() -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(8, 5)
    )
    spectrum = zs.analyze(module)
    assert [c.shape for c in spectrum.constituents] == [(8, 27), (5, 8)]
    weights = {name: p.detach().numpy() for name, p in module.named_parameters() if p.ndim > 1}
    assert spectrum.distance(zs.analyze(weights)) == 0


def test_the_csd_is_zero_for_a_spectrum_with_the_circular_law() -> None:
    # Eigenvalues uniform on [0, 2] after scaling: the conjugate ensemble's own law.
    quantiles = (np.arange(4000) + 0.5) / 2000
    spectrum = zs.analyze({"w": np.diag(np.sqrt(quantiles))})
    assert np.abs(spectrum.csd).max() < 1e-3
    assert spectrum.tail.mass == pytest.approx(0, abs=1e-3)


def test_the_scale_of_a_network_does_not_matter_but_that_of_a_layer_does() -> None:
    given = arrays(2)
    whole = zs.analyze({name: 3.0 * array for name, array in given.items()})
    part = zs.analyze(given | {"layer0": 3.0 * given["layer0"]})
    base = zs.analyze(given)
    assert base.distance(whole) < 1e-3
    assert base.distance(part) > 0.05


def test_realisations_do_not_depend_on_the_run_and_scatter_as_the_closed_form_says() -> None:
    settings = zs.Settings(realisations=64)
    first, second = zs.analyze(arrays(3), settings), zs.analyze(arrays(3), settings)
    for beta, curves in first.csd_realisations.items():
        assert curves.shape == (64, 129)
        np.testing.assert_array_equal(curves, second.csd_realisations[beta])
        np.testing.assert_allclose(curves[:, -1], 0, atol=1e-12)
        spread, expected = curves.std(axis=0, ddof=1), first.csd_fluctuation[beta]
        wide = expected > 0.01
        # Standard deviation of 64 draws: known to about 9 % each; six of these are never reached.
        assert np.all(np.abs(spread[wide] / expected[wide] - 1) < 0.54)
        mean_error = np.abs(curves.mean(axis=0) - first.csd)[wide]
        assert np.all(mean_error < 6 * expected[wide] / 8)


def test_large_orders_are_estimated_and_say_so() -> None:
    given = {"w": np.random.default_rng(4).standard_normal((300, 500))}
    exact = zs.analyze(given)
    estimate = zs.analyze(given, zs.Settings(exact_limit=100))
    assert estimate.spectrum_kind == "slq"
    assert estimate.density_se is not None
    assert estimate.gap_ratio is None
    assert 0 < exact.distance(estimate) < 0.05


def test_negative_and_zero_weights_are_legal() -> None:
    given = arrays(5)["layer0"]
    sparse = np.where(np.abs(given) < np.median(np.abs(given)), 0.0, given)
    spectrum = zs.analyze({"negative": -np.abs(given), "sparse": sparse})
    assert [c.skipped for c in spectrum.constituents] == [None, None]


def test_skipped_constituents_are_kept_with_their_reason() -> None:
    bad = {"nan": np.full((3, 3), np.nan), "blank": np.zeros((4, 4))}
    bad |= {"thin.weight": np.ones((1, 9))}
    spectrum = zs.analyze(arrays(6) | bad)
    reasons = {c.name: c.skipped for c in spectrum.constituents if c.skipped}
    assert set(reasons) == {"nan", "blank", "thin.weight"}
    assert "9 non-finite" in str(reasons["nan"])
    assert len(spectrum.used) == 3
    assert spectrum.distance(zs.analyze(arrays(6))) == 0


def test_a_network_without_constituents_is_an_error_that_says_why() -> None:
    with pytest.raises(NetworkError, match="all 1 matrices were skipped.*all entries are zero"):
        zs.analyze({"w": np.zeros((3, 3))})
    with pytest.raises(NetworkError, match="nothing to analyse"):
        zs.analyze({"bias": np.zeros(3)})


def test_anything_else_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot analyze int"):
        zs.analyze(3)
