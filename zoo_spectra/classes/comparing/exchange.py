"""The order of hidden units as evidence: under independent training it is exchangeable.

A network computes the same when its hidden units are renumbered, and its training does too: so two
that were trained apart have them in orders that have nothing to do with each other, and any order
of the one's is as likely as that in which it is stored. A statistic of the alignment is compared
with its values under random orders; the p-value is exact (Phipson and Smyth 2010; for networks
Zhu et al., arXiv:2502.12292).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.rules import DRAWS, LIKE_ROWS, ROWS, SAMPLED_ROWS
from zoo_spectra.method import Floats

BATCH = 1 << 22  # entries that are picked at once


@dataclass(frozen=True)
class Likeness:
    """How alike rows are to their own counterparts, beyond others'.

    ``own``: the mean cosine of row i and row i. ``others``: of row i and any row. ``deviations``:
    by how many standard deviations of random orders the first is beyond.
    """

    own: float
    others: float
    deviations: float


def cosines(one: Any, other: Any, most: int = SAMPLED_ROWS) -> Floats:
    """The cosine of each of the first ``most`` rows of one with each of the other's; shape (n, n).

    What all rows of a matrix have in common, their mean, is taken out before. Rows that are equal
    to it have cosine 0 with all.
    """
    n = min(len(one), len(other), most)
    return np.asarray(_unit(one[:n]) @ _unit(other[:n]).T)


def _unit(matrix: Any) -> Floats:
    rows = np.asarray(matrix, dtype=np.float64)
    rows = rows - rows.mean(axis=0)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0))


def likeness(one: Any, other: Any) -> Likeness | None:
    """Of the first 512 rows of two matrices; of columns where rows are fewer than 8.

    None where both are. The deviation is that of a sum over a random permutation (Hoeffding 1951).
    """
    if len(one) < ROWS:
        one, other = one.T, other.T
    if min(len(one), len(other)) < ROWS:
        return None
    each = cosines(one, other, LIKE_ROWS)
    n = len(each)
    centred = each - each.mean(axis=0) - each.mean(axis=1)[:, None] + each.mean()
    spread = float(np.sqrt(np.sum(centred**2) / (n - 1)))
    beyond = float(np.trace(each)) - n * float(each.mean())
    deviations = beyond / spread if spread > 1e-9 * n else 0.0
    return Likeness(float(np.trace(each)) / n, float(each.mean()), deviations)


def p_of_order(each: Floats, rng: np.random.Generator, draws: int = DRAWS) -> float:
    """The share of random orders, and the one there is, under which rows are as alike or more.

    ``each``: (n, n) cosines, or sums of them over several matrices of the same units. In
    [1/(draws + 1), 1].
    """
    n = len(each)
    there = float(np.trace(each))
    as_much, places = 1, np.arange(n)
    limit = there - 1e-9 * n  # an order that gives the same is as much
    step = max(1, BATCH // n)
    for start in range(0, draws, step):
        number = min(step, draws - start)
        drawn = rng.permuted(np.tile(places, (number, 1)), axis=1)
        as_much += int(np.count_nonzero(each[places, drawn].sum(axis=1) >= limit))
    return as_much / (draws + 1)
