"""How long a catalog takes to classify, by its size, how much memory, and how exact large ones are.

The networks are blends of real ones with the differences of real seeds: see ``blends.py``.

python -m benchmarks.speed.classify
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

import zoo_spectra as zs
from benchmarks.common import ACCURACY, Floats, show, write
from benchmarks.speed.blends import Real, fill, make, real_networks
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.classes.equivalence import EXACT_LIMIT, equivalence_classes
from zoo_spectra.defaults import LINKAGES
from zoo_spectra.runner.usage import peak_memory

SIZES = (1_000, 10_000, 100_000)
SUBSET = 10_000
# The first is to the subset as the real limit is to 100,000; the others are harder.
LIMITS = (EXACT_LIMIT // 10, EXACT_LIMIT // 20, EXACT_LIMIT // 40)
Result = TypeVar("Result")


def fresh(work: Callable[..., Result], *arguments: object) -> Result:
    """The result of ``work`` in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def whole(place: Path) -> dict[str, float]:
    """``classify`` from the catalog to the catalog."""
    started = time.perf_counter()
    classes = zs.classify(Catalog(place), ACCURACY)
    taken = time.perf_counter() - started
    return {
        "classify_seconds": taken,
        "peak_gigabytes": peak_memory() / 1e9,
        "classes": classes["class"].n_unique(),
        "exact": float(np.mean(classes["exact"].to_numpy())),
    }


def parts(csds: Floats) -> dict[str, float]:
    """The matrix of distances, where there is one, and the classes, medoids included."""
    found = {}
    started = time.perf_counter()
    if len(csds) <= EXACT_LIMIT:
        pdist(csds, "cityblock")
        found["matrix_seconds"] = time.perf_counter() - started
    started = time.perf_counter()
    equivalence_classes(csds, ACCURACY)
    return {**found, "classes_seconds": time.perf_counter() - started}


def agreement(csds: Floats) -> list[dict[str, Any]]:
    """The method for large catalogs, forced on few networks, against the exact classes."""
    found = []
    for linkage in LINKAGES:
        exact = equivalence_classes(csds, ACCURACY, linkage)
        for limit in LIMITS:
            large = equivalence_classes(csds, ACCURACY, linkage, limit)
            figures = {
                "linkage": linkage,
                "limit": limit,
                "exact": float(np.mean(large.exact)),
                "classes": [int(exact.label.max()), int(large.label.max())],
                "adjusted_rand": float(adjusted_rand_score(exact.label, large.label)),
                "same_medoid": float(np.mean(exact.medoid == large.medoid)),
            }
            found.append(figures)
    return found


def measure(real: Real, size: int, folder: Path) -> dict[str, float]:
    place = folder / str(size)
    fill(real, size, place)
    csds = make(real, size).blend(real, real.csds, slice(0, size))
    return {**fresh(parts, csds), **fresh(whole, place)}


def main() -> None:
    real = real_networks()
    with tempfile.TemporaryDirectory(prefix="zoo-spectra-classify-") as name:
        sizes = {str(size): measure(real, size, Path(name)) for size in SIZES}
    columns = ("matrix_seconds", "classes_seconds", "classify_seconds", "peak_gigabytes")
    rows = [
        [
            f"{int(size):,}",
            *(f"{row[key]:.1f}" if key in row else "" for key in columns),
            f"{row['classes']:,}",
            f"{row['exact']:.0%}",
        ]
        for size, row in sizes.items()
    ]
    times = ("networks", "matrix, s", "classes, s", "classify(), s", "peak, GB")
    show("Classifying a catalog", (*times, "classes", "exact"), rows)
    csds = make(real, SUBSET).blend(real, real.csds, slice(0, SUBSET))
    agreed = fresh(agreement, csds)
    header = ("linkage", "limit", "networks exact", "adjusted Rand", "same medoid")
    cells = [
        [
            row["linkage"],
            f"{row['limit']:,}",
            f"{row['exact']:.0%}",
            f"{row['adjusted_rand']:.4f}",
            f"{row['same_medoid']:.1%}",
        ]
        for row in agreed
    ]
    show(f"The large method against the exact one, {SUBSET:,} networks", header, cells)
    at_scale = {row["linkage"]: row["adjusted_rand"] for row in agreed if row["limit"] == LIMITS[0]}
    figures = {"sizes": sizes, "at_scale": at_scale, "agreement": agreed}
    write("speed.classify", ["polars", "pyarrow", "scikit-learn"], figures)


if __name__ == "__main__":
    main()
