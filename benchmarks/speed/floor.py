"""What an analysis costs beside the arithmetic: bare numpy Gram matrices and eigvalsh calls.

Ours is all that a worker does with weights that are in memory: checks, eigenvalues, digests,
statistics, conjugate ensembles, rows and Parquet. Both take the same matrices in turns in one
process; a ratio is the median over the turns. Initialisation is timed apart.

python -m benchmarks.speed.floor
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import LONG, show, write
from zoo_spectra.method.analysis import combine
from zoo_spectra.method.engine import Engine
from zoo_spectra.method.spectrum import ConstituentSpectrum, gram_eigenvalues, skip_reason
from zoo_spectra.runner import work
from zoo_spectra.sources.network import Constituent, digest

Matrix = npt.NDArray[Any]
GOAL = 1.15
# The goal is for more than a second of numpy on one thread: all but the last three.
NETWORKS = (*LONG, "resnet50", "vit_small_patch16_224", "convnext_tiny")
THREADS = (1, 2)
TURNS = 7
ORDERS = {256: 30, 512: 15, 1024: 7, 2048: 3, 3072: 2, 4096: 2}


def seconds(call: Callable[[], object], threads: int = 1) -> float:
    with threadpool_limits(threads):
        started = time.perf_counter()
        call()
        return time.perf_counter() - started


def bare(matrices: Sequence[Matrix]) -> None:
    """The floor: nothing but what the method's definition asks of LAPACK."""
    for matrix in matrices:
        w = matrix.astype(np.float64)
        np.linalg.eigvalsh(w @ w.T if len(w) <= w.shape[1] else w.T @ w)


def each(function: Callable[[Any], object], values: Sequence[object]) -> None:
    for value in values:
        function(value)


def figures(name: str, folder: str) -> dict[str, Any]:
    started = time.perf_counter()
    matrices = {c.name: c.matrix for c in zs.load(f"timm:{name}?seed=0").constituents()}
    initialisation = time.perf_counter() - started
    adapter = zs.MemoryAdapter({name: matrices})
    (ref,) = adapter.list(name, {})
    catalog = zs.Catalog.create(f"{folder}/{name}")

    def ours(threads: int) -> None:
        bench = work.Bench({"memory": adapter}, catalog, zs.Settings(), Engine(threads=threads))
        (receipt,) = work.analyze_networks(bench, [ref], [1])
        assert receipt.status == "ok", receipt.reason

    bare_seconds: dict[int, list[float]] = {threads: [] for threads in THREADS}
    our_seconds: dict[int, list[float]] = {threads: [] for threads in THREADS}
    recorded = []
    for _ in range(TURNS):
        for threads in THREADS:
            bare_seconds[threads].append(seconds(partial(bare, list(matrices.values())), threads))
            our_seconds[threads].append(seconds(partial(ours, threads), threads))
            if threads == 1:
                row = catalog.networks().filter(pl.col("name") == name).collect()
                recorded.append(float((row["seconds"] + row["load_seconds"]).item()))
    return {
        "parameters": sum(matrix.size for matrix in matrices.values()),
        "constituents": len(matrices),
        "initialisation": initialisation,
        "numpy": {str(n): median(bare_seconds[n]) for n in THREADS},
        "ours": {str(n): median(our_seconds[n]) for n in THREADS},
        "ratio": {str(n): _ratio(our_seconds[n], bare_seconds[n]) for n in THREADS},
        "parts": {
            **parts(matrices),
            "rows_and_parquet": median(np.subtract(our_seconds[1], recorded)),
        },
    }


def parts(matrices: dict[str, Matrix]) -> dict[str, float]:
    """Seconds of the parts of an analysis, each on its own, on one thread."""
    constituents = [Constituent(name, matrix) for name, matrix in matrices.items()]
    network = zs.Network("net", "artificial", lambda: iter(constituents))
    arrays = list(matrices.values())
    values: list[npt.NDArray[np.float64]] = []
    solving = seconds(lambda: values.extend(map(gram_eigenvalues, arrays)))
    spectra = [
        ConstituentSpectrum(name, matrix.shape, found)
        for (name, matrix), found in zip(matrices.items(), values, strict=True)
    ]
    return {
        "gram_and_eigenvalues": solving,
        "checks": seconds(partial(each, skip_reason, arrays)),
        "digests": seconds(partial(each, digest, arrays)),
        "statistics": seconds(partial(combine, network, spectra, zs.Settings(), "net")),
    }


def by_order(order: int, turns: int) -> dict[str, float]:
    """Eigenvalues of one square matrix: numpy's, and ours, which chooses the route by order."""
    matrix = np.random.default_rng(order).normal(size=(order, order))
    taken = [
        (seconds(partial(bare, [matrix])), seconds(partial(gram_eigenvalues, matrix)))
        for _ in range(turns)
    ]
    theirs, mine = zip(*taken, strict=True)
    return {"numpy": median(theirs), "ours": median(mine), "ratio": _ratio(mine, theirs)}


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return float(np.median(np.divide(ours, theirs)))


def main() -> None:
    bare([np.eye(64)])
    with tempfile.TemporaryDirectory() as folder:
        networks = {name: figures(name, folder) for name in NETWORKS}
    orders = {str(order): by_order(order, turns) for order, turns in ORDERS.items()}
    long = [found for found in networks.values() if found["numpy"]["1"] > 1]
    worst = {str(n): max(found["ratio"][str(n)] for found in long) for n in THREADS}
    header = ["", "init", "numpy 1", "ours 1", "ratio 1", "numpy 2", "ours 2", "ratio 2"]
    rows = [
        [name, f"{found['initialisation']:.2f} s"]
        + [
            text
            for n in map(str, THREADS)
            for text in (
                f"{found['numpy'][n]:.2f} s",
                f"{found['ours'][n]:.2f} s",
                f"{found['ratio'][n]:.3f}",
            )
        ]
        for name, found in networks.items()
    ]
    show(f"time over bare numpy's, by threads; goal ≤ {GOAL} above a second", header, rows)
    names = list(networks[NETWORKS[0]]["parts"])
    rows = [
        [name, *(f"{found['parts'][part] / found['numpy']['1']:.1%}" for part in names)]
        for name, found in networks.items()
    ]
    show("parts, one thread, of numpy's time", ["", *(n.replace("_", " ") for n in names)], rows)
    rows = [
        [order, f"{found['numpy']:.3f} s", f"{found['ours']:.3f} s", f"{found['ratio']:.3f}"]
        for order, found in orders.items()
    ]
    show("Gram and eigenvalues by order, one thread", ["N", "numpy", "ours", "ratio"], rows)
    print(f"worst above a second: {worst['1']:.3f} on one thread, {worst['2']:.3f} on two")
    write(
        "speed.floor",
        ["timm", "torch"],
        {"goal": GOAL, "turns": TURNS, "worst": worst, "networks": networks, "orders": orders},
    )


if __name__ == "__main__":
    main()
