"""The distance of two classes of curves: the mean, or the largest, over pairs of their members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.spatial.distance import cdist

from zoo_spectra.method import BIN_WIDTH, Floats, Integers

Method = Literal["average", "complete"]

# Members of a class that are measured against those of near classes, for a mean.
_SAMPLE = 512
_ENTRIES = 1 << 22


def measured(members: Integers, method: Method) -> Integers:
    """The members that stand for a class: for a mean at most 512, evenly chosen; else all."""
    return members[:: -(-len(members) // _SAMPLE)] if method == "average" else members


def to_classes(csds: Floats, own: Integers, others: Sequence[Integers], method: Method) -> Floats:
    """Distance of a class to each of k ≥ 1 others, given by their members; shape (k,), e-folds."""
    join: np.ufunc = np.add if method == "average" else np.maximum
    count = np.array([len(each) for each in others])
    curves = csds[np.concatenate(others)]
    rows = max(1, _ENTRIES // len(curves))
    apart = join.reduce(
        [
            join.reduce(cdist(csds[own[start : start + rows]], curves, "cityblock"))
            for start in range(0, len(own), rows)
        ]
    )
    value: Floats = join.reduceat(apart, np.cumsum(count) - count) * BIN_WIDTH
    return value / (count * len(own)) if method == "average" else value
