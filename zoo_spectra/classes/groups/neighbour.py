"""Whether a unit's nearest neighbour is of its group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.groups.model import Model
from zoo_spectra.classes.groups.shuffles import Shuffles
from zoo_spectra.method import Floats, Integers

Z = 1.959963984540054  # 95 %
_TIED = 1e-9  # of the largest squared distance
_ENTRIES = 1 << 22


@dataclass(frozen=True)
class Nearest:
    """``accuracy``: the share of units whose nearest neighbour is of their group, in [0, 1].

    ``interval``: 95 % (Wilson 1927), as if units were independent. ``balanced``: the mean of the
    groups' own shares. ``chance``: the mean accuracy under shuffled groups. ``p_value``: of the
    accuracy, in (0, 1].
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
    one, other, weight = _neighbours(left)
    hits = np.bincount(one, weight * (model.label[one] == model.label[other]), len(left))
    accuracy = float(hits.mean())
    balanced = np.mean([hits[model.label == each].mean() for each in range(model.groups)])
    shuffled = np.empty(len(shuffles.order))
    step = max(1, _ENTRIES // len(one))
    for start in range(0, len(shuffled), step):
        labels = model.label[shuffles.order[start : start + step]]
        shuffled[start : start + step] = (labels[:, one] == labels[:, other]) @ weight / len(left)
    p_value = shuffles.p_value(accuracy, shuffled)
    interval = wilson(accuracy, len(left))
    return Nearest(accuracy, interval, float(balanced), float(shuffled.mean()), p_value)


def _neighbours(left: Floats) -> tuple[Integers, Integers, Floats]:
    """Each unit and its nearest others, with their weights, which sum to one for each unit."""
    own = np.diag(left)
    squared = own[:, None] + own - 2 * left
    np.fill_diagonal(squared, np.inf)
    slack = _TIED * float(np.abs(squared[np.isfinite(squared)]).max(initial=0.0))
    one, other = np.nonzero(squared <= squared.min(axis=1)[:, None] + slack)
    return one, other, 1 / np.bincount(one)[one]


def wilson(share: float, size: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, J. Am. Stat. Assoc. 22, 209, 1927)."""
    scale = 1 + Z**2 / size
    centre = share + Z**2 / (2 * size)
    half = Z * np.sqrt(share * (1 - share) / size + Z**2 / (4 * size**2))
    return max(0.0, float((centre - half) / scale)), min(1.0, float((centre + half) / scale))
