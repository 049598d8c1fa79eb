"""What the conjugate ensembles cost: their share of an analysis, and draws against dense ones.

Each network is analysed in a fresh process, on one thread: nothing is cached, and the analysis
leaves out loading, digests and Parquet, so that a share is rather too large. A dense draw is a
Haar unitary U (QR of a Gaussian matrix with the phases mended, Mezzadri 2007), UᵀU, and eigvals.

python -m benchmarks.speed.circular
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import unitary_group
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import LONG, ROOT, show, write
from zoo_spectra.method import circular
from zoo_spectra.method.analysis import combine
from zoo_spectra.method.spectrum import constituent_spectrum

SHARE_GOAL, SPEED_GOAL = 0.05, 1000
ORDERS = {64: 9, 256: 5, 1024: 3}  # order: turns
DRAWS = 30  # of ours in each turn
NETWORKS = (*LONG, "resnet50", "mobilenetv3_small_100")


def one(name: str) -> dict[str, float]:
    """Seconds of the conjugate ensembles, with nothing cached, and of the whole analysis."""
    network = zs.load(f"timm:{name}?seed=0")
    constituents = list(network.constituents())
    with threadpool_limits(1):
        started = time.perf_counter()
        spectra = [constituent_spectrum(c) for c in constituents]
        orders = [spectrum.order for spectrum in spectra if spectrum.skipped is None]
        solved = time.perf_counter()
        for beta in circular.BETAS.values():
            circular.fluctuation(orders, beta)
        drawn = time.perf_counter()
        combine(network, spectra, zs.Settings(), name)
        ended = time.perf_counter()
    return {
        "distinct_orders": len(set(orders)),
        "ensembles": drawn - solved,
        "analysis": ended - started,
        "share": (drawn - solved) / (ended - started),
    }


def in_a_fresh_process(name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.speed.circular", name]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def dense(order: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """The counts of a draw of the COE in the arcs, from its matrix."""
    unitary = unitary_group.rvs(order, random_state=rng)
    phases = np.angle(np.linalg.eigvals(unitary.T @ unitary))
    inside = np.abs(phases)[:, None] <= circular.ARCS
    counts: npt.NDArray[np.float64] = inside.sum(axis=0) / order
    return counts


def draws(order: int, turns: int) -> dict[str, Any]:
    """Seconds a draw of both, in turns; ``z``: how far their mean curves are apart."""
    rng = np.random.default_rng(order)
    ours, theirs, curves, dense_curves = [], [], [], []
    circular.realisation([order], 1, rng)
    for _ in range(turns):
        started = time.perf_counter()
        curves += [circular.realisation([order], 1, rng) for _ in range(DRAWS)]
        drawn = time.perf_counter()
        dense_curves.append(dense(order, rng))
        theirs.append(time.perf_counter() - drawn)
        ours.append((drawn - started) / DRAWS)
    error = circular.fluctuation([order], 1)[circular.INSIDE // 2 : circular.INSIDE]
    apart = np.mean(dense_curves, axis=0) - np.mean(curves, axis=0)
    apart = apart[circular.INSIDE // 2 : circular.INSIDE]
    return {
        "ours": median(ours),
        "dense": median(theirs),
        "faster": float(np.median(np.divide(theirs, ours))),
        "largest_difference_in_errors": float(np.max(np.abs(apart) / error) * np.sqrt(turns)),
    }


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(one(sys.argv[1])))
        return
    networks = {name: in_a_fresh_process(name) for name in NETWORKS}
    with threadpool_limits(1):
        drawn = {str(order): draws(order, turns) for order, turns in ORDERS.items()}
    rows = [
        [
            name,
            f"{found['distinct_orders']}",
            f"{1000 * found['ensembles']:.1f} ms",
            f"{found['analysis']:.2f} s",
            f"{found['share']:.1%}",
        ]
        for name, found in networks.items()
    ]
    title = f"conjugate ensembles, closed form; goal ≤ {SHARE_GOAL:.0%} above a second"
    show(title, ["", "orders", "ensembles", "analysis", "share"], rows)
    rows = [
        [
            order,
            f"{1000 * found['ours']:.2f} ms",
            f"{1000 * found['dense']:,.1f} ms",
            f"{found['faster']:,.0f}",
        ]
        for order, found in drawn.items()
    ]
    title = f"a draw of the COE, one thread; goal ≥ {SPEED_GOAL:,} times faster at 1024"
    show(title, ["N", "ours", "dense", "times faster"], rows)
    worst = max(found["share"] for found in networks.values() if found["analysis"] > 1)
    print(f"largest share above a second: {worst:.1%}")
    figures = {"goals": {"share": SHARE_GOAL, "faster": SPEED_GOAL}, "largest_share": worst}
    write("speed.circular", ["timm", "torch"], {**figures, "networks": networks, "draws": drawn})


if __name__ == "__main__":
    main()
