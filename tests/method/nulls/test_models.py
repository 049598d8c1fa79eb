"""Null models: what each keeps, and that nothing else is kept."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import chisquare

from zoo_spectra.errors import NetworkError
from zoo_spectra.method import SINGLY, TRADED, Original, drawn, drawn_alone, mixings
from zoo_spectra.method.nulls import degree as degree_module
from zoo_spectra.method.nulls import places
from zoo_spectra.method.nulls.degree import MOST_ROUNDS, mixing, moved
from zoo_spectra.method.nulls.edges import edges_of, matrix_of, places_of
from zoo_spectra.method.nulls.places import _distinct, _share, erdos_renyi
from zoo_spectra.method.nulls.strength import agreement, strength

NETWORK = "0123456789abcdef"
EDGE_MODELS = ("degree", "strength", "erdos-renyi", "weights")


@st.composite
def matrices(draw: Any, least: int = 2, most: int = 9) -> np.ndarray:
    """Small matrices with zeros: directed, symmetric or rectangular, with loops or without."""
    kind = draw(st.sampled_from(["directed", "symmetric", "rectangular"]))
    p = draw(st.integers(least, most))
    q = draw(st.integers(least, most)) if kind == "rectangular" else p
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = np.round(random.exponential(size=(p, q)), 2) + 0.01
    made[random.random((p, q)) > draw(st.floats(0.2, 0.8))] = 0
    return np.triu(made) + np.triu(made, 1).T if kind == "symmetric" else made


def draw_of(matrix: Any, model: str, draw: int = 0, loops: bool = True) -> Any:
    original = Original(0, matrix, loops)
    if model in SINGLY:
        return drawn_alone(original, model, NETWORK, draw, 3000)
    mixed = mixings([original], NETWORK) if model in TRADED else {}
    return drawn([original], model, NETWORK, draw, mixed).matrices[0]


def is_drawable(matrix: np.ndarray, model: str) -> bool:
    edges = edges_of(matrix, True)
    return model in SINGLY or 0 < edges.count < edges.cells


def same_values(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.array_equal(np.sort(one, axis=None), np.sort(other, axis=None)))


@settings(max_examples=40)
@given(matrices(), st.sampled_from(EDGE_MODELS), st.booleans())
def test_what_models_of_edges_keep(matrix: np.ndarray, model: str, is_sparse: bool) -> None:
    """Shape, symmetry, every value, and the diagonal of a square matrix, entry by entry."""
    if not is_drawable(matrix, model):
        return
    given_matrix = sparse.csr_array(matrix) if is_sparse else matrix
    found = draw_of(given_matrix, model)
    assert sparse.issparse(found) == is_sparse
    dense = found.toarray() if is_sparse else found
    assert dense.shape == matrix.shape
    assert same_values(dense, matrix)
    if matrix.shape[0] == matrix.shape[1]:
        assert np.array_equal(np.diagonal(dense), np.diagonal(matrix))
        assert np.array_equal(dense, dense.T) or not np.array_equal(matrix, matrix.T)
    if model in TRADED:
        for axis in (0, 1):
            assert np.array_equal((dense != 0).sum(axis), (matrix != 0).sum(axis))
    if model == "weights":
        assert np.array_equal(dense != 0, matrix != 0)


@settings(max_examples=40)
@given(matrices(), st.booleans())
def test_shuffled_keeps_the_entries(matrix: np.ndarray, is_sparse: bool) -> None:
    found = draw_of(sparse.csr_array(matrix) if is_sparse else matrix, "shuffled")
    dense = found.toarray() if is_sparse else found
    assert same_values(dense, matrix)
    assert dense.shape == matrix.shape
    if edges_of(matrix, False).symmetric:
        assert np.array_equal(dense, dense.T)
        assert same_values(np.diagonal(dense), np.diagonal(matrix))


def test_gaussian_has_the_mean_and_the_deviation() -> None:
    random = np.random.default_rng(3)
    matrix = 5 + 2 * random.standard_normal((200, 300)).astype(np.float32)
    found = draw_of(matrix, "gaussian")
    assert found.dtype == np.float32
    assert found.mean() == pytest.approx(5, abs=5 * 2 / np.sqrt(found.size))
    assert found.std() == pytest.approx(2, abs=5 * 2 / np.sqrt(2 * found.size))
    symmetric = draw_of(matrix[:, :200] + matrix[:, :200].T, "gaussian")
    assert np.array_equal(symmetric, symmetric.T)


def test_a_gaussian_of_a_large_sparse_matrix_is_refused() -> None:
    matrix = sparse.random_array((20, 30), density=0.1, rng=1).tocsr()
    with pytest.raises(NetworkError, match="order 20, above the exact limit of 19"):
        drawn_alone(Original(0, matrix, False), "gaussian", NETWORK, 0, 19)


@pytest.mark.parametrize("model", [*EDGE_MODELS, "shuffled", "gaussian"])
def test_a_draw_is_of_its_network_and_number(model: str) -> None:
    matrix = np.random.default_rng(5).exponential(size=(12, 12))
    matrix[matrix < 0.7] = 0
    first, again, second = (draw_of(matrix, model, draw) for draw in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, matrix)


def test_two_processes_make_the_same_draw() -> None:
    """Bit for bit, whatever else NetworKit has been used for in one of them."""
    import networkit

    code = (
        "import numpy as np, sys; from zoo_spectra.method import *\n"
        "m = np.random.default_rng(5).exponential(size=(60, 60)); m[m < 1.5] = 0\n"
        "o = [Original(0, m, True)]\n"
        "d = drawn(o, 'degree', 'abc', 7, mixings(o, 'abc'))\n"
        "print(d.rounds, d.in_place, d.matrices[0].tobytes().hex())\n"
    )
    matrix = np.random.default_rng(5).exponential(size=(60, 60))
    matrix[matrix < 1.5] = 0
    networkit.setSeed(99, True)
    networkit.setNumberOfThreads(2)
    original = [Original(0, matrix, True)]
    found = drawn(original, "degree", "abc", 7, mixings(original, "abc"))
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert told == [str(found.rounds), str(found.in_place), found.matrices[0].tobytes().hex()]


CYCLE = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]  # whose only other is the reverse: no trade reaches it
DIRECTED = [[0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0]]
PATH = [[0, 1, 1, 0, 0], [1, 0, 1, 0, 0], [1, 1, 0, 1, 0], [0, 0, 1, 0, 1], [0, 0, 0, 1, 0]]
LAYERS = [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]]
SQUARE = [[1, 1, 0], [0, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("places", "loops", "others"),
    [(CYCLE, True, 2), (DIRECTED, True, 9), (PATH, True, 6), (LAYERS, True, 15),
     (SQUARE, False, 5)],
)  # fmt: skip
def test_every_matrix_of_these_numbers_is_drawn_as_often(
    places: list[list[int]], loops: bool, others: int
) -> None:
    matrix = np.array(places, dtype=float)
    edges = edges_of(matrix, loops)
    every = same_degrees(matrix, edges.held)
    assert len(every) == others
    random, count = np.random.default_rng(11), 200 * others
    found = Counter(matrix_of(moved(edges, 16, random)).tobytes() for _ in range(count))
    assert set(found) == every
    assert chisquare(list(found.values())).pvalue > 1e-4


def same_degrees(matrix: np.ndarray, held: bool) -> set[bytes]:
    """By trying them all; of a symmetric matrix the symmetric ones."""
    p, q = matrix.shape
    symmetric = p == q and np.array_equal(matrix, matrix.T)
    rows = [
        [each for each in itertools.product((0.0, 1.0), repeat=q)
         if sum(each) == matrix[at].sum() and not (held and each[at])]
        for at in range(p)
    ]  # fmt: skip
    tried = (np.array(each) for each in itertools.product(*rows))
    return {
        each.tobytes()
        for each in tried
        if np.array_equal(each.sum(0), matrix.sum(0))
        and (not symmetric or np.array_equal(each, each.T))
    }


def test_every_placing_is_as_likely() -> None:
    """Of erdos-renyi over two constituents, one symmetric, one that has no loops."""
    one, other = edges_of(np.array(PATH, float), True), edges_of(np.array(CYCLE, float), True)
    random, count = np.random.default_rng(12), 4000
    found: Counter[int] = Counter()
    for _ in range(count):
        a, b = erdos_renyi([one, other], random)
        assert a.count + b.count == one.count + other.count
        found.update(a.keys.tolist())
        found.update((b.keys + 1000).tolist())
    assert len(found) == one.cells + other.cells
    # Places of one draw exclude one another, so their counts scatter a little less.
    assert chisquare(list(found.values())).pvalue > 1e-4


def test_places_are_numbered_once_each() -> None:
    for matrix in (PATH, CYCLE, LAYERS):
        edges = edges_of(np.array(matrix, float), True)
        rows, columns = places_of(edges, np.arange(edges.cells))
        assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == edges.cells
        assert np.all(rows < columns) if edges.symmetric else np.all((rows != columns) | (
            not edges.held))  # fmt: skip
        assert rows.max() < edges.shape[0]
        assert columns.max() < edges.shape[1]


@pytest.mark.parametrize(("cells", "count"), [(50, 20), (1 << 16, 1000), (1 << 16, (1 << 16) - 9)])
def test_distinct_places(cells: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "LISTED", 1000)
    found = _distinct(cells, count, np.random.default_rng(1))
    assert len(np.unique(found)) == len(found) == count
    assert found.min() >= 0
    assert found.max() < cells


def test_shares_beyond_what_numpy_counts() -> None:
    found = [_share(3 << 30, 1 << 30, 1000, np.random.default_rng(seed)) for seed in range(50)]
    assert np.mean(found) == pytest.approx(750, abs=5 * np.sqrt(1000 * 0.75 * 0.25 / 50))


def test_forced_edges_are_said() -> None:
    """A star has no other graph of its degrees."""
    star = np.zeros((6, 6))
    star[0, 1:] = star[1:, 0] = [1.0, 2, 3, 4, 5]
    original = [Original(0, star, True)]
    found = drawn(original, "degree", NETWORK, 0, mixings(original, NETWORK))
    assert found.in_place == 1.0
    assert found.note is not None
    assert "no other place for any edge" in found.note


@pytest.mark.parametrize("model", ["degree", "strength", "erdos-renyi"])
def test_a_dense_matrix_has_no_edges_to_move(model: str) -> None:
    matrix = np.random.default_rng(0).standard_normal((5, 5)) ** 2
    with pytest.raises(NetworkError, match="--model weights, shuffled or gaussian"):
        draw_of(matrix, model)


def test_block_wants_a_partition() -> None:
    with pytest.raises(NetworkError, match="partition=ATTRIBUTE"):
        draw_of(np.array(PATH, float), "block")
    parts = [Original(0, np.array(PATH, float), True), Original(1, np.array(LAYERS, float), True)]
    found = drawn(parts, "block", NETWORK, 0, {})
    for before, after in zip(parts, found.matrices, strict=True):
        assert same_values(before.matrix, after)


def test_equal_matrices_are_drawn_equal() -> None:
    tied = np.array(LAYERS, float)
    parts = [Original(0, tied, False), Original(1, np.array(SQUARE, float), False),
             Original(0, tied, False)]  # fmt: skip
    for model in ("degree", "erdos-renyi"):
        found = drawn(parts, model, NETWORK, 0, mixings(parts, NETWORK)).matrices
        assert np.array_equal(found[0], found[2])


def test_strengths_are_held_nearly() -> None:
    """Far better than by dealing the same values at random on the same edges."""
    random = np.random.default_rng(8)
    out, into = np.exp(random.standard_normal((2, 80, 1)))
    matrix = out * into.T * random.exponential(size=(80, 80))
    matrix[random.random((80, 80)) > 0.3] = 0
    for given_matrix in (matrix, matrix + matrix.T):
        edges = edges_of(given_matrix, True)
        rounds = mixing(edges, random).rounds
        near = agreement(edges, strength(edges, rounds, random))
        dealt = agreement(edges, degree_module.degree(edges, rounds, random))
        assert near is not None
        assert dealt is not None
        assert near > 0.95
        assert dealt < 0.9


def test_strengths_of_negative_weights_are_refused() -> None:
    with pytest.raises(NetworkError, match="some are negative: take --model degree"):
        draw_of(-np.array(DIRECTED, float), "strength")


def test_edges_that_do_not_mix_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = iter(np.linspace(0.9, 0.1, 20))
    monkeypatch.setattr(degree_module, "_in_place", lambda *_: float(next(shares)))
    big = edges_of(np.kron(np.ones((60, 60)), np.array(DIRECTED, float)), True)
    with pytest.raises(NetworkError, match=f"not mixed after {MOST_ROUNDS:,} rounds"):
        mixing(big, np.random.default_rng(0))


def test_without_networkit_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "networkit", None)
    with pytest.raises(NetworkError, match=r"pip install 'zoo-spectra\[nulls\]'"):
        draw_of(np.array(DIRECTED, float), "degree")
