"""Edges as they come, summed: memory for those that differ, not for each time one is listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency, check_count, from_edges, is_number

Index = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
MERGE = 1 << 21  # edges that wait to be summed
EDGE_BYTES = 64  # for each that differs, while they are sorted and summed
NAME_BYTES = 150  # for each node's name, beside its characters


class EdgeSum:
    """Parallel edges add up, in the order in which they come. Numbers are below 2³¹."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._keys: Index = np.empty(0, np.int64)
        self._sums: Weights = np.empty(0)
        self._waiting: list[tuple[Index, Weights]] = []
        self._count = 0

    def add(self, rows: Index, columns: Index, weights: Weights) -> None:
        """Take a part of the edges. Raises NetworkError when they are beyond the budget."""
        self._guard.tick()
        self._waiting.append((rows << 32 | columns, weights))
        self._count += len(weights)
        known = len(self._keys)
        self._guard.check(EDGE_BYTES * (known + self._count) + self._guard.held, "a graph")
        if self._count > max(MERGE, known // 2):
            self._merge()

    def summed(self) -> tuple[Index, Index, Weights]:
        """Rows, columns and weights of the edges that differ."""
        self._merge()
        return self._keys >> 32, self._keys & 0xFFFFFFFF, self._sums

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        sums = np.concatenate([self._sums, *(weights for _, weights in self._waiting)])
        self._waiting, self._count = [], 0
        self._keys, places = np.unique(keys, return_inverse=True)
        self._sums = np.bincount(places.reshape(-1), sums, len(self._keys)).astype(np.float64)


class Names:
    """The names of nodes, numbered as they appear."""

    def __init__(self, guard: Guard) -> None:
        self.index: dict[str, int] = {}
        self._guard = guard

    def numbers(self, names: Iterable[str]) -> Index:
        """The numbers of some names, new ones for those that are new."""
        index, before = self.index, len(self.index)
        found = np.array([index.setdefault(name, len(index)) for name in names], np.int64)
        self._guard.hold(NAME_BYTES * (len(index) - before), "the names of its nodes")
        return found


def named_adjacency(edges: EdgeSum, sources: Names, targets: Names) -> Adjacency:
    """The network of edges between named nodes: in numerical order if all are whole numbers.

    Else as they appeared: all sources, then targets that are none (one list may be both).
    Raises NetworkError for fewer than two nodes, or too many.
    """
    index = sources.index
    for name in targets.index:
        index.setdefault(name, len(index))
    check_count(len(index))
    names = list(index)
    if all(map(is_number, names)):
        names.sort(key=int)
    places = {name: at for at, name in enumerate(names)}
    rows, columns, weights = edges.summed()
    adjacency = from_edges(
        np.array([places[name] for name in sources.index], np.int64)[rows],
        np.array([places[name] for name in targets.index], np.int64)[columns],
        weights,
        names,
    )
    return replace(adjacency, implied=True)
