"""Equivalence classes at an accuracy ε, and their medoids.

The equivalence of networks by their CSD is that of Süzen (arXiv:2006.13687); the linkage and the
default accuracy are conventions of this package.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform

from zoo_spectra import svg
from zoo_spectra.classes.large import EXACT, large_labels, large_medoids
from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_LINKAGE, LINKAGES, Linkage
from zoo_spectra.method import BIN_WIDTH, Floats, Integers
from zoo_spectra.text import count, sparkline

# Rows of the largest matrix of distances: 1.6 GB condensed, and the linkage works on a copy.
EXACT_LIMIT = 20_000
_BLOCK = 1 << 21
BARS = 120  # classes in a picture
LINKED = np.array(["exact", "in steps", "coarse"])  # by the numbers of ``large.py``


@dataclass(frozen=True, repr=False)
class Classes:
    """Equivalence classes of n networks, K classes; a class has at least one member.

    ``label``: shape (n,), 1..K, largest class first. ``medoid``: shape (n,), index of the medoid
    of each network's class. ``medoid_distance``: shape (n,), in e-folds, ≥ 0. ``linked``: shape
    (n,), how the class was found: exact, in steps or coarse (see ``large.py``).
    """

    label: Integers
    medoid: Integers
    medoid_distance: Floats
    linked: npt.NDArray[np.str_]

    def __repr__(self) -> str:
        """A few lines: how many, their sizes in blocks, and how wide they are."""
        sizes = self.sizes
        alone = int((sizes == 1).sum())
        return (
            f"Classes of {count(len(self.label), 'network')}: {len(sizes):,}, "
            f"the largest of {sizes.max():,}, {alone:,} of one network alone\n"
            f"  sizes {sparkline(sizes.tolist())}\n"
            f"  at most {self.medoid_distance.max():.3g} e-folds from a medoid; linked "
            + ", ".join(np.unique(self.linked).tolist())
        )

    def _repr_html_(self) -> str:
        """The same in a notebook, with a bar a class."""
        return svg.shown(repr(self), svg.bars("Sizes of classes", self.sizes[:BARS].tolist()))

    @property
    def sizes(self) -> Integers:
        """Members of each class, shape (K,), the largest first."""
        return np.bincount(self.label)[1:]

    @property
    def exact(self) -> npt.NDArray[np.bool_]:
        """Shape (n,): whether the class is that of the matrix of all distances."""
        same: npt.NDArray[np.bool_] = self.linked == LINKED[EXACT]
        return same


def distance_matrix(csds: Floats) -> Floats:
    """All distances between n curves; ``csds`` has shape (n, W), the result (n, n)."""
    matrix: Floats = squareform(condensed_distances(csds))
    return matrix


def equivalence_classes(
    csds: Floats,
    accuracy: float = DEFAULT_ACCURACY,
    method: Linkage = DEFAULT_LINKAGE,
    exact_limit: int = EXACT_LIMIT,
) -> Classes:
    """Agglomerative classes cut at ``accuracy`` ε ≥ 0; ``csds`` has shape (n, W), n ≥ 1.

    With ``complete`` linkage every pair of a class is within ε; with ``average`` (the default)
    two classes are merged while their mean distance is at most ε. Of more than ``exact_limit``
    networks those are exact whose connected component of the graph of pairs within ε is not
    larger, and the others linked in steps: see ``large.py``. Raises ValueError for an
    accuracy, a linkage or a limit that means nothing.
    """
    if not 0 <= accuracy < float("inf"):
        raise ValueError(f"the accuracy ε must be a number ≥ 0, not {accuracy}")
    if method not in LINKAGES:
        raise ValueError(f"linkage must be one of {', '.join(LINKAGES)}, not {method!r}")
    if exact_limit < 1:
        raise ValueError(f"the exact limit must be at least 1 network, not {exact_limit}")
    if len(csds) > exact_limit:
        found, how = large_labels(csds, accuracy, method, exact_limit)
        label = _largest_first(found)
        medoid = large_medoids(csds, label)
        apart = np.abs(csds - csds[medoid]).sum(axis=1) * BIN_WIDTH
        return Classes(label, medoid, apart, LINKED[how])
    if len(csds) == 1:
        zero = np.zeros(1, dtype=np.int64)
        return Classes(zero + 1, zero, np.zeros(1), LINKED[[EXACT]])
    condensed = condensed_distances(csds)
    return cut(linkage(condensed, method), condensed, accuracy)


def condensed_distances(csds: Floats) -> Floats:
    """The distances of all pairs of n networks, shape (n (n - 1) / 2,), in scipy's order."""
    condensed: Floats = pdist(csds, "cityblock")
    condensed *= BIN_WIDTH
    return condensed


def cut(tree: Floats, condensed: Floats, accuracy: float) -> Classes:
    """The classes of a linkage tree at ``accuracy`` ε; ``tree`` as scipy's ``linkage`` gives it."""
    raw = fcluster(tree, t=accuracy, criterion="distance")
    return _with_medoids(_largest_first(raw), condensed)


def _largest_first(raw: npt.NDArray[np.integer]) -> Integers:
    """Relabel 1..K by falling size; classes of one size in the order of their first member."""
    _, first, inverse, count = np.unique(
        raw, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(count), dtype=np.int64)
    rank[np.lexsort((first, -count))] = np.arange(1, len(count) + 1)
    return rank[inverse]


def _with_medoids(label: Integers, condensed: Floats) -> Classes:
    """Medoids from the condensed matrix, whose square form would be twice as large again."""
    medoid = np.empty(len(label), dtype=np.int64)
    order = np.argsort(label, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        rows = max(1, _BLOCK // len(members))
        total = [
            taken(condensed, len(label), members[at : at + rows, None], members).sum(axis=1)
            for at in range(0, len(members), rows)
        ]
        medoid[members] = members[int(np.argmin(np.concatenate(total)))]
    apart = taken(condensed, len(label), np.arange(len(label)), medoid)
    return Classes(label, medoid, apart, LINKED[np.full(len(label), EXACT)])


def taken(condensed: Floats, count: int, a: Integers, b: Integers) -> Floats:
    """Entries (a, b), broadcast, of the square matrix of ``count`` rows."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    at = low * count - low * (low + 1) // 2 + high - low - 1
    same = low == high
    at[same] = 0
    found: Floats = condensed[at]
    found[same] = 0.0
    return found
