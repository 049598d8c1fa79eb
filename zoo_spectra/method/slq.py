"""Lanczos quadrature: the spectral measure of a random vector under a matrix too large to solve.

Golub & Meurant, *Matrices, Moments and Quadrature* (2010), chapters 4 and 6; Ubaru, Chen & Saad,
SIAM J. Matrix Anal. Appl. 38, 1075 (2017). For a random vector v of unit length the measure
Σ |⟨v, u_i⟩|² δ(λ - λ_i) has the spectral density as its mean; k Lanczos steps from v give its
Gauss quadrature. Nothing is reorthogonalised: memory is three vectors a probe, and the rule of the
recurrence in floating point is that of a matrix whose eigenvalues lie within rounding of ours
(Greenbaum, Linear Algebra Appl. 113, 7, 1989).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import structural_rank

from zoo_spectra.method.levels import Floats
from zoo_spectra.method.quadrature import Rule, averaged_rule
from zoo_spectra.sources import Matrix, Sparse, is_sparse, is_symmetric


@dataclass(frozen=True)
class Operator:
    """What Lanczos runs on: the smaller Gram matrix of W, or W itself where it is symmetric.

    Never formed, and without W's empty rows and columns. ``size``: its order. ``order``: N of W.
    ``rank``: an upper bound on that of W. ``entries``: those that one application touches.
    """

    apply: Callable[[Floats], Floats]
    size: int
    order: int
    symmetric: bool
    dense: bool
    rank: Callable[[], int]
    entries: int

    @cached_property
    def null(self) -> float:
        """A lower bound on the share of zeros among the N eigenvalues of the Gram matrix."""
        return 1.0 - self.rank() / self.order


def operator_of(matrix: Matrix | Sparse) -> Operator:
    """The operator of W, shape (p, q), float64, dense or a canonical ``csr_array``, not all zero.

    A sparse one has no larger rank than its pattern, whatever its entries.
    """
    order = int(min(matrix.shape))
    symmetric = is_symmetric(matrix)
    core: Any = _sparse_core(matrix, symmetric) if is_sparse(matrix) else _dense_core(matrix)

    def rank() -> int:
        return int(structural_rank(core) if is_sparse(core) else min(core.shape))

    entries = core.nnz if is_sparse(core) else core.size
    left = core if core.shape[0] <= core.shape[1] else core.T
    right = left.T

    def itself(vectors: Floats) -> Floats:
        product: Floats = core @ vectors
        return product

    def gram(vectors: Floats) -> Floats:
        product: Floats = left @ (right @ vectors)
        return product

    return Operator(
        apply=itself if symmetric else gram,
        size=int(left.shape[0]),
        order=order,
        symmetric=symmetric,
        dense=not is_sparse(core),
        rank=rank,
        entries=int(entries) if symmetric else 2 * int(entries),
    )


def _dense_core(matrix: Matrix) -> Matrix:
    rows, columns = np.any(matrix, axis=1), np.any(matrix, axis=0)
    return matrix if rows.all() and columns.all() else matrix[rows][:, columns]


def operator_size(matrix: Sparse) -> int:
    """The size of a sparse matrix's operator: its rows or columns with entries, which are fewer."""
    return int(min(np.count_nonzero(counts) for counts in _counts(matrix)))


def _counts(matrix: Sparse) -> tuple[Any, Any]:
    """The entries of each row, and of each column."""
    return np.diff(matrix.indptr), np.bincount(matrix.indices, minlength=matrix.shape[1])


def _sparse_core(matrix: Sparse, symmetric: bool) -> Sparse:
    """Without empty rows and columns, and the fullest first, whose places in a vector stay cached.

    Eigenvalues know no order of rows and columns.
    """
    counts = _counts(matrix)
    by_row, by_column = (
        np.argsort(-each, kind="stable")[: np.count_nonzero(each)] for each in counts
    )
    if symmetric:
        by_column = by_row
    small = max(matrix.nnz, *matrix.shape) <= np.iinfo(np.int32).max
    places = np.zeros(matrix.shape[1], dtype=np.int32 if small else np.int64)
    places[by_column] = np.arange(len(by_column))
    core = matrix[by_row]
    parts = core.data, places[core.indices], core.indptr.astype(places.dtype)
    return csr_array(parts, shape=(len(by_row), len(by_column)))


@dataclass(frozen=True)
class Coefficients:
    """Of k Lanczos steps: k diagonal entries of the Jacobi matrix, and k beside and below them."""

    diagonal: Floats
    beside: Floats

    def __len__(self) -> int:
        return len(self.diagonal)

    def first(self, steps: int) -> Coefficients:
        """Of the first steps."""
        return Coefficients(self.diagonal[:steps], self.beside[:steps])


@dataclass
class Recurrence:
    """Lanczos from a block of vectors, each for itself: it can go on from where it stopped.

    ``vectors``: shape (size,) or (size, b), not zero. After k steps ``diagonal`` and ``beside``
    have k entries each, of shape () or (b,).
    """

    operator: Operator
    vectors: Floats
    diagonal: list[Floats] = field(default_factory=list)
    beside: list[Floats] = field(default_factory=list)
    _before: Floats | float = 0.0

    def __post_init__(self) -> None:
        self.vectors = self.vectors / np.linalg.norm(self.vectors, axis=0)

    def extend(self, steps: int) -> Recurrence:
        """Go on to ``steps`` steps; what an exhausted subspace adds is decoupled from the rest."""
        for _ in range(len(self.diagonal), steps):
            last = self.beside[-1] if self.beside else np.float64(0.0)
            w = self.operator.apply(self.vectors)
            w -= self._before * last
            alpha = np.einsum("i...,i...->...", self.vectors, w)
            w -= self.vectors * alpha
            beta = np.linalg.norm(w, axis=0)
            w /= np.where(beta > 0, beta, 1.0)
            self._before, self.vectors = self.vectors, w
            self.diagonal.append(alpha)
            self.beside.append(beta)
        return self

    def coefficients(self) -> list[Coefficients]:
        """Of each vector of the block."""
        diagonal = np.reshape(self.diagonal, (len(self.diagonal), -1))
        beside = np.reshape(self.beside, (len(self.beside), -1))
        return [Coefficients(*both) for both in zip(diagonal.T, beside.T, strict=True)]


def rule_of(operator: Operator, found: Coefficients) -> Rule:
    """``averaged_rule`` of a probe; W's empty rows are zeros of their exact weight."""
    size, order = operator.size, operator.order
    nodes, weights = averaged_rule(found.diagonal, found.beside, operator.symmetric, size, order)
    filled = size / order
    if filled < 1:
        nodes, weights = np.append(0.0, nodes), np.append(1.0 - filled, weights * filled)
    return nodes, weights
