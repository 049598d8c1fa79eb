"""Constituents to eigenvalues: the squared singular values, from the smaller Gram matrix.

Exact up to a size limit, by stochastic Lanczos quadrature (``slq.py``) above it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from zoo_spectra.method.estimate import Estimate
from zoo_spectra.method.lapack import symmetric_eigenvalues
from zoo_spectra.method.levels import GapRatio, gap_ratio, signed_gap_ratio, zero_threshold
from zoo_spectra.method.probes import estimate
from zoo_spectra.sources import Constituent, Matrix, Sparse, entries, is_sparse, is_symmetric

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
# Of matrices, and whether each is symmetric: what ``eigenvalues_of`` gives of each.
Solver = Callable[[Sequence[Matrix], Sequence[bool]], list[Floats]]
METHOD_VERSION = 2
EXACT_LIMIT = 8192
ALL_ZERO = "all entries are zero"
SAFE_EXPONENT = 256  # float32 ends at 2^±149, float64 at 2^±1074
DENSE_ENTRIES = 1 << 27  # of a sparse matrix that is made dense; a longer one only as its Gram


@dataclass(frozen=True)
class ConstituentSpectrum:
    """The spectrum of one constituent.

    ``eigenvalues``: shape (n,), float64, ascending, ≥ 0; empty when the constituent is skipped.
    Exact: n = N, every eigenvalue of share 1/N. Estimated: n quadrature nodes, with ``weights``
    (n,), of sum 1, ``probe`` (n,), the number from 0 of the random probe a node comes from, and
    ``steps_error``, the e-folds by which its curve may be off for want of Lanczos steps.
    ``skipped``: None, or why the matrix is not a constituent. ``gap_ratio``: of its levels (of W
    itself where that is symmetric); None when skipped, estimated, degenerate or of too few levels.
    ``digest``: of the matrix, by which one that is stored twice is known; empty where that is not
    asked.
    """

    name: str
    shape: tuple[int, int]
    eigenvalues: Floats
    skipped: str | None = None
    weights: Floats | None = None
    probe: Integers | None = None
    gap_ratio: GapRatio | None = None
    digest: str = ""
    steps_error: float | None = None

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
        """The eigenvalues above the numerical zero, max(N, 16) · eps · λ_max."""
        return self.eigenvalues[self.eigenvalues > zero_threshold(self.eigenvalues, self.order)]


def stream(*parts: object) -> np.random.Generator:
    """A random stream named by ``parts``: the same on every machine, in every order of work."""
    text = "/".join(str(part) for part in (*parts, METHOD_VERSION))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


def skip_reason(matrix: Matrix | Sparse) -> str | None:
    """Why a matrix is not a constituent, or None when it is one."""
    if min(matrix.shape) < 2:
        return f"order below 2 (shape {matrix.shape[0]}×{matrix.shape[1]})"
    if matrix.dtype.kind not in "fiub":
        return f"not real numbers (dtype {matrix.dtype})"
    values = entries(matrix)
    if values.dtype.itemsize > 8:
        with np.errstate(over="ignore", under="ignore"):
            values = values.astype(np.float64)  # a long double beyond float64 becomes Inf
    if _sound(values):
        return None
    largest = _largest(values)
    if not np.isfinite(largest):
        bad = int(values.size - np.count_nonzero(np.isfinite(values)))
        return f"{bad} non-finite entries (NaN or Inf)"
    if largest == 0.0:
        return ALL_ZERO
    return None


def _sound(values: Matrix) -> bool:
    """Whether a sum of squares, one fast pass, shows all entries finite and one that is not zero.

    Where it overflows or vanishes, or there is a NaN, a closer look is needed.
    """
    if values.dtype.kind != "f" or values.dtype.itemsize < 4 or not values.flags.forc:
        return False
    flat = values.ravel(order="K")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return 0.0 < float(np.dot(flat, flat)) < np.inf


def _largest(matrix: Matrix) -> float:
    """The largest absolute entry, NaN if there is one: without a temporary copy."""
    if not matrix.size:
        return 0.0
    return max(abs(float(matrix.min())), abs(float(matrix.max())))


def scaled(matrix: Matrix) -> tuple[Floats, int]:
    """W · 2^-e in float64, and e: an exact scaling, so that squares can be formed and summed.

    e = 0 where no square of the largest entries comes near the ends of float64, which nothing of up
    to four bytes can.
    """
    weights = np.asarray(matrix, dtype=np.float64)
    if matrix.dtype.itemsize <= 4:
        return weights, 0
    exponent = int(np.frexp(_largest(weights))[1])
    if abs(exponent) <= SAFE_EXPONENT:
        return weights, 0
    return np.ldexp(weights, -exponent), exponent


def scaled_sparse(matrix: Sparse) -> tuple[Any, int]:
    """The same of a sparse matrix, which stays sparse."""
    from scipy import sparse

    data, exponent = scaled(matrix.data)
    parts = (data, matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=matrix.shape), exponent


def gram_eigenvalues(matrix: Matrix) -> Floats:
    """Eigenvalues of W Wᵀ or Wᵀ W, whichever is smaller: shape (N,), ascending, ≥ 0.

    The Gram matrix is formed in float64, after scaling by a power of two so that squares neither
    overflow nor vanish (exact). Rounding errors below zero are clipped to zero. The entries must
    be finite and not all zero; ``skip_reason`` tells.
    """
    weights, exponent = scaled(matrix)
    rows, columns = weights.shape
    gram = weights @ weights.T if rows <= columns else weights.T @ weights
    return unscaled(symmetric_eigenvalues(gram), exponent)


def unscaled(values: Floats, exponent: int) -> Floats:
    """Eigenvalues of W from those of W · 2^-exponent; below zero is rounding, and becomes zero."""
    with np.errstate(over="ignore", under="ignore"):
        eigenvalues: Floats = np.ldexp(np.clip(values, 0.0, None), 2 * exponent)
    return eigenvalues


def sparse_gram_eigenvalues(matrix: Sparse) -> Floats:
    """``gram_eigenvalues`` of a sparse matrix, of which only the Gram matrix is made dense."""
    weights, exponent = scaled_sparse(matrix)
    rows, columns = weights.shape
    gram = weights @ weights.T if rows <= columns else weights.T @ weights
    return unscaled(symmetric_eigenvalues(gram.toarray()), exponent)


def signed_eigenvalues(matrix: Matrix) -> Floats:
    """Eigenvalues of a symmetric W: shape (N,), ascending; their squares are those of its Gram.

    At half the cost, and the small ones are more accurate. Where W is symmetric up to rounding
    only, they are those of (W + Wᵀ)/2.
    """
    weights, exponent = scaled(matrix)
    mean = weights + weights.T
    mean *= 0.5
    with np.errstate(over="ignore", under="ignore"):
        eigenvalues: Floats = np.ldexp(symmetric_eigenvalues(mean), exponent)
    return eigenvalues


def eigenvalues_of(matrix: Matrix, symmetric: bool) -> Floats:
    """Of W itself where it is symmetric, of its smaller Gram matrix otherwise."""
    return signed_eigenvalues(matrix) if symmetric else gram_eigenvalues(matrix)


def lapack_eigenvalues(matrices: Sequence[Matrix], symmetric: Sequence[bool]) -> list[Floats]:
    """``eigenvalues_of`` each."""
    return [eigenvalues_of(*each) for each in zip(matrices, symmetric, strict=True)]


def constituent_spectrum(
    constituent: Constituent, exact_limit: int = EXACT_LIMIT, network_id: str = ""
) -> ConstituentSpectrum:
    """The spectrum of one constituent, or the reason why it is skipped.

    Exact up to order ``exact_limit``; estimated by stochastic Lanczos quadrature above it, with
    probes that are drawn from a hash of ``network_id`` and the constituent's name.
    """
    return batch_spectra([constituent], exact_limit, network_id)[0]


def batch_spectra(
    constituents: Sequence[Constituent],
    exact_limit: int = EXACT_LIMIT,
    network_id: str = "",
    solve: Solver = lapack_eigenvalues,
    threads: int = 1,
) -> list[ConstituentSpectrum]:
    """``constituent_spectrum`` of each; ``solve`` is given all that are to be diagonalised.

    Sparse ones up to ``exact_limit`` are made dense for it, larger ones are estimated as they are,
    on so many ``threads``, which change nothing in the result.
    """
    found: dict[int, ConstituentSpectrum] = {}
    places, matrices = [], []
    for at, constituent in enumerate(constituents):
        shape, matrix = _shape(constituent), constituent.matrix
        if reason := skip_reason(matrix):
            found[at] = ConstituentSpectrum(constituent.name, shape, np.empty(0), reason)
        elif min(shape) > exact_limit:
            found[at] = _estimated(constituent, network_id, threads)
        elif is_sparse(matrix) and shape[0] * shape[1] > max(DENSE_ENTRIES, min(shape) ** 2):
            found[at] = _exact(constituent, shape, sparse_gram_eigenvalues(matrix), False)
        else:
            places.append(at)
            matrices.append(matrix.toarray() if is_sparse(matrix) else matrix)
    symmetric = [is_symmetric(matrix) for matrix in matrices]
    solved = solve(matrices, symmetric)
    for at, values, is_signed in zip(places, solved, symmetric, strict=True):
        constituent = constituents[at]
        found[at] = _exact(constituent, _shape(constituent), values, is_signed)
    return [_in_range(found[at]) for at in range(len(constituents))]


def _exact(
    constituent: Constituent, shape: tuple[int, int], values: Floats, signed: bool
) -> ConstituentSpectrum:
    """``values``: eigenvalues of W itself where they are ``signed``, else of its Gram matrix."""
    if not signed:
        spectrum = ConstituentSpectrum(constituent.name, shape, values)
        return replace(spectrum, gap_ratio=gap_ratio(spectrum.positive))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.sort(values * values)
        ratio = signed_gap_ratio(values)
    return ConstituentSpectrum(constituent.name, shape, squares, gap_ratio=ratio)


def _shape(constituent: Constituent) -> tuple[int, int]:
    shape = constituent.matrix.shape
    if len(shape) != 2:
        raise ValueError(f"constituent {constituent.name!r}: shape {shape} is not a matrix")
    return int(shape[0]), int(shape[1])


def _in_range(spectrum: ConstituentSpectrum) -> ConstituentSpectrum:
    if spectrum.skipped is not None:
        return spectrum
    largest = spectrum.eigenvalues[-1]
    if np.isfinite(largest) and largest >= np.finfo(np.float64).tiny:
        return spectrum
    reason = "squared entries are outside the range of float64"
    return ConstituentSpectrum(spectrum.name, spectrum.shape, np.empty(0), reason)


def _estimated(constituent: Constituent, network_id: str, threads: int) -> ConstituentSpectrum:
    matrix = constituent.matrix
    weights, exponent = scaled_sparse(matrix) if is_sparse(matrix) else scaled(matrix)
    found = estimate(weights, probe_streams(network_id, constituent), threads)
    return estimated_spectrum(constituent, found, exponent)


def probe_streams(network_id: str, constituent: Constituent) -> Callable[..., np.random.Generator]:
    """The random stream of each probe of a constituent, by its number."""
    return partial(stream, network_id, constituent.name, "slq")


def estimated_spectrum(
    constituent: Constituent, found: Estimate, exponent: int
) -> ConstituentSpectrum:
    """The spectrum of W from an estimate of that of W · 2^-exponent."""
    with np.errstate(over="ignore", under="ignore"):
        values: Floats = np.ldexp(found.nodes, 2 * exponent)
    spectrum = ConstituentSpectrum(
        constituent.name,
        _shape(constituent),
        values,
        weights=found.weights,
        probe=found.probe,
        steps_error=found.steps_error,
    )
    return _in_range(spectrum)
