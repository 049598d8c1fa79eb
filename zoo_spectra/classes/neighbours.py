"""Near curves without a matrix of all distances: a cover by balls, and the graph of near pairs.

Sums of neighbouring entries shrink an L1 distance or leave it (|Σ a - Σ b| ≤ Σ |a - b|), so a k-d
tree over 17 such sums finds every pair within a radius and few others, which are then measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from zoo_spectra.method import BIN_WIDTH, Floats, Integers

_SUMS = 17
_BLOCK = 1024
_PAIRS = 1 << 15
_LATEST = 1 << 14
# Radii grow by this share: a sum in another order may round the other way.
_SLACK = 1 + 1e-12


@dataclass(frozen=True)
class Cover:
    """n curves in L balls. ``leader``: shape (L,), rising indices of the centres, which lie
    further apart than the radius. ``owner``: shape (n,), 0..L-1, the nearest leader, which is
    within the radius. ``distance``: shape (n,), to it, in e-folds.
    """

    leader: Integers
    owner: Integers
    distance: Floats


class _Index:
    """Curves of shape (n, W), of which those at most some radius from others are found."""

    def __init__(self, csds: Floats) -> None:
        self.csds = csds
        self.tree = cKDTree(coarse(csds))

    def near(self, queries: Floats, radius: float) -> Iterator[tuple[Integers, Integers, Floats]]:
        """Pairs within ``radius``: row of ``queries``, row of the index, distance.

        All pairs of a query come in one batch.
        """
        reach = radius * _SLACK + 1e-12
        found = self.tree.query_ball_point(coarse(queries), reach, p=1)
        lists = cast("Sequence[list[int]]", found)  # a list a query
        counts = np.array([len(each) for each in lists])
        batch = np.cumsum(counts) // _PAIRS
        for number in np.unique(batch):
            some = np.flatnonzero(batch == number)
            target = np.concatenate([np.array(lists[q], dtype=np.int64) for q in some.tolist()])
            query = np.repeat(some, counts[some])
            apart = np.empty(len(query))
            for start in range(0, len(query), _PAIRS):
                part = slice(start, start + _PAIRS)
                differ = queries[query[part]] - self.csds[target[part]]
                apart[part] = np.abs(differ, out=differ).sum(axis=1) * BIN_WIDTH
            kept = apart <= radius * _SLACK
            yield query[kept], target[kept], apart[kept]


def cover(csds: Floats, radius: float, most: int | None = None) -> Cover | None:
    """Leaders in the order of the rows: a curve that no earlier leader has within ``radius``.

    ``csds``: shape (n, W), n ≥ 1; radius ≥ 0, in e-folds. The result depends on the order of
    the rows and on nothing else. None when there are more than ``most`` leaders.
    """
    leader = np.empty(0, dtype=np.int64)
    indices, indexed = list[_Index](), 0  # of the leaders but the latest
    for block in _blocks(len(csds)):
        open_ = np.ones(len(block), dtype=bool)
        latest = [_Index(csds[leader[indexed:]])] if len(leader) > indexed else []
        for index in (*indices, *latest):
            for query, _, _ in index.near(csds[block], radius):
                open_[query] = False
        if len(leader) > indexed + _LATEST:
            indices, indexed = [_Index(csds[leader])], len(leader)
        leader = np.append(leader, block[open_][_lead(csds[block[open_]], radius)])
        if most is not None and len(leader) > most:
            return None
    owner, distance = np.empty(len(csds), dtype=np.int64), np.empty(len(csds))
    leaders = _Index(csds[leader])
    for block in _blocks(len(csds)):
        for query, target, apart in leaders.near(csds[block], radius):
            order = np.lexsort((target, apart, query))
            first = order[np.unique(query[order], return_index=True)[1]]
            owner[block[query[first]]] = target[first]
            distance[block[query[first]]] = apart[first]
    return Cover(leader, owner, distance)


def near_pairs(csds: Floats, radius: float) -> Iterator[tuple[Integers, Integers, Floats]]:
    """Every pair at most ``radius`` apart, once: the lower row, the higher row, the distance.

    ``csds``: shape (n, W), n ≥ 1. All pairs of a lower row come in one batch.
    """
    index = _Index(csds)
    for block in _blocks(len(csds)):
        for query, target, apart in index.near(csds[block], radius):
            source = block[query]
            once = source < target
            yield source[once], target[once], apart[once]


def components(csds: Floats, accuracy: float) -> Integers:
    """Connected components of the graph of pairs at most ``accuracy`` apart, shape (n,), 0..C-1.

    ``csds``: shape (n, W), n ≥ 1; accuracy ≥ 0, in e-folds. These are the classes of single
    linkage, and no class of average or complete linkage reaches from one into another: a merge at
    a mean (or largest) distance ≤ ε needs a pair at a distance ≤ ε.
    """
    found = cover(csds, accuracy / 8)
    assert found is not None  # without `most` there is always a cover
    reach = np.zeros(len(found.leader))
    np.maximum.at(reach, found.owner, found.distance)
    # A ball is connected, its members being within ε of their leader.
    group, doubtful = _join_leaders(csds[found.leader], accuracy, reach)
    members = np.split(
        np.argsort(found.owner, kind="stable"), np.cumsum(np.bincount(found.owner))[:-1]
    )
    for a, b in doubtful:
        if group[a] != group[b]:
            between = cdist(csds[members[a]], csds[members[b]], "cityblock") * BIN_WIDTH
            if between.min() <= accuracy * _SLACK:
                group[group == group[b]] = group[a]
    return np.unique(group[found.owner], return_inverse=True)[1]


def _join_leaders(
    leaders: Floats, accuracy: float, reach: Floats
) -> tuple[Integers, list[tuple[int, int]]]:
    """Components of leaders within ε, and the pairs of others whose members may be within ε."""
    count = len(leaders)
    index, group = _Index(leaders), np.arange(count)
    for block in _blocks(count):
        for query, target, _ in index.near(leaders[block], accuracy):
            group = _merge(group, block[query], target)
    doubtful = [np.empty((0, 2), dtype=np.int64)]
    wide = np.flatnonzero(reach > 0)
    for start in range(0, len(wide), _BLOCK):
        some = wide[start : start + _BLOCK]
        widest = accuracy + reach[some].max() + reach.max()
        for query, target, apart in index.near(leaders[some], widest):
            source = some[query]
            may = apart <= (accuracy + reach[source] + reach[target]) * _SLACK
            may &= group[source] != group[target]
            doubtful.append(np.stack([source[may], target[may]], axis=1))
    return group, [(int(a), int(b)) for a, b in np.concatenate(doubtful)]


def _merge(group: Integers, source: Integers, target: Integers) -> Integers:
    """Groups after joining those of ``source`` and ``target``."""
    count = int(group.max()) + 1
    edges = coo_array(
        (np.ones(len(source), dtype=bool), (group[source], group[target])), shape=(count, count)
    )
    merged: Integers = connected_components(edges, directed=False)[1].astype(np.int64)[group]
    return merged


def _lead(csds: Floats, radius: float) -> Integers:
    """The leaders among a few curves that no leader has yet."""
    apart = cdist(csds, csds, "cityblock") * BIN_WIDTH > radius * _SLACK
    open_ = np.ones(len(csds), dtype=bool)
    leader = []
    for at in range(len(csds)):
        if open_[at]:
            leader.append(at)
            open_ &= apart[at]
    return np.array(leader, dtype=np.int64)


def coarse(csds: Floats) -> Floats:
    """Sums of neighbouring entries (eight, of a curve of 129), in e-folds; shape (n, ≤ 17)."""
    width = csds.shape[1]
    sums: Floats = np.add.reduceat(csds, range(0, width, -(-width // _SUMS)), axis=1) * BIN_WIDTH
    return sums


def _blocks(count: int) -> Iterator[Integers]:
    for start in range(0, count, _BLOCK):
        yield np.arange(start, min(start + _BLOCK, count))
