"""Two-stage eigenvalues against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_spectra import lapack
from zoo_spectra.lapack import Floats, symmetric_eigenvalues

EPS = float(np.finfo(np.float64).eps)


def gram(order: int, columns: int) -> Floats:
    weights = np.random.default_rng(order).standard_normal((order, columns))
    return weights @ weights.T


@pytest.mark.parametrize("name", ["dsyevd", "dsyevd_2stage"])
def test_numpys_openblas_has_the_routines(name: str) -> None:
    # Wheels of numpy bring them on Linux; without them analysis would silently be slower.
    assert lapack._routine(name) is not None
    assert lapack._routine("no_such_routine") is None


@pytest.mark.parametrize(("order", "columns"), [(2, 5), (33, 33), (300, 100), (520, 2000)])
def test_two_stages_agree_with_one(
    monkeypatch: pytest.MonkeyPatch, order: int, columns: int
) -> None:
    matrix = gram(order, columns)
    expected = np.linalg.eigvalsh(matrix)
    monkeypatch.setattr(lapack, "TWO_STAGE_ORDER", 2)
    found = symmetric_eigenvalues(matrix)
    np.testing.assert_allclose(found, expected, rtol=0, atol=30 * EPS * expected[-1])
    assert np.all(np.diff(found) >= 0)


@pytest.mark.parametrize("order", [1, 2, 16, 100, 384, 700])
def test_one_stage_gives_numpys_very_bits(order: int) -> None:
    matrix = gram(order, 2 * order)
    expected = np.linalg.eigvalsh(matrix)
    np.testing.assert_array_equal(symmetric_eigenvalues(matrix), expected)


def test_the_known_spectrum_of_the_path_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    # 2 - 2 cos(π k/(n+1)): the second difference matrix.
    n = 200
    matrix = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    expected = 2 - 2 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1))
    monkeypatch.setattr(lapack, "TWO_STAGE_ORDER", 2)
    np.testing.assert_allclose(symmetric_eigenvalues(matrix), expected, atol=1e-13)


def test_without_it_numpys_route_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = gram(30, 30)
    monkeypatch.setattr(lapack, "TWO_STAGE_ORDER", 2)
    monkeypatch.setattr(lapack, "_routine", lambda name: None)
    expected = np.linalg.eigvalsh(matrix)
    np.testing.assert_array_equal(symmetric_eigenvalues(matrix), expected)
