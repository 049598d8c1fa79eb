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


def test_numpys_openblas_has_the_two_stage_route() -> None:
    # Wheels of numpy bring it on Linux; where it were gone, large orders would silently be slower.
    assert lapack._two_stage() is not None


@pytest.mark.parametrize(("order", "columns"), [(2, 5), (33, 33), (300, 100), (520, 2000)])
def test_two_stages_agree_with_one(
    monkeypatch: pytest.MonkeyPatch, order: int, columns: int
) -> None:
    matrix = gram(order, columns)
    before = matrix.copy()
    expected = np.linalg.eigvalsh(matrix)
    monkeypatch.setattr(lapack, "TWO_STAGE_ORDER", 2)
    found = symmetric_eigenvalues(matrix)
    np.testing.assert_allclose(found, expected, rtol=0, atol=30 * EPS * expected[-1])
    assert np.all(np.diff(found) >= 0)
    np.testing.assert_array_equal(matrix, before)


def test_only_the_lower_triangle_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = gram(40, 90)
    lower = np.tril(matrix) + np.triu(np.full((40, 40), 1e9), 1)
    for limit in (2, 1000):
        monkeypatch.setattr(lapack, "TWO_STAGE_ORDER", limit)
        found = symmetric_eigenvalues(lower)
        np.testing.assert_allclose(found, np.linalg.eigvalsh(matrix), rtol=1e-9)


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
    monkeypatch.setattr(lapack, "_two_stage", lambda: None)
    np.testing.assert_array_equal(symmetric_eigenvalues(matrix), np.linalg.eigvalsh(matrix))
