"""Stochastic Lanczos quadrature: the spectrum of a Gram matrix too large to diagonalise.

Golub & Meurant, *Matrices, Moments and Quadrature* (2010), chapters 4 and 11; Ubaru, Chen & Saad,
SIAM J. Matrix Anal. Appl. 38, 1075 (2017). For a random unit vector v the spectral measure
Σ |⟨v, u_i⟩|² δ(λ - λ_i) has the spectral density as its mean; k Lanczos steps from v give its
Gauss quadrature of k nodes. The numbers of probes and steps are conventions of this package.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.linalg import eigh_tridiagonal

Floats = npt.NDArray[np.float64]
Operator: TypeAlias = "Floats | sparse.csr_array"
PROBES = 8
STEPS = 256
_BASIS_BYTES = 1 << 29


def slq_spectrum(
    matrix: Operator,
    rng: np.random.Generator,
    probes: int = PROBES,
    steps: int = STEPS,
) -> list[tuple[Floats, Floats]]:
    """Quadrature nodes and weights of the spectrum of W Wᵀ (or Wᵀ W, whichever is smaller).

    ``matrix``: W, shape (p, q), float64, dense or ``csr_array``, not all zero, with squares in the
    range of float64; the Gram matrix is never formed. Returns one pair (nodes, weights) a probe:
    nodes ascending, ≥ 0, at most ``steps`` + 1; weights > 0, of sum 1.

    Zeros that come from empty rows or columns get their exact weight. Probe i of P takes
    steps · (1 - i/4P) steps: nodes of different probes then do not coincide, and the error of the
    quadrature shows in the scatter across probes. It resolves about four decades of λ at 256
    steps; below that the mass is right but its place among the smallest eigenvalues is not.
    Raises ValueError for fewer than 2 probes or 2 steps.
    """
    if probes < 2 or steps < 2:
        raise ValueError(f"needs at least 2 probes and 2 steps, not {probes} and {steps}")
    order = min(matrix.shape)
    core = _without_empty(matrix)
    size = core.shape[0]
    lengths = [max(2, steps - i * steps // (4 * probes)) for i in range(probes)]
    starts = rng.standard_normal((probes, size))
    batch = max(1, _BASIS_BYTES // (8 * size * steps))
    pairs = []
    for at in range(0, probes, batch):
        diagonal, beside = _lanczos(core, starts[at : at + batch], min(steps, size))
        for a, b, length in zip(diagonal, beside, lengths[at : at + batch], strict=True):
            nodes, vectors = eigh_tridiagonal(a[:length], b[: length - 1])
            weights = vectors[0] ** 2 * (size / order)
            nodes = np.clip(np.append(nodes, 0.0), 0.0, None)
            weights = np.append(weights, (order - size) / order)
            rank = np.argsort(nodes, kind="stable")
            rank = rank[weights[rank] > 0]
            pairs.append((nodes[rank], weights[rank] / weights.sum()))
    return pairs


def _without_empty(matrix: Operator) -> Operator:
    """W without empty rows and columns, turned so that it has no more rows than columns."""
    if isinstance(matrix, sparse.csr_array):
        filled = abs(matrix)
        rows, columns = filled.sum(axis=1) > 0, filled.sum(axis=0) > 0
    else:
        rows, columns = np.any(matrix, axis=1), np.any(matrix, axis=0)
    if not (rows.all() and columns.all()):
        matrix = matrix[rows][:, columns]
    if matrix.shape[0] <= matrix.shape[1]:
        return matrix
    return sparse.csr_array(matrix.T) if isinstance(matrix, sparse.csr_array) else matrix.T


def _lanczos(core: Operator, starts: Floats, steps: int) -> tuple[Floats, Floats]:
    """Lanczos on W Wᵀ from each row of ``starts``, all at once, fully reorthogonalised.

    Returns the diagonals (P, steps) and off-diagonals (P, steps - 1). Where an invariant subspace
    is exhausted the rest is zero, and decoupled from the first row.
    """
    probes, size = starts.shape
    basis = np.zeros((probes, steps, size))
    diagonal, beside = np.zeros((probes, steps)), np.zeros((probes, steps - 1))
    q = starts / np.linalg.norm(starts, axis=1, keepdims=True)
    largest = np.zeros(probes)
    for j in range(steps):
        basis[:, j] = q
        w = np.ascontiguousarray((core @ (core.T @ q.T)).T)
        diagonal[:, j] = np.sum(q * w, axis=1)
        largest = np.maximum(largest, np.linalg.norm(w, axis=1))
        if j == steps - 1:
            break
        known = basis[:, : j + 1]
        for _ in range(2):
            overlap = known @ w[:, :, None]
            w = w - (known.transpose(0, 2, 1) @ overlap)[:, :, 0]
        norm = np.linalg.norm(w, axis=1)
        alive = norm > steps * np.finfo(np.float64).eps * largest
        beside[:, j] = np.where(alive, norm, 0.0)
        q = w * np.where(alive, 1.0 / np.where(alive, norm, 1.0), 0.0)[:, None]
    return diagonal, beside
