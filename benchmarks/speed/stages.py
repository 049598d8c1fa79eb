"""From which order on two stages are the faster route to eigenvalues.

One stage waits for memory, and busy cores share caches: a matrix of order 2048 fills 32 MB. So one
thread is measured alone and while another process does the same on the other core; two threads,
which pay more for the second stage, alone. Both routes take turns; a ratio is the median over them.

python -m benchmarks.speed.stages
"""

from __future__ import annotations

from functools import partial
from itertools import product
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any

import numpy as np

from benchmarks.common import show, write
from benchmarks.speed.floor import seconds
from zoo_spectra.method.lapack import Routine, eigenvalues_by

ORDERS = (1024, 1536, 1792, 2048, 2304, 2560, 3072)
ROUTES: tuple[Routine, ...] = ("dsyevd", "dsyevd_2stage")
THREADS = {"alone": 1, "beside": 1, "threaded": 2}
TURNS = 7
MINUTES = 5  # longer than any step takes; the other process has died
Times = dict[tuple[int, str, Routine], list[float]]


def measure(barrier: Barrier, settings: tuple[str, ...]) -> Times:
    """Seconds by order, setting and route; this process idles in the other settings."""
    times: Times = {}
    for order in ORDERS:
        weights = np.random.default_rng(order).standard_normal((order, order))
        gram = weights @ weights.T
        for _, setting, route in product(range(TURNS), THREADS, ROUTES):
            solve = partial(eigenvalues_by, route, gram.copy())
            barrier.wait()
            if setting in settings:
                taken = seconds(solve, THREADS[setting])
                times.setdefault((order, setting, route), []).append(taken)
            barrier.wait()
    return times


def figures(times: Times) -> dict[str, Any]:
    found: dict[str, Any] = {str(order): {} for order in ORDERS}
    for order, setting in product(ORDERS, THREADS):
        one, two = (times[order, setting, route] for route in ROUTES)
        ratio = float(np.median(np.divide(two, one)))
        found[str(order)][setting] = {"one": median(one), "two": median(two), "ratio": ratio}
    return found


def main() -> None:
    context = get_context("spawn")
    barrier = context.Barrier(2, timeout=60 * MINUTES)
    beside = context.Process(target=measure, args=(barrier, ("beside",)), daemon=True)
    beside.start()
    orders = figures(measure(barrier, tuple(THREADS)))
    beside.join()
    rows = [
        [order]
        + [
            text
            for each in found.values()
            for text in (f"{each['one']:.3f} s", f"{each['two']:.3f} s", f"{each['ratio']:.2f}")
        ]
        for order, found in orders.items()
    ]
    settings = ("one, alone", "one, beside another", "one, two threads")
    header = ["N", *(text for setting in settings for text in (setting, "two", "ratio"))]
    show("eigenvalues in one stage and in two", header, rows)
    write("speed.stages", [], {"turns": TURNS, "orders": orders})


if __name__ == "__main__":
    main()
