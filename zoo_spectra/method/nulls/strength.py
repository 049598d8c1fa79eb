"""Null model ``strength``: places as in ``degree``, values so that the sums of rows and columns
are held as nearly as their order can.

The rule of Rubinov & Sporns, NeuroImage 56, 2068 (2011): the values, sorted, go to the edges in the
order of their expected values, s_i t_j, of what the row i and the column j still lack of their
sums. A tenth of the edges, drawn at random, get theirs; then what is lacked is counted anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.method.nulls.degree import moved
from zoo_spectra.method.nulls.edges import Edges, Places
from zoo_spectra.method.spectrum import Floats

STEPS = 10


@dataclass(frozen=True)
class Strengths:
    """Sums of each row, (p,), and of each column, (q,); of symmetric edges both are the same."""

    rows: Floats
    columns: Floats


def strength(edges: Edges, rounds: int, random: np.random.Generator) -> Edges:
    """Edges of the same degrees, with the same values, and nearly the same sums.

    Raises NetworkError for negative values, whose sums say nothing of how strong an edge is.
    """
    if np.any(edges.values < 0):
        raise NetworkError(
            "strengths are of positive weights, and some are negative: take --model degree or "
            "weights, or absolute weights"
        )
    return assigned(moved(edges, rounds, random), strengths(edges), random)


def strengths(edges: Edges) -> Strengths:
    """The sums of the edges' values; loops do not count."""
    values = edges.values.astype(np.float64)
    rows = np.bincount(edges.rows, values, minlength=edges.shape[0])
    columns = np.bincount(edges.columns, values, minlength=edges.shape[1])
    if edges.symmetric:
        rows = columns = rows + columns
    return Strengths(np.asarray(rows, np.float64), np.asarray(columns, np.float64))


def assigned(edges: Edges, wanted: Strengths, random: np.random.Generator) -> Edges:
    """The values of these edges, assigned to them anew by the rule above."""
    lacked_rows = wanted.rows.copy()
    lacked_columns = lacked_rows if edges.symmetric else wanted.columns.copy()
    left: Places = random.permutation(edges.count)  # also settles edges that are expected equal
    values = np.sort(edges.values)
    made = np.empty_like(edges.values)
    for step in range(STEPS):
        take = round(len(left) / (STEPS - step))
        rows, columns = edges.rows[left], edges.columns[left]
        # What has more than its sum already lacks nothing: two of them would look strong.
        expected = np.maximum(lacked_rows, 0)[rows] * np.maximum(lacked_columns, 0)[columns]
        rank = np.empty(len(left), dtype=np.int64)
        rank[np.argsort(expected, kind="stable")] = np.arange(len(left))
        now, given = left[:take], values[rank[:take]]
        made[now] = given
        np.subtract.at(lacked_rows, edges.rows[now], given)
        np.subtract.at(lacked_columns, edges.columns[now], given)
        values = np.delete(values, rank[:take])
        left = left[take:]
    return replace(edges, values=made)


def agreement(before: Edges, after: Edges) -> float | None:
    """How near the sums are to what they were: the lesser correlation of those of rows and of
    columns, in [-1, 1]; None where all are equal.
    """
    one, other = strengths(before), strengths(after)
    found = [_correlation(a, b) for a, b in ((one.rows, other.rows), (one.columns, other.columns))]
    known = [each for each in found if each is not None]
    return min(known) if known else None


def _correlation(one: Floats, other: Floats) -> float | None:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / size, -1, 1)) if size > 0 else None
