"""Scales between two matrices of one shape: one for all, or one for each row and each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.rules import ENTRIES_A_FACTOR, SCALE
from zoo_spectra.method import Floats

FITTED_WHOLE = 1 << 22  # entries that are looked at at once
FITTED_ROWS = 256


@dataclass(frozen=True)
class Factors:
    """B = scale · diag(rows) A diag(columns): rows (p,) and columns (q,) of geometric mean 1.

    ``residual``: ‖B - that‖/‖B‖.
    """

    scale: float
    rows: Floats
    columns: Floats
    residual: float

    def uneven(self, rounding: float) -> list[str]:
        """The sides, rows and columns, whose factors differ by more than rounding makes them."""
        least = max(SCALE, 4 * rounding)
        sides = {"rows": self.rows, "columns": self.columns}
        return [side for side, each in sides.items() if np.ptp(each) > least]


def factors(one: Any, other: Any, limit: float = np.inf) -> Factors | None:
    """The factors of rows and columns that take one (p, q) to the other, if there may be any.

    None where zeros are in other places, or the matrix is so small that some always fit. A ReLU
    network computes the same when a unit's incoming weights are scaled and its outgoing ones by the
    inverse; signs are allowed, as tanh networks have them. Of a large matrix the columns' factors
    are those of 256 rows; None where these are further off than twice the ``limit``.
    """
    p, q = one.shape
    if p * q < ENTRIES_A_FACTOR * (p + q):
        return None
    if p * q <= FITTED_WHOLE or p <= FITTED_ROWS:
        return _fitted(_wide(one), _wide(other))
    some = np.unique(np.linspace(0, p - 1, FITTED_ROWS).round().astype(int))
    part = _fitted(_wide(one[some]), _wide(other[some]))
    if part is None or part.residual > 2 * limit:
        return None
    return _extended(one, other, part.columns)


def _wide(matrix: Any) -> Floats:
    return np.asarray(matrix, dtype=np.float64)


def _fitted(one: Floats, other: Floats) -> Factors | None:
    where = one != 0
    if not np.array_equal(where, other != 0) or not where.any():
        return None
    signs = np.where(where, np.sign(one) * np.sign(other), 0.0)
    column_signs = _signs(signs.T @ signs[:, np.argmax(where.sum(axis=0))])
    row_signs = _signs(signs @ column_signs)
    rows, columns = _additive(_logs(one, other, where), where)
    middle = float(rows.mean() + columns.mean())
    by_row, by_column = rows - rows.mean(), columns - columns.mean()
    if not _in_range(middle, by_row, by_column):
        return None
    by_row, by_column = np.exp(by_row) * row_signs, np.exp(by_column) * column_signs
    scale = float(np.exp(middle))
    made = scale * by_row[:, None] * one * by_column
    residual = float(np.linalg.norm(other - made) / np.linalg.norm(other))
    return Factors(scale, by_row, by_column, residual)


def _extended(one: Any, other: Any, columns: Floats) -> Factors | None:
    """The factors of all rows, given those of the columns; some rows at a time."""
    logs_of_columns, found, signs = np.log(np.abs(columns)), [], []
    step = max(1, FITTED_WHOLE // one.shape[1])
    blocks = [slice(at, at + step) for at in range(0, one.shape[0], step)]
    for block in blocks:
        a, b = _wide(one[block]), _wide(other[block])
        where = a != 0
        if not np.array_equal(where, b != 0):
            return None
        logs = _logs(a, b, where) - np.where(where, logs_of_columns, 0.0)
        found.append(logs.sum(axis=1) / np.maximum(where.sum(axis=1), 1))
        signs.append(_signs((np.sign(a) * np.sign(b)) @ np.sign(columns)))
    rows, row_signs = np.concatenate(found), np.concatenate(signs)
    middle = float(rows.mean())
    if not _in_range(middle, rows - middle, logs_of_columns):
        return None
    by_row, scale = np.exp(rows - middle) * row_signs, float(np.exp(middle))
    apart = whole = 0.0
    for block in blocks:
        b = _wide(other[block])
        made = scale * by_row[block, None] * _wide(one[block]) * columns
        apart += float(np.sum((b - made) ** 2))
        whole += float(np.sum(b**2))
    return Factors(scale, by_row, columns, float(np.sqrt(apart / whole)))


def _logs(one: Floats, other: Floats, where: np.ndarray) -> Floats:
    """ln |B/A| at the places ``where``, 0 elsewhere."""
    logs = np.zeros_like(one)
    np.log(np.abs(other), out=logs, where=where)
    logs -= np.log(np.abs(np.where(where, one, 1.0)))
    return logs


def _in_range(middle: float, rows: Floats, columns: Floats) -> bool:
    """Whether such factors can be multiplied in float64; beyond is no rescaling anybody does."""
    return bool(abs(middle) <= 300 and max(np.ptp(rows), np.ptp(columns)) <= 300)


def _signs(values: Floats) -> Floats:
    return np.where(values < 0, -1.0, 1.0)


def _additive(logs: Floats, where: np.ndarray) -> tuple[Floats, Floats]:
    """r and c of the least squares fit logs ≈ r + c at the places ``where``."""
    weight = where.astype(float)
    by_row, by_column = weight.sum(axis=1), weight.sum(axis=0)
    rows, columns = np.zeros(len(by_row)), np.zeros(len(by_column))
    for _ in range(50):  # exact after one step where nothing is zero
        before = columns
        rows = (logs - weight * columns).sum(axis=1) / np.maximum(by_row, 1)
        columns = (logs - weight * rows[:, None]).sum(axis=0) / np.maximum(by_column, 1)
        if np.max(np.abs(columns - before)) < 1e-12:
            break
    return rows, columns
