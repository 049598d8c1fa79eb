"""networkx graphs as adjacency matrices and as networks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Network
from zoo_spectra_connectome.adjacency import Adjacency, check_entries, summary
from zoo_spectra_connectome.attributed import AttributedEdges
from zoo_spectra_connectome.blocks import blocks
from zoo_spectra_connectome.derived import with_derived
from zoo_spectra_connectome.facts import facts_of
from zoo_spectra_connectome.partition import regions, split_columns
from zoo_spectra_connectome.settings import Settings, parse_settings

if TYPE_CHECKING:
    import networkx as nx


def network_from_graph(
    graph: nx.Graph[Any],
    name: str,
    partition: str | None = None,
    weight: str | None = None,
    projections: bool = True,
    family: str = "",
    types: str | None = None,
) -> Network:
    """A biological network out of a networkx graph, directed or not, multigraphs too.

    ``partition``: the node attribute that gives each node's region (several, comma-separated, are
    joined); constituents are the blocks inside regions and, with ``projections``, between them, of
    an undirected graph each projection once. Large blocks stay sparse, and are estimated so.
    ``weight``: the edge attribute, or "none" to count each edge once. By default ``weight``, else
    the only one whose name says a strength, else 1 for edges without any number. ``types``: where
    an attribute has edges of several kinds, which are taken: ``A``, ``A+B``, or ``all``. Parallel
    edges add up. Raises NetworkError for fewer than two nodes, an unknown attribute, a weight that
    is no number or that some edges lack, numbers of which none is the weight, and kinds of which
    none was chosen.
    """
    try:
        adjacency = adjacency_from_graph(graph, _settings(weight, types))
        labels = None
        if partition:
            adjacency = with_derived(adjacency, split_columns(partition))
            labels = regions(adjacency, split_columns(partition))
        walk = blocks(adjacency.matrix, labels, projections)
    except NetworkError as error:
        raise NetworkError(f"{name}: {error}") from error
    metadata = {**summary(adjacency.matrix), **facts_of(adjacency)}
    return Network(name, "biological", walk, family, metadata=metadata)


def adjacency_from_graph(graph: nx.Graph[Any], settings: Settings) -> Adjacency:
    """The adjacency matrix of a graph; an undirected one is symmetric, its loops counted once."""
    index = {node: at for at, node in enumerate(graph)}
    names = [str(node) for node in graph]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise NetworkError(f"two nodes are called {twice!r}; relabel one of them")
    edges, both = AttributedEdges(), not graph.is_directed()
    for source, target, data in graph.edges(data=True):
        edges.add(index[source], index[target], both, data)
    attributes = Attributes([data for _, data in graph.nodes(data=True)])
    made = edges.adjacency(names, settings)
    check_entries(made)
    return replace(made, attributes=attributes)


def _settings(weight: str | None, types: str | None) -> Settings:
    given = {"weight": weight, "types": types}
    return parse_settings({key: value for key, value in given.items() if value is not None})


class Attributes(Mapping[str, tuple[Any, ...]]):
    """The attributes of nodes, each made when asked for: there may be many, used by few.

    ``data``: what each node has, in their order; ``defaults``: what holds where one is silent.
    """

    def __init__(
        self, data: Sequence[Mapping[Any, Any]], defaults: Mapping[str, Any] | None = None
    ) -> None:
        self._data, self._defaults = data, defaults or {}
        self._keys = {str(key): key for each in (*data, self._defaults) for key in each}

    def __getitem__(self, name: str) -> tuple[Any, ...]:
        key = self._keys[name]
        default = self._defaults.get(name)
        return tuple(each.get(key, default) for each in self._data)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
