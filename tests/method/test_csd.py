"""The circular spectral difference and its tail. Seeded samples; tolerances as said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zoo_spectra.method.circular import expected_cumulative
from zoo_spectra.method.csd import Tail, circular_spectral_difference, tail
from zoo_spectra.method.mme import S_EDGES, cumulative_density, mix, scale_of
from zoo_spectra.method.spectrum import Floats, gram_eigenvalues


def equal(n: int, total: float = 1.0) -> Floats:
    return np.full(n, total / n)


def pareto(rng: np.random.Generator, kappa: float, n: int) -> Floats:
    return np.sort(2 * rng.uniform(size=n) ** (-1 / kappa))


def fitted(x: Floats, mass: Floats) -> tuple[float, float, float, float]:
    found = tail(x, mass)
    assert found.decay_rate is not None
    assert found.decay_rate_se is not None
    assert found.law_ratio is not None
    assert found.law_p_value is not None
    return found.decay_rate, found.decay_rate_se, found.law_ratio, found.law_p_value


def test_sign_and_ends() -> None:
    rng = np.random.default_rng(1)
    mixed = mix([gram_eigenvalues(rng.standard_t(2.5, (60, 90))) for _ in range(3)])
    cumulative = cumulative_density(mixed.eigenvalues, mixed.mass)
    csd = circular_spectral_difference(cumulative)
    assert csd.shape == (129,)
    # Below the spectrum only the circular law has mass; beyond ln 2 only the network has.
    assert csd[0] == pytest.approx(cumulative[0] - np.exp(-8) / 2, abs=1e-15)
    beyond = np.log(2) <= S_EDGES
    np.testing.assert_array_equal(csd[beyond], -(1 - cumulative[beyond]))
    assert csd[beyond][0] < 0
    assert csd[64] == pytest.approx(cumulative[64] - 0.5)
    assert 0 <= csd[64] < 1 / 150, "both medians are at s = 0"
    assert tail(mixed.eigenvalues / scale_of(mixed.eigenvalues, mixed.mass), mixed.mass).count > 10


def test_a_flat_spectrum_has_no_difference() -> None:
    x = 2 * (np.arange(100_000) + 0.5) / 100_000
    csd = circular_spectral_difference(cumulative_density(x, equal(100_000)))
    assert np.abs(csd).max() < 2e-5
    assert expected_cumulative(np.array([-700.0, 0.0, 700.0])).tolist() == [
        pytest.approx(0, abs=1e-300),
        0.5,
        1.0,
    ]


def test_the_tail_mass_is_what_lies_beyond_two() -> None:
    x, mass = np.array([0.5, 1.0, 2.0, 2.0 + 1e-15, 2.5, 9.0]), np.array([4, 1, 1, 1, 2, 3]) / 12
    found = tail(x, mass)
    assert found.mass == pytest.approx(5 / 12)
    assert found.count == 2, "2 itself, up to rounding, is not beyond"


def test_below_ten_eigenvalues_all_is_null() -> None:
    x = np.concatenate([[0.5, 1.0], np.linspace(2.5, 9, 10)])
    short = tail(x[:-1], equal(11))
    assert short == Tail(short.mass, 9)
    assert short.mass == pytest.approx(9 / 11)
    full = tail(x, equal(12))
    assert full.count == 10
    nothing = [what for what, value in vars(full).items() if value is None]
    assert nothing == ["vanishing_location"], "of 12 eigenvalues one decides it"
    assert tail(x[:2], equal(2)) == Tail(0.0, 0)


def test_nodes_count_as_the_eigenvalues_they_stand_for() -> None:
    x, mass = pareto(np.random.default_rng(2), 2.0, 40), equal(40)
    one, ten = tail(x, mass), tail(x, mass, np.full(40, 10.0))
    assert (one.count, ten.count) == (40, 400)
    assert one.decay_rate == ten.decay_rate
    assert one.decay_rate_se == pytest.approx(np.sqrt(10) * (ten.decay_rate_se or 0))
    assert ten.law_ratio == pytest.approx(10 * (one.law_ratio or 0))
    few = tail(x, mass, np.full(40, 0.2))
    assert few == Tail(few.mass, 8)


@pytest.mark.parametrize("kappa", [0.7, 2.0, 5.0])
def test_hill_on_a_weighted_pareto_sample(kappa: float) -> None:
    rng = np.random.default_rng(3)
    mass = rng.choice([1.0, 4.0], 20_000)
    rate, error, _, _ = fitted(pareto(rng, kappa, 20_000), mass / mass.sum())
    n_eff = mass.sum() ** 2 / np.sum(mass**2)
    assert error == pytest.approx(rate / np.sqrt(n_eff))
    assert abs(rate - kappa) < 4 * kappa / np.sqrt(n_eff)


def test_the_weights_of_hill_matter() -> None:
    """A mixture: constituent a decays with 1, b with 4; 1/κ is the weighted mean of 1 and 1/4."""
    rng = np.random.default_rng(4)
    x = np.concatenate([pareto(rng, 1.0, 20_000), pareto(rng, 4.0, 20_000)])
    mass = np.concatenate([equal(20_000, 0.2), equal(20_000, 0.8)])
    rank = np.argsort(x)
    rate, _, _, _ = fitted(x[rank], mass[rank])
    expected = 0.2 * 1.0 + 0.8 * 0.25
    error = np.sqrt((0.2 * 1.0) ** 2 + (0.8 * 0.25) ** 2) / np.sqrt(20_000)
    assert abs(1 / rate - expected) < 4 * error


def test_the_standard_error_of_hill_is_the_scatter_of_replicates() -> None:
    rng = np.random.default_rng(5)
    mass = np.tile([1.0, 4.0], 200)
    rates, errors = np.array(
        [fitted(np.sort(pareto(rng, 1.5, 400)), rng.permutation(mass))[:2] for _ in range(600)]
    ).T
    # The scatter of 600 replicates is known to 1/√1200 = 2.9 %.
    assert np.sqrt(np.mean(errors**2)) / rates.std() == pytest.approx(1, abs=0.09)


def test_the_law_of_true_samples() -> None:
    rng = np.random.default_rng(6)
    for _ in range(10):
        power = tail(pareto(rng, 1.5, 500), equal(500))
        assert (power.law, power.law_ratio is not None and power.law_ratio > 0) == (
            "power_law",
            True,
        )
        assert power.law_p_value is not None
        assert power.law_p_value < 0.05
        decay = tail(np.sort(2 + rng.exponential(0.8, 2000)), equal(2000))
        assert decay.law == "exponential"
        assert decay.law_ratio is not None
        assert decay.law_p_value is not None
        assert decay.law_ratio < 0
        assert decay.law_p_value < 0.05


def test_the_law_ratio_is_that_of_the_maximum_likelihood_fits() -> None:
    x = pareto(np.random.default_rng(7), 3.0, 60)
    _, _, ratio, p_value = fitted(x, equal(60))
    # scipy's own maximum likelihood, with the cut-off fixed
    shape, _, _ = stats.pareto.fit(x, floc=0, fscale=2)
    _, width = stats.expon.fit(x, floc=2)
    difference = stats.pareto.logpdf(x, shape, 0, 2) - stats.expon.logpdf(x, 2, width)
    assert ratio == pytest.approx(difference.sum(), rel=1e-9)
    z = abs(difference.sum()) / np.sqrt(60 * difference.var())
    assert p_value == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


@settings(max_examples=60)
@given(st.lists(st.floats(0.01, 1e6), min_size=10, max_size=60), st.integers(0, 2**31))
def test_whatever_the_tail_its_numbers_are_in_range(values: list[float], seed: int) -> None:
    x = 2.0 + np.sort(values)
    mass = np.random.default_rng(seed).uniform(0.1, 1, len(x))
    mass /= 1.5 * mass.sum()
    found = tail(x, mass)
    rate, error, ratio, p_value = fitted(x, mass)
    assert rate > 0
    assert error > 0
    assert np.isfinite(ratio)
    assert 0 <= p_value <= 1
    assert found.law == ("power_law" if ratio > 0 else "exponential")
    assert found.mass == pytest.approx(2 / 3)
    assert found.vanishing_location is None
    # Each entry stands for as many eigenvalues as it needs not to decide alone.
    many = tail(x, mass, np.ceil(mass / 1e-3))
    assert many.vanishing_location is not None
    # Brute force: the first x of the steps from which 1 - F_M is below 1e-3 for good.
    candidates = np.concatenate([[2.0], x])
    first = next(c for c in candidates if mass[x > c].sum() < 1e-3)
    assert many.vanishing_location == first


def test_equal_eigenvalues_tell_no_law() -> None:
    found = tail(np.full(20, 5.0) * (1 + 1e-15 * np.arange(20)), equal(20))
    assert found.law_p_value == 1.0


def test_where_it_vanishes() -> None:
    x = np.concatenate([[1.0], np.linspace(3, 9, 100), [10.0, 11.0]])
    mass = np.concatenate([[0.9], np.full(100, 0.00099), [0.0006, 0.0004]])
    found = tail(x, mass)
    # 0.0010 of the mass is not yet below 1e-3 at 9.0; after 10.0 0.0004 is left
    assert found.vanishing_location == 10.0
    small = tail(np.linspace(2.5, 3, 12), np.full(12, 5e-5))
    assert small.vanishing_location == 2.0


def test_one_eigenvalue_is_no_place_where_it_vanishes() -> None:
    """A layer of few outputs: its largest eigenvalue moves the place, whatever the others do."""
    x = np.concatenate([np.linspace(0.1, 3, 2000), [7.0]])
    for share, found in [(0.0011, None), (0.001, 7.0), (0.0009, x[1999])]:
        mass = np.append(equal(2000, 1 - share), share)
        place = tail(x, mass).vanishing_location
        assert place is None if found is None else place is not None
        if found is not None:
            assert place == pytest.approx(found, abs=0.01)
    # The same below x = 2, where nothing vanishes, is no matter.
    head = np.concatenate([[0.05], np.linspace(0.1, 3, 2000)])
    assert tail(head, np.append([0.5], equal(2000, 0.5))).vanishing_location is not None
