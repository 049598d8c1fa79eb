"""Symmetric constituents: their own eigenvalues, their levels, and levels that tell nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import zoo_spectra as zs
from zoo_spectra.method.engine import Engine, solve
from zoo_spectra.method.levels import average_gap_ratio, signed_gap_ratio
from zoo_spectra.method.spectrum import (
    ConstituentSpectrum,
    constituent_spectrum,
    gram_eigenvalues,
    signed_eigenvalues,
)
from zoo_spectra.sources import is_symmetric
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.network import Constituent

EPS = float(np.finfo(np.float64).eps)
Draw = Callable[[np.random.Generator, int], Matrix]


def spectrum_of(matrix: Matrix) -> ConstituentSpectrum:
    return constituent_spectrum(Constituent("w", matrix))


def gaussian(rng: np.random.Generator, n: int) -> Matrix:
    a = rng.standard_normal((n, n))
    return a + a.T


def single(rng: np.random.Generator, n: int) -> Matrix:
    return gaussian(rng, n).astype(np.float32)


def nearly(rng: np.random.Generator, n: int) -> Matrix:
    """Rows and columns scaled one after the other, which rounds the two halves differently."""
    scale = rng.uniform(0.5, 2, n)
    matrix = gaussian(rng, n) * scale[:, None] * scale
    assert np.any(matrix != matrix.T)
    return matrix


def of_low_rank(rng: np.random.Generator, n: int) -> Matrix:
    """Half its eigenvalues are zero, in the middle of the others."""
    matrix = np.zeros((n, n))
    matrix[: n // 2, : n // 2] = gaussian(rng, n // 2)
    return matrix


def with_empty_nodes(rng: np.random.Generator, n: int) -> Matrix:
    matrix = gaussian(rng, n)
    matrix[::5] = matrix[:, ::5] = 0
    return matrix


@pytest.mark.parametrize("draw", [gaussian, single, nearly, of_low_rank, with_empty_nodes])
def test_a_symmetric_gaussian_is_coe(draw: Draw) -> None:
    rng = np.random.default_rng(1)
    found = [spectrum_of(draw(rng, 160)).gap_ratio for _ in range(40)]
    average = average_gap_ratio(found, [1] * 40)
    assert average is not None
    assert average.nearest == "coe"
    assert average.deviation < 4
    assert average.standard_error < 0.01


def test_of_its_gram_spectrum_alone_it_would_look_like_poisson() -> None:
    """What version 1 said: two independent spectra are one, and their levels do not repel."""
    rng = np.random.default_rng(2)
    found = [signed_gap_ratio(gram_eigenvalues(gaussian(rng, 160))) for _ in range(40)]
    average = average_gap_ratio(found, [1] * 40)
    assert average is not None
    assert average.mean == pytest.approx(0.42, abs=0.015)


def skew(rng: np.random.Generator, n: int) -> Matrix:
    a = rng.standard_normal((n, n))
    return a - a.T


def bipartite(rng: np.random.Generator, n: int) -> Matrix:
    matrix = np.zeros((n, n))
    matrix[: n // 3, n // 3 :] = rng.standard_normal((n // 3, n - n // 3))
    return matrix + matrix.T


def repeated(rng: np.random.Generator, n: int) -> Matrix:
    block: Matrix = np.kron(np.eye(2), rng.standard_normal((n // 2, n // 2)))
    return block


def repeated_beside_another(rng: np.random.Generator, n: int) -> Matrix:
    third = n // 3
    matrix = np.kron(np.eye(3), rng.standard_normal((third, third)))
    matrix[:third, :third] = rng.standard_normal((third, third))
    return matrix


def repeated_symmetric(rng: np.random.Generator, n: int) -> Matrix:
    block: Matrix = np.kron(np.eye(2), gaussian(rng, n // 2))
    return block


@pytest.mark.parametrize(
    "draw", [skew, bipartite, repeated, repeated_beside_another, repeated_symmetric]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_degenerate_levels_give_no_verdict(draw: Draw, dtype: str) -> None:
    for seed in range(5):
        matrix = draw(np.random.default_rng(seed), 150).astype(dtype)
        spectrum = spectrum_of(matrix)
        assert spectrum.gap_ratio is None
        assert len(spectrum.positive) >= 90, "nor is it for a lack of levels"


@pytest.mark.parametrize("draw", [gaussian, single, nearly, of_low_rank, bipartite])
def test_squares_are_the_gram_spectrum(draw: Draw) -> None:
    matrix = draw(np.random.default_rng(3), 90)
    found = spectrum_of(matrix).eigenvalues
    expected = gram_eigenvalues(matrix)
    np.testing.assert_allclose(found, expected, rtol=0, atol=50 * EPS * expected[-1])
    assert np.all(np.diff(found) >= 0)
    singular = np.linalg.svd(np.asarray(matrix, np.float64), compute_uv=False)
    np.testing.assert_allclose(found, np.sort(singular**2), rtol=0, atol=50 * EPS * found[-1])


@settings(max_examples=60)
@given(st.integers(2, 40), st.integers(1, 39), st.integers(-400, 400), st.integers(0, 2**31))
def test_null_mass_and_scale_are_those_of_the_map_however_it_is_solved(
    n: int, rank: int, exponent: int, seed: int
) -> None:
    """The same map with its outputs in another order is no symmetric matrix any more."""
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((n, min(rank, n)))
    matrix = np.ldexp(half @ np.diag(rng.standard_normal(min(rank, n))) @ half.T, exponent)
    matrix = (matrix + matrix.T) / 2
    turned = matrix[np.roll(np.arange(n), 1)]
    one, other = zs.analyze({"w": matrix}), zs.analyze({"w": turned})
    assert one.null_mass == other.null_mass
    assert one.scale == pytest.approx(other.scale, rel=1e-6)


@pytest.mark.parametrize("exponent", [-150, 150])
def test_scales_at_the_ends_of_float64(exponent: int) -> None:
    matrix = gaussian(np.random.default_rng(4), 40)
    found = spectrum_of(matrix * 10.0**exponent)
    unscaled = found.eigenvalues / 10.0**exponent / 10.0**exponent
    np.testing.assert_allclose(unscaled, spectrum_of(matrix).eigenvalues, rtol=1e-10)
    assert found.gap_ratio is not None
    assert spectrum_of(matrix * 1e200).skipped is not None
    assert spectrum_of(matrix * 1e-170).skipped is not None


def test_the_input_is_left_alone() -> None:
    matrix = gaussian(np.random.default_rng(5), 50)
    before = matrix.copy()
    signed_eigenvalues(matrix)
    np.testing.assert_array_equal(matrix, before)


@pytest.mark.parametrize("device", ["cpu", "torch-cpu"])
def test_devices_agree(device: str) -> None:
    rng = np.random.default_rng(6)
    matrices = [gaussian(rng, 60), gaussian(rng, 60) * 1e100, skew(rng, 60), single(rng, 60)]
    matrices += [rng.standard_normal((60, 60)), nearly(rng, 60)]
    given = [Constituent(str(at), matrix) for at, matrix in enumerate(matrices)]
    solved = list(solve(iter(given), 8192, "n", Engine(device, 1)))  # type: ignore[arg-type]
    for each, matrix in zip(solved, matrices, strict=True):
        expected = gram_eigenvalues(matrix)
        relative = each.spectrum.eigenvalues / expected[-1]
        np.testing.assert_allclose(relative, expected / expected[-1], rtol=0, atol=1e-6)
        ratio, alone = each.spectrum.gap_ratio, spectrum_of(matrix).gap_ratio
        assert (ratio is None) == (alone is None)
        if ratio and alone:
            assert ratio.mean == pytest.approx(alone.mean, abs=1e-6)


@settings(max_examples=80)
@given(st.integers(1, 30), st.sampled_from(["f8", "f4", "f2", "i8", "u1", "?"]), st.integers(0, 99))
def test_symmetric_is_entry_by_entry(n: int, dtype: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = np.triu(rng.integers(0, 5, (n, n)) * (rng.random((n, n)) < 0.6))
    matrix = (half + np.triu(half, 1).T).astype(dtype)
    thin = dtype != "f2"  # which scipy does not know
    assert is_symmetric(matrix)
    assert not thin or is_symmetric(sparse.csr_array(matrix))
    assert is_symmetric(np.asfortranarray(matrix))
    row, column = rng.integers(0, n, 2)
    if row != column:
        matrix[row, column] = 1 - bool(matrix[row, column])
        assert not is_symmetric(matrix)
        assert not thin or not is_symmetric(sparse.csr_array(matrix))


def test_symmetric_up_to_rounding_only() -> None:
    large = gaussian(np.random.default_rng(7), 1500)
    for off, expected in [(4 * EPS, True), (1e-12, False)]:
        changed = large.copy()
        changed[1400, 20] *= 1 + off
        assert is_symmetric(changed) is expected
        assert is_symmetric(sparse.csr_array(changed)) is expected
    # A huge entry excuses no other.
    outlier = np.random.default_rng(8).standard_normal((30, 30))
    outlier[5, 5] = 1e20
    assert not is_symmetric(outlier)
    assert not is_symmetric(np.ones((3, 4)))
    assert not is_symmetric(np.full((2, 2), np.nan))
    assert is_symmetric(np.full((2, 2), 1e308))
