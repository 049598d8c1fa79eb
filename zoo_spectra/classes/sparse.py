"""Linkage of many classes by their near pairs only, without a matrix.

Of the pairs of classes those at most a height apart are enough to find every merge up to it: the
mean (or largest) distance of a merged class is never below both of what it was made of. A pair that
was further apart is measured when a merge brings it into question, and only then.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
from scipy.spatial.distance import cdist

from zoo_spectra.classes.between import Method, measured, to_classes
from zoo_spectra.classes.neighbours import coarse, near_pairs
from zoo_spectra.method import BIN_WIDTH, Floats, Integers

_ROWS = 128
Near = dict[int, dict[int, float]]


def reachable(centres: Floats, low: float, high: float, pairs: int) -> float | None:
    """The largest height up to ``high`` at which about ``pairs`` pairs of mean curves are near.

    ``centres``: shape (L, W). Judged from the pairs of some of them, and from the sums by which
    they are looked for. None when it is not at least a twelfth of an octave above ``low``.
    """
    sums = coarse(centres)
    some = sums[:: -(-len(sums) // _ROWS)]
    apart = cdist(some, sums, "cityblock").ravel()
    room = len(some) + int(2 * pairs * len(some) / len(centres))  # each is near itself
    if room >= len(apart):
        return high
    height = min(high, float(np.partition(apart, room)[room]))
    return height if height == high or height >= low * 2 ** (1 / 12) else None


def sparse_linkage(
    csds: Floats, members: list[Integers], height: float, method: Method
) -> Integers:
    """Classes, shape (L,), 0..K-1, of L classes given by their members, cut at ``height``.

    Merges the nearest two until none are within the height, as the definition says; of more than
    512 members of a class some are measured.
    """
    live = dict(enumerate(members))
    centre = {at: csds[some].mean(axis=0) for at, some in live.items()}
    near = _near(csds, members, np.array(list(centre.values())), height, method)
    heap = [(apart, a, b) for a, row in near.items() for b, apart in row.items() if a < b]
    heapify(heap)
    made: list[tuple[int, int]] = []
    while heap:
        _, a, b = heappop(heap)
        if a not in live or b not in live:
            continue
        new = len(members) + len(made)
        made.append((a, b))
        row = _joined(csds, live, centre, near, (a, b), height, method)
        weight = np.array([len(live[a]), len(live[b])])
        centre[new] = weight @ [centre.pop(a), centre.pop(b)] / weight.sum()
        live[new] = np.concatenate([live.pop(a), live.pop(b)])
        near[new] = row
        for gone in (a, b):
            for other in near.pop(gone):
                near[other].pop(gone, None)
        for other, apart in row.items():
            near[other][new] = apart
            heappush(heap, (apart, other, new))
    return _labels(len(members), made)


def _near(
    csds: Floats, members: list[Integers], centres: Floats, height: float, method: Method
) -> Near:
    """Of each class those at most ``height`` away, with the distance."""
    near: Near = {at: {} for at in range(len(members))}
    some = [measured(each, method) for each in members]
    size = np.array([len(each) for each in members])
    for query, target, apart in near_pairs(centres, height):
        order = np.argsort(query, kind="stable")
        for pairs in np.split(order, np.flatnonzero(np.diff(query[order])) + 1):
            if not len(pairs):
                continue
            at, others, value = int(query[pairs[0]]), target[pairs], apart[pairs]
            if size[at] > 1 or size[others].max() > 1:
                value = to_classes(csds, some[at], [some[other] for other in others], method)
            for other, distance in zip(others.tolist(), value.tolist(), strict=True):
                if distance <= height:
                    near[at][other] = near[other][at] = distance
    return near


def _joined(
    csds: Floats,
    live: dict[int, Integers],
    centre: dict[int, Floats],
    near: Near,
    pair: tuple[int, int],
    height: float,
    method: Method,
) -> dict[int, float]:
    """Distances of what two classes merge into, to those that are within the height of it."""
    a, b = pair
    if method == "complete":
        both = near[a].keys() & near[b].keys()
        return {other: max(near[a][other], near[b][other]) for other in sorted(both)}
    total = len(live[a]) + len(live[b])
    row = {
        other: (len(live[a]) * near[a][other] + len(live[b]) * near[b][other]) / total
        for other in sorted(near[a].keys() & near[b].keys())
    }
    for known, unknown in ((a, b), (b, a)):
        lacking = sorted(near[known].keys() - near[unknown].keys() - {unknown})
        if not lacking:
            continue
        share = len(live[known]) / total
        apart = share * np.array([near[known][other] for other in lacking])
        means = np.array([centre[other] for other in lacking])
        # No mean distance is below that of the mean curves.
        least = np.abs(means - centre[unknown]).sum(axis=1) * BIN_WIDTH
        may = np.flatnonzero(apart + (1 - share) * np.maximum(least, height) <= height)
        if not len(may):
            continue
        some = [measured(live[lacking[at]], method) for at in may]
        apart[may] += (1 - share) * to_classes(csds, measured(live[unknown], method), some, method)
        row |= {lacking[at]: float(apart[at]) for at in may if apart[at] <= height}
    return row


def _labels(count: int, made: list[tuple[int, int]]) -> Integers:
    """The last class that each of the first ``count`` ones has become, numbered from 0."""
    into = np.arange(count + len(made))
    for at in range(len(made) - 1, -1, -1):
        into[list(made[at])] = into[count + at]
    return np.unique(into[:count], return_inverse=True)[1]
