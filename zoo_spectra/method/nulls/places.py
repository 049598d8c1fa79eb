"""Null models ``erdos-renyi`` and ``block``: so many edges, anywhere; their values are dealt.

``erdos-renyi``: over all constituents of the network together; ``block``: as many in each as it
has, a stochastic block model whose blocks are those of the partition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zoo_spectra.method.nulls.edges import Edges, Places, places_of
from zoo_spectra.method.nulls.weights import deal

LISTED = 1 << 22  # places that are drawn from a list of all


def block(edges: Edges, random: np.random.Generator) -> Edges:
    """As many edges, at places of the constituent that are all equally likely."""
    return deal(_placed(edges, edges.count, random), random)


def erdos_renyi(constituents: Sequence[Edges], random: np.random.Generator) -> list[Edges]:
    """As many edges, at places of all constituents that are all equally likely.

    An edge of a symmetric constituent is one place above its diagonal.
    """
    left = sum(each.count for each in constituents)
    cells = sum(each.cells for each in constituents)
    values = np.concatenate([each.values for each in constituents])
    values = random.permutation(values)
    found = []
    for each in constituents:
        cells -= each.cells
        count = _share(each.cells, cells, left, random)
        placed = _placed(each, count, random)
        found.append(replace(placed, values=values[left - count : left]))
        left -= count
    return found


def _share(own: int, others: int, count: int, random: np.random.Generator) -> int:
    """How many of ``count`` places, drawn of own and other ones without return, are own."""
    if own == 0 or others == 0:
        return count if others == 0 else 0
    method = random.hypergeometric
    if own + others < 1_000_000_000:  # what numpy's exact method takes
        return int(method(own, others, count))
    return _thinned(own, others, count, random)


def _thinned(own: int, others: int, count: int, random: np.random.Generator) -> int:
    """The same by drawing the places themselves, where there are more than numpy can count."""
    return int(np.count_nonzero(_distinct(own + others, count, random) < own))


def _placed(edges: Edges, count: int, random: np.random.Generator) -> Edges:
    rows, columns = places_of(edges, np.sort(_distinct(edges.cells, count, random)))
    values = edges.values if count == edges.count else edges.values[:0]
    return replace(edges, rows=rows, columns=columns, values=values)


def _distinct(cells: int, count: int, random: np.random.Generator) -> Places:
    """``count`` different numbers below ``cells``, each set of them equally likely, unordered."""
    if cells <= LISTED:
        return random.permutation(cells)[:count].astype(np.int64)
    if count > cells // 2:
        # What is left out is drawn instead.
        absent = _distinct(cells, cells - count, random)
        return np.setdiff1d(np.arange(cells, dtype=np.int64), absent, assume_unique=True)
    found = np.empty(0, dtype=np.int64)
    while len(found) < count:
        more = random.integers(cells, size=count - len(found) + 1024)
        found = np.union1d(found, more)
    return random.permutation(found)[:count]
