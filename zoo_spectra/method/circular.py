"""Conjugate circular ensembles: COE (β = 1), CUE (2), CSE (4), without forming a matrix.

An eigenphase θ in (-π, π] has spectral location x = |θ| / (π/2), uniform on [0, 2] in the mean.
Its fluctuation comes from the spectral form factor (Haake, Sommers & Weber, J. Phys. A 32, 6903,
1999); realisations from Verblunsky coefficients (Killip & Nenciu, IMRN 2004, 2665) and Prüfer
phases.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from zoo_spectra.method import spectrum
from zoo_spectra.method.mme import S_EDGES
from zoo_spectra.method.spectrum import Floats, Integers

BETAS = {"coe": 1, "cue": 2, "cse": 4}
# Half-width of the arc at each edge, and the edges inside the circular support.
ARCS: Floats = (np.pi / 2) * np.minimum(np.exp(S_EDGES), 2.0)
INSIDE = int(np.searchsorted(ARCS, np.pi))
RUN = 32  # the most steps of Szegő's recursion that are taken as one


def expected_cumulative(s: Floats = S_EDGES) -> Floats:
    """F_C(s) = min(eˢ/2, 1): same shape as ``s``."""
    return np.minimum(np.exp(s) / 2.0, 1.0)


def form_factor(k: Floats, order: int, beta: int) -> Floats:
    """K_β(k) = E|Tr Uᵏ|² for k = 1, 2, …, n (Haake, Sommers & Weber 1999). Shape of ``k``.

    ``k`` must be the integers from 1 on, in order. For β = 4 the trace counts each of the
    N = ``order`` distinct (doubly degenerate) eigenphases once.
    """
    n = order
    if beta == 2:
        return np.minimum(k, n)
    if beta == 1:
        half = (n - 1) / 2
        near, far = k[:n], k[n:]
        low = 2 * near - near * (digamma(near + 1 + half) - digamma(1 + half))
        high = 2 * n - far * (digamma(far + 1 + half) - digamma(far - half))
        return np.concatenate([low, high])
    if beta == 4:
        near, far = k[: 2 * n], k[2 * n :]
        harmonic = np.cumsum(1.0 / (n + 0.5 - near))
        return np.concatenate([near / 2 + (near / 4) * harmonic, np.full(len(far), float(n))])
    raise ValueError(f"β must be 1 (COE), 2 (CUE) or 4 (CSE), not {beta}")


def number_variance(order: int, beta: int, arcs: Floats) -> Floats:
    """Variance of the number of eigenphases in [-a, a], for each a of ``arcs`` in [0, π].

    V = N p (1 - p) + 2 Σ_k f_k² (K_β(k) - N), with p = a/π and f_k = sin(k a)/(π k). The sum is
    finite for CUE (k < N) and CSE (k < 2N); for COE it is cut at 20 N + 64, which leaves < 1e-6.
    """
    last = {1: 20 * order + 64, 2: order, 4: 2 * order}[beta]
    k = np.arange(1.0, last + 1)
    excess = (form_factor(k, order, beta) - order) / (np.pi * k) ** 2
    p = arcs / np.pi
    # 2 sin²(k a) = 1 - cos(2 k a)
    variance = order * p * (1 - p) + np.sum(excess) - _cosine_sum(excess, 2 * arcs)
    return np.maximum(variance, 0.0)


def _cosine_sum(coefficients: Floats, angles: Floats) -> Floats:
    """Σ_k c_k cos(k φ), k from 1, at each angle φ: by blocks of k, so that BLAS does the work."""
    block = 1 + int(np.sqrt(len(coefficients)))
    rows = -(-len(coefficients) // block)
    padded = np.zeros(rows * block)
    padded[: len(coefficients)] = coefficients
    within = np.outer(np.arange(1, block + 1), angles)
    start = np.outer(np.arange(rows) * block, angles)
    grid = padded.reshape(rows, block)
    # cos(x + y) = cos x cos y - sin x sin y, x the start of a block
    terms = np.cos(start) * (grid @ np.cos(within)) - np.sin(start) * (grid @ np.sin(within))
    total: Floats = terms.sum(axis=0)
    return total


@lru_cache(maxsize=4096)
def _edge_variance(order: int, beta: int) -> Floats:
    variance = np.zeros(len(S_EDGES))
    variance[:INSIDE] = number_variance(order, beta, ARCS[:INSIDE])
    return variance


def fluctuation(orders: Sequence[int], beta: int) -> Floats:
    """Standard deviation of F_C at the 129 edges for constituents of these orders; shape (129,).

    Var F_C = Σ_l V(N_l, β, a) / (m N_l)².
    """
    kinds, counts = np.unique(np.asarray(orders, dtype=np.int64), return_counts=True)
    total = np.zeros(len(S_EDGES))
    for order, count in zip(kinds, counts, strict=True):
        total += count * _edge_variance(int(order), beta) / (len(orders) * float(order)) ** 2
    return np.sqrt(total)


def verblunsky(order: int, beta: int, rng: np.random.Generator) -> tuple[Floats, Floats, float]:
    """Moduli (N-1,), phases (N-1,) and η of the coefficients of a circular β-ensemble draw.

    |α_k|² ~ Beta(1, β(N-k-1)/2), uniform phase; η uniform on [0, 2π) (Killip & Nenciu 2004).
    """
    k = np.arange(order - 1)
    moduli = np.sqrt(rng.beta(1.0, beta * (order - k - 1) / 2.0))
    phases = rng.uniform(0.0, 2 * np.pi, order - 1)
    return moduli, phases, float(rng.uniform(0.0, 2 * np.pi))


def count_in_arcs(order: int, beta: int, arcs: Floats, rng: np.random.Generator) -> Floats:
    """Eigenphases of one draw in (-a, a] for each a of ``arcs`` in [0, π]: O(N · arcs).

    Prüfer phases: ψ₀ = θ, ψ_{k+1} = ψ_k + θ - 2 arg(1 - α_k exp(iψ_k)); the eigenphases in
    (a, b] are floor((ψ(b)-η)/2π) - floor((ψ(a)-η)/2π).
    """
    moduli, phases, eta = verblunsky(order, beta, rng)
    theta = np.concatenate([arcs, -arcs])
    psi = order * theta - 2 * _turning(moduli, phases, theta)
    turns = np.floor((psi - eta) / (2 * np.pi))
    return turns[: len(arcs)] - turns[len(arcs) :]


def _turning(moduli: Floats, phases: Floats, theta: Floats) -> Floats:
    """Σ_k arg(1 - α_k exp(iψ_k)) at each angle θ, by runs of steps instead of step by step.

    With z = exp(iθ) and Szegő's recursion u_{k+1} = u_k - α_k v_k, v_k = z^{k+1} ū_k, the factor
    1 - α_k exp(iψ_k) is u_{k+1}/u_k. Over a run, u_end = A(z) u + B(z) v with polynomials A and B;
    it turns by less than π, so that the argument of u_end/u is the sum over the run.
    """
    starts = _runs(np.arcsin(moduli))
    lengths = np.diff(starts, append=len(moduli))
    runs = _run_polynomials(moduli * np.exp(1j * phases), starts, lengths)
    powers = np.exp(1j * np.outer(np.arange(RUN + 1), theta))
    values = runs @ powers
    u, power = np.ones(len(theta), dtype=complex), powers[1].copy()
    total = np.zeros(len(theta))
    for (a, b), length in zip(values, lengths, strict=True):
        conjugate = u.conj()
        u = a * u + b * power * conjugate
        total += np.angle(u * conjugate)
        power *= powers[length]
    return total


def _runs(angles: Floats) -> Integers:
    """Where runs start: at most RUN steps each, whose largest turns ``angles`` add up to < π."""
    turned = np.concatenate([[0.0], np.cumsum(angles)])
    starts, start = [], 0
    while start < len(angles):
        starts.append(start)
        reach = int(np.searchsorted(turned, turned[start] + 3.0, side="right")) - 1
        start = min(max(reach, start + 1), start + RUN)  # a single step turns by ≤ π/2
    return np.array(starts, dtype=np.int64)


def _run_polynomials(
    alpha: npt.NDArray[np.complex128], starts: Integers, lengths: Integers
) -> npt.NDArray[np.complex128]:
    """Coefficients of A and B of each run, lowest first: shape (runs, 2, RUN + 1)."""
    step = np.arange(RUN)
    inside = step < lengths[:, None]
    # Beyond a run's end α = 0, which leaves u as it is.
    padded = np.where(inside, alpha[np.where(inside, starts[:, None] + step, 0)], 0)
    u = np.zeros((len(starts), 2, RUN + 1), dtype=complex)
    v = np.zeros_like(u)
    u[:, 0, 0] = v[:, 1, 0] = 1
    for a in padded.T[:, :, None, None]:
        turned = v - a.conj() * u
        u -= a * v
        v[:, :, 1:], v[:, :, 0] = turned[:, :, :-1], 0
    return u


def stream(network_id: str, beta: int, realisation: int) -> np.random.Generator:
    """The random stream of one realisation: the same on every machine, in every order."""
    return spectrum.stream(network_id, beta, realisation)


def realisation(orders: Sequence[int], beta: int, rng: np.random.Generator) -> Floats:
    """F_C of one draw of the conjugate ensemble at the 129 edges; shape (129,), in [0, 1]."""
    cumulative = np.ones(len(S_EDGES))
    inside = np.zeros(INSIDE)
    for order in orders:
        inside += count_in_arcs(order, beta, ARCS[:INSIDE], rng) / order
    cumulative[:INSIDE] = inside / len(orders)
    return cumulative
