"""Equivalence classes of more networks than a matrix of all distances has room for.

The graph of pairs within ε falls into connected components, and no class reaches from one into
another; so a component that is small enough is classified by itself, exactly. Only inside a larger
one are networks merged first that lie within a radius δ of one another's leader, δ being the
smallest of ε/16, √2 ε/16, … with few enough leaders; the balls are then linked with their weights.

The distance of two balls is that of their mean curves, which is the mean distance of their members
but for entries where the balls overlap: so it is a good one for balls far apart. For balls within ε
the mean over members is taken, of up to eight of each.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist, pdist

from zoo_spectra.mme import BIN_WIDTH
from zoo_spectra.neighbours import Cover, components, cover
from zoo_spectra.spectrum import Floats, Integers

FIRST_RADIUS = 1 / 16
_GROWTH = 2**0.5
_SMALL_CLASS = 2048
# Members of a ball that are measured against those of near balls.
_SAMPLE = 8


def large_labels(
    csds: Floats, accuracy: float, method: Literal["average", "complete", "single"], limit: int
) -> tuple[Integers, Floats]:
    """A label of each network, in no order, and the radius δ of its cover, both of shape (n,).

    ``csds``: shape (n, 129); ``accuracy`` ε ≥ 0 and δ in e-folds, δ = 0 where the class is that
    of the exact linkage. No matrix of more than ``limit`` rows is made. With single linkage the
    components are the classes. δ grows from ε/16 until the leaders of a component are at most
    ``limit``; should ε not be enough, the balls of radius ε are the classes.
    """
    component = components(csds, accuracy)
    radius = np.zeros(len(csds))
    if method == "single":
        return component, radius
    order = np.argsort(component, kind="stable")
    label, used = np.empty(len(csds), dtype=np.int64), 0
    for members in np.split(order, np.cumsum(np.bincount(component))[:-1]):
        if len(members) == 1:
            own = np.zeros(1, dtype=np.int64)
        elif len(members) <= limit:
            condensed = pdist(csds[members], "cityblock")
            condensed *= BIN_WIDTH
            own = fcluster(linkage(condensed, method), accuracy, "distance").astype(np.int64) - 1
        else:
            own, radius[members] = _covered(csds[members], accuracy, method, limit)
        label[members] = own + used
        used += int(own.max()) + 1
    return label, radius


def _covered(
    csds: Floats, accuracy: float, method: Literal["average", "complete"], limit: int
) -> tuple[Integers, float]:
    radius = accuracy * FIRST_RADIUS
    while (found := cover(csds, radius, limit)) is None and radius < accuracy:
        radius = min(accuracy, radius * _GROWTH)
    if found is None:
        balls = cover(csds, accuracy)
        assert balls is not None  # without a limit there is always a cover
        return balls.owner, accuracy
    weight = np.bincount(found.owner).astype(np.float64)
    between = _between(csds, found, accuracy, method)
    return weighted_linkage(between, weight, accuracy, method)[found.owner], radius


def _between(
    csds: Floats, found: Cover, accuracy: float, method: Literal["average", "complete"]
) -> Floats:
    """Distances of balls, shape (L, L): their mean, or for complete linkage an upper bound.

    The bound, leaders' distance and both reaches, keeps every pair of a class within ε.
    """
    count = np.bincount(found.owner)
    members = np.split(np.argsort(found.owner, kind="stable"), np.cumsum(count)[:-1])
    if method == "average":
        matrix = _square(np.array([csds[some].mean(axis=0) for some in members]))
        some = [each[:: -(-len(each) // _SAMPLE)] for each in members]
        _measure(matrix, csds, some, accuracy, np.add)
        return matrix
    reach = np.zeros(len(count))
    np.maximum.at(reach, found.owner, found.distance)
    matrix = _square(csds[found.leader])
    matrix += reach[:, None]
    matrix += reach[None, :]
    few = [each if len(each) <= _SAMPLE else each[:0] for each in members]
    _measure(matrix, csds, few, accuracy + 2 * float(reach.max()), np.maximum)
    return matrix


def _measure(
    matrix: Floats, csds: Floats, members: list[Integers], accuracy: float, join: np.ufunc
) -> None:
    """Put in the mean (``add``) or ``maximum`` over pairs of members where balls are near.

    Where the entry of ``matrix`` is above ``accuracy``, or a ball has no ``members``, it stays.
    """
    count = np.array([len(each) for each in members])
    for at in np.flatnonzero(count):
        near = at + 1 + np.flatnonzero(matrix[at, at + 1 :] <= accuracy)
        near = near[count[near] > 0]
        if not len(near):
            continue
        others = csds[np.concatenate([members[other] for other in near])]
        apart = join.reduce(cdist(csds[members[at]], others, "cityblock"), axis=0) * BIN_WIDTH
        value = join.reduceat(apart, np.cumsum(count[near]) - count[near])
        if join is np.add:
            value /= count[near] * count[at]
        matrix[at, near] = matrix[near, at] = value


def _square(curves: Floats, block: int = 512) -> Floats:
    """All distances, shape (L, L), each pair measured once and nothing held twice."""
    matrix = np.empty((len(curves), len(curves)))
    for start in range(0, len(curves), block):
        rows = slice(start, start + block)
        part = cdist(curves[rows], curves[start:], "cityblock") * BIN_WIDTH
        matrix[rows, start:] = part
        matrix[start:, rows] = part.T
    return matrix


def weighted_linkage(
    distances: Floats,
    weight: Floats,
    accuracy: float,
    method: Literal["average", "complete"],
) -> Integers:
    """Classes, shape (n,), 0..K-1, of n objects that stand for ``weight`` networks each, cut at ε.

    ``distances``: shape (n, n), symmetric; it is used up. Merges the nearest neighbours of each
    other along a chain (Benzécri 1982; Murtagh, Computer J. 26, 354, 1983), which is exact for
    both linkages: a merge brings no third class nearer than it was. So a class with no other one
    within ε is finished.
    """
    weight = weight.copy()
    np.fill_diagonal(distances, np.inf)
    into = np.arange(len(distances))
    for start in range(len(distances)):
        chain = [start] if into[start] == start else []
        while chain:
            at = chain[-1]
            row = distances[at]
            nearest = int(np.argmin(row))
            if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
                nearest = chain[-2]
            if row[nearest] > accuracy:
                chain.pop()
            elif len(chain) == 1 or nearest != chain[-2]:
                chain.append(nearest)
            else:
                del chain[-2:]
                _merge_into(distances, weight, nearest, at, method)
                into[at] = nearest
                chain = chain or [nearest]
    while not np.array_equal(into, into[into]):
        into = into[into]
    return np.unique(into, return_inverse=True)[1]


def _merge_into(
    distances: Floats, weight: Floats, kept: int, gone: int, method: Literal["average", "complete"]
) -> None:
    """The formula of Lance and Williams (Computer J. 9, 373, 1967) for the class ``kept``."""
    if method == "complete":
        row = np.maximum(distances[kept], distances[gone])
    else:
        total = weight[kept] + weight[gone]
        share = weight[gone] / total
        row = distances[kept] * (1 - share) + distances[gone] * share
        # Rounding must not bring the mean below both, or a chain could run in a circle.
        np.maximum(row, np.minimum(distances[kept], distances[gone]), out=row)
        weight[kept] = total
    row[[kept, gone]] = np.inf
    distances[kept], distances[:, kept] = row, row
    distances[gone], distances[:, gone] = np.inf, np.inf


def large_medoids(csds: Floats, label: Integers) -> Integers:
    """The medoid of each network's class, shape (n,), as an index; the first of equals.

    In a class of m > 2048 the summed distances are found from sorted entries, O(129 m log m): the
    sum over members of \\|a_k - b_k\\| needs only their ranks and running sums.
    """
    medoid = np.empty(len(label), dtype=np.int64)
    order = np.argsort(label, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        curves = csds[members]
        if len(members) <= _SMALL_CLASS:
            total = cdist(curves, curves, "cityblock").sum(axis=1)
        else:
            total = _summed_distances(curves)
        medoid[members] = members[int(np.argmin(total))]
    return medoid


def _summed_distances(curves: Floats) -> Floats:
    """Σ_b Σ_k |a_k - b_k| of each of m curves a, shape (m,)."""
    count = len(curves)
    total = np.zeros(count)
    below = np.arange(count)
    for entry in curves.T:
        rank = np.argsort(entry, kind="stable")
        ordered = entry[rank]
        before = np.cumsum(ordered) - ordered
        after = ordered.sum() - before - ordered
        total[rank] += ordered * (2 * below - count + 1) - before + after
    return total
