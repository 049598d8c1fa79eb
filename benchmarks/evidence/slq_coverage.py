"""Does the error that a row of an estimated spectrum states hold the truth? 200 exact cases.

Five kinds of matrices of known spectra, of order 2,000 to 8,000, and the connectomes of the
samples, each estimated to a tolerance and compared with the exact curve. `covered`: the share of
cases whose distance from the truth is within ``csd_error``. The tolerance is wider than the default
of 0.02, at which orders as small as these take minutes each: fewer probes, and so a harder test.

python -m benchmarks.evidence.slq_coverage [CASES [TOLERANCE]]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import show, wilson, write
from zoo_spectra.method import ConstituentSpectrum, combine
from zoo_spectra.method.csd import circular_spectral_difference
from zoo_spectra.method.mme import BIN_WIDTH, cumulative_density, mix
from zoo_spectra.method.probes import estimate
from zoo_spectra.method.spectrum import stream
from zoo_spectra.sources import fetch_samples, network_from_arrays

Make = Callable[[int, np.random.Generator], tuple[sparse.csr_array, np.ndarray | None]]
SAMPLES = (
    "connectome:@samples/worms/*.json",
    "connectome:@samples/fly/*_adjacency.csv",
    "connectome:@samples/mice/edgelists/*.edgelist?directed=false",
)
ORDERS = (2000, 2000, 2000, 2000, 2000, 2000, 2000, 3000, 2000, 2000)
KNOWN_ORDERS = (2000, 3000, 4000, 8000)  # of matrices whose eigenvalues are known beforehand
CASES = 200
TOLERANCE = 0.1


def turned(singular: np.ndarray, rng: np.random.Generator) -> sparse.csr_array:
    """A sparse matrix of these singular values: plane rotations of random pairs on either side."""
    matrix = sparse.diags_array(singular).tocsr()
    for layer in range(6):
        pairs = rng.permutation(len(singular))[: len(singular) // 2 * 2].reshape(2, -1)
        angle = rng.uniform(0, 2 * np.pi, pairs.shape[1])
        at = np.arange(len(singular))
        cosine = np.ones(len(singular))
        cosine[pairs[0]] = cosine[pairs[1]] = np.cos(angle)
        rows, columns = np.r_[at, pairs[0], pairs[1]], np.r_[at, pairs[1], pairs[0]]
        entries = np.r_[cosine, -np.sin(angle), np.sin(angle)]
        turn = sparse.coo_array((entries, (rows, columns)), shape=matrix.shape).tocsr()
        matrix = turn @ matrix if layer % 3 else matrix @ turn
    return sparse.csr_array(matrix)


def gaussian(order: int, rng: np.random.Generator) -> tuple[sparse.csr_array, None]:
    """Sparse, 50 Gaussian entries a row."""
    return with_entries(order, 50, rng.standard_normal, rng), None


def heavy_tailed(order: int, rng: np.random.Generator) -> tuple[sparse.csr_array, None]:
    """Strengths of nodes log-normal, weights of edges Pareto."""
    strength = rng.lognormal(0, 1, order)
    share = np.cumsum(strength) / strength.sum()
    count = 25 * order
    rows, columns = (np.minimum(np.searchsorted(share, rng.random(count)), order - 1) for _ in "rc")
    weights = np.floor(5 + 5 * rng.pareto(2.0, count))
    return sparse.coo_array((weights, (rows, columns)), shape=(order, order)).tocsr(), None


def six_decades(order: int, rng: np.random.Generator) -> tuple[sparse.csr_array, np.ndarray]:
    """Eigenvalues log-uniform over six decades."""
    squares = np.logspace(-6, 0, order)
    return turned(np.sqrt(squares), rng), squares


def rank_deficient(order: int, rng: np.random.Generator) -> tuple[sparse.csr_array, np.ndarray]:
    """A tenth to four tenths of the eigenvalues zero, the others log-uniform over two decades."""
    squares = np.logspace(-2, 0, order)
    squares[: int(order * rng.uniform(0.1, 0.4))] = 0
    return turned(np.sqrt(squares), rng), squares


def blocks(order: int, rng: np.random.Generator) -> tuple[sparse.csr_array, None]:
    """Ten blocks of weights of different sizes, and few entries between them."""
    parts = [
        with_entries(order // 10, 30, rng.standard_normal, rng) * rng.lognormal(0, 1)
        for _ in range(10)
    ]
    between = with_entries(order // 10 * 10, 2, rng.standard_normal, rng) * 0.1
    return sparse.csr_array(sparse.block_diag(parts, format="csr") + between), None


def with_entries(
    order: int, per_row: int, draw: Callable[[int], np.ndarray], rng: np.random.Generator
) -> sparse.csr_array:
    rows = np.repeat(np.arange(order), per_row)
    columns = rng.integers(0, order, order * per_row)
    matrix = sparse.coo_array((draw(len(rows)), (rows, columns)), shape=(order, order))
    return sparse.csr_array(matrix)


KINDS: dict[str, Make] = {
    "Gaussian": gaussian,
    "heavy-tailed": heavy_tailed,
    "six decades": six_decades,
    "rank-deficient": rank_deficient,
    "blocks": blocks,
}


@cache
def connectomes() -> tuple[str, ...]:
    """Their sources."""
    fetch_samples(("worms", "fly", "mice"), echo=lambda line: None)
    return tuple(ref.source for source in SAMPLES for ref in zs.list_networks(source))


def made(number: int) -> tuple[str, sparse.csr_array, np.ndarray | None]:
    """The kind of a case, its matrix, and its eigenvalues where they are known beforehand."""
    kind, turn = [*KINDS, "connectomes"][number % 6], number // 6
    if kind == "connectomes":
        (constituent,) = zs.load(connectomes()[turn % len(connectomes())]).constituents()
        return kind, sparse.csr_array(constituent.matrix).astype(np.float64), None
    orders = KNOWN_ORDERS if kind in ("six decades", "rank-deficient") else ORDERS
    order = orders[turn % len(orders)]
    return kind, *KINDS[kind](order, np.random.default_rng([number, order]))


def truth(matrix: sparse.csr_array, squares: np.ndarray | None) -> np.ndarray:
    """The exact curve: of the eigenvalues known, or from LAPACK."""
    if squares is None:
        return zs.analyze({"w": matrix}).csd
    mixed = mix([np.sort(squares)])
    return circular_spectral_difference(cumulative_density(mixed.eigenvalues, mixed.mass))


def measure(number: int, tolerance: float) -> tuple[str, dict[str, float]]:
    """A case, on one thread."""
    kind, matrix, squares = made(number)
    with threadpool_limits(1):
        return kind, compared(number, matrix, squares, tolerance)


def compared(
    number: int, matrix: sparse.csr_array, squares: np.ndarray | None, tolerance: float
) -> dict[str, float]:
    started = time.process_time()
    guess = estimate(matrix, partial(stream, "coverage", number), tolerance=tolerance)
    estimated = ConstituentSpectrum(
        "w",
        (matrix.shape[0], matrix.shape[1]),
        guess.nodes,
        weights=guess.weights,
        probe=guess.probe,
        steps_error=guess.steps_error,
    )
    network = network_from_arrays("w", {"w": matrix})
    found = combine(network, [estimated], zs.Settings(), str(number))
    seconds = time.process_time() - started
    assert found.csd_error is not None
    return {
        "distance": float(np.sum(np.abs(found.csd - truth(matrix, squares))) * BIN_WIDTH),
        "error": found.csd_error,
        "probes": int(guess.probe.max()) + 1,
        "seconds": seconds,
        "order": min(matrix.shape),
    }


def summary(found: list[dict[str, float]]) -> dict[str, float]:
    apart, error = (np.array([case[key] for case in found]) for key in ("distance", "error"))
    held = int(np.sum(apart <= error))
    return {
        "cases": len(found),
        "orders": f"{min(c['order'] for c in found):,}–{max(c['order'] for c in found):,}",
        "covered": held / len(found),
        "covered_interval": wilson(held, len(found)),
        "distance_median": float(np.median(apart)),
        "distance_max": float(apart.max()),
        "error_median": float(np.median(error)),
        "probes_median": float(np.median([case["probes"] for case in found])),
        "cpu_seconds": float(np.sum([case["seconds"] for case in found])),
    }


def main(count: int = CASES, tolerance: float = TOLERANCE) -> None:
    found: dict[str, list[dict[str, float]]] = {}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        cases = pool.map(partial(measure, tolerance=tolerance), range(count))
        for number, (kind, case) in enumerate(cases):
            found.setdefault(kind, []).append(case)
            print(f"{number:4} {kind:15}", {k: round(v, 4) for k, v in case.items()}, flush=True)
    figures = {kind: summary(each) for kind, each in found.items()}
    figures["all"] = summary([case for each in found.values() for case in each])
    header = ("", "cases", "order", "covered", "d, median", "largest", "csd_error", "probes")
    rows = [
        [
            kind,
            f"{each['cases']}",
            str(each["orders"]),
            f"{100 * each['covered']:.1f} %",
            f"{each['distance_median']:.4f}",
            f"{each['distance_max']:.4f}",
            f"{each['error_median']:.4f}",
            f"{each['probes_median']:.0f}",
        ]
        for kind, each in figures.items()
    ]
    show("Estimates against exact spectra, in e-folds", header, rows)
    write("evidence.slq_coverage", [], {"tolerance": tolerance, "kinds": figures})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(float, sys.argv[2:]))
