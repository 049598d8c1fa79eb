"""Regions that the edges give: components, and Leiden's communities."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import zoo_spectra as zs
from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra_connectome import network_from_graph


def constituents(source: str) -> dict[str, np.ndarray]:
    return {each.name: np.asarray(each.matrix) for each in zs.load(source).constituents()}


def saved(path: Path, matrix: np.ndarray) -> str:
    np.save(path, matrix)
    return f"connectome:{path}"


def cliques(sizes: tuple[int, ...], joined: bool) -> np.ndarray:
    """Cliques side by side, in an order that mixes them; each joined to the next by one edge."""
    count = sum(sizes)
    matrix, start = np.zeros((count, count)), 0
    for size in sizes:
        matrix[start : start + size, start : start + size] = 1 - np.eye(size)
        if joined and start:
            matrix[start - 1, start] = matrix[start, start - 1] = 1
        start += size
    order = np.random.default_rng(1).permutation(count)
    return matrix[np.ix_(order, order)]


@pytest.mark.parametrize("partition", ["component", "community"])
def test_cliques_are_regions_the_largest_first(partition: str, tmp_path: Path) -> None:
    matrix = cliques((5, 9, 7), joined=partition == "community")
    source = saved(tmp_path / "m.npy", matrix)
    inside = constituents(f"{source}?partition={partition}&projections=false")
    assert {name: each.shape for name, each in inside.items()} == {
        f"{partition}{number}": (size, size) for number, size in enumerate((9, 7, 5), 1)
    }
    for each in inside.values():
        np.testing.assert_array_equal(each, 1 - np.eye(len(each)))
    between = constituents(f"{source}?partition={partition}")
    assert sum(each.sum() for each in between.values()) == matrix.sum() - 2 * (
        partition == "community"
    )  # of an undirected network each projection is there once


def test_the_club_is_in_four() -> None:
    """Of greatest modularity, 0.4198, is a division of Zachary's club into four."""
    network = network_from_graph(
        nx.karate_club_graph(), "club", partition="community", weight="none", projections=False
    )
    assert network.metadata["communities"] == 4
    assert network.metadata["modularity"] == pytest.approx(0.4198, abs=1e-4)
    sizes = [each.matrix.shape[0] for each in network.constituents()]
    assert sorted(sizes) == [5, 6, 11, 12]


def test_a_component_is_connected_whatever_the_direction(tmp_path: Path) -> None:
    matrix = np.zeros((5, 5))
    matrix[0, 1] = matrix[2, 1] = matrix[3, 4] = 2
    found = constituents(f"{saved(tmp_path / 'm.npy', matrix)}?partition=component&symmetry=none")
    assert [each.shape for each in found.values()] == [(3, 3), (3, 2), (2, 3), (2, 2)]


def test_communities_are_the_same_each_time_and_in_any_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    matrix = rng.poisson(0.5, (60, 60)).astype(float)
    matrix[:30, :30] += rng.poisson(1, (30, 30))
    first, again, scaled = (
        zs.load(f"{saved(tmp_path / f'{name}.npy', held)}?partition=community")
        for name, held in (("a", matrix), ("b", matrix), ("c", 1e9 * matrix))
    )
    shapes = [[each.matrix.shape for each in n.constituents()] for n in (first, again, scaled)]
    assert shapes[0] == shapes[1] == shapes[2]
    assert len(shapes[0]) > 1


def test_an_attribute_of_that_name_goes_first(tmp_path: Path) -> None:
    graph = nx.complete_graph(6)
    nx.set_node_attributes(graph, {n: "ab"[n % 2] for n in graph}, "community")
    nx.write_graphml(graph, tmp_path / "g.graphml")
    found = constituents(f"connectome:{tmp_path / 'g.graphml'}?partition=community")
    assert set(found) == {"a", "b", "a->b"}


def test_joined_with_an_attribute(tmp_path: Path) -> None:
    graph = nx.disjoint_union(nx.complete_graph(6), nx.complete_graph(4))
    nx.set_node_attributes(graph, {n: "LR"[n % 2] for n in graph}, "side")
    nx.write_graphml(graph, tmp_path / "g.graphml")
    source = f"connectome:{tmp_path / 'g.graphml'}?partition=component,side&projections=false"
    assert set(constituents(source)) == {
        f"component{number}/{side}" for number in (1, 2) for side in "LR"
    }


def test_communities_of_negative_weights_are_refused(tmp_path: Path) -> None:
    matrix = np.random.default_rng(0).normal(size=(8, 8))
    source = saved(tmp_path / "m.npy", matrix)
    with pytest.raises(NetworkError, match="some are negative .* nodes=FILE"):
        zs.load(f"{source}?partition=community")
    assert constituents(f"{source}?partition=component")


def test_a_misspelt_one_is_refused_with_the_cure(tmp_path: Path) -> None:
    source = saved(tmp_path / "m.npy", np.ones((4, 4)))
    with pytest.raises(SourceError, match="no node attribute 'communities'"):
        zs.list_networks(f"{source}?partition=communities")
