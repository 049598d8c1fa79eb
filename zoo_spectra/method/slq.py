"""Lanczos quadrature: the spectral measure of a random vector under a matrix too large to solve.

Golub & Meurant, *Matrices, Moments and Quadrature* (2010), chapters 4 and 6; Ubaru, Chen & Saad,
SIAM J. Matrix Anal. Appl. 38, 1075 (2017). For a random vector v of unit length the measure
Σ |⟨v, u_i⟩|² δ(λ - λ_i) has the spectral density as its mean; k Lanczos steps from v give its
Gauss quadrature. Nothing is reorthogonalised: memory is three vectors a probe, and the rule of the
recurrence in floating point is that of a matrix whose eigenvalues lie within rounding of ours
(Greenbaum, Linear Algebra Appl. 113, 7, 1989). That two rules are averaged is ours, below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg.lapack import dsterf
from scipy.sparse import csr_array
from scipy.sparse.csgraph import structural_rank

from zoo_spectra.method.levels import Floats, zero_threshold
from zoo_spectra.sources import Matrix, Sparse, is_sparse, is_symmetric

Rule = tuple[Floats, Floats]
_ROWS = 256  # of a table of all pairs of nodes, made at once


@dataclass(frozen=True)
class Operator:
    """What Lanczos runs on: the smaller Gram matrix of W, or W itself where it is symmetric.

    Never formed, and without W's empty rows and columns. ``size``: its order. ``order``: N of W.
    ``null``: a lower bound on the share of zeros among the N eigenvalues of the Gram matrix.
    ``entries``: those that one application touches.
    """

    apply: Callable[[Floats], Floats]
    size: int
    order: int
    symmetric: bool
    dense: bool
    null: float
    entries: int


def operator_of(matrix: Matrix | Sparse) -> Operator:
    """The operator of W, shape (p, q), float64, dense or a canonical ``csr_array``, not all zero.

    A sparse one has no larger rank than its pattern, whatever its entries: the bound on ``null``.
    """
    order = int(min(matrix.shape))
    symmetric = is_symmetric(matrix)
    core: Any = _sparse_core(matrix) if is_sparse(matrix) else _dense_core(matrix)
    rank = structural_rank(core) if is_sparse(core) else min(core.shape)
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
        null=1.0 - rank / order,
        entries=int(entries) if symmetric else 2 * int(entries),
    )


def _dense_core(matrix: Matrix) -> Matrix:
    rows, columns = np.any(matrix, axis=1), np.any(matrix, axis=0)
    return matrix if rows.all() and columns.all() else matrix[rows][:, columns]


def _sparse_core(matrix: Sparse) -> Sparse:
    """Without empty rows and columns; the entries are shared, not copied."""
    rows = np.diff(matrix.indptr) > 0
    columns = np.zeros(matrix.shape[1], dtype=bool)
    columns[matrix.indices] = True
    small = max(matrix.nnz, *matrix.shape) <= np.iinfo(np.int32).max
    places = np.cumsum(columns, dtype=np.int32 if small else np.int64) - 1
    starts = matrix.indptr[np.concatenate([[True], rows])].astype(places.dtype)
    shape = int(rows.sum()), int(columns.sum())
    return csr_array((matrix.data, places[matrix.indices], starts), shape=shape)


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

    @property
    def count(self) -> int:
        """How many vectors."""
        return 1 if self.vectors.ndim == 1 else self.vectors.shape[1]

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

    def rules(self, lengths: Sequence[int]) -> list[Rule]:
        """``averaged_rule`` of each vector of the block, from its first so many steps."""
        diagonal = np.reshape(self.diagonal, (len(self.diagonal), -1))
        beside = np.reshape(self.beside, (len(self.beside), -1))
        return [
            averaged_rule(self.operator, diagonal[:length, at], beside[:length, at])
            for at, length in enumerate(lengths)
        ]


def averaged_rule(operator: Operator, diagonal: Floats, beside: Floats) -> Rule:
    """Nodes (n,), ascending, ≥ 0, and weights (n,), > 0, of sum 1, from k ≥ 2 Lanczos steps.

    The mean of two rules that err to opposite sides at the low end, where steps are missed most.
    Of a Gram matrix: Gauss, whose lowest node is too high, and Gauss-Radau with a node at zero,
    whose weight is the most that a measure of these moments can have there. Of a symmetric
    matrix, whose eigenvalues are squared: Gauss of k and of k - 1 steps, since one of them has a
    node near zero and the other has not. Empty rows are zeros of their exact weight.

    What the Radau rule has at zero beyond what the Gauss rule has there is not known to be zero:
    it is placed just above the numerical zero, where it is no part of the null mass.
    """
    if operator.symmetric:
        pair = [_squared(_gauss(diagonal[:k], beside)) for k in (len(diagonal), len(diagonal) - 1)]
    else:
        pair = [_gauss(diagonal, beside), _gauss(_with_zero(diagonal, beside), beside)]
    nodes = np.concatenate([np.clip(values, 0.0, None) for values, _ in pair])
    weights = np.concatenate([each for _, each in pair]) / 2
    nodes, weights = _out_of_null(nodes, weights, len(pair[0][0]), operator)
    empty = 1.0 - operator.size / operator.order
    nodes, weights = np.append(nodes, 0.0), np.append(weights * (1.0 - empty), empty)
    rank = np.argsort(nodes, kind="stable")
    rank = rank[weights[rank] > 0]
    return nodes[rank], weights[rank] / weights.sum()


def _gauss(diagonal: Floats, beside: Floats) -> Rule:
    """Nodes and weights of a Jacobi matrix: its eigenvalues θ, the squared first entries of its
    eigenvectors.

    w_i = Π_j (θ_i - μ_j) / Π_{j≠i} (θ_i - θ_j), where μ are the eigenvalues without the first row
    and column, which lie between those θ (Golub & Meurant, section 3.4): at a fraction of the cost
    of vectors. Copies of converged eigenvalues share their weight in some way; its sum is right.
    """
    both = np.empty(2 * len(diagonal) - 1)
    both[::2] = _eigenvalues(diagonal, beside[: len(diagonal) - 1])
    both[1::2] = _eigenvalues(diagonal[1:], beside[1 : len(diagonal) - 1])
    # In this order up to rounding, and made so: then weights are positive, and their sum is one.
    least = 1e-4 * np.spacing(max(abs(both[0]), abs(both[-1])))
    apart = np.cumsum(2 * np.spacing(np.abs(both)) + least)
    both = np.maximum.accumulate(both - apart) + apart
    nodes, others = both[::2], both[1::2]
    weights = np.empty(len(nodes))
    for start in range(0, len(nodes), _ROWS):
        some = nodes[start : start + _ROWS, None]
        gaps = np.abs(some - nodes)
        gaps[np.arange(len(some)), start + np.arange(len(some))] = 1.0
        logs = np.log(np.abs(some - others)).sum(axis=1) - np.log(gaps).sum(axis=1)
        weights[start : start + _ROWS] = np.exp(logs)
    return nodes, weights / weights.sum()


def _eigenvalues(diagonal: Floats, beside: Floats) -> Floats:
    if len(diagonal) < 2:
        return diagonal
    values, info = dsterf(diagonal, beside)
    if info:
        raise np.linalg.LinAlgError(f"LAPACK's dsterf ended with info = {info}")
    found: Floats = values
    return found


def _squared(rule: Rule) -> Rule:
    return rule[0] ** 2, rule[1]


def _with_zero(diagonal: Floats, beside: Floats) -> Floats:
    """The diagonal with its last entry changed so that zero is an eigenvalue (Golub 1973).

    As it is where it is singular already, up to rounding.
    """
    pivot = diagonal[0]
    for entry, before in zip(diagonal[1:-1], beside, strict=False):
        if pivot <= 0:
            return diagonal
        pivot = entry - before**2 / pivot
    last = beside[len(diagonal) - 2] ** 2 / pivot if pivot > 0 else np.inf
    possible = last <= diagonal.max() + 2 * beside.max()  # no node is beyond the spectrum
    return np.append(diagonal[:-1], last) if possible else diagonal


def _out_of_null(nodes: Floats, weights: Floats, first: int, operator: Operator) -> Rule:
    """Two rules, the ``first`` so many nodes of Gauss: only what is zero by Gauss stays zero."""
    rounding = zero_threshold(nodes, operator.order)
    at_zero = np.flatnonzero(nodes <= rounding)
    sure = float(weights[at_zero[at_zero < first]].sum())
    radau = at_zero[at_zero >= first]
    excess = float(weights[radau].sum()) - sure
    if excess <= 0 or not len(radau):
        return nodes, weights
    kept = weights.copy()
    kept[radau] *= 1.0 - excess / float(weights[radau].sum())
    return np.append(nodes, 2 * rounding), np.append(kept, excess)
