"""Graphs as large as a whole brain, from file to spectrum: seconds, memory, the error stated.

Made here, seeded, from a law of degrees: the strengths of nodes are log-normal, of their outputs
and inputs alike (correlation 0.8), edges fall at random by strength, and an edge weighs 5 and more
synapses by Pareto's law with exponent 2. The numbers of nodes and edges are those of the fly's
brain, of the male's central nervous system, and twice the edges of that.

python -m benchmarks.speed.large_graphs [NAME…]    each graph that is named is measured anew
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import sparse

import zoo_spectra as zs
from benchmarks.common import RESULTS, show, write
from benchmarks.speed.classify import fresh
from zoo_spectra.runner.usage import peak_memory

# Nodes and edges. Those of LAW have the fly's edges a node, for the law by which the cost grows.
LAW = ("10⁴", "10⁴·⁵", "10⁵", "fly", "10⁵·⁷")
GRAPHS = {
    "10⁴": (10_000, 266_000),
    "10⁴·⁵": (31_623, 841_000),
    "10⁵": (100_000, 2_660_000),
    "fly": (139_255, 3_700_000),
    "10⁵·⁷": (501_187, 13_300_000),
    "male CNS": (166_700, 25_600_000),
    "50 M": (166_700, 50_000_000),
}


def graph(nodes: int, edges: int, seed: int = 0) -> sparse.csr_array:
    """Of exactly so many edges, some of which are loops."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, np.sqrt(0.8), nodes)
    output, given = (np.exp(common + rng.normal(0, np.sqrt(0.2), nodes)) for _ in range(2))
    keys = np.empty(0, dtype=np.int64)
    while len(keys) < edges:
        count = int(1.3 * (edges - len(keys))) + 100
        rows, columns = (_drawn(strength, count, rng) for strength in (output, given))
        keys = np.unique(np.concatenate([keys, rows * nodes + columns]))
    keys = np.sort(rng.choice(keys, edges, replace=False, shuffle=False))
    weights = np.floor(5 * (1 + rng.pareto(2.0, edges))).astype(np.float32)
    starts = np.searchsorted(keys, np.arange(nodes + 1) * nodes)
    columns = (keys % nodes).astype(np.int32)
    return sparse.csr_array((weights, columns, starts.astype(np.int32)), shape=(nodes, nodes))


def _drawn(strength: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    share = np.cumsum(strength) / strength.sum()
    return np.minimum(np.searchsorted(share, rng.random(count)), len(strength) - 1)


def save(place: Path, nodes: int, edges: int) -> None:
    sparse.save_npz(place, graph(nodes, edges), compressed=False)


def measure(place: Path) -> dict[str, float]:
    started, busy = time.perf_counter(), time.process_time()
    network = zs.load(f"connectome:{place}")
    found = zs.analyze(network)
    (estimated,) = found.constituents
    assert estimated.probe is not None
    assert estimated.weights is not None
    return {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - busy,
        "peak_gigabytes": peak_memory() / 1e9,
        "csd_error": float(found.csd_error or 0),
        "steps_error": float(estimated.steps_error or 0),
        "probes": int(estimated.probe.max()) + 1,
        "nodes_of_a_probe": len(estimated.weights) // (int(estimated.probe.max()) + 1),
        "null_mass": found.null_mass,
        "largest_over_scale": float(estimated.eigenvalues[-1] / found.scale),
        "notes": "; ".join(found.notes),
    }


def measured_before() -> dict[str, dict[str, float]]:
    path = RESULTS / "large_graphs.json"
    if not path.exists():
        return {}
    graphs: dict[str, dict[str, float]] = json.loads(path.read_text(encoding="utf-8"))["graphs"]
    return graphs


def main(*names: str) -> None:
    figures = measured_before()
    with tempfile.TemporaryDirectory() as folder:
        for name in names or GRAPHS:
            place = Path(folder) / "graph.npz"
            fresh(save, place, *GRAPHS[name])
            nodes, edges = GRAPHS[name]
            figures[name] = {"nodes": nodes, "edges": edges, **fresh(measure, place)}
            print(name, figures[name], flush=True)
            known = {each: figures[each] for each in GRAPHS if each in figures}
            write("speed.large_graphs", [], {"graphs": known})
    rows = [
        [
            name,
            *(f"{each[what]:,}" for what in ("nodes", "edges")),
            f"{each['seconds']:.0f}",
            f"{each['cpu_seconds']:.0f}",
            f"{each['peak_gigabytes']:.1f}",
            f"{each['probes']}",
            f"{each['csd_error']:.3f}",
        ]
        for name, each in figures.items()
    ]
    header = ("", "nodes", "edges", "s", "CPU, s", "peak, GB", "probes", "csd_error")
    show("Large graphs, from file to spectrum, on two cores", header, rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
