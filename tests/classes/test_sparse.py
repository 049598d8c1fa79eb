"""Linkage by near pairs only, against the matrix of all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from zoo_curves import diffuse_curves, zoo_curves
from zoo_spectra.classes.between import Method
from zoo_spectra.classes.neighbours import near_pairs
from zoo_spectra.classes.sparse import reachable, sparse_linkage
from zoo_spectra.method import BIN_WIDTH

METHODS = ("average", "complete")


def alone(count: int) -> list[np.ndarray]:
    return [np.array([at]) for at in range(count)]


def tree(csds: np.ndarray, method: Method) -> np.ndarray:
    return linkage(pdist(csds, "cityblock") * BIN_WIDTH, method)


@settings(max_examples=40)
@given(
    st.integers(0, 10**6),
    st.integers(2, 150),
    st.sampled_from([0.01, 0.05, 0.1, 0.3, 1.0]),
    st.sampled_from(METHODS),
    st.booleans(),
)
def test_classes_are_those_of_the_matrix(
    seed: int, count: int, height: float, method: Method, dense: bool
) -> None:
    csds = zoo_curves(seed, count) if dense else diffuse_curves(seed, count)
    expected = fcluster(tree(csds, method), height, "distance")
    found = sparse_linkage(csds, alone(count), height, method)
    assert set(found.tolist()) == set(range(found.max() + 1))
    assert adjusted_rand_score(expected, found) == 1.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(3))
def test_classes_go_on_where_a_lower_height_left_them(method: Method, seed: int) -> None:
    csds = diffuse_curves(seed, 300, 0.2)
    label = np.arange(300)
    for height in (0.03, 0.07, 0.1, 0.25):
        members = [np.flatnonzero(label == at) for at in range(label.max() + 1)]
        label = sparse_linkage(csds, members, height, method)[label]
        expected = fcluster(tree(csds, method), height, "distance")
        assert adjusted_rand_score(expected, label) == 1.0
    assert 1 < label.max() < 150


def test_near_pairs_are_all_of_them_once() -> None:
    csds = diffuse_curves(1, 1500, 0.3)
    apart = pdist(csds, "cityblock") * BIN_WIDTH
    found = [np.stack(pairs) for pairs in near_pairs(csds, 0.2)]
    low, high, distance = np.concatenate(found, axis=1)
    assert len(distance) == np.sum(apart <= 0.2)
    assert (low < high).all()
    at = (low * 1500 - low * (low + 1) // 2 + high - low - 1).astype(int)
    assert len(set(at.tolist())) == len(at)
    assert distance == pytest.approx(apart[at], abs=1e-13)


def test_a_height_is_reached_as_far_as_there_is_room() -> None:
    csds = diffuse_curves(2, 2000, 0.3)
    apart = pdist(csds, "cityblock") * BIN_WIDTH
    for pairs in (2_000, 20_000):
        height = reachable(csds, 0.0, 10.0, pairs)
        assert height is not None
        assert 0.3 * pairs < np.sum(apart <= height) < 2 * pairs
        assert reachable(csds, 0.0, height / 2, pairs) == height / 2
        assert reachable(csds, height * 0.99, 10.0, pairs) is None
    assert reachable(csds, 0.0, 10.0, 2000 * 1999 // 2) == 10.0
