"""Stabilities by pruning, against every medoid measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from zoo_curves import zoo_curves
from zoo_spectra.classes.stability import stay


def brute_force(resamples: np.ndarray, own: np.ndarray, medoids: np.ndarray) -> np.ndarray:
    return np.argmin(cdist(resamples, medoids, "cityblock"), axis=1) == own


@pytest.mark.parametrize("noise", [0.01, 0.03, 0.1])
def test_the_same_stay_as_by_measuring_every_medoid(noise: float) -> None:
    rng = np.random.default_rng(0)
    medoids = zoo_curves(1, 300, copies=1)
    own = rng.integers(0, 300, 3000)
    resamples = medoids[own] + noise * rng.standard_normal((3000, 1)) * rng.uniform(0, 1, 129)
    expected = brute_force(resamples, own, medoids)
    assert 0.02 < expected.mean() < 0.98
    assert np.array_equal(stay(resamples, own, medoids), expected)


@given(st.data())
def test_ties_go_to_the_first_medoid(data: st.DataObject) -> None:
    """Small integers: many distances are equal, also exactly twice another."""
    cells = st.lists(st.integers(-2, 2), min_size=3, max_size=3)
    medoids = np.array(data.draw(st.lists(cells, min_size=1, max_size=12)), dtype=float)
    resamples = np.array(data.draw(st.lists(cells, min_size=1, max_size=20)), dtype=float)
    choice = st.integers(0, len(medoids) - 1)
    own = np.array([data.draw(choice) for _ in resamples])
    assert np.array_equal(stay(resamples, own, medoids), brute_force(resamples, own, medoids))


def test_no_resample_is_no_answer() -> None:
    assert stay(np.empty((0, 129)), np.empty(0, dtype=np.int64), zoo_curves(0, 3)).shape == (0,)
