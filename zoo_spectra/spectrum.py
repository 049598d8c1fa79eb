"""Constituents to eigenvalues: the squared singular values, from the smaller Gram matrix.

Exact up to a size limit, by stochastic Lanczos quadrature (``slq.py``) above it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from zoo_spectra.network import Constituent, Matrix
from zoo_spectra.slq import slq_spectrum

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
METHOD_VERSION = 1
EXACT_LIMIT = 8192


@dataclass(frozen=True)
class ConstituentSpectrum:
    """The spectrum of one constituent.

    ``eigenvalues``: shape (n,), float64, ascending, ≥ 0; empty when the constituent is skipped.
    Exact: n = N, every eigenvalue of share 1/N. Estimated: n quadrature nodes, with ``weights``
    (n,), of sum 1, and ``probe`` (n,), the number from 0 of the random probe a node comes from.
    ``skipped``: None, or why the matrix is not a constituent.
    """

    name: str
    shape: tuple[int, int]
    eigenvalues: Floats
    skipped: str | None = None
    weights: Floats | None = None
    probe: Integers | None = None

    @property
    def order(self) -> int:
        """N = min(p, q)."""
        return min(self.shape)

    @property
    def kind(self) -> Literal["exact", "slq"]:
        """``exact``, or ``slq`` for stochastic Lanczos quadrature: nodes are no energy levels."""
        return "exact" if self.weights is None else "slq"

    @property
    def positive(self) -> Floats:
        """The eigenvalues above the numerical zero N · eps · λ_max."""
        return self.eigenvalues[self.eigenvalues > zero_threshold(self.eigenvalues, self.order)]


def zero_threshold(eigenvalues: Floats, order: int | None = None) -> float:
    """N · eps · λ_max: eigenvalues up to this are numerical zeros (float64 arithmetic).

    N is ``order``, by default the number of eigenvalues.
    """
    if eigenvalues.size == 0:
        return 0.0
    n = eigenvalues.size if order is None else order
    return float(n * np.finfo(np.float64).eps * eigenvalues.max())


def stream(*parts: object) -> np.random.Generator:
    """A random stream named by ``parts``: the same on every machine, in every order of work."""
    text = "/".join(str(part) for part in (*parts, METHOD_VERSION))
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


def skip_reason(matrix: Matrix) -> str | None:
    """Why a matrix is not a constituent, or None when it is one."""
    if min(matrix.shape) < 2:
        return f"order below 2 (shape {matrix.shape[0]}×{matrix.shape[1]})"
    if matrix.dtype.kind not in "fiub":
        return f"not real numbers (dtype {matrix.dtype})"
    if matrix.dtype.itemsize > 8:
        with np.errstate(over="ignore", under="ignore"):
            matrix = matrix.astype(np.float64)  # a long double beyond float64 becomes Inf
    bad = int(matrix.size - np.count_nonzero(np.isfinite(matrix)))
    if bad:
        return f"{bad} non-finite entries (NaN or Inf)"
    if not np.any(matrix):
        return "all entries are zero"
    return None


def _scaled(matrix: Matrix) -> tuple[Floats, int]:
    """W · 2^-e in float64 with the largest entry in [1/2, 1), and e: an exact scaling."""
    weights = np.asarray(matrix, dtype=np.float64)
    exponent = int(np.frexp(np.abs(weights).max())[1])
    return np.ldexp(weights, -exponent), exponent


def gram_eigenvalues(matrix: Matrix) -> Floats:
    """Eigenvalues of W Wᵀ or Wᵀ W, whichever is smaller: shape (N,), ascending, ≥ 0.

    The Gram matrix is formed in float64, after scaling by a power of two so that squares neither
    overflow nor vanish (exact). Rounding errors below zero are clipped to zero. The entries must
    be finite and not all zero; ``skip_reason`` tells.
    """
    weights, exponent = _scaled(matrix)
    rows, columns = weights.shape
    gram = weights @ weights.T if rows <= columns else weights.T @ weights
    values = np.clip(np.linalg.eigvalsh(gram), 0.0, None)
    with np.errstate(over="ignore", under="ignore"):
        eigenvalues: Floats = np.ldexp(values, 2 * exponent)
    return eigenvalues


def constituent_spectrum(
    constituent: Constituent, exact_limit: int = EXACT_LIMIT, network_id: str = ""
) -> ConstituentSpectrum:
    """The spectrum of one constituent, or the reason why it is skipped.

    Exact up to order ``exact_limit``; estimated by stochastic Lanczos quadrature above it, with
    probes that are drawn from a hash of ``network_id`` and the constituent's name.
    """
    matrix = constituent.matrix
    if matrix.ndim != 2:
        raise ValueError(f"constituent {constituent.name!r}: shape {matrix.shape} is not a matrix")
    shape = (int(matrix.shape[0]), int(matrix.shape[1]))
    reason = skip_reason(matrix)
    if reason is not None:
        return ConstituentSpectrum(constituent.name, shape, np.empty(0), reason)
    if min(shape) > exact_limit:
        spectrum = _estimated(constituent, shape, network_id)
    else:
        spectrum = ConstituentSpectrum(constituent.name, shape, gram_eigenvalues(matrix))
    largest = spectrum.eigenvalues[-1]
    if not (np.isfinite(largest) and largest >= np.finfo(np.float64).tiny):
        reason = "squared entries are outside the range of float64"
        return ConstituentSpectrum(constituent.name, shape, np.empty(0), reason)
    return spectrum


def _estimated(
    constituent: Constituent, shape: tuple[int, int], network_id: str
) -> ConstituentSpectrum:
    weights, exponent = _scaled(constituent.matrix)
    pairs = slq_spectrum(weights, stream(network_id, constituent.name, "slq"))
    nodes = np.concatenate([values for values, _ in pairs])
    share = np.concatenate([each for _, each in pairs]) / len(pairs)
    probe = np.repeat(np.arange(len(pairs)), [len(values) for values, _ in pairs])
    rank = np.argsort(nodes, kind="stable")
    with np.errstate(over="ignore", under="ignore"):
        values: Floats = np.ldexp(nodes[rank], 2 * exponent)
    return ConstituentSpectrum(
        constituent.name, shape, values, None, share[rank], probe[rank].astype(np.int64)
    )
