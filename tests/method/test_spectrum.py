"""Gram eigenvalues against singular values, and what is no constituent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import svdvals

from zoo_spectra.method.levels import zero_threshold
from zoo_spectra.method.spectrum import (
    ConstituentSpectrum,
    constituent_spectrum,
    gram_eigenvalues,
    scaled,
    skip_reason,
    stream,
)
from zoo_spectra.sources.network import Constituent, Matrix

EPS = float(np.finfo(np.float64).eps)


def spectrum_of(matrix: Matrix) -> ConstituentSpectrum:
    return constituent_spectrum(Constituent("w", matrix))


def squared_singular_values(matrix: Matrix) -> np.ndarray:
    values: np.ndarray = np.sort(svdvals(matrix.astype(np.float64))) ** 2
    return values


@pytest.mark.parametrize("shape", [(30, 80), (80, 30), (50, 50), (2, 500), (500, 2)])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint8"])
def test_squares_of_singular_values(shape: tuple[int, int], dtype: str) -> None:
    rng = np.random.default_rng(1)
    matrix = (rng.standard_normal(shape) * 20 + 60).astype(dtype)
    values = gram_eigenvalues(matrix)
    assert values.shape == (min(shape),)
    assert values.dtype == np.float64
    # An absolute error of a few eps of λ_max, whatever the size of an eigenvalue.
    np.testing.assert_allclose(
        values, squared_singular_values(matrix), rtol=0, atol=20 * EPS * values[-1]
    )


def test_bool_is_zero_and_one() -> None:
    matrix = np.random.default_rng(2).random((20, 31)) < 0.3
    expected = squared_singular_values(matrix)
    np.testing.assert_allclose(gram_eigenvalues(matrix), expected, atol=1e-12)


@pytest.mark.parametrize("exponent", [-150, 150])
def test_scales_at_the_ends_of_float64(exponent: int) -> None:
    matrix = np.random.default_rng(3).standard_normal((12, 40))
    values = spectrum_of(matrix * 10.0**exponent).eigenvalues
    expected = squared_singular_values(matrix)
    np.testing.assert_allclose(values / 10.0**exponent / 10.0**exponent, expected, rtol=1e-11)


def test_a_power_of_two_scales_exactly() -> None:
    matrix = np.random.default_rng(4).standard_normal((17, 9))
    moved = gram_eigenvalues(np.ldexp(matrix, -37))
    np.testing.assert_array_equal(np.ldexp(moved, 74), gram_eigenvalues(matrix))


def test_no_scale_is_looked_for_where_none_can_be_needed() -> None:
    # The ends of float32, where a float64 of the same entries is scaled or not, to the same bits.
    for factor in (2.0**-140, 1.0, 2.0**120):
        single = (np.random.default_rng(3).uniform(1, 2, (20, 30)) * factor).astype(np.float32)
        double = single.astype(np.float64)
        np.testing.assert_array_equal(gram_eigenvalues(single), gram_eigenvalues(double))
    assert scaled(double * 2.0**200)[1] > 0


def test_strided_views() -> None:
    big = np.random.default_rng(5).standard_normal((40, 60))
    for view in (big[::2, ::3], big.T[5:25], big[::-1], np.asfortranarray(big)):
        copy = np.ascontiguousarray(view)
        np.testing.assert_allclose(gram_eigenvalues(view), gram_eigenvalues(copy), rtol=1e-11)


def test_the_input_is_left_alone() -> None:
    matrix = np.random.default_rng(6).standard_normal((8, 8))
    before = matrix.copy()
    spectrum_of(matrix)
    np.testing.assert_array_equal(matrix, before)


@pytest.mark.parametrize(
    ("shape", "rank"), [((40, 60), 7), ((60, 40), 39), ((64, 64), 1), ((4, 5000), 2), ((300, 9), 3)]
)
def test_the_rank_is_what_lies_above_the_numerical_zero(shape: tuple[int, int], rank: int) -> None:
    rng = np.random.default_rng(7)
    matrix = rng.standard_normal((shape[0], rank)) @ rng.standard_normal((rank, shape[1]))
    spectrum = spectrum_of(matrix)
    assert len(spectrum.eigenvalues) == spectrum.order == min(shape)
    assert len(spectrum.positive) == rank
    assert spectrum.eigenvalues[0] >= 0


def test_the_numerical_zero_is_n_eps_largest_and_at_least_16() -> None:
    assert zero_threshold(np.array([0.0, 1.0, 8.0])) == 128 * EPS
    assert zero_threshold(np.append(np.zeros(19), 8.0)) == 160 * EPS
    assert zero_threshold(np.array([0.0, 8.0]), order=100) == 800 * EPS
    assert zero_threshold(np.empty(0)) == 0.0
    for small, positive in [(15.9, 1), (16.1, 2)]:
        values = np.array([small * EPS, 1.0])
        assert len(ConstituentSpectrum("w", (2, 2), values).positive) == positive


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.ones((1, 9)), "order below 2 (shape 1×9)"),
        (np.ones((9, 1)), "order below 2"),
        (np.ones((0, 9)), "order below 2"),
        (np.zeros((3, 3)), "all entries are zero"),
        (np.array([[1.0, np.nan], [np.inf, 1.0]]), "2 non-finite entries"),
        (np.ones((2, 2), dtype=complex), "not real numbers (dtype complex128)"),
        (np.array([["a", "b"], ["c", "d"]]), "not real numbers"),
        (np.array([[None, 1], [1, 1]], dtype=object), "not real numbers (dtype object)"),
        (np.full((2, 2), 1e200), "outside the range of float64"),
        (np.eye(2) * 1e-170, "outside the range of float64"),
        (np.eye(2, dtype=np.longdouble) * np.longdouble("1e4000"), "2 non-finite entries"),
    ],
)
def test_what_is_no_constituent(matrix: Matrix, words: str) -> None:
    spectrum = spectrum_of(matrix)
    assert spectrum.skipped is not None
    assert words in spectrum.skipped
    assert spectrum.eigenvalues.shape == (0,)
    assert spectrum.positive.shape == (0,)
    assert spectrum.shape == matrix.shape


def test_a_constituent_has_no_reason_to_be_skipped() -> None:
    assert skip_reason(np.eye(2)) is None
    assert spectrum_of(np.eye(2)).skipped is None


def test_a_tensor_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="'w': shape \\(2, 2, 2\\) is not a matrix"):
        spectrum_of(np.ones((2, 2, 2)))


@settings(max_examples=60)
@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 2**31))
def test_transposed_or_permuted_it_is_the_same(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((rows, columns))
    values = gram_eigenvalues(matrix)
    close = {"rtol": 0, "atol": 30 * EPS * values[-1]}
    np.testing.assert_allclose(gram_eigenvalues(matrix.T), values, **close)
    mixed = matrix[rng.permutation(rows)][:, rng.permutation(columns)]
    np.testing.assert_allclose(gram_eigenvalues(mixed), values, **close)
    assert abs(values.sum() - np.sum(matrix**2)) < 30 * EPS * values.sum()


def test_streams_are_told_apart_and_repeat() -> None:
    def first(*parts: object) -> int:
        return int(stream(*parts).integers(1 << 62))

    assert first("a", 1, 2) == first("a", 1, 2)
    assert len({first("a", 1, 2), first("a", 2, 1), first("b", 1, 2), first("a", 12)}) == 4
