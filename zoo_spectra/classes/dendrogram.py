"""The whole tree of classes: at every height, which there are, their medoids and radii."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage as link

from zoo_spectra.classes.equivalence import condensed_distances, cut, taken
from zoo_spectra.defaults import Linkage
from zoo_spectra.method import Floats, Integers

_ENTRIES = 1 << 21


@dataclass(frozen=True)
class Dendrogram:
    """n networks are the nodes 0 … n-1, and merge k makes the node n+k.

    ``merges``: shape (n-1, 2), the nodes that merge, in the order of scipy's ``linkage``.
    ``height``: shape (n-1,), where they do, in e-folds, never falling. ``medoid``: shape (2n-1,),
    the network with the least summed distance to the others of the node. ``radius``: shape
    (2n-1,), the largest distance to it, in e-folds. The classes at ε are the highest nodes that
    are not above ε.
    """

    merges: Integers
    height: Floats
    medoid: Integers
    radius: Floats


def dendrogram_of(points: Floats, method: Linkage, accuracy: float) -> Dendrogram:
    """The tree of n ≥ 1 networks at ``points``, shape (n, W), as ``equivalence_classes`` cuts it.

    At ``accuracy`` ε the medoids are those of ``equivalence_classes``, of equals too.
    """
    count = len(points)
    own = np.arange(count)
    if count == 1:
        return Dendrogram(np.empty((0, 2), np.int64), np.empty(0), own, np.zeros(1))
    condensed = condensed_distances(points)
    tree = link(condensed, method)
    merges, height = tree[:, :2].astype(np.int64), tree[:, 2]
    stored = cut(tree, condensed, accuracy)
    medoid, radius = np.concatenate([own, np.zeros(count - 1, np.int64)]), np.zeros(2 * count - 1)
    members: dict[int, Integers] = {at: own[at : at + 1] for at in range(count)}
    total = np.zeros(count)  # of distances to the others of the node
    for at, (a, b) in enumerate(merges.tolist()):
        one, other = members.pop(a), members.pop(b)
        _add(total, condensed, one, other)
        inside = np.sort(np.concatenate([one, other]))
        members[count + at] = inside
        found = inside[int(np.argmin(total[inside]))]
        class_ = stored.label[inside[0]]
        if height[at] <= accuracy and len(inside) == stored.sizes[class_ - 1]:
            found = stored.medoid[inside[0]]
        medoid[count + at] = found
        radius[count + at] = taken(condensed, count, inside, found).max()
    return Dendrogram(merges, height, medoid, radius)


def _add(total: Floats, condensed: Floats, one: Integers, other: Integers) -> None:
    """Add to each member's sum the distances to the members of the other node."""
    rows = max(1, _ENTRIES // len(other))
    for start in range(0, len(one), rows):
        some = one[start : start + rows]
        apart = taken(condensed, len(total), some[:, None], other)
        total[some] += apart.sum(axis=1)
        total[other] += apart.sum(axis=0)
