"""What a GPU gains, and how far its spectra are from LAPACK's.

python -m benchmarks.speed.gpu          on a machine whose torch sees a GPU

Every constituent of a few networks at random weights, read beforehand: Gram matrices, eigenvalues
and digests by ``device = "cuda"`` (the faster of two turns), and by LAPACK on one core and on all.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import zoo_spectra as zs
from benchmarks.common import CONSOLE, Floats, show, write
from zoo_spectra.errors import DeviceError
from zoo_spectra.method import EXACT_LIMIT, Engine
from zoo_spectra.method.engine import check_device, solve
from zoo_spectra.sources import Constituent

NETWORKS = ("resnet50", "vit_small_patch16_224", "convnext_base", "vit_large_patch16_224", "vgg16")


def spectra(constituents: Sequence[Constituent], engine: Engine) -> tuple[float, list[Floats]]:
    """Seconds, and the eigenvalues of every constituent."""
    started = time.perf_counter()
    solved = list(solve(constituents, EXACT_LIMIT, "gpu", engine))
    return time.perf_counter() - started, [each.spectrum.eigenvalues for each in solved]


def apart(ours: Sequence[Floats], exact: Sequence[Floats]) -> float:
    """The largest difference of two eigenvalues of one place, over the largest of its matrix."""
    pairs = zip(ours, exact, strict=True)
    return max(float(np.abs(np.sort(a) - np.sort(b)).max() / np.abs(b).max()) for a, b in pairs)


def measure(name: str, cores: int) -> dict[str, Any]:
    """The three engines on one network."""
    constituents = list(zs.load(f"timm:{name}?seed=0").constituents())
    one, exact = spectra(constituents, Engine(threads=1))
    every, _ = spectra(constituents, Engine(threads=cores))
    first, ours = spectra(constituents, Engine(device="cuda"))
    gpu = min(first, spectra(constituents, Engine(device="cuda"))[0])
    return {
        "constituents": len(constituents),
        "order_max": max(min(each.matrix.shape) for each in constituents),
        "one_core_s": one,
        "all_cores_s": every,
        "gpu_s": gpu,
        "over_one_core": one / gpu,
        "over_all_cores": every / gpu,
        "difference": f"{apart(ours, exact):.0e}",
    }


def main() -> None:
    try:
        check_device("cuda")
    except DeviceError as error:
        sys.exit(str(error))
    import torch

    cores = len(os.sched_getaffinity(0))
    warm = [Constituent("w", np.eye(64) + 1.0)]
    list(solve(warm, EXACT_LIMIT, "gpu", Engine(device="cuda")))
    found = {name: measure(name, cores) for name in NETWORKS}
    rows = [
        (
            name,
            f"{f['order_max']:,}",
            f"{f['one_core_s']:.2f} s",
            f"{f['all_cores_s']:.2f} s",
            f"{f['gpu_s']:.2f} s",
            f"{f['over_one_core']:.1f}",
            f"{f['over_all_cores']:.1f}",
            f["difference"],
        )
        for name, f in found.items()
    ]
    gpu = torch.cuda.get_device_name()
    header = ("", "order", "a core", f"{cores} cores", "GPU", "over one", "over all", "of λ_max")
    show(f"Spectra of a network, {gpu}", header, rows)
    CONSOLE.print("of λ_max: the largest difference of an eigenvalue")
    write("speed.gpu", ("torch", "timm"), {"gpu": gpu, "cores": cores, "networks": found})


if __name__ == "__main__":
    main()
