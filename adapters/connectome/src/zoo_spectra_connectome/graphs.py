"""networkx graphs as adjacency matrices and as networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra.sources import Network
from zoo_spectra_connectome.adjacency import Adjacency, from_edges, summary
from zoo_spectra_connectome.blocks import blocks
from zoo_spectra_connectome.partition import regions, split_columns

if TYPE_CHECKING:
    import networkx as nx


def network_from_graph(
    graph: nx.Graph[Any],
    name: str,
    partition: str | None = None,
    weight: str | None = None,
    projections: bool = True,
    family: str = "",
) -> Network:
    """A biological network out of a networkx graph, directed or not, multigraphs too.

    ``partition``: the node attribute that gives each node's region (several, comma-separated, are
    joined); constituents are the blocks inside regions and, with ``projections``, between them, of
    an undirected graph each projection once. Large blocks stay sparse, and are estimated so.
    ``weight``: the edge attribute; by default ``weight``, else the only one that holds numbers; in
    a graph without such an attribute each edge counts 1. Parallel edges add up.
    Raises NetworkError for fewer than two nodes, an unknown attribute, several that could be the
    weight, and a weight that is missing or no number.
    """
    try:
        adjacency = adjacency_from_graph(graph, weight)
        labels = regions(adjacency, split_columns(partition)) if partition else None
        walk = blocks(adjacency.matrix, labels, projections)
    except NetworkError as error:
        raise NetworkError(f"{name}: {error}") from error
    return Network(name, "biological", walk, family, metadata=summary(adjacency.matrix))


def adjacency_from_graph(graph: nx.Graph[Any], weight: str | None = None) -> Adjacency:
    """The adjacency matrix of a graph; an undirected one is symmetric, its loops counted once."""
    index = {node: at for at, node in enumerate(graph)}
    weight = _weight_of(graph, weight)
    rows, columns, weights = [], [], []
    for source, target, data in graph.edges(data=True):
        value = 1.0 if weight is None else data.get(weight)
        if isinstance(value, str) or not isinstance(value, (int, float, np.number, np.bool_)):
            raise NetworkError(f"edge {source!r}, {target!r}: {weight} {value!r} is no real number")
        ends = [(index[source], index[target])]
        if not graph.is_directed() and source != target:
            ends.append((index[target], index[source]))
        for row, column in ends:
            rows.append(row)
            columns.append(column)
            weights.append(float(value))
    adjacency = from_edges(rows, columns, weights, [str(node) for node in graph])
    return Adjacency(
        adjacency.matrix, adjacency.nodes, Attributes([data for _, data in graph.nodes(data=True)])
    )


def _weight_of(graph: nx.Graph[Any], weight: str | None) -> str | None:
    """The attribute of the weights; None where no edge has one that could be it."""
    held: dict[str, bool] = {}  # whether an attribute holds a number
    for _, _, data in graph.edges(data=True):
        for name, value in data.items():
            number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
            held[name] = held.get(name, False) or number
    if weight is not None and weight not in held and graph.number_of_edges():
        hint = nearest(weight, map(str, held)) if held else "its edges have none"
        raise NetworkError(f"no edge attribute {weight!r} for weight=; {hint}")
    if weight is not None or "weight" in held:
        return weight if weight is not None else "weight"
    numbers = [name for name, number in held.items() if number]
    if len(numbers) > 1:
        raise NetworkError(f"its weights may be in {', '.join(map(str, numbers))}; give weight=")
    return numbers[0] if numbers else None


class Attributes(Mapping[str, tuple[Any, ...]]):
    """The attributes of nodes, each made when asked for: there may be many, used by few.

    ``data``: what each node has, in their order.
    """

    def __init__(self, data: Sequence[Mapping[Any, Any]]) -> None:
        self._data = data
        self._keys = {str(key): key for each in data for key in each}

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        key = self._keys[name]
        return tuple(each.get(key) for each in self._data)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
