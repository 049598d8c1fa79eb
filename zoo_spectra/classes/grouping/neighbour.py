"""Whether a unit's nearest neighbour is of its group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.grouping.model import Model
from zoo_spectra.classes.grouping.shuffles import Shuffles, blocks
from zoo_spectra.method import Floats, Integers

Z = 1.959963984540054  # 95 %
_TIED = 1e-9  # of the largest squared distance
_ENTRIES = 1 << 22


@dataclass(frozen=True)
class Nearest:
    """``accuracy``: the share of units whose nearest neighbour is of their group, in [0, 1].

    ``interval``: 95 % (Wilson 1927), as if units were independent. ``balanced``: the mean of the
    groups' own shares. ``chance``: the mean accuracy under shuffled groups. ``p_value``: of the
    accuracy, in (0, 1]; designs of one accuracy are ordered by that of the second neighbours.
    """

    accuracy: float
    interval: tuple[float, float]
    balanced: float
    chance: float
    p_value: float


def nearest_of(left: Floats, model: Model, shuffles: Shuffles) -> Nearest:
    """By inner products of residuals, shape (n, n): without covariates and strata, by distances.

    Of several neighbours that are equally near each counts by its share.
    """
    first, second = _neighbours(left)
    label = model.label
    hits = np.bincount(first.one, first.weight * (label[first.one] == label[first.other]))
    accuracy = float(hits.mean())
    balanced = np.mean([hits[label == each].mean() for each in range(model.groups)])
    shuffled, beside = np.empty(len(shuffles.order)), np.empty(len(shuffles.order))
    for some in blocks(len(shuffled), len(first.one), _ENTRIES):
        labels = label[shuffles.order[some]]
        shuffled[some] = (labels[:, first.one] == labels[:, first.other]) @ first.weight
        beside[some] = (labels == labels[:, second]).sum(axis=1)
    # An accuracy has few values, and a test by it alone would find too little.
    given = hits.sum() + (label == label[second]).sum() / (2 * len(left))
    p_value = shuffles.p_value(given, shuffled + beside / (2 * len(left)))
    chance = float(shuffled.mean() / len(left))
    return Nearest(accuracy, wilson(hits.sum(), len(left)), float(balanced), chance, p_value)


@dataclass(frozen=True)
class _Pairs:
    """``one`` and its nearest ``other``, with the share that counts; a unit's sum to one."""

    one: Integers
    other: Integers
    weight: Floats


def _neighbours(left: Floats) -> tuple[_Pairs, Integers]:
    """The nearest of each unit, and the next one, shape (n,): the nearest of the others."""
    own = np.diag(left)
    squared = own[:, None] + own - 2 * left
    np.fill_diagonal(squared, np.inf)
    slack = _TIED * float(np.abs(squared[np.isfinite(squared)]).max(initial=0.0))
    one, other = np.nonzero(squared <= squared.min(axis=1)[:, None] + slack)
    second = np.argsort(squared, axis=1, kind="stable")[:, min(1, len(left) - 2)]
    return _Pairs(one, other, 1 / np.bincount(one)[one]), second


def wilson(hits: float, size: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, J. Am. Stat. Assoc. 22, 209, 1927)."""
    share, scale = hits / size, 1 + Z**2 / size
    centre = share + Z**2 / (2 * size)
    half = Z * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    return max(0.0, float((centre - half) / scale)), min(1.0, float((centre + half) / scale))
