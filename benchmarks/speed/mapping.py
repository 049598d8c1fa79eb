"""What ``zs.analyze`` of a mapping of arrays takes beside its arithmetic, on one core.

The arithmetic is numpy's Gram matrix and ``eigvalsh`` of every constituent, in float64. Both take
turns, in CPU time of one pinned core; the ratio is that of the fastest turns.

python -m benchmarks.speed.mapping
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

NETWORKS = ("resnet50", "vit_small_patch16_224", "convnext_tiny")
TURNS = 5
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def measure() -> None:
    """In a process whose BLAS has one thread from the start."""
    import numpy as np

    import zoo_spectra as zs
    from benchmarks.common import show, write
    from zoo_spectra.sources import network_from_arrays, read_tensors
    from zoo_spectra_timm.building import meta_model

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rng = np.random.default_rng(0)

    def floor(matrices: list[np.ndarray]) -> None:
        for matrix in matrices:
            w = matrix.astype(np.float64)
            w = w if w.shape[0] <= w.shape[1] else w.T
            np.linalg.eigvalsh(w @ w.T)

    def seconds(work: Callable[[], object]) -> float:
        started = time.process_time()
        work()
        return time.process_time() - started

    zs.analyze({"w": np.eye(8) + 1.0})
    found = {}
    for name in NETWORKS:
        state = meta_model(name).state_dict(keep_vars=True)
        arrays = {
            key: rng.standard_normal(tuple(state[key].shape), dtype=np.float32)
            for key in read_tensors(state, name).stored
        }
        matrices = [each.matrix for each in network_from_arrays(name, arrays).constituents()]
        turns = [
            (seconds(lambda: floor(matrices)), seconds(lambda: zs.analyze(arrays)))  # noqa: B023
            for _ in range(TURNS)
        ]
        numpy, ours = (min(times) for times in zip(*turns, strict=True))
        found[name] = {"numpy": numpy, "ours": ours, "ratio": ours / numpy}
    rows = [
        [name, f"{f['numpy']:.2f} s", f"{f['ours']:.2f} s", f"{f['ratio']:.2f}"]
        for name, f in found.items()
    ]
    show("zs.analyze of arrays, one core", ["", "numpy", "ours", "ratio"], rows)
    worst = max(f["ratio"] for f in found.values())
    write("speed.mapping", ["timm", "torch"], {"networks": found, "worst": worst})


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        measure()
    else:
        command = [sys.executable, "-m", "benchmarks.speed.mapping", "measure"]
        subprocess.run(command, env=os.environ | ONE_THREAD, check=True)
