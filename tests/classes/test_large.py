"""Classes of more networks than the limit, against the exact ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from zoo_curves import diffuse_curves, zoo_curves
from zoo_spectra.classes import large
from zoo_spectra.classes.equivalence import distance_matrix, equivalence_classes
from zoo_spectra.classes.large import large_medoids, weighted_linkage
from zoo_spectra.classes.neighbours import components
from zoo_spectra.defaults import LINKAGES, Linkage


@pytest.fixture(params=["by near pairs", "in matrices"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which a step is linked; without near pairs all classes pass for crowded."""
    if request.param == "in matrices":
        monkeypatch.setattr(large, "_FEW", ())
    return str(request.param)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return adjusted_rand_score(a, b) == 1.0


@settings(max_examples=60)
@given(
    st.integers(0, 10**6),
    st.integers(2, 80),
    st.integers(1, 40),
    st.sampled_from([0.02, 0.05, 0.1, 0.2, 0.5]),
    st.sampled_from(LINKAGES),
)
def test_classes_are_exact_where_components_fit(
    seed: int, count: int, designs: int, accuracy: float, method: Linkage
) -> None:
    csds = zoo_curves(seed, count, designs, copies=2)
    limit = int(np.bincount(components(csds, accuracy)).max())
    found = equivalence_classes(csds, accuracy, method, limit)
    exact = equivalence_classes(csds, accuracy, method)
    assert found.label.tolist() == exact.label.tolist()
    assert found.medoid.tolist() == exact.medoid.tolist()
    assert found.medoid_distance == pytest.approx(exact.medoid_distance, abs=1e-13)
    assert found.exact.all()


@pytest.mark.parametrize("method", LINKAGES)
def test_a_chain_in_which_every_class_touches_the_next(method: Linkage, way: str) -> None:
    """The hardest case for components: all are one, however long."""
    step = np.zeros(129)
    step[40:80] = 0.2  # 1 e-fold
    # Gaps that grow, so that no two merges tie.
    csds = np.outer(0.05 + np.cumsum(np.linspace(0.04, 0.06, 500)), step)
    found = equivalence_classes(csds, 0.1, method, exact_limit=400)
    exact = equivalence_classes(csds, 0.1, method)
    assert adjusted_rand_score(found.label, exact.label) == 1.0
    assert set(found.linked) == {"exact" if method == "single" else "in steps"}


@pytest.mark.parametrize("method", ["average", "complete"])
@pytest.mark.parametrize("seed", range(3))
def test_classes_in_steps_agree_with_the_exact_ones(seed: int, method: Linkage, way: str) -> None:
    csds = zoo_curves(seed, 2000, designs=60)
    exact = equivalence_classes(csds, 0.1, method)
    found = equivalence_classes(csds, 0.1, method, exact_limit=420)
    assert found.exact.mean() < 0.5
    assert set(found.linked) == {"exact", "in steps"}
    assert len(np.unique(exact.label[~found.exact])) > 30
    agreed = adjusted_rand_score(exact.label, found.label)
    assert agreed == 1.0 if way == "by near pairs" or method == "complete" else agreed >= 0.95


@pytest.mark.parametrize("pairs", [1 << 21, 2000])
@pytest.mark.parametrize("method", ["average", "complete"])
def test_a_diffuse_cloud_has_the_exact_classes_and_no_two_that_should_have_merged(
    method: Linkage, pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is one component, larger than the limit at every height; few pairs or room."""
    monkeypatch.setattr(large, "_PAIRS", pairs)
    csds = diffuse_curves(0, 2000, 0.15)
    exact = equivalence_classes(csds, 0.1, method)
    found = equivalence_classes(csds, 0.1, method, exact_limit=20)
    assert same(exact.label, found.label)
    assert (found.linked == "in steps").mean() > 0.95
    assert len(set(exact.label)) < 700


@pytest.mark.parametrize("limit", [3, 300])
def test_classes_in_steps_of_complete_linkage_keep_every_pair_within_the_accuracy(
    limit: int, way: str
) -> None:
    csds = zoo_curves(5, 1500)
    found = equivalence_classes(csds, 0.1, "complete", exact_limit=limit)
    together = found.label[:, None] == found.label[None, :]
    assert not found.exact.all()
    assert distance_matrix(csds)[together].max() <= 0.1


def test_the_order_of_a_run_does_not_matter_and_a_rerun_is_the_same(way: str) -> None:
    csds = zoo_curves(6, 1500)
    first, second = (equivalence_classes(csds, 0.1, exact_limit=300) for _ in range(2))
    assert np.array_equal(first.label, second.label)
    assert np.array_equal(first.medoid, second.medoid)
    turned = equivalence_classes(csds[::-1], 0.1, exact_limit=300)
    assert adjusted_rand_score(first.label, turned.label[::-1]) >= 0.95


def test_copies_of_one_curve_are_one_class_however_many(way: str) -> None:
    csds = np.repeat(zoo_curves(7, 2, 2, 1), 500, axis=0)
    for accuracy in (0.0, 0.1):
        found = equivalence_classes(csds, accuracy, exact_limit=10)
        assert np.bincount(found.label).tolist() == [0, 500, 500]
        assert found.medoid_distance.max() == 0


def test_what_balls_leave_is_linked_again() -> None:
    """Scatter in every direction: all pairs are about ε/2 apart, and their sums much less."""
    noise = np.random.default_rng(0).normal(0, 0.0028, (400, 129))
    csds = zoo_curves(0, 1, 1, 1) + noise
    assert set(equivalence_classes(csds, 0.1).label) == {1}
    found = equivalence_classes(csds, 0.1, exact_limit=350)
    assert set(found.linked) == {"coarse"}
    assert set(found.label) == {1}


def test_components_too_large_at_every_step_still_give_classes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large, "_FEW", ())
    csds = zoo_curves(8, 600)
    found = equivalence_classes(csds, 0.1, exact_limit=5)
    exact = equivalence_classes(csds, 0.1)
    assert set(found.linked) >= {"coarse", "exact"}
    assert adjusted_rand_score(exact.label, found.label) > 0.4
    assert found.medoid_distance.max() < 0.3


@pytest.mark.parametrize("method", ["average", "complete"])
@pytest.mark.parametrize("seed", range(4))
def test_weights_stand_for_copies(method: Linkage, seed: int) -> None:
    assert method != "single"
    csds = zoo_curves(seed, 60, copies=1)
    weight = np.random.default_rng(seed).integers(1, 9, 60)
    copies = np.repeat(csds, weight, axis=0)
    for accuracy in (0.05, 0.1, 0.3):
        exact = equivalence_classes(copies, accuracy, method).label
        found = weighted_linkage(distance_matrix(csds), weight.astype(float), accuracy, method)
        assert same(exact, np.repeat(found, weight))


def test_weights_matter() -> None:
    """At 0, 0.05 and 0.13: the first two merge, and their mean distance to the third decides."""
    places = np.array([0, 0.05, 0.13])
    for weight, classes in (([1.0, 1.0, 1.0], 2), ([1.0, 9.0, 1.0], 1)):
        apart = np.abs(places[:, None] - places)
        found = weighted_linkage(apart, np.array(weight), 0.1, "average")
        assert found.max() + 1 == classes


def test_summed_distances_of_a_large_class_are_those_of_the_matrix() -> None:
    csds = np.round(zoo_curves(9, 300), 2)  # with ties
    total = distance_matrix(csds).sum(axis=1)
    assert large._summed_distances(csds) * 0.125 == pytest.approx(total, rel=1e-12)


def test_medoids_of_large_classes_are_those_of_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    csds = zoo_curves(10, 800)
    label = equivalence_classes(csds, 0.1).label
    small = large_medoids(csds, label)
    monkeypatch.setattr(large, "_SMALL_CLASS", 2)
    assert large_medoids(csds, label).tolist() == small.tolist()


def test_a_limit_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 network"):
        equivalence_classes(zoo_curves(0, 3), exact_limit=0)
