"""How far is an estimate from its exact curve, at the default tolerance?

The samples' connectomes, of the mice each eighth, whole, as `zoo-spectra run` would estimate them
above the exact limit (the goal is 0.02 e-folds), and eigenvalues over six decades (0.05).

python -m benchmarks.evidence.slq_default
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import show, write
from benchmarks.evidence.slq_coverage import compared, connectomes, six_decades
from zoo_spectra.method.estimate import TOLERANCE

DECADES = ("2000", "4000", "8000")  # orders
GOALS = {"real graphs": 0.02, "six decades": 0.05}


def graphs() -> list[str]:
    """All but mice, of whom there are 32, alike and of one laboratory, and each eighth mouse."""
    mice = [source for source in connectomes() if "mice" in source]
    return [*(source for source in connectomes() if source not in mice), *mice[::8]]


def measure(number: int, name: str) -> dict[str, float]:
    """A graph, or an order of six decades, on one thread."""
    with threadpool_limits(1):
        if name in DECADES:
            return compared(
                number, *six_decades(int(name), np.random.default_rng(number)), TOLERANCE
            )
        (constituent,) = zs.load(name).constituents()
        matrix = sparse.csr_array(constituent.matrix).astype(np.float64)
        return compared(number, matrix, None, TOLERANCE)


def summary(cases: dict[str, dict[str, float]], goal: float) -> dict[str, float]:
    apart = np.array([case["distance"] for case in cases.values()])
    error = np.array([case["error"] for case in cases.values()])
    return {
        "cases": len(cases),
        "median": float(np.median(apart)),
        "largest": float(apart.max()),
        "within_goal": float(np.mean(apart <= goal)),
        "covered": float(np.mean(apart <= error)),
    }


def main() -> None:
    names = [*graphs(), *DECADES]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = {}
        for name, case in zip(names, pool.map(measure, range(len(names)), names), strict=True):
            found[name] = case
            print(name, {k: round(v, 4) for k, v in case.items()}, flush=True)
    kinds = {
        "real graphs": {k: v for k, v in found.items() if k not in DECADES},
        "six decades": {k: v for k, v in found.items() if k in DECADES},
    }
    figures = {kind: summary(cases, GOALS[kind]) for kind, cases in kinds.items()}
    header = ("", "cases", "d, median", "largest", "goal", "covered")
    rows = [
        [
            kind,
            f"{each['cases']}",
            f"{each['median']:.4f}",
            f"{each['largest']:.4f}",
            f"{GOALS[kind]}",
            f"{100 * each['covered']:.0f} %",
        ]
        for kind, each in figures.items()
    ]
    show("Estimates at the default tolerance, in e-folds", header, rows)
    write("evidence.slq_default", [], {"tolerance": TOLERANCE, "kinds": figures, "each": found})


if __name__ == "__main__":
    main()
