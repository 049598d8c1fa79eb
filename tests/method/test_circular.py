"""Circular ensembles against exact integrals for 2 and 3 levels, dense Haar draws and direct
diagonalisation. Draws are seeded. A statistical tolerance is 4.5 standard errors, estimated from
the sample itself: at a few hundred comparisons one seed in some 500 would fail."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import unitary_group

from zoo_spectra.method.circular import (
    ARCS,
    BETAS,
    INSIDE,
    count_in_arcs,
    expected_cumulative,
    fluctuation,
    form_factor,
    number_variance,
    realisation,
    stream,
    verblunsky,
)
from zoo_spectra.method.mme import S_EDGES
from zoo_spectra.method.spectrum import Floats

N = 8
DRAWS = 4000
SIGMAS = 4.5
BETA_VALUES = sorted(BETAS.values())
each_beta = pytest.mark.parametrize("beta", BETA_VALUES)
# Seven arcs: two tiny, two around the median, three nearly the whole circle.
SOME = np.array([0.02, 0.3, 1.2, np.pi / 2, 2.2, 2.9, 3.1])


@cache
def dense_phases(beta: int) -> Floats:
    """Eigenphases of dense Haar draws, shape (DRAWS, N): CUE, COE = UᵀU, CSE = J Uᵀ Jᵀ U."""
    rng = np.random.default_rng(100 + beta)
    if beta == 4:
        u = unitary_group.rvs(2 * N, size=DRAWS, random_state=rng)
        j = np.kron(np.array([[0, 1], [-1, 0]]), np.eye(N))
        matrices = j @ u.transpose(0, 2, 1) @ j.T @ u
    else:
        u = unitary_group.rvs(N, size=DRAWS, random_state=rng)
        matrices = u.transpose(0, 2, 1) @ u if beta == 1 else u
    phases = np.sort(np.angle(np.linalg.eigvals(matrices)), axis=1)
    if beta == 4:
        np.testing.assert_allclose(phases[:, ::2], phases[:, 1::2], atol=1e-6)
        phases = phases[:, ::2]
    return phases


def counts_of(phases: Floats, arcs: Floats) -> Floats:
    """Eigenphases in (-a, a], shape (draws, arcs)."""
    inside = (phases[:, :, None] > -arcs) & (phases[:, :, None] <= arcs)
    counts: Floats = inside.sum(axis=1).astype(np.float64)
    return counts


@cache
def drawn_counts(beta: int) -> Floats:
    rng = np.random.default_rng(200 + beta)
    return np.array([count_in_arcs(N, beta, SOME, rng) for _ in range(DRAWS)])


def mean_and_error(samples: Floats) -> tuple[Floats, Floats]:
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def variance_and_error(samples: Floats) -> tuple[Floats, Floats]:
    return mean_and_error((samples - samples.mean(axis=0)) ** 2)


def pair_mean(beta: int, function: str, k: int, a: float = 0.0) -> float:
    """E over the phase difference φ of two levels, whose density is |sin(φ/2)|^β, exactly."""

    def weight(phi: float) -> float:
        return float(np.sin(phi / 2) ** beta)

    def both_in_arc(phi: float) -> float:
        overlap = max(0.0, 2 * a - phi) + max(0.0, 2 * a - (2 * np.pi - phi))
        return overlap / (2 * np.pi)

    value = both_in_arc if function == "arc" else lambda phi: float(np.cos(k * phi))
    kinks = sorted({min(2 * a, np.pi), min(2 * abs(np.pi - a), np.pi), np.pi / 2})
    total = quad(lambda p: value(p) * weight(p), 0, np.pi, points=kinks, limit=400)[0]
    return float(total / quad(weight, 0, np.pi)[0])


@each_beta
def test_form_factor_of_two_levels_is_exact(beta: int) -> None:
    k = np.arange(1.0, 13)
    expected = [2 + 2 * pair_mean(beta, "trace", int(each)) for each in k]
    np.testing.assert_allclose(form_factor(k, 2, beta), expected, rtol=0, atol=1e-9)


@each_beta
def test_form_factor_of_three_levels_is_exact(beta: int) -> None:
    grid = 2 * np.pi * (np.arange(1200) + 0.5) / 1200
    a, b = np.meshgrid(grid, grid, indexing="ij")  # the third level is at 0
    weight = np.abs(np.sin(a / 2) * np.sin(b / 2) * np.sin((a - b) / 2)) ** beta
    k = np.arange(1.0, 11)
    expected = [3 + 6 * np.sum(weight * np.cos(each * a)) / weight.sum() for each in k]
    np.testing.assert_allclose(form_factor(k, 3, beta), expected, rtol=0, atol=2e-5)


@each_beta
def test_form_factor_of_dense_draws(beta: int) -> None:
    k = np.arange(1.0, 3 * N + 1)
    traces = np.abs(np.exp(1j * dense_phases(beta)[:, :, None] * k).sum(axis=1)) ** 2
    mean, error = mean_and_error(traces)
    assert np.all(np.abs(mean - form_factor(k, N, beta)) < SIGMAS * error)


@each_beta
def test_form_factor_of_one_level_and_of_large_k(beta: int) -> None:
    np.testing.assert_allclose(form_factor(np.arange(1.0, 9), 1, beta), 1.0, rtol=1e-12)
    far = form_factor(np.arange(1.0, 5001), 20, beta)
    assert far[-1] == pytest.approx(20, abs=1e-3)
    assert np.all(far > 0)
    assert np.all(np.isfinite(form_factor(np.arange(1.0, 20 * 4096), 4096, beta)))


def test_other_ensembles_are_refused() -> None:
    with pytest.raises(ValueError, match="not 3"):
        form_factor(np.arange(1.0, 4), 5, 3)


@each_beta
def test_number_variance_of_two_levels_is_exact(beta: int) -> None:
    p = SOME / np.pi
    both = np.array([pair_mean(beta, "arc", 0, float(a)) for a in SOME])
    expected = 2 * p * (1 - p) + 2 * (both - p**2)
    np.testing.assert_allclose(number_variance(2, beta, SOME), expected, rtol=0, atol=1e-6)


@each_beta
def test_number_variance_of_dense_draws(beta: int) -> None:
    variance, error = variance_and_error(counts_of(dense_phases(beta), SOME))
    assert np.all(np.abs(variance - number_variance(N, beta, SOME)) < SIGMAS * error)


def test_number_variance_of_the_cue_is_its_kernels_double_integral() -> None:
    """Var = tr K - tr K² with the sine kernel on the arc, by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    for order, a in [(3, 0.4), (8, 1.3), (25, 2.9)]:
        x = nodes * a
        gap = x[:, None] - x[None, :] + np.eye(80)
        kernel = np.sin(order * gap / 2) / np.sin(gap / 2) / (2 * np.pi)
        np.fill_diagonal(kernel, order / (2 * np.pi))
        w = weights * a
        exact = order * a / np.pi - w @ kernel**2 @ w
        assert number_variance(order, 2, np.array([a]))[0] == pytest.approx(exact, abs=1e-10)


@each_beta
@pytest.mark.parametrize("order", [2, 5, 37, 128])
def test_number_variance_is_its_plain_sum(beta: int, order: int) -> None:
    """The blocked sum against Σ_k written out; for COE to 200 N, so that the cut shows."""
    arcs = ARCS[:INSIDE:7]
    k = np.arange(1.0, (200 * order + 10_000 if beta == 1 else 2 * order) + 1)
    f = np.sin(np.outer(arcs, k)) / (np.pi * k)
    p = arcs / np.pi
    plain = order * p * (1 - p) + 2 * f**2 @ (form_factor(k, order, beta) - order)
    cut = 1e-6 if beta == 1 else 1e-12
    np.testing.assert_allclose(number_variance(order, beta, arcs), plain, rtol=0, atol=cut)


def test_the_cut_of_the_coe_sum_at_order_4096() -> None:
    order, arcs = 4096, ARCS[:INSIDE:5]
    k = np.arange(20.0 * order + 65, 60 * order)
    left = -(order**3 - order) / (12 * k**2) / (np.pi * k) ** 2  # K - N to leading order
    factor = form_factor(np.arange(1.0, 20 * order + 66), order, 1)[-1] - order
    assert left[0] * (np.pi * k[0]) ** 2 == pytest.approx(factor, rel=1e-2)
    missing = np.array([2 * np.sum(np.sin(a * k) ** 2 * left) for a in arcs])
    assert np.abs(missing).max() < 0.9e-6


@each_beta
def test_number_variance_at_the_ends(beta: int) -> None:
    np.testing.assert_allclose(number_variance(9, beta, np.array([0.0, np.pi])), 0, atol=1e-9)
    tiny = np.array([1e-5])
    assert number_variance(9, beta, tiny)[0] == pytest.approx(9 * 1e-5 / np.pi, rel=1e-3)


def test_rigidity_grows_with_beta() -> None:
    arcs = np.array([1.0, 2.0])
    coe, cue, cse = (number_variance(200, beta, arcs) for beta in BETA_VALUES)
    assert np.all(coe > 1.5 * cue)
    assert np.all(cue > 1.5 * cse)
    # Dyson & Mehta: (2/βπ²) ln N + const, so the COE's grows twice as fast as the CUE's.
    growth = [
        number_variance(800, beta, arcs)[0] - number_variance(200, beta, arcs)[0]
        for beta in BETA_VALUES
    ]
    np.testing.assert_allclose(
        growth, [2 / (b * np.pi**2) * np.log(4) for b in (1, 2, 4)], rtol=0.02
    )


@each_beta
def test_draws_have_the_mean_and_variance_of_dense_draws(beta: int) -> None:
    counts, dense = drawn_counts(beta), counts_of(dense_phases(beta), SOME)
    mean, error = mean_and_error(counts)
    assert np.all(np.abs(mean - N * SOME / np.pi) < SIGMAS * error)
    for these, those in [
        (counts, dense),
        (np.diff(counts, axis=1), np.diff(dense, axis=1)),  # per bin
    ]:
        for moment in (mean_and_error, variance_and_error):
            a, a_error = moment(these)
            b, b_error = moment(those)
            assert np.all(np.abs(a - b) < SIGMAS * np.hypot(a_error, b_error))
    variance, error = variance_and_error(counts)
    assert np.all(np.abs(variance - number_variance(N, beta, SOME)) < SIGMAS * error)


def hessenberg(moduli: Floats, phases: Floats, eta: float) -> np.ndarray:
    """The unitary Hessenberg matrix of Verblunsky coefficients: a product of N - 1 rotations."""
    n = len(moduli) + 1
    matrix = np.eye(n, dtype=complex)
    for k, (modulus, phase) in enumerate(zip(moduli, phases, strict=True)):
        alpha, rho = modulus * np.exp(1j * phase), np.sqrt(1 - modulus**2)
        rotation = np.eye(n, dtype=complex)
        rotation[k : k + 2, k : k + 2] = [[alpha.conjugate(), rho], [rho, -alpha]]
        matrix = matrix @ rotation
    matrix[:, -1] *= np.exp(1j * eta)
    return matrix


@each_beta
@pytest.mark.parametrize("order", [2, 3, 16, 61])
def test_prufer_counts_are_those_of_the_same_draw_diagonalised(beta: int, order: int) -> None:
    arcs = np.append(ARCS[:INSIDE], np.pi)
    for seed in range(8):
        matrix = hessenberg(*verblunsky(order, beta, np.random.default_rng(seed)))
        np.testing.assert_allclose(matrix @ matrix.conj().T, np.eye(order), atol=1e-12)
        phases = np.angle(np.linalg.eigvals(matrix))[None, :]
        counted = count_in_arcs(order, beta, arcs, np.random.default_rng(seed))
        np.testing.assert_array_equal(counted, counts_of(phases, arcs)[0])
        assert counted[-1] == order, "the whole circle"


@each_beta
def test_verblunsky_moduli_have_their_beta_law(beta: int) -> None:
    rng = np.random.default_rng(5)
    squares = np.array([verblunsky(6, beta, rng)[0] ** 2 for _ in range(DRAWS)])
    mean, error = mean_and_error(squares)
    expected = 1 / (1 + beta * (6 - np.arange(5) - 1) / 2)
    assert np.all(np.abs(mean - expected) < SIGMAS * error)


@each_beta
def test_fluctuation_is_the_scatter_of_realisations(beta: int) -> None:
    orders = [4, 9, 9, 16]
    rng = np.random.default_rng(6)
    draws = np.array([realisation(orders, beta, rng) for _ in range(600)])
    assert draws.shape == (600, 129)
    assert np.all(np.diff(draws, axis=1) >= -1e-15)
    assert np.all(draws[:, INSIDE:] == 1)
    mean, error = mean_and_error(draws[:, 40:INSIDE])
    assert np.all(np.abs(mean - expected_cumulative()[40:INSIDE]) < SIGMAS * error)
    variance, error = variance_and_error(draws[:, 40:INSIDE])
    assert np.all(np.abs(variance - fluctuation(orders, beta)[40:INSIDE] ** 2) < SIGMAS * error)


@each_beta
def test_fluctuation_adds_up_over_constituents(beta: int) -> None:
    one = fluctuation([12], beta)
    assert one.shape == (129,)
    np.testing.assert_allclose(
        one[:INSIDE] * 12, np.sqrt(number_variance(12, beta, ARCS[:INSIDE])), rtol=1e-12
    )
    np.testing.assert_array_equal(one[INSIDE:], 0)
    np.testing.assert_allclose(fluctuation([12, 12, 12, 12], beta), one / 2, rtol=1e-12)
    two = np.sqrt(one**2 + fluctuation([30], beta) ** 2) / 2
    np.testing.assert_allclose(fluctuation([30, 12], beta), two, rtol=1e-12)


def test_the_arcs_of_the_edges() -> None:
    assert np.all(ARCS[:INSIDE] < np.pi)
    assert np.all(ARCS[INSIDE:] == np.pi)
    assert ARCS[64] == pytest.approx(np.pi / 2), "the median is at s = 0"
    np.testing.assert_allclose(expected_cumulative(), ARCS / np.pi)
    assert S_EDGES[INSIDE - 1] < np.log(2) < S_EDGES[INSIDE]


def test_a_stream_depends_on_its_name_only() -> None:
    orders = [5, 11]
    again = [realisation(orders, 2, stream("net", 2, 7)) for _ in range(2)]
    np.testing.assert_array_equal(again[0], again[1])
    for other in (stream("net", 2, 8), stream("net", 1, 7), stream("net2", 2, 7)):
        assert np.any(realisation(orders, 2, other) != again[0])
    assert stream("net", 2, 7).integers(1 << 40) == 635551094830, "the same on every machine"
