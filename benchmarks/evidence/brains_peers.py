"""Other distances between whole graphs, on the same matrices as ours: what brains.py compares with.

Each takes undirected graphs, so a directed matrix W comes as W + Wᵀ, and none keeps loops. A
signature of each graph, and a distance of two signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any
from warnings import catch_warnings

import numpy as np
from scipy.sparse.csgraph import laplacian, shortest_path
from scipy.stats import gaussian_kde, wasserstein_distance

from benchmarks.common import Floats


@dataclass(frozen=True)
class Brain:
    """``matrix``: shape (n, n), as it was read; ``nodes``: the names of its rows, or None."""

    name: str
    matrix: Floats
    nodes: tuple[str, ...] | None = None

    @property
    def undirected(self) -> Floats:
        """Symmetric, without loops; as it is where it is symmetric."""
        both = self.matrix if np.array_equal(self.matrix, self.matrix.T) else _sum(self.matrix)
        return both - np.diag(np.diag(both))


def _sum(matrix: Floats) -> Floats:
    return matrix + matrix.T


@dataclass(frozen=True)
class Peer:
    """``signature`` of a brain; ``apart``: of two signatures, ≥ 0."""

    signature: Callable[[Brain], Any]
    apart: Callable[[Any, Any], float]


def norm(one: Any, other: Any) -> float:
    return float(np.linalg.norm(one - other))


def binary(brain: Brain) -> Floats:
    return (brain.undirected != 0).astype(np.float64)


def _netlsd() -> Any:
    return import_module("netlsd")  # tests of the other distances do without it


def heat(brain: Brain) -> Floats:
    """NetLSD's heat trace of the weighted graph (Tsitsulin et al., KDD 2018), as published."""
    return np.asarray(_netlsd().heat(np.abs(brain.undirected)))


def wave(brain: Brain) -> Floats:
    """NetLSD's wave trace, of which it keeps the real part."""
    with catch_warnings(action="ignore", category=np.exceptions.ComplexWarning):
        return np.asarray(_netlsd().wave(np.abs(brain.undirected)))


def connections(brain: Brain) -> Floats:
    """The logarithm of their number: what a distance of shapes must beat."""
    return np.log([np.count_nonzero(brain.undirected)])


def degrees(brain: Brain) -> Floats:
    """The degrees' logarithms, less their mean: a density of edges is no shape."""
    return _centred_logarithms(binary(brain).sum(axis=0))


def strengths(brain: Brain) -> Floats:
    """The same of the sums of weights: their unit is in no distance."""
    return _centred_logarithms(np.abs(brain.undirected).sum(axis=0))


def _centred_logarithms(values: Floats) -> Floats:
    found = np.log(values[values > 0])
    return np.asarray(found - found.mean())


def laplacian_density(brain: Brain, points: int = 512) -> Floats:
    """The smoothed density of the binary graph's normalised Laplacian, on [0, 2].

    What mammals' connectomes were compared by (Suarez et al., eLife 11, e78635, 2022). Scott's
    bandwidth, which is ours.
    """
    found = np.linalg.eigvalsh(laplacian(binary(brain), normed=True))
    grid = np.linspace(0, 2, points)
    density = gaussian_kde(found)(grid)
    return np.asarray(density / density.sum())


def overlap(one: Floats, other: Floats) -> float:
    """One less the overlap of two densities: their total variation, in [0, 1]."""
    return float(np.abs(one - other).sum() / 2)


def portrait(brain: Brain) -> Floats:
    """B[l, k]: the nodes with k nodes at l steps (Bagrow & Bollt, Appl. Netw. Sci. 4, 45, 2019)."""
    steps = shortest_path(binary(brain), unweighted=True)
    size = len(steps)
    reached = np.where(np.isfinite(steps), steps, -1).astype(np.int64)
    longest = int(reached.max())
    found = np.zeros((longest + 1, size + 1))
    for length in range(longest + 1):
        found[length] = np.bincount((reached == length).sum(axis=1), minlength=size + 1)
    return found


def portrait_divergence(one: Floats, other: Floats) -> float:
    """Jensen-Shannon divergence, in bits, of P(k, l) = P(k | l) P(l), their equations 6 to 9."""
    shape = tuple(np.maximum(one.shape, other.shape))
    p, q = (_law(each, shape) for each in (one, other))
    mean = (p + q) / 2
    return float((_relative(p, mean) + _relative(q, mean)) / 2)


def _law(portrait: Floats, shape: tuple[int, ...]) -> Floats:
    """P(k | l) = B[l, k] / N; P(l): of all pairs that are connected, the share l steps apart."""
    padded = np.zeros(shape)
    padded[: portrait.shape[0], : portrait.shape[1]] = portrait
    pairs = padded @ np.arange(shape[1])
    return np.asarray(padded / portrait[0].sum() * (pairs / pairs.sum())[:, None])


def _relative(p: Floats, mean: Floats) -> float:
    kept = p > 0
    return float(np.sum(p[kept] * np.log2(p[kept] / mean[kept])))


def entries(brain: Brain) -> Brain:
    return brain


def entries_apart(order: Sequence[str] | None, one: Brain, other: Brain) -> float:
    """1 - correlation of ln(1 + weight), cell by cell; a node that is absent has no edge."""
    vectors = [np.log1p(np.abs(_laid_out(each, order))).ravel() for each in (one, other)]
    return float(1 - np.corrcoef(vectors)[0, 1])


def _laid_out(brain: Brain, order: Sequence[str] | None) -> Floats:
    if order is None or brain.nodes is None:
        return brain.undirected
    at = [order.index(node) for node in brain.nodes]
    found = np.zeros((len(order), len(order)))
    found[np.ix_(at, at)] = brain.undirected
    return found


PEERS = {
    "NetLSD, heat": Peer(heat, norm),
    "NetLSD, wave": Peer(wave, norm),
    "number of connections (|Δ ln|)": Peer(connections, norm),
    "degrees (W1 of ln k)": Peer(degrees, wasserstein_distance),
    "strengths (W1 of ln s)": Peer(strengths, wasserstein_distance),
    "normalised Laplacian, density": Peer(laplacian_density, overlap),
    "portrait divergence": Peer(portrait, portrait_divergence),
}


def entry_by_entry(order: Sequence[str] | None = None) -> Peer:
    """Where it is known which node is which: by place, or by the names in ``order``."""
    return Peer(entries, partial(entries_apart, order))
