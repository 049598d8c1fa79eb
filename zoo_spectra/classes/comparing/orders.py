"""The order of rows and columns: B = A[rows][:, columns]; and rotations, known by Gram matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from zoo_spectra.classes.comparing.rules import (
    ASSIGNED,
    GRAM_EXACT,
    GRAM_ROWS,
    GRAM_SHARE,
    HOPELESS,
    ORDERED,
    SAMPLED_ROWS,
)
from zoo_spectra.method import Floats, Integers

QUANTILES = 256  # of a row's sorted entries, by which it is known whatever the columns' order
Side = Literal["rows", "columns"]


@dataclass(frozen=True)
class Orders:
    """``rows``: (p,), which row of A each row of B is; ``columns``: (q,), the same of columns.

    ``cosine`` of B and of A in that order, in [-1, 1]; ``residual``: ‖b - a‖ of the two, each of
    norm 1.
    """

    rows: Integers
    columns: Integers
    cosine: float
    residual: float


def orders(one: Floats, other: Floats) -> Orders | None:
    """The orders of rows and columns that take one (p, q) to the other as nearly as was found.

    A scale of the whole is taken out. Rows are known by their sorted entries, which no order of
    columns changes, columns then by their entries; where that is not exact, rows are assigned once
    more with the columns known, and so on. Of tables, whose one side is too long, that side is
    taken as it is. None where both are too long.
    """
    if max(one.shape) > ORDERED:
        return _of_table(one, other)
    a, b = one / np.linalg.norm(one), other / np.linalg.norm(other)
    rows = assigned(_sorted_rows(a), _sorted_rows(b))
    found = None
    for _ in range(3):
        if rows is None:
            return found
        columns = assigned(a[rows].T, b.T)
        if columns is None:
            return found
        cosine = float(np.vdot(a[rows][:, columns], b))
        residual = float(np.linalg.norm(a[rows][:, columns] - b))
        if found is not None and cosine <= found.cosine + 1e-9:
            break
        found = Orders(rows, columns, cosine, residual)
        if residual < 1e-3 or cosine < HOPELESS or max(one.shape) > ASSIGNED:
            break
        rows = assigned(a[:, columns], b)
    return found


def _of_table(one: Floats, other: Floats) -> Orders | None:
    """The order of the short side, as an embedding's columns are ordered, its tokens in place."""
    p, q = one.shape
    if min(p, q) > ORDERED:
        return None
    if p < q:
        turned = _of_table(one.T, other.T)
        if turned is None:
            return None
        return Orders(turned.columns, turned.rows, turned.cosine, turned.residual)
    a, b = one / np.linalg.norm(one), other / np.linalg.norm(other)
    some = slice(None, None, -(-p // ORDERED))
    columns = assigned(a[some].T, b[some].T)
    if columns is None:
        return None
    made = a[:, columns]
    cosine, residual = float(np.vdot(made, b)), float(np.linalg.norm(made - b))
    return Orders(np.arange(p), columns, cosine, residual)


def _sorted_rows(matrix: Floats) -> Floats:
    made = np.sort(matrix, axis=1)
    if made.shape[1] <= QUANTILES:
        return made
    places = np.linspace(0, made.shape[1] - 1, QUANTILES).round().astype(int)
    return made[:, places]


def assigned(one: Floats, other: Floats) -> Integers | None:
    """Which row of one (n, m) is each row of the other, by distance: shape (n,), a permutation.

    Rows that are each other's nearest are settled first; the rest, if there are not too many, by
    the assignment of least cost (Jonker and Volgenant 1987; Crouse 2016).
    """
    from scipy.optimize import linear_sum_assignment

    squares = np.sum(one * one, axis=1)[None, :] - 2 * (other @ one.T)
    nearest = np.argmin(squares, axis=1)
    back = np.argmin(squares + np.sum(other * other, axis=1)[:, None], axis=0)
    n = len(other)
    if n > ASSIGNED:
        mutual = back[nearest] == np.arange(n)
        rest = np.flatnonzero(~mutual)
        free = np.setdiff1d(np.arange(n), nearest[mutual])
    else:
        rest = free = np.arange(n)
        if len(np.unique(nearest)) == n:
            return np.asarray(nearest, dtype=np.int64)
    if len(rest) > ASSIGNED:
        return None
    found: Integers = np.asarray(nearest, dtype=np.int64).copy()
    if len(rest):
        at, to = linear_sum_assignment(squares[np.ix_(rest, free)])
        found[rest[at]] = free[to]
    return found


def rotated(one: Floats, other: Floats, rounding: float) -> Side | None:
    """Which side of a matrix (p, q) is rotated or reflected: B = c A Q (columns) or c Q A (rows).

    An orthogonal Q leaves A Aᵀ (or AᵀA) as it is: by that it is known, up to the ``rounding`` of
    entries, where that is no multiple of the identity and of rows enough. None: neither.
    """
    if min(one.shape) < GRAM_ROWS or min(one.shape) > ORDERED:
        return None
    limit = max(GRAM_EXACT, 4 * rounding)
    sides: tuple[tuple[Side, Floats, Floats], ...] = (
        ("columns", one, other),
        ("rows", one.T, other.T),
    )
    for side, a, b in sides:
        a, b = a[:SAMPLED_ROWS], b[:SAMPLED_ROWS]
        g, h = a @ a.T, b @ b.T
        g, h = g / np.linalg.norm(g), h / np.linalg.norm(h)
        even = np.trace(g) / len(g)
        told = float(np.linalg.norm(g - even * np.eye(len(g))))
        if told >= GRAM_SHARE and float(np.linalg.norm(g - h)) <= limit * told:
            return side
    return None
