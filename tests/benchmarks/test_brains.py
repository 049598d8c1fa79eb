"""The distances beside ours in the evidence on brains, and how its questions are answered."""

from __future__ import annotations

import json

import networkx as nx
import numpy as np
import pytest

from benchmarks.common import RESULTS, ROOT, Floats
from benchmarks.evidence.brains import accuracy, mantel, tuning
from benchmarks.evidence.brains_peers import (
    PEERS,
    Brain,
    entry_by_entry,
    portrait,
    portrait_divergence,
)


def brain(graph: nx.Graph) -> Brain:
    return Brain("a graph", nx.to_numpy_array(graph))


@pytest.mark.parametrize(
    ("seed", "expected"),
    [(0, 0.4553456754337283), (2, 0.37093416943247354)],
)
def test_portrait_divergence_is_that_of_netrd(seed: int, expected: float) -> None:
    """netrd 0.3.0, whose own requirements (Sphinx 2.0.1) cannot be installed beside ours."""
    random = nx.gnp_random_graph(30, 0.2, seed=seed)
    assert nx.is_connected(random)
    grown = nx.barabasi_albert_graph(40, 3, seed=seed)
    found = portrait_divergence(portrait(brain(random)), portrait(brain(grown)))
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_portrait_by_hand() -> None:
    """A path of three: the ends have one node at one step and one at two, the middle two at one."""
    expected = [[0, 3, 0, 0], [0, 2, 1, 0], [1, 2, 0, 0]]
    np.testing.assert_array_equal(portrait(brain(nx.path_graph(3))), expected)


OURS = [name for name in PEERS if not name.startswith("NetLSD")]  # those are a library's


@pytest.mark.parametrize("name", [*OURS, "entry by entry"])
def test_each_is_a_distance_that_knows_no_order_of_nodes(name: str) -> None:
    peer = {**PEERS, "entry by entry": entry_by_entry([str(i) for i in range(30)])}[name]
    rng = np.random.default_rng(1)
    weights = rng.lognormal(size=(30, 30)) * (rng.random((30, 30)) < 0.3)
    order = rng.permutation(30)
    names = tuple(str(i) for i in range(30))
    one = Brain("one", weights, names)
    turned = Brain("turned", weights[np.ix_(order, order)], tuple(names[i] for i in order))
    other = Brain("other", rng.lognormal(size=(30, 30)) * (rng.random((30, 30)) < 0.1), names)
    a, b, c = (peer.signature(each) for each in (one, turned, other))
    assert peer.apart(a, b) == pytest.approx(0, abs=1e-9)
    assert peer.apart(a, c) > 0.01
    assert peer.apart(a, c) == pytest.approx(peer.apart(c, a), rel=1e-12)


def test_mantel_by_hand() -> None:
    places = np.array([0.0, 1.0, 2.5, 4.5, 7.0, 10.0])
    follows = np.abs(np.subtract.outer(places, places))
    found = mantel(follows, places)
    assert found["correlation"] == pytest.approx(1)
    # Only the order itself reaches it: one of 720 orderings, and the one observed.
    assert found["p_value"] < 0.005
    scattered = follows[np.ix_([3, 0, 5, 1, 4, 2], [3, 0, 5, 1, 4, 2])]
    assert mantel(scattered, places)["p_value"] > 0.05


def test_halves_are_of_each_label_and_do_not_move() -> None:
    names = [f"m{i}" for i in range(12)]
    labels = np.array(["a"] * 8 + ["b"] * 4)
    chosen = tuning(names, labels)
    assert chosen[:8].sum() == 4
    assert chosen[8:].sum() == 2
    np.testing.assert_array_equal(tuning(names[:8], labels[:8]), chosen[:8])


def test_accuracy_is_of_those_asked_for() -> None:
    places = np.array([0.0, 1.0, 10.0, 11.0, 30.0])
    matrix: Floats = np.abs(np.subtract.outer(places, places))
    labels = np.array(["a", "a", "b", "c", "d"])
    found = accuracy(matrix, labels, labels != "d")
    assert (found["hits"], found["asked"]) == (2, 4)


def test_the_documents_quote_what_was_measured() -> None:
    found = json.loads((RESULTS / "brains.json").read_text(encoding="utf-8"))
    told = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name, row in found["mice"]["measures"].items():
        held, every = row["reported"]["hits"], row["all"]["hits"]
        assert f"| {name} | {row['tuning']['hits']} | {held} | {every} |" in told
    for name, age in found["ages"].items():
        assert f"| {name} | {age['correlation']:.2f} (p {age['p_value']:.4f}) |" in told
