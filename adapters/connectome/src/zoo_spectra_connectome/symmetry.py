"""Directed or not: triangles, lists of each edge once, matrices symmetric but for rounding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import is_symmetric
from zoo_spectra_connectome.adjacency import Adjacency, Dense, from_matrix

ROUNDING = 2.5e-6  # of the largest entry: numbers printed with six digits, or a list of such
NEARLY = 1e-2
GLANCE = 1000  # rows that are looked at before all of them are
CURE = "say symmetry=mean, upper, lower or sum"


def with_symmetry(adjacency: Adjacency, symmetry: str | None) -> Adjacency:
    """The network as the option ``symmetry`` has it.

    None: ``as_it_looks``; ``none``: as it is; ``auto``: ``symmetrised``; ``upper``, ``lower``: that
    triangle stands for both, and the other is empty or its mirror up to 1 %; ``mean``:
    (A + Aᵀ) / 2; ``sum``: A + Aᵀ, the diagonal once. Raises NetworkError.
    """
    if symmetry is None:
        return as_it_looks(adjacency)
    if symmetry == "none":
        return adjacency
    if symmetry == "auto":
        whole = symmetrised(adjacency)
        if whole is not adjacency:
            _check_once(adjacency.matrix)
        return whole
    matrix: Any = adjacency.matrix
    if symmetry in ("upper", "lower"):
        kept = _half(matrix, symmetry == "upper")
        rest = _without_diagonal(_half(matrix, symmetry != "upper"))
        if abs(rest).max() > 0 and not _difference(matrix) <= NEARLY * abs(matrix).max():
            raise NetworkError(
                f"symmetry={symmetry}: the other triangle is neither empty nor the mirror of this; "
                "say symmetry=mean, sum or none"
            )
        return _like(_added(kept), adjacency)
    both = _added(matrix)
    if symmetry == "mean":
        both = _like((matrix.astype(np.float64) + matrix.T) / 2, adjacency).matrix
    return _like(both, adjacency)


def as_it_looks(adjacency: Adjacency) -> Adjacency:
    """Where nothing is said: symmetric up to the rounding of printed numbers is symmetric.

    Raises NetworkError for a matrix that is symmetric but for 1 % of it, or less: either an
    undirected one that some computing has blurred, or a directed one like no other.
    """
    matrix: Any = adjacency.matrix
    if is_symmetric(matrix):
        return adjacency
    between = _without_diagonal(matrix)
    largest, share = float(abs(between).max()), 0.0
    if not np.isfinite(largest):
        return adjacency
    for step in sorted({max(1, matrix.shape[0] // GLANCE), 1}, reverse=True):
        share = _asymmetry(between[::step], between[:, ::step].T, largest)
        if share > NEARLY:
            return adjacency
    if _difference(matrix) <= ROUNDING * largest:
        return _like((matrix.astype(np.float64) + matrix.T) / 2, adjacency)
    raise NetworkError(
        f"it is symmetric but for {share:.1g} of it; say symmetry=mean if it is undirected, "
        "symmetry=none if the difference is meant"
    )


def symmetrised(adjacency: Adjacency) -> Adjacency:
    """The undirected network: A + Aᵀ with the diagonal counted once.

    A matrix that is symmetric already, up to rounding, is kept, so that a file which lists each
    edge both ways gives the same network as one which lists it once; where the rounding is that of
    printed numbers, the mean of the two is taken. Raises NetworkError for one that is symmetric
    up to 1 % and no better: the sum would double it.
    """
    matrix: Any = adjacency.matrix
    if is_symmetric(matrix):
        return adjacency
    largest = float(abs(matrix).max())
    difference = _difference(matrix)
    if difference <= ROUNDING * largest:
        return _like((matrix.astype(np.float64) + matrix.T) / 2, adjacency)
    if difference <= NEARLY * largest:
        raise NetworkError(
            f"it is symmetric up to {difference / largest:.1g} of its largest entry, so it is "
            f"neither undirected nor a list of each edge once; {CURE}"
        )
    return _like(_added(matrix), adjacency)


def _check_once(matrix: Any) -> None:
    """Raise NetworkError where some edges stand there both ways, all of them with one weight.

    Then others are listed once, and a sum would double some. Weights that differ are a directed
    network's.
    """
    pairs, alike = _pairs_both_ways(matrix)
    if pairs and alike:
        raise NetworkError(
            f"{pairs:,} edges are listed both ways with the same weight, and others once, so it "
            "lists neither each edge once nor each both ways; list each once, or say symmetry=sum"
        )


def _pairs_both_ways(matrix: Any) -> tuple[int, bool]:
    """How many pairs have entries both ways, and whether these are equal in each, if any."""
    if not isinstance(matrix, np.ndarray):
        inside = _without_diagonal(matrix)
        turned = sparse.csr_array(inside.T)
        both = sparse.csr_array(inside.astype(bool).multiply(turned.astype(bool)))
        differ = abs(inside - turned).multiply(both)
        return int(both.count_nonzero()) // 2, bool(differ.count_nonzero() == 0)
    count, alike = 0, True
    for at in range(len(matrix)):
        row, column = matrix[at, :at], matrix[:at, at]
        both = (row != 0) & (column != 0)
        count += int(both.sum())
        alike = alike and bool(np.array_equal(row[both], column[both]))
    return count, alike


def check_triangle(matrix: Any) -> None:
    """Raise NetworkError for a matrix of which one triangle is filled: two things could be meant.

    Only where it has as many entries as nodes, or more: others are chains and trees.
    """
    count = matrix.shape[0]
    below, above = _half_empty(matrix)
    if below != above and count > 2 and _between(matrix) >= count:
        filled = "upper" if below else "lower"
        raise NetworkError(
            f"only the {filled} triangle of its {count:,} × {count:,} matrix is filled; say "
            f"directed=false (or symmetry={filled}) if it stands for both, symmetry=none if not"
        )


def triangles(matrix: Any) -> str:
    """``symmetric`` up to rounding, ``upper``, ``lower`` or ``diagonal`` where the rest is empty,
    else ``none``.
    """
    if is_symmetric(matrix):
        return "symmetric" if not _only_diagonal(matrix) else "diagonal"
    below, above = _half_empty(matrix)
    return "upper" if below else "lower" if above else "none"


def _only_diagonal(matrix: Any) -> bool:
    return all(_half_empty(matrix))


def _half_empty(matrix: Any) -> tuple[bool, bool]:
    """Whether there is nothing below the diagonal, and nothing above it."""
    if not isinstance(matrix, np.ndarray):
        coordinates = matrix.tocoo()
        rows, columns = coordinates.coords
        return not bool(np.any(rows > columns)), not bool(np.any(rows < columns))
    below = any(bool(matrix[at, :at].any()) for at in range(len(matrix)))
    above = any(bool(matrix[at, at + 1 :].any()) for at in range(len(matrix)))
    return not below, not above


def _difference(matrix: Any) -> float:
    if isinstance(matrix, np.ndarray):
        rows = range(0, len(matrix), 1024)
        parts = (matrix[at : at + 1024].astype(np.float64) for at in rows)
        found = [
            float(np.max(np.abs(part - matrix[:, at : at + 1024].T)))
            for at, part in zip(rows, parts, strict=True)
        ]
        return max(found)
    return float(abs(matrix - matrix.T).max())


def _asymmetry(matrix: Any, mirror: Any, unit: float) -> float:
    """|A - Aᵀ| over |A|, of some rows and the same columns turned."""
    whole = apart = 0.0
    for at in range(0, matrix.shape[0], 1024):
        some, other = (each[at : at + 1024].astype(np.float64) / unit for each in (matrix, mirror))
        whole += float((some**2).sum())
        apart += float(((some - other) ** 2).sum())
    return float(np.sqrt(apart / whole)) if whole else np.inf


def _between(matrix: Any) -> int:
    """How many entries are not zero, and not on the diagonal."""
    dense = isinstance(matrix, np.ndarray)
    filled = int(np.count_nonzero(matrix) if dense else matrix.count_nonzero())
    return filled - int(np.count_nonzero(matrix.diagonal()))


def _half(matrix: Any, upper: bool) -> Any:
    """One triangle, with the diagonal."""
    if isinstance(matrix, np.ndarray):
        return np.triu(matrix) if upper else np.tril(matrix)
    return (sparse.triu if upper else sparse.tril)(matrix, format="csr")


def _without_diagonal(matrix: Any) -> Any:
    if isinstance(matrix, np.ndarray):
        copied: Dense = matrix.copy()
        np.fill_diagonal(copied, 0)
        return copied
    return matrix - sparse.diags_array(matrix.diagonal())


def _added(matrix: Any) -> Any:
    if isinstance(matrix, np.ndarray):
        both = matrix.astype(np.float64)
        both += matrix.T
        np.fill_diagonal(both, matrix.diagonal())
        return both
    return sparse.csr_array(matrix + matrix.T - sparse.diags_array(matrix.diagonal()))


def _like(matrix: Any, adjacency: Adjacency) -> Adjacency:
    made = from_matrix(matrix, adjacency.nodes)
    return replace(adjacency, matrix=made.matrix)
