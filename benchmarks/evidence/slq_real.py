"""How far is an estimate of a real graph from its exact curve, at the default tolerance?

The samples' connectomes, of the mice each eighth, whole, as `zoo-spectra run` would estimate them
above the exact limit; the goal is 0.02 e-folds.

python -m benchmarks.evidence.slq_real [AT MOST]
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import show, write
from benchmarks.evidence.slq_coverage import compared, connectomes
from zoo_spectra.method.estimate import TOLERANCE


def graphs() -> list[str]:
    """All but mice, of whom there are 32, alike and of one laboratory, and each eighth mouse."""
    mice = [source for source in connectomes() if "mice" in source]
    return [*(source for source in connectomes() if source not in mice), *mice[::8]]


def measure_real(at: int) -> tuple[str, dict[str, float]]:
    """A connectome of the samples at the default tolerance, on one thread."""
    source = graphs()[at]
    (constituent,) = zs.load(source).constituents()
    matrix = sparse.csr_array(constituent.matrix).astype(np.float64)
    with threadpool_limits(1):
        return source, compared(10_000 + at, matrix, None, TOLERANCE)


def main(most: int = 10_000) -> None:
    """Of the samples' connectomes at most so many."""
    count = len(graphs())
    found: dict[str, dict[str, float]] = {}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for source, case in pool.map(measure_real, range(min(count, most))):
            found[source] = case
            print(source, {k: round(v, 4) for k, v in case.items()}, flush=True)
    apart = np.array([case["distance"] for case in found.values()])
    figures = {
        "tolerance": TOLERANCE,
        "graphs": len(found),
        "largest": float(apart.max()),
        "median": float(np.median(apart)),
        "within_0.02": float(np.mean(apart <= 0.02)),
        "covered": float(np.mean([case["distance"] <= case["error"] for case in found.values()])),
        "each": found,
    }
    header, shown = ("graphs", "d, median", "largest", "within 0.02"), ("median", "largest")
    row = [str(len(found)), *(f"{figures[key]:.4f}" for key in shown), f"{figures['within_0.02']}"]
    show("Real graphs at the default tolerance, in e-folds", header, [row])
    write("evidence.slq_real", [], figures)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
