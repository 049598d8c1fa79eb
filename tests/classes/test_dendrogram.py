"""The tree of all classes: at every accuracy those of ``equivalence_classes``."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from zoo_curves import zoo_curves
from zoo_spectra.classes import dendrogram_of, equivalence_classes
from zoo_spectra.defaults import LINKAGES, Linkage
from zoo_spectra.method import BIN_WIDTH


def tops(tree, accuracy: float) -> dict[int, list[int]]:
    """Members of the highest nodes that are not above ε."""
    count = len(tree.merges) + 1
    members = {at: [at] for at in range(count)}
    for at, (one, other) in enumerate(tree.merges.tolist()):
        if tree.height[at] > accuracy:
            break
        members[count + at] = sorted(members.pop(one) + members.pop(other))
    return members


@pytest.mark.parametrize("linkage", LINKAGES)
def test_nodes_are_the_classes_at_any_accuracy(linkage: Linkage) -> None:
    points = zoo_curves(3, 120)
    tree = dendrogram_of(points, linkage, 0.1)
    assert np.all(np.diff(tree.height) >= 0)
    for accuracy in (0.0, 0.02, 0.1, 0.3, 1.0, 100.0):
        classes = equivalence_classes(points, accuracy, linkage)
        nodes = tops(tree, accuracy)
        expected = {tuple(np.flatnonzero(classes.label == k)) for k in classes.label}
        assert {tuple(each) for each in nodes.values()} == expected
        for node, inside in nodes.items():
            assert tree.medoid[node] == classes.medoid[inside[0]]
            far = classes.medoid_distance[inside].max()
            assert tree.radius[node] == pytest.approx(far, abs=1e-12)


def test_of_equal_networks_the_medoids_are_those_that_are_stored() -> None:
    points = np.repeat(zoo_curves(5, 12), 5, axis=0)
    tree = dendrogram_of(points, "average", 0.2)
    classes = equivalence_classes(points, 0.2)
    for node, inside in tops(tree, 0.2).items():
        assert tree.medoid[node] == classes.medoid[inside[0]]


def test_medoids_and_radii_by_definition() -> None:
    points = zoo_curves(8, 40)
    tree = dendrogram_of(points, "average", 0.1)
    apart = cdist(points, points, "cityblock") * BIN_WIDTH
    for node, inside in tops(tree, 0.5).items():
        own = apart[np.ix_(inside, inside)]
        assert own.sum(axis=1).min() == pytest.approx(
            own.sum(axis=1)[inside.index(tree.medoid[node])]
        )
        assert tree.radius[node] == pytest.approx(apart[tree.medoid[node], inside].max())


def test_one_network_is_a_tree() -> None:
    tree = dendrogram_of(zoo_curves(1, 1), "complete", 0.1)
    assert tree.merges.shape == (0, 2)
    assert tree.medoid.tolist() == [0]
    assert tree.radius.tolist() == [0.0]
