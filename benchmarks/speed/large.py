"""Classes of diffuse clouds, too large for a matrix: time, memory, and what is left unmerged.

Smooth cumulative curves of five free parameters, without dense classes; nearly all of them are one
component of pairs within ε. Of some classes it is measured how far the nearest other one is, by the
linkage's own distance: none should be within ε.

python -m benchmarks.speed.large
"""

from __future__ import annotations

import time

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks.common import ACCURACY, Floats, show, write
from benchmarks.speed.classify import fresh
from zoo_spectra.classes import Classes, equivalence_classes
from zoo_spectra.method import BIN_WIDTH, S_EDGES
from zoo_spectra.runner.usage import peak_memory

# Networks, and how wide the cloud is: the narrower, the more of them are within ε.
CLOUDS = {"50000": (50_000, 0.5), "100000": (100_000, 1.0)}
SAMPLE = 400
SHARES = (1.0, 0.9)  # of ε
MEMBERS = 1024


def cloud(count: int, spread: float, seed: int = 0) -> Floats:
    """F at the 129 edges, ``count`` × 129: two logistic steps of free place, width and share."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0, 1, (count, 1))
    curves = np.zeros((count, len(S_EDGES)))
    for part in (share, 1 - share):
        place = rng.uniform(-3 * spread, 3 * spread, (count, 1))
        width = np.exp(rng.uniform(-1, 0.7, (count, 1)))
        curves += part / (1 + np.exp(-(S_EDGES - place) / width))
    return curves


def nearest(curves: Floats, classes: Classes) -> Floats:
    """Of some classes, the mean distance to the nearest other class; infinite beyond ε."""
    order = np.argsort(classes.label, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(classes.label)[1:])[:-1])
    means = np.array([curves[some].mean(axis=0) for some in members])
    found = []
    rng = np.random.default_rng(0)
    for at in rng.choice(len(members), min(SAMPLE, len(members)), replace=False):
        # No mean distance is below that of the mean curves.
        apart = cdist(means[at : at + 1], means, "cityblock")[0] * BIN_WIDTH
        apart[at] = np.inf
        mine = curves[members[at][:MEMBERS]]
        between = [
            cdist(mine, curves[members[other][:MEMBERS]], "cityblock").mean() * BIN_WIDTH
            for other in np.flatnonzero(apart <= ACCURACY)
        ]
        found.append(min(between, default=np.inf))
    return np.array(found)


def measure(count: int, spread: float) -> dict[str, object]:
    curves = cloud(count, spread)
    started, busy = time.perf_counter(), time.process_time()
    classes = equivalence_classes(curves, ACCURACY)
    figures = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - busy,
        "peak_gigabytes": peak_memory() / 1e9,
        "classes": int(classes.label.max()),
    }
    apart = nearest(curves, classes)
    hows, counts = np.unique(classes.linked, return_counts=True)
    return {
        **figures,
        "linked": {str(how): int(number) for how, number in zip(hows, counts, strict=True)},
        "sampled": len(apart),
        "within": {str(share): int(np.sum(apart <= share * ACCURACY)) for share in SHARES},
    }


def main() -> None:
    clouds = {name: fresh(measure, *given) for name, given in CLOUDS.items()}
    rows = [
        [
            f"{int(name):,}",
            f"{found['seconds']:.0f}",
            f"{found['cpu_seconds']:.0f}",
            f"{found['peak_gigabytes']:.1f}",
            f"{found['classes']:,}",
            ", ".join(f"{number:,} {how}" for how, number in found["linked"].items()),
            *(f"{found['within'][str(share)]} of {found['sampled']}" for share in SHARES),
        ]
        for name, found in clouds.items()
    ]
    header = ("networks", "s", "CPU, s", "peak, GB", "classes", "networks linked")
    show("Diffuse clouds", (*header, "another within ε", "within 0.9 ε"), rows)
    write("speed.large", [], {"clouds": clouds})


if __name__ == "__main__":
    main()
