"""From which order on two stages are the faster route to eigenvalues: alone, and beside another.

One stage waits for memory, and busy cores share caches: a matrix of order 2048 fills 32 MB. Two
processes of one thread each take the same matrix at the same moment, or one of them waits. Both
routes take turns; a ratio is the median over the turns.

python benchmarks/stages.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from common import show, write
from zoo_spectra import lapack

ORDERS = (1024, 1536, 1792, 2048, 2304, 2560, 3072)
ROUTES = {"one": max(ORDERS) + 1, "two": 1}
TURNS = 7
SETTINGS = ("alone", "beside")
Times = dict[tuple[int, str, str], list[float]]


def measure(barrier: Barrier, busy: Callable[[str], bool]) -> Times:
    """Seconds by order, route and setting, of a process that works where ``busy`` says so."""
    times: Times = {}
    for order in ORDERS:
        weights = np.random.default_rng(order).standard_normal((order, order))
        gram = weights @ weights.T
        for _, route, setting in product(range(TURNS), ROUTES, SETTINGS):
            lapack.TWO_STAGE_ORDER = ROUTES[route]
            matrix = gram.copy()
            barrier.wait()
            if busy(setting):
                started = time.perf_counter()
                lapack.symmetric_eigenvalues(matrix)
                taken = time.perf_counter() - started
                times.setdefault((order, route, setting), []).append(taken)
            barrier.wait()
    return times


def other(barrier: Barrier) -> None:
    """The process that only keeps the other core busy."""
    with threadpool_limits(1):
        measure(barrier, lambda setting: setting == "beside")


def figures(times: Times) -> dict[str, Any]:
    found: dict[str, Any] = {str(order): {} for order in ORDERS}
    for order, setting in product(ORDERS, SETTINGS):
        one, two = (times[order, route, setting] for route in ROUTES)
        ratio = float(np.median(np.divide(two, one)))
        found[str(order)][setting] = {"one": median(one), "two": median(two), "ratio": ratio}
    return found


def main() -> None:
    context = get_context("spawn")
    barrier = context.Barrier(2)
    beside = context.Process(target=other, args=(barrier,), daemon=True)
    beside.start()
    with threadpool_limits(1):
        orders = figures(measure(barrier, lambda setting: True))
    beside.join()
    rows = [
        [order]
        + [
            text
            for setting in SETTINGS
            for text in (
                *(f"{found[setting][route]:.3f} s" for route in ROUTES),
                f"{found[setting]['ratio']:.2f}",
            )
        ]
        for order, found in orders.items()
    ]
    header = ["N", "one, alone", "two", "ratio", "one, beside another", "two", "ratio"]
    show("eigenvalues in one stage and in two, one thread", header, rows)
    write("stages", [], {"turns": TURNS, "orders": orders})


if __name__ == "__main__":
    main()
