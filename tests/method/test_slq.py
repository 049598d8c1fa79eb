"""Stochastic Lanczos quadrature against exact spectra. Seeded; tolerances as said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from zoo_spectra.method.csd import tail
from zoo_spectra.method.mme import (
    cumulative_density,
    density,
    density_standard_error,
    mix,
    null_mass,
    scale_of,
)
from zoo_spectra.method.slq import slq_spectrum
from zoo_spectra.method.spectrum import (
    ConstituentSpectrum,
    Floats,
    constituent_spectrum,
    gram_eigenvalues,
)
from zoo_spectra.sources.network import Constituent, Matrix


def estimated(matrix: Matrix, network: str = "n") -> ConstituentSpectrum:
    return constituent_spectrum(Constituent("w", matrix), exact_limit=10, network_id=network)


def curve(*spectra: ConstituentSpectrum) -> Floats:
    mixed = mix(
        [each.eigenvalues for each in spectra],
        [each.weights for each in spectra],
        [each.order for each in spectra],
    )
    return cumulative_density(mixed.eigenvalues, mixed.mass)


@pytest.mark.parametrize("shape", [(30, 70), (70, 30), (50, 50)])
def test_quadrature_has_the_moments_of_its_probe(shape: tuple[int, int]) -> None:
    """k nodes are exact to degree 2k - 1: a check without any statistics."""
    matrix = np.random.default_rng(1).standard_normal(shape)
    gram = matrix @ matrix.T if shape[0] <= shape[1] else matrix.T @ matrix
    gram /= 100
    pairs = slq_spectrum(matrix / 10, np.random.default_rng(2), probes=3, steps=6)
    starts = np.random.default_rng(2).standard_normal((3, min(shape)))
    assert [len(nodes) for nodes, _ in pairs] == [6, 6, 5]
    for (nodes, weights), start in zip(pairs, starts, strict=True):
        assert np.all(np.diff(nodes) > 0)
        assert weights.sum() == pytest.approx(1, abs=1e-14)
        vector = start / np.linalg.norm(start)
        for degree in range(2 * len(nodes)):
            exact = vector @ np.linalg.matrix_power(gram, degree) @ vector
            assert np.sum(weights * nodes**degree) == pytest.approx(exact, rel=1e-10)
        beyond = vector @ np.linalg.matrix_power(gram, 2 * len(nodes)) @ vector
        assert np.sum(weights * nodes ** (2 * len(nodes))) != pytest.approx(beyond, rel=1e-10)


def test_enough_steps_find_every_eigenvalue() -> None:
    matrix = np.random.default_rng(3).standard_normal((25, 40))
    for nodes, _ in slq_spectrum(matrix, np.random.default_rng(4), probes=2, steps=60):
        np.testing.assert_allclose(nodes, gram_eigenvalues(matrix), rtol=1e-9)


def test_sparse_is_dense() -> None:
    rng = np.random.default_rng(5)
    matrix = np.where(rng.random((90, 60)) < 0.1, rng.lognormal(size=(90, 60)), 0.0)
    matrix[:20] = 0
    matrix[:, 3] = 0
    dense = slq_spectrum(matrix, np.random.default_rng(6), probes=3, steps=20)
    thin = slq_spectrum(sparse.csr_array(matrix), np.random.default_rng(6), probes=3, steps=20)
    for (a, aw), (b, bw) in zip(dense, thin, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9 * a[-1])
        np.testing.assert_allclose(aw, bw, atol=1e-9)


def heavy(rng: np.random.Generator) -> Matrix:
    return rng.standard_t(3, (300, 500)).astype(np.float32)


def square(rng: np.random.Generator) -> Matrix:
    return rng.standard_normal((300, 300))


def low_rank(rng: np.random.Generator) -> Matrix:
    return of_rank(260, rng)


def of_rank(rank: int, rng: np.random.Generator) -> Matrix:
    return rng.standard_normal((400, rank)) @ rng.standard_normal((rank, 600))


@pytest.mark.parametrize("make", [heavy, square, low_rank])
def test_the_error_is_the_standard_error(make: Callable[[np.random.Generator], Matrix]) -> None:
    """Over 12 networks of probes: the true error per bin is what is claimed, and none is far off.

    Bins of more than 2 % mass, 10 to 24 of them, in 12 networks. A claim from 8 probes is good to
    25 %, the ratio of quadratic means to about 10 %; the exact bins are grainy (1 of 300
    eigenvalues is 0.3 %), which the quadrature smooths: a part of the error all networks share.
    """
    matrix = make(np.random.default_rng(7))
    exact = density(curve(constituent_spectrum(Constituent("w", matrix))))
    kept = exact > 0.02
    assert kept.sum() >= 8
    spectra = [estimated(matrix, str(i)) for i in range(12)]
    errors = np.array([density(curve(each)) - exact for each in spectra])[:, kept]
    claims = np.array([density_standard_error([each]) for each in spectra])[:, kept]
    ratio = np.sqrt(np.mean(errors**2) / np.mean(claims**2))
    assert 0.75 < ratio < 1.4
    shared = np.sqrt(np.mean(errors.mean(axis=0) ** 2) / np.mean(claims**2))
    assert shared < 0.8
    # F_M of 8 probes at order 300: √(2 · ½ · ½ / 300 / 8) = 0.014 at most.
    assert np.mean(np.abs(np.cumsum(errors, axis=1))) < 0.02


def test_null_space() -> None:
    rng = np.random.default_rng(8)
    spectrum = estimated(of_rank(200, rng))
    mixed = mix([spectrum.eigenvalues], [spectrum.weights], [spectrum.order])
    # Each probe has Σ of 200 of 400 squares: variance 2 · ½ · ½ / 402, and 8 probes.
    assert abs(null_mass(mixed) - 0.5) < 4 * np.sqrt(0.5 / 402 / 8)
    assert spectrum.positive.min() > 1e-9 * spectrum.eigenvalues.max()


def test_empty_rows_are_exact() -> None:
    rng = np.random.default_rng(9)
    matrix = rng.standard_normal((400, 900))
    matrix[rng.choice(400, 100, replace=False)] = 0
    spectrum = estimated(matrix)
    mixed = mix([spectrum.eigenvalues], [spectrum.weights], [spectrum.order])
    assert null_mass(mixed) == pytest.approx(0.25, abs=1e-12)
    # Many empty columns turn the smaller side: 30 × 50 is left of 60 × 80.
    matrix = rng.standard_normal((60, 80))
    matrix[30:] = 0
    matrix[:, 20:] = 0
    spectrum = estimated(matrix)
    found = np.unique(np.round(spectrum.positive, 6))
    np.testing.assert_allclose(found, gram_eigenvalues(matrix)[-20:], atol=1e-5)
    mixed = mix([spectrum.eigenvalues], [spectrum.weights], [spectrum.order])
    assert null_mass(mixed) == pytest.approx(40 / 60, abs=1e-12)


@pytest.mark.parametrize(
    "matrix",
    [np.eye(50), np.diag([3.0] + [0.0] * 49), np.ones((40, 60)), np.diag([1.0, 2.0] * 25)],
    ids=["identity", "one entry", "rank one", "two levels"],
)
def test_few_levels_exhaust_the_krylov_space(matrix: Matrix) -> None:
    spectrum = estimated(matrix)
    exact = constituent_spectrum(Constituent("w", matrix))
    assert spectrum.weights is not None
    assert spectrum.weights.sum() == pytest.approx(1, abs=1e-12)
    for level in exact.positive:
        assert np.min(np.abs(spectrum.eigenvalues - level)) < 1e-9 * level
    heaviest = spectrum.eigenvalues[spectrum.weights > 1e-9]
    for node in heaviest:
        assert np.min(np.abs(exact.eigenvalues - node)) < 1e-9 * exact.eigenvalues[-1]


def test_a_constituent_above_the_limit_is_estimated() -> None:
    matrix = np.random.default_rng(10).standard_normal((40, 30))
    at_limit = constituent_spectrum(Constituent("w", matrix), exact_limit=30)
    above = constituent_spectrum(Constituent("w", matrix), exact_limit=29)
    assert (at_limit.kind, at_limit.weights, at_limit.probe) == ("exact", None, None)
    assert above.kind == "slq"
    assert above.weights is not None
    assert above.probe is not None
    assert above.order == 30
    assert np.all(np.diff(above.eigenvalues) >= 0)
    assert above.weights.shape == above.probe.shape == above.eigenvalues.shape
    assert above.weights.sum() == pytest.approx(1, abs=1e-13)
    np.testing.assert_allclose(np.bincount(above.probe, above.weights), 1 / 8, rtol=1e-12)


def test_probes_depend_on_the_names_only() -> None:
    matrix = np.random.default_rng(11).standard_normal((60, 70))
    one, two, other = estimated(matrix), estimated(matrix), estimated(matrix, "m")
    np.testing.assert_array_equal(one.eigenvalues, two.eigenvalues)
    assert one.weights is not None
    assert np.all(one.weights == two.weights)
    assert not np.array_equal(one.eigenvalues, other.eigenvalues)
    renamed = constituent_spectrum(Constituent("v", matrix), exact_limit=10, network_id="n")
    assert not np.array_equal(one.eigenvalues, renamed.eigenvalues)


@pytest.mark.parametrize("exponent", [-150, 150])
def test_scales_at_the_ends_of_float64(exponent: int) -> None:
    matrix = np.random.default_rng(12).standard_normal((50, 60))
    values = estimated(matrix * 10.0**exponent).eigenvalues / 10.0**exponent / 10.0**exponent
    found, expected = values[values > 1e-9], gram_eigenvalues(matrix)
    assert found[-1] == pytest.approx(expected[-1], rel=1e-9)
    assert estimated(matrix * 1e200).skipped is not None


def test_the_error_of_a_mixture_is_shared_out() -> None:
    rng = np.random.default_rng(13)
    large, small = rng.standard_normal((300, 500)), rng.standard_normal((200, 200))
    exact = constituent_spectrum(Constituent("s", small))
    assert np.all(density_standard_error([exact, exact]) == 0)
    alone = density_standard_error([estimated(large)])
    mixed = density_standard_error([estimated(large)] + [exact] * 3)
    assert alone.shape == mixed.shape == (130,)
    assert np.all(alone >= 0)
    # A quarter of the mass is estimated, so the error is about a quarter.
    assert 0.15 < np.linalg.norm(mixed) / np.linalg.norm(alone) < 0.4


def test_probes_must_match_to_be_replicates() -> None:
    nodes, share = np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25)
    two = ConstituentSpectrum("a", (9, 9), nodes, None, share, np.array([0, 1, 0, 1]))
    four = ConstituentSpectrum("b", (9, 9), nodes, None, share, np.array([0, 1, 2, 3]))
    with pytest.raises(ValueError, match=r"different numbers of probes: \[2, 4\]"):
        density_standard_error([two, four])
    # By hand: replicates {1, 3} and {2, 4}; σ is 1 and 2, the other level at s = ln 3 and ln 2.
    error = density_standard_error([two])
    one, other = density(curve_of([1.0, 3.0])), density(curve_of([2.0, 4.0]))
    np.testing.assert_allclose(error, np.abs(one - other) / 2)
    assert error.max() == 0.25


def curve_of(values: list[float]) -> Floats:
    return cumulative_density(np.array(values), np.full(len(values), 1 / len(values)))


def test_the_tail_counts_eigenvalues_not_nodes() -> None:
    matrix = np.random.default_rng(14).standard_t(3, (400, 700))
    fits = []
    for spectrum in (constituent_spectrum(Constituent("w", matrix)), estimated(matrix)):
        mixed = mix([spectrum.eigenvalues], [spectrum.weights], [spectrum.order])
        x = mixed.eigenvalues / scale_of(mixed.eigenvalues, mixed.mass)
        fits.append(tail(x, mixed.mass, mixed.levels))
    exact, slq = fits
    assert slq.count == pytest.approx(exact.count, rel=0.15)
    assert slq.decay_rate == pytest.approx(exact.decay_rate, rel=0.15)
    assert slq.decay_rate_se == pytest.approx(exact.decay_rate_se, rel=0.2)


@pytest.mark.parametrize(("probes", "steps"), [(1, 20), (8, 1)])
def test_too_few_probes_or_steps(probes: int, steps: int) -> None:
    with pytest.raises(ValueError, match="at least 2 probes and 2 steps"):
        slq_spectrum(np.eye(5), np.random.default_rng(0), probes, steps)
