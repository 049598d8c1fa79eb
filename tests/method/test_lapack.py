"""Two-stage eigenvalues against numpy's."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_spectra.method import lapack
from zoo_spectra.method.engine import limited
from zoo_spectra.method.lapack import (
    THREADED_TWO_STAGE_ORDER,
    TWO_STAGE_ORDER,
    Floats,
    Routine,
    eigenvalues_by,
    faster_routine,
    symmetric_eigenvalues,
)

EPS = float(np.finfo(np.float64).eps)


def gram(order: int, columns: int) -> Floats:
    weights = np.random.default_rng(order).standard_normal((order, columns))
    return weights @ weights.T


@pytest.mark.parametrize("name", ["dsyevd", "dsyevd_2stage"])
def test_numpys_openblas_has_the_routines(name: Routine) -> None:
    # Wheels of numpy bring them on Linux; without them analysis would silently be slower.
    assert lapack._routine(name) is not None
    assert lapack._function("no_such_symbol") is None


@pytest.mark.parametrize(("order", "columns"), [(2, 5), (33, 33), (300, 100), (520, 2000)])
def test_two_stages_agree_with_one(order: int, columns: int) -> None:
    matrix = gram(order, columns)
    expected = np.linalg.eigvalsh(matrix)
    found = eigenvalues_by("dsyevd_2stage", matrix)
    np.testing.assert_allclose(found, expected, rtol=0, atol=30 * EPS * expected[-1])
    assert np.all(np.diff(found) >= 0)


@pytest.mark.parametrize("order", [1, 2, 16, 100, 384, 700])
def test_one_stage_gives_numpys_very_bits(order: int) -> None:
    matrix = gram(order, 2 * order)
    expected = np.linalg.eigvalsh(matrix)
    np.testing.assert_array_equal(symmetric_eigenvalues(matrix), expected)


def test_the_known_spectrum_of_the_path_graph() -> None:
    # 2 - 2 cos(π k/(n+1)): the second difference matrix.
    n = 200
    matrix = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    expected = 2 - 2 * np.cos(np.pi * np.arange(1, n + 1) / (n + 1))
    found = eigenvalues_by("dsyevd_2stage", matrix)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_without_it_numpys_route_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = gram(30, 30)
    monkeypatch.setattr(lapack, "_routine", lambda name: None)
    expected = np.linalg.eigvalsh(matrix)
    np.testing.assert_array_equal(symmetric_eigenvalues(matrix), expected)


def test_the_route_depends_on_order_and_threads() -> None:
    for threads, least in ((1, TWO_STAGE_ORDER), (2, THREADED_TWO_STAGE_ORDER)):
        assert faster_routine(least - 1, threads) == "dsyevd"
        assert faster_routine(least, threads) == "dsyevd_2stage"


def test_the_threads_that_blas_has_now_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    monkeypatch.setattr(lapack, "eigenvalues_by", lambda name, matrix: taken.append(name))
    matrix = np.empty((TWO_STAGE_ORDER, TWO_STAGE_ORDER))
    for threads in (1, 2):
        with limited(threads):
            symmetric_eigenvalues(matrix)
    assert taken == ["dsyevd_2stage", "dsyevd"]
