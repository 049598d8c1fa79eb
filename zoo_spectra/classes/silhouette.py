"""Mean silhouettes of classes (Rousseeuw, J. Comput. Appl. Math. 20, 53, 1987)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.distance import cdist

from zoo_spectra.method import Floats, Integers

_ENTRIES = 1 << 24  # distances that are in memory at once


def silhouettes(points: Floats, labels: Sequence[Integers]) -> list[float | None]:
    """The mean over n networks in each of several classifications, in [-1, 1].

    ``points``: shape (n, W); ``labels``: of each classification 1..K, shape (n,). A network alone
    in its class counts as 0. None for one class, and for n of them.
    """
    count = len(points)
    sizes = [np.bincount(label)[1:] for label in labels]
    orders = [np.argsort(label, kind="stable") for label in labels]
    total = [0.0 if 1 < len(size) < count else None for size in sizes]
    rows = max(1, _ENTRIES // count)
    for start in range(0, count, rows):
        apart = cdist(points[start : start + rows], points, "cityblock")
        for at, so_far in enumerate(total):
            if so_far is not None:
                own = labels[at][start : start + rows] - 1
                total[at] = so_far + _silhouette(apart[:, orders[at]], own, sizes[at])
    return [None if each is None else each / count for each in total]


def _silhouette(apart: Floats, own: Integers, sizes: Integers) -> float:
    """The sum over some networks; ``apart``: their distances to all, class by class."""
    summed = np.add.reduceat(apart, np.cumsum(sizes) - sizes, axis=1)
    row = np.arange(len(own))
    within = summed[row, own] / np.maximum(sizes[own] - 1, 1)
    summed /= sizes
    summed[row, own] = np.inf
    nearest = summed.min(axis=1)
    larger = np.maximum(within, nearest)
    apart_enough = (sizes[own] > 1) & (larger > 0)
    value = np.divide(nearest - within, larger, out=np.zeros_like(larger), where=apart_enough)
    return float(value.sum())
