"""Distances, classes, medoids and stability, against brute force and scipy's Wasserstein."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from scipy.stats import wasserstein_distance

from reference import stability
from zoo_curves import zoo_curves
from zoo_spectra.classes import equivalence
from zoo_spectra.classes.equivalence import (
    distance_matrix,
    equivalence_classes,
)
from zoo_spectra.defaults import LINKAGES, Linkage
from zoo_spectra.method import BIN_WIDTH, distance
from zoo_spectra.method.circular import expected_cumulative
from zoo_spectra.method.mme import S_EDGES

CURVE = arrays(np.float64, 129, elements=st.floats(-1, 1, width=32))


def curves(seed: int, count: int) -> np.ndarray:
    """CSD of point masses in random bins, ``count`` × 129."""
    rng = np.random.default_rng(seed)
    mass = rng.dirichlet(np.full(128, 0.05), count)
    cumulative = np.concatenate([np.zeros((count, 1)), np.cumsum(mass, axis=1)], axis=1)
    return cumulative - expected_cumulative()


def test_the_distance_is_the_first_wasserstein_distance_of_the_log_spectra() -> None:
    rng = np.random.default_rng(1)
    # Masses at edges: there the curve on the grid says all.
    at_a, at_b = rng.integers(20, 100, 40), rng.integers(20, 100, 25)
    csd_a = np.array([np.mean(at_a <= k) for k in range(129)]) - expected_cumulative()
    csd_b = np.array([np.mean(at_b <= k) for k in range(129)]) - expected_cumulative()
    expected = wasserstein_distance(S_EDGES[at_a], S_EDGES[at_b])
    assert distance(csd_a, csd_b) == pytest.approx(expected, rel=1e-12)


@given(CURVE, CURVE, CURVE)
def test_the_distance_is_a_metric(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == np.array_equal(a, b)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-12


def test_the_matrix_holds_the_distances() -> None:
    found = curves(2, 7)
    matrix = distance_matrix(found)
    brute = [[distance(a, b) for b in found] for a in found]
    assert matrix == pytest.approx(np.array(brute), abs=1e-14)


def brute_force(distances: np.ndarray, accuracy: float, method: Linkage) -> set[frozenset[int]]:
    """Agglomeration by its definition: merge the closest pair of classes while within ε."""
    join = {"average": np.mean, "complete": np.max, "single": np.min}[method]
    classes = [[i] for i in range(len(distances))]
    while len(classes) > 1:
        pairs = [
            (join(distances[np.ix_(classes[i], classes[j])]), i, j)
            for i, j in combinations(range(len(classes)), 2)
        ]
        height, i, j = min(pairs)
        if height > accuracy:
            break
        classes[i] += classes.pop(j)
    return {frozenset(members) for members in classes}


@pytest.mark.parametrize("method", LINKAGES)
@pytest.mark.parametrize("seed", range(5))
def test_classes_are_those_of_the_definition(method: Linkage, seed: int) -> None:
    found = curves(seed, 14)
    distances = distance_matrix(found)
    for accuracy in np.quantile(distances[distances > 0], [0.05, 0.3, 0.6]):
        labels = equivalence_classes(found, float(accuracy), method).label
        groups = {frozenset(np.flatnonzero(labels == k)) for k in set(labels)}
        assert groups == brute_force(distances, float(accuracy), method)


def test_complete_linkage_keeps_every_pair_within_the_accuracy() -> None:
    found = curves(9, 40)
    distances = distance_matrix(found)
    accuracy = float(np.quantile(distances, 0.3))
    labels = equivalence_classes(found, accuracy, "complete").label
    same = labels[:, None] == labels[None, :]
    assert distances[same].max() <= accuracy
    assert len(set(labels)) < 40


def test_accuracy_is_inclusive_and_zero_joins_only_equal_curves() -> None:
    found = curves(3, 2)
    exact = distance_matrix(found)[0, 1]
    assert equivalence_classes(found, exact).label.tolist() == [1, 1]
    assert equivalence_classes(found, np.nextafter(exact, 0)).label.tolist() == [1, 2]
    doubled = np.concatenate([found, found])
    assert equivalence_classes(doubled, 0.0).label.tolist() == [1, 2, 1, 2]


def test_classes_are_numbered_by_size_and_the_medoid_is_the_middle() -> None:
    base = curves(4, 1)[0]
    step = np.zeros(129)
    step[60:70] = 0.02
    near = [base + k * step for k in (0, 1, 2)]
    found = np.array([base + 30 * step, *near, base - 30 * step])
    classes = equivalence_classes(found, 0.1)
    assert classes.label.tolist() == [2, 1, 1, 1, 3]
    assert classes.medoid.tolist() == [0, 2, 2, 2, 4]
    unit = float(np.sum(step) * BIN_WIDTH)
    assert classes.medoid_distance == pytest.approx([0, unit, 0, unit, 0])


@pytest.mark.parametrize("method", LINKAGES)
@pytest.mark.parametrize("block", [1, 700, 1 << 21])
def test_the_exact_way_is_bit_by_bit_that_of_square_matrices(
    method: Linkage, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equivalence, "_BLOCK", block)
    found = np.concatenate([curves(8, 30), zoo_curves(8, 170)])
    square = distance_matrix(found)
    raw = fcluster(linkage(pdist(found, "cityblock") * BIN_WIDTH, method), 0.1, "distance")
    classes = equivalence_classes(found, 0.1, method)
    assert len(set(zip(raw, classes.label, strict=True))) == len(set(raw)) == classes.label.max()
    for label in set(classes.label):
        members = np.flatnonzero(classes.label == label)
        middle = members[np.argmin(square[np.ix_(members, members)].sum(axis=1))]
        assert set(classes.medoid[members]) == {middle}
    assert np.array_equal(classes.medoid_distance, square[np.arange(200), classes.medoid])
    assert classes.exact.all()


def test_one_network_is_one_class() -> None:
    classes = equivalence_classes(curves(5, 1))
    assert (classes.label.tolist(), classes.medoid.tolist()) == ([1], [0])


@pytest.mark.parametrize("accuracy", [-0.1, float("nan"), float("inf")])
def test_an_accuracy_that_means_nothing_is_refused(accuracy: float) -> None:
    with pytest.raises(ValueError, match="accuracy"):
        equivalence_classes(curves(6, 3), accuracy)


def test_an_unknown_linkage_is_refused() -> None:
    with pytest.raises(ValueError, match="linkage must be one of average"):
        equivalence_classes(curves(6, 3), 0.1, "ward")  # type: ignore[arg-type]


def test_stability_is_the_share_that_stays() -> None:
    medoids = curves(7, 3)
    moved = np.array([medoids[0]] * 3 + [medoids[2]])
    assert stability(moved, medoids, 0) == 0.75
    assert stability(moved, medoids, 2) == 0.25
    assert stability(moved, medoids, 1) == 0.0
