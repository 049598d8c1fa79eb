"""Scales between two matrices of one shape: one for all, or one for each row and each column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.comparing.rules import ENTRIES_A_FACTOR, SCALE
from zoo_spectra.method import Floats


@dataclass(frozen=True)
class Factors:
    """B = scale · diag(rows) A diag(columns): rows (p,) and columns (q,) of geometric mean 1.

    ``residual``: ‖B - that‖/‖B‖.
    """

    scale: float
    rows: Floats
    columns: Floats
    residual: float

    @property
    def uneven_rows(self) -> bool:
        """Whether rows differ in their factors."""
        return bool(np.ptp(self.rows) > SCALE)

    @property
    def uneven_columns(self) -> bool:
        """Whether columns differ in their factors."""
        return bool(np.ptp(self.columns) > SCALE)


def scalar(one: Floats, other: Floats) -> tuple[float, float]:
    """c that makes ‖B - cA‖ least, and that, relative to ‖B‖. Neither may be all zero."""
    c = float(np.vdot(one, other) / np.vdot(one, one))
    return c, float(np.linalg.norm(other - c * one) / np.linalg.norm(other))


def factors(one: Floats, other: Floats) -> Factors | None:
    """The factors of rows and columns that take one (p, q) to the other, if there may be any.

    None where zeros are in other places, or the matrix is so small that some always fit. A ReLU
    network computes the same when a unit's incoming weights are scaled and its outgoing ones by the
    inverse; signs are allowed, as tanh networks have them.
    """
    p, q = one.shape
    where = one != 0
    if p * q < ENTRIES_A_FACTOR * (p + q) or not np.array_equal(where, other != 0):
        return None
    signs = np.where(where, np.sign(one) * np.sign(other), 0.0)
    column_signs = _signs(signs.T @ signs[:, np.argmax(where.sum(axis=0))])
    row_signs = _signs(signs @ column_signs)
    logs = np.zeros_like(one)
    np.log(np.abs(other), out=logs, where=where)
    logs -= np.log(np.abs(np.where(where, one, 1.0)))
    rows, columns = _additive(logs, where)
    middle = float(rows.mean() + columns.mean())
    if abs(middle) > 300 or max(np.ptp(rows), np.ptp(columns)) > 300:
        return None  # beyond float64 when multiplied: no rescaling that anybody does
    by_row = np.exp(rows - rows.mean()) * row_signs
    by_column = np.exp(columns - columns.mean()) * column_signs
    scale = float(np.exp(middle))
    made = scale * by_row[:, None] * one * by_column
    residual = float(np.linalg.norm(other - made) / np.linalg.norm(other))
    return Factors(scale, by_row, by_column, residual)


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
