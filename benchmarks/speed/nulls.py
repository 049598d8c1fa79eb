"""100 draws of a directed graph of 3,000 nodes and 70,000 edges, of heavy-tailed degrees: seconds.

What is timed is to make them, on one thread: for degree and strength first the search for the
rounds that the edges need, once, then the draws. To analyse a draw costs what its network cost.

python -m benchmarks.speed.nulls
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.common import show, write
from zoo_spectra.method import TRADED, Original, drawn, limited, mixings

NODES, EDGES, DRAWS = 3000, 70_000, 100
MODELS = ("degree", "strength", "erdos-renyi")
STEEPNESS = 2  # of the nodes' places in their order: few nodes have most of the edges


def graph() -> Any:
    """The graph, as a sparse matrix with exponential weights and no loops."""
    random, keys = np.random.default_rng(0), np.empty(0, np.int64)
    while len(keys) < EDGES:
        ends = (NODES * random.random((2, EDGES)) ** STEEPNESS).astype(np.int64)
        ends = ends[:, ends[0] != ends[1]]
        keys = np.union1d(keys, ends[0] * NODES + ends[1])
    keys = random.permutation(keys)[:EDGES]
    values = random.exponential(size=EDGES)
    return sparse.csr_array((values, np.divmod(keys, NODES)), shape=(NODES, NODES))


def timed(matrix: Any, model: str) -> dict[str, float | int | None]:
    """Seconds for the rounds and for the draws, and how well these were mixed."""
    originals = [Original(0, matrix, loops=True)]
    begun = time.perf_counter()
    mixed = mixings(originals, "speed") if model in TRADED else {}
    searched = time.perf_counter()
    for number in range(DRAWS):
        found = drawn(originals, model, "speed", number, mixed)
    return {
        "search": searched - begun,
        "draws": time.perf_counter() - searched,
        "rounds": found.rounds,
        "in_place": found.in_place,
        "strength_agreement": found.agreement,
    }


def main() -> None:
    import networkit  # noqa: F401 - what importing it takes is not timed

    matrix = graph()
    with limited(1):
        figures = {model: timed(matrix, model) for model in MODELS}
    rows = [
        [model, f"{each['search']:.1f} s", f"{each['draws']:.1f} s", str(each["rounds"] or "–")]
        for model, each in figures.items()
    ]
    show(f"{DRAWS} draws of {NODES:,} nodes, {EDGES:,} edges", ["", "search", "", "rounds"], rows)
    sizes = {"nodes": NODES, "edges": EDGES, "draws_made": DRAWS}
    write("speed.nulls", ["networkit"], {**sizes, "models": figures})


if __name__ == "__main__":
    main()
