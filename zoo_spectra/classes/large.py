"""Equivalence classes of more networks than a matrix of all distances has room for.

The graph of pairs within ε falls into connected components, and no class reaches from one into
another; so a component that is small enough is classified by itself, exactly.

A larger one is classified in steps of rising height, up to ε: what average or complete linkage has
merged up to a height is merged at every greater one. Two classes can only merge at a height if
their mean curves are within it (no mean distance is below that of the means); so a step links near
pairs only (``sparse.py``), up to the height at which they are no longer few. What has merged leaves
fewer classes, and so it goes on.

Where the classes are crowded, so that no such step leads upwards, they are linked in a matrix, with
the number of networks that each stands for. Are they too many for that, their mean curves are split
into connected components at the next of the heights ε/16, √2 ε/16, … ε, for a matrix each. Only a
component that is still too large is merged in balls of half the height, which is coarse: classes
can stay apart that should have merged, and the other way round.

The distance of two classes is the mean (or largest) over pairs of members. The mean is taken over
at most 512 of each class; and where, in a matrix, the mean curves are further apart than twice the
height, it is their distance, which is the mean one but for entries where the classes overlap. But
for that and for ties, steps give the classes of the matrix of all distances.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist, pdist

from zoo_spectra.classes.between import Method, measured, to_classes
from zoo_spectra.classes.neighbours import components, cover
from zoo_spectra.classes.sparse import reachable, sparse_linkage
from zoo_spectra.method import BIN_WIDTH, Floats, Integers

Linked = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
EXACT, IN_STEPS, COARSE = range(3)

_HEIGHTS = 2.0 ** np.arange(-4, 0.5, 0.5)
_SMALL_CLASS = 2048
# Near pairs of each class that are few; if they do not lead upwards, more of them, up to which a
# matrix takes longer; and the most at once, some hundred bytes each.
_FEW = (8, 64)
_PAIRS = 1 << 21
_SLACK = 1 + 1e-9
_FEWER = 0.9  # of the classes, after balls: else a step is over


def large_labels(
    csds: Floats, accuracy: float, method: Literal["average", "complete", "single"], limit: int
) -> tuple[Integers, Linked]:
    """A label of each network, in no order, and how its class was linked, both of shape (n,).

    ``csds``: shape (n, W); ``accuracy`` ε ≥ 0, in e-folds. No matrix of more than ``limit`` rows
    is made. With single linkage the components are the classes.
    """
    component = components(csds, accuracy)
    how = np.full(len(csds), EXACT, dtype=np.int8)
    if method == "single":
        return component, how
    label, used = np.empty(len(csds), dtype=np.int64), 0
    for members in _members(component):
        if len(members) == 1:
            own = np.zeros(1, dtype=np.int64)
        elif len(members) <= limit:
            condensed = pdist(csds[members], "cityblock")
            condensed *= BIN_WIDTH
            own = fcluster(linkage(condensed, method), accuracy, "distance").astype(np.int64) - 1
        else:
            own, how[members] = _in_steps(csds[members], accuracy, method, limit)
        label[members] = own + used
        used += int(own.max()) + 1
    return label, how


def _members(label: Integers) -> list[Integers]:
    """The places of each label 0..K-1."""
    return np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label))[:-1])


def _in_steps(csds: Floats, accuracy: float, method: Method, limit: int) -> tuple[Integers, Linked]:
    # Copies of one curve are one from the start.
    label, low = np.unique(csds, axis=0, return_inverse=True)[1].ravel(), 0.0
    how = np.full(len(csds), IN_STEPS, dtype=np.int8)
    while low < accuracy:
        classes = _members(label)
        centres = _means(csds, classes)
        rooms = (min(_PAIRS, few * len(classes)) for few in _FEW)
        heights = (reachable(centres, low, accuracy, room) for room in rooms)
        height = next((each for each in heights if each is not None), None)
        if height is not None:
            merged = sparse_linkage(csds, classes, height, method)
        elif len(classes) <= limit:
            merged, height = _in_a_matrix(csds, classes, centres, accuracy, method), accuracy
        else:
            height = float(accuracy * _HEIGHTS[accuracy * _HEIGHTS > low * _SLACK].min())
            merged, coarse = _crowded(csds, classes, centres, height, method, limit)
            how[coarse[label]] = COARSE
            if coarse.any() and merged.max() + 1 < _FEWER * len(classes):
                height = low  # what balls have left may not be crowded any more
        label, low = merged[label], height
    touched = np.zeros(int(label.max()) + 1, dtype=np.int8)
    np.maximum.at(touched, label, how)
    return label, touched[label]


def _means(csds: Floats, classes: list[Integers]) -> Floats:
    return np.array([csds[some].mean(axis=0) for some in classes])


def _crowded(
    csds: Floats,
    classes: list[Integers],
    centres: Floats,
    height: float,
    method: Method,
    limit: int,
) -> tuple[Integers, Bools]:
    """Link L classes up to a height, component by component; labels and what is coarse, (L,)."""
    merged, used = np.empty(len(classes), dtype=np.int64), 0
    coarse = np.zeros(len(classes), dtype=bool)
    for part in _members(components(centres, height)):
        own = np.zeros(1, dtype=np.int64)
        if 1 < len(part) <= limit:
            own = _in_a_matrix(csds, [classes[at] for at in part], centres[part], height, method)
        elif len(part) > limit:
            own = _in_balls(centres[part], height, method, len(classes) == len(csds))
            coarse[part] = True
        merged[part] = own + used
        used += int(own.max()) + 1
    return merged, coarse


def _in_a_matrix(
    csds: Floats, classes: list[Integers], centres: Floats, height: float, method: Method
) -> Integers:
    weight = np.array([len(each) for each in classes], dtype=np.float64)
    between = _between(csds, centres, classes, height, method)
    return weighted_linkage(between, weight, height, method)


def _in_balls(centres: Floats, height: float, method: Method, single: bool) -> Integers:
    """Not for complete linkage, unless the classes are single networks still.

    For a class must not become wider than the height.
    """
    if method == "complete" and not single:
        return np.arange(len(centres))
    balls = cover(centres, height / 2)
    assert balls is not None  # without `most` there is always a cover
    return balls.owner


def _between(
    csds: Floats, centres: Floats, members: list[Integers], height: float, method: Method
) -> Floats:
    """Distances of classes, shape (L, L); infinite for complete linkage if above the height."""
    matrix = _square(centres)
    reach = 2 * height if method == "average" else height
    some = [measured(each, method) for each in members]
    for at in range(len(matrix) - 1):
        near = at + 1 + np.flatnonzero(matrix[at, at + 1 :] <= reach * (1 + 1e-9))
        if method == "complete":
            matrix[at, at + 1 :] = matrix[at + 1 :, at] = np.inf
        if len(near):
            value = to_classes(csds, some[at], [some[other] for other in near], method)
            matrix[at, near] = matrix[near, at] = value
    return matrix


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
    method: Method,
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


def _merge_into(distances: Floats, weight: Floats, kept: int, gone: int, method: Method) -> None:
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
