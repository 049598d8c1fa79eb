"""Constituents to eigenvalues: the squared singular values, from the smaller Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo_spectra.network import Constituent, Matrix

Floats = npt.NDArray[np.float64]
METHOD_VERSION = 1


@dataclass(frozen=True)
class ConstituentSpectrum:
    """The spectrum of one constituent.

    ``eigenvalues``: shape (N,), float64, ascending, ≥ 0; empty when the constituent is skipped.
    ``skipped``: None, or why the matrix is not a constituent.
    """

    name: str
    shape: tuple[int, int]
    eigenvalues: Floats
    skipped: str | None = None

    @property
    def order(self) -> int:
        """N = min(p, q)."""
        return min(self.shape)

    @property
    def positive(self) -> Floats:
        """The eigenvalues above the numerical zero N · eps · λ_max."""
        return self.eigenvalues[self.eigenvalues > zero_threshold(self.eigenvalues)]


def zero_threshold(eigenvalues: Floats) -> float:
    """N · eps · λ_max: eigenvalues up to this are numerical zeros (float64 arithmetic)."""
    if eigenvalues.size == 0:
        return 0.0
    return float(eigenvalues.size * np.finfo(np.float64).eps * eigenvalues.max())


def skip_reason(matrix: Matrix) -> str | None:
    """Why a matrix is not a constituent, or None when it is one."""
    if min(matrix.shape) < 2:
        return f"order below 2 (shape {matrix.shape[0]}×{matrix.shape[1]})"
    if matrix.dtype.kind not in "fiub":
        return f"not real numbers (dtype {matrix.dtype})"
    bad = int(matrix.size - np.count_nonzero(np.isfinite(matrix)))
    if bad:
        return f"{bad} non-finite entries (NaN or Inf)"
    if not np.any(matrix):
        return "all entries are zero"
    return None


def gram_eigenvalues(matrix: Matrix) -> Floats:
    """Eigenvalues of W Wᵀ or Wᵀ W, whichever is smaller: shape (N,), ascending, ≥ 0.

    The Gram matrix is formed in float64, after scaling by a power of two so that squares neither
    overflow nor vanish (exact). Rounding errors below zero are clipped to zero. The entries must
    be finite and not all zero; ``skip_reason`` tells.
    """
    weights = np.asarray(matrix, dtype=np.float64)
    exponent = int(np.frexp(np.abs(weights).max())[1])
    weights = np.ldexp(weights, -exponent)
    rows, columns = weights.shape
    gram = weights @ weights.T if rows <= columns else weights.T @ weights
    values = np.clip(np.linalg.eigvalsh(gram), 0.0, None)
    eigenvalues: Floats = np.ldexp(values, 2 * exponent)
    return eigenvalues


def constituent_spectrum(constituent: Constituent) -> ConstituentSpectrum:
    """The exact spectrum of one constituent, or the reason why it is skipped."""
    matrix = constituent.matrix
    if matrix.ndim != 2:
        raise ValueError(f"constituent {constituent.name!r}: shape {matrix.shape} is not a matrix")
    shape = (int(matrix.shape[0]), int(matrix.shape[1]))
    reason = skip_reason(matrix)
    values = np.empty(0) if reason else gram_eigenvalues(matrix)
    if reason is None and not (np.isfinite(values[-1]) and values[-1] > 0):
        reason, values = "squared entries are outside the range of float64", np.empty(0)
    return ConstituentSpectrum(constituent.name, shape, values, reason)
