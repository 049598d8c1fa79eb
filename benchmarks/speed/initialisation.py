"""What random weights cost: made one at a time, against timm's create_model and a read of them all.

The ways take turns in one process, on one thread; a ratio is the median over the turns. ``again``
is one at a time for a worker that met the seed before, with any architecture as large. Each is
also put beside bare numpy Gram matrices and eigvalsh calls of the same weights. Peak memory is
each way's own, in a fresh process, above that after a small architecture.

python -m benchmarks.speed.initialisation
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from statistics import median
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.common import show, write
from zoo_spectra.runner.usage import peak_memory, reset_peak_memory
from zoo_spectra.sources import read_tensors, tensor_values
from zoo_spectra.sources.network import Constituent
from zoo_spectra_timm.building import random_model
from zoo_spectra_timm.names import Choice
from zoo_spectra_timm.opening import open_random
from zoo_spectra_timm.replaying import milestones

NETWORKS = (
    "efficientnet_b0",
    "vit_small_patch16_224",
    "resnet50",
    "swin_tiny_patch4_window7_224",
    "convnext_tiny",
    "vit_base_patch16_224",
)
TURNS = 7
Way = Callable[[str], Iterator[Constituent]]


def whole(name: str) -> Iterator[Constituent]:
    """All of ``torch.manual_seed(0); timm.create_model(name)``, then each weight."""
    tensors = random_model(name, 0).state_dict(keep_vars=True)
    return read_tensors(tensors, name).constituents(tensor_values(tensors, name))


def again(name: str) -> Iterator[Constituent]:
    """What the adapter does."""
    return open_random(Choice(name), 0)()


def one_at_a_time(name: str) -> Iterator[Constituent]:
    """The same, for the first network of a seed."""
    milestones.cache_clear()
    return again(name)


WAYS: dict[str, Way] = {"whole": whole, "one_at_a_time": one_at_a_time, "again": again}


def seconds(way: Way, name: str) -> float:
    started = time.perf_counter()
    for constituent in way(name):
        del constituent
    return time.perf_counter() - started


def bare(name: str) -> float:
    """Seconds of the least that the method asks of LAPACK."""
    spent = 0.0
    for constituent in one_at_a_time(name):
        started = time.perf_counter()
        w = constituent.matrix.astype(np.float64)
        np.linalg.eigvalsh(w @ w.T if len(w) <= w.shape[1] else w.T @ w)
        spent += time.perf_counter() - started
    return spent


def peak(way: str, name: str) -> int:
    """Bytes above those that a small architecture needs, in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (way, name))


def _peak(way: str, name: str) -> int:
    seconds(WAYS[way], "test_resnet")
    reset_peak_memory()
    before = peak_memory()
    seconds(WAYS[way], name)
    return peak_memory() - before


def figures(name: str) -> dict[str, Any]:
    sizes = []
    for ours, theirs in zip(one_at_a_time(name), whole(name), strict=True):
        assert ours.name == theirs.name
        assert np.array_equal(ours.matrix, theirs.matrix), (name, ours.name)
        sizes.append(ours.matrix.nbytes)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(TURNS):
        for way, walk in WAYS.items():
            taken[way].append(seconds(walk, name))
    numpy = bare(name)
    return {
        "weights_bytes": sum(sizes),
        "largest_weight_bytes": max(sizes),
        "seconds": {way: median(values) for way, values in taken.items()},
        "numpy_seconds": numpy,
        "ratio": {way: ratio(values, taken["whole"]) for way, values in taken.items()},
        "over_numpy": {way: median(values) / numpy for way, values in taken.items()},
        "peak_bytes": {way: peak(way, name) for way in ("whole", "one_at_a_time")},
    }


def ratio(ours: list[float], theirs: list[float]) -> float:
    return float(np.median(np.divide(ours, theirs)))


def main() -> None:
    torch.set_num_threads(1)
    with threadpool_limits(1):
        networks = {name: figures(name) for name in NETWORKS}
    rows = [
        [
            name,
            *(f"{found['seconds'][way]:.3f} s" for way in WAYS),
            f"{found['ratio']['one_at_a_time']:.2f}",
            f"{found['ratio']['again']:.2f}",
            *(f"{found['over_numpy'][way]:.1%}" for way in WAYS),
        ]
        for name, found in networks.items()
    ]
    header = ["", "whole", "one", "again", "one/whole", "again/whole"]
    header += ["whole/numpy", "one/numpy", "again/numpy"]
    show("random weights, one thread; all ways give the same numbers", header, rows)
    rows = [
        [name, *(f"{size / 1e6:.0f} MB" for size in sizes)]
        for name, found in networks.items()
        for sizes in [
            (found["weights_bytes"], found["largest_weight_bytes"], *found["peak_bytes"].values())
        ]
    ]
    show("memory", ["", "weights", "largest", "peak whole", "peak one"], rows)
    write("speed.initialisation", ["timm", "torch"], {"turns": TURNS, "networks": networks})


if __name__ == "__main__":
    main()
