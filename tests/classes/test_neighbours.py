"""Covers and connected components, against the matrix of all distances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from zoo_curves import zoo_curves
from zoo_spectra.classes import neighbours
from zoo_spectra.classes.equivalence import distance_matrix
from zoo_spectra.classes.neighbours import components, cover
from zoo_spectra.method import BIN_WIDTH


def graph_components(csds: np.ndarray, accuracy: float) -> np.ndarray:
    return connected_components(distance_matrix(csds) <= accuracy)[1]


def groups(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == k).tolist()) for k in set(labels.tolist())}


def line(places: list[float]) -> np.ndarray:
    """Curves at these places, in e-folds, of one line in the space of curves."""
    step = np.zeros(129)
    step[[10, 70]] = [1, -1]  # the sums over neighbours are not blind to it
    return np.outer(np.array(places) / (2 * BIN_WIDTH), step)


@pytest.mark.parametrize("radius", [0.005, 0.02, 0.1, 0.5])
@pytest.mark.parametrize("count", [1, 40, 2500])
def test_a_cover_is_that_of_the_definition(count: int, radius: float) -> None:
    csds = zoo_curves(1, count)
    apart = distance_matrix(csds)
    leaders: list[int] = []
    for at in range(count):
        if not (apart[at, leaders] <= radius).any():
            leaders.append(at)
    found = cover(csds, radius)
    assert found is not None
    assert found.leader.tolist() == leaders
    assert found.owner.tolist() == np.argmin(apart[:, leaders], axis=1).tolist()
    assert found.distance == pytest.approx(apart[:, leaders].min(axis=1), abs=1e-13)


def test_a_cover_of_too_many_balls_is_none() -> None:
    csds = zoo_curves(1, 2000)
    found = cover(csds, 0.02)
    assert found is not None
    assert cover(csds, 0.02, most=len(found.leader)) is not None
    assert cover(csds, 0.02, most=len(found.leader) - 1) is None


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=60),
    st.integers(0, 6),
    st.sampled_from([4, 64, 1024]),
)
def test_components_of_points_on_a_line(places: list[int], accuracy: int, block: int) -> None:
    """Integers, so that many pairs are exactly ε apart; chains through balls of every size."""
    csds = line([place / 8 for place in places])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_BLOCK", block)
        found = components(csds, accuracy / 8)
    assert groups(found) == groups(graph_components(csds, accuracy / 8))


@pytest.mark.parametrize("accuracy", [0.0, 0.01, 0.04, 0.1, 0.3])
def test_components_are_those_of_the_graph(accuracy: float) -> None:
    csds = zoo_curves(2, 1500, designs=200)
    assert groups(components(csds, accuracy)) == groups(graph_components(csds, accuracy))


def test_members_join_two_balls_whose_leaders_are_further_apart_than_the_accuracy() -> None:
    csds = line([0.0, 1.18, 0.11, 1.09])
    assert components(csds, 0.98).tolist() == [0, 0, 0, 0]
    assert components(csds, 0.97).tolist() == [0, 1, 0, 1]


def test_curves_that_differ_within_a_sum_only_are_told_apart() -> None:
    """The sums of neighbouring entries see no difference at all."""
    csds = np.zeros((2, 129))
    csds[1, [16, 17]] = [0.9, -0.9]
    assert components(csds, 0.1).tolist() == [0, 1]


def test_many_pairs_are_measured_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    csds = zoo_curves(3, 600)
    whole = components(csds, 0.3)
    monkeypatch.setattr(neighbours, "_PAIRS", 50)
    assert np.array_equal(components(csds, 0.3), whole)
