"""The runner on 1 and 2 workers of one thread each, and as networks and orders grow.

Weights are Gaussian and in memory, of the shapes of timm's architectures, so that the runner is
what is measured. A worker's time runs from the start of its first network to the last receipt of
all, by the rows' own clocks: to start Ray and a worker's process takes a second, once. A network's
overhead is what a worker spends beside its ``seconds`` and ``load_seconds``: schedule, messages,
rows and Parquet, and what it waits for others at the end. Busy cores share caches and memory, so
bare numpy on the same matrices in two processes, without any runner, tells what two workers could
reach.

python -m benchmarks.speed.scaling
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import ray

import zoo_spectra as zs
from benchmarks.common import show, write
from benchmarks.speed.floor import bare, seconds
from zoo_spectra.runner.run import Silent
from zoo_spectra.runner.work import Receipt
from zoo_spectra_timm.sketch import sketches

Networks = Mapping[str, Mapping[str, npt.NDArray[np.float32]]]
GOALS = {"speed_up": 1.9, "overhead": 0.020}
MIXED = (
    "deit3_medium_patch16_224",
    "resnet101",
    "swin_tiny_patch4_window7_224",
    "convnext_tiny",
    "regnety_032",
    "coatnet_0_rw_224",
    "resnet50",
    "vit_small_patch16_224",
    "hrnet_w18",
    "densenet169",
    "efficientnet_b4",
    "convnext_nano",
    "pvt_v2_b2",
    "resnet34",
    "regnety_016",
    "densenet121",
    "mobilenetv3_large_100",
    "vit_tiny_patch16_224",
    "efficientnet_b0",
    "resnet18",
)
TURNS = 7
TINY = (100, 400, 1600)
ORDERS = (256, 512, 1024, 2048, 4096)


@dataclass
class Watch(Silent):
    """Remembers when the last receipt came."""

    last: datetime = field(default_factory=lambda: datetime.now(UTC))

    def advance(self, receipt: Receipt, share: float) -> None:
        assert receipt.status == "ok", receipt.reason
        self.last = datetime.now(UTC)


@dataclass(frozen=True)
class Run:
    """``span``: seconds a worker, on average."""

    rows: pl.DataFrame
    span: float
    workers: int

    @property
    def busy(self) -> float:
        """Seconds of reading and analysing, of all workers."""
        return float((self.rows["seconds"] + self.rows["load_seconds"]).sum())

    @property
    def overhead(self) -> float:
        """Seconds a network that a worker spent otherwise."""
        return (self.span * self.workers - self.busy) / self.rows.height


def gaussian(shapes: Mapping[str, tuple[tuple[int, int], ...]]) -> Networks:
    rng = np.random.default_rng(0)
    return {
        name: {
            f"{at:04d}": rng.standard_normal(shape, dtype=np.float32) for at, shape in enumerate(of)
        }
        for name, of in shapes.items()
    }


def timed(networks: Networks, workers: int) -> Run:
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        adapter = zs.MemoryAdapter(networks)
        zs.run("memory:*", catalog=folder, workers=workers, adapters=[adapter], progress=watch)
        rows = zs.Catalog(folder).networks().collect()
    assert rows.height == len(networks)
    took = [timedelta(seconds=each) for each in rows["seconds"] + rows["load_seconds"]]
    started = sorted(end - each for end, each in zip(rows["finished_at"], took, strict=True))
    # The first to start are the workers' first networks: the largest are started first.
    spans = [(watch.last - each).total_seconds() for each in started[:workers]]
    return Run(rows, sum(spans) / workers, workers)


def numpy_seconds(networks: Networks) -> float:
    """Bare numpy on one thread, through all networks."""
    matrices = [matrix for network in networks.values() for matrix in network.values()]
    return seconds(partial(bare, matrices))


@dataclass(frozen=True)
class Turn:
    """The same networks on one worker and on two, and through one numpy process and two at once."""

    one: Run
    two: Run
    numpy_one: float
    numpy_two: float

    @property
    def speed_up(self) -> float:
        return self.one.span / self.two.span

    @property
    def numpy(self) -> float:
        """The speed-up of two numpy processes, which do all the networks twice."""
        return 2 * self.numpy_one / self.numpy_two


def turn(networks: Networks) -> Turn:
    held = ray.put(networks)
    task = ray.remote(num_cpus=1)(numpy_seconds)
    ray.get([task.remote({}) for _ in range(2)])  # so that two processes are up
    one, two = timed(networks, 1), timed(networks, 2)
    numpy_one = ray.get(task.remote(held))
    numpy_two = max(ray.get([task.remote(held) for _ in range(2)]))
    return Turn(one, two, numpy_one, numpy_two)


def speed_up() -> dict[str, Any]:
    """20 architectures, in turns."""
    known = sketches(MIXED)
    networks = gaussian({name: known[name].shapes or () for name in MIXED})
    turns = [turn(networks) for _ in range(TURNS)]
    return {
        "networks": len(networks),
        "one_worker": median(each.one.span for each in turns),
        "two_workers": median(each.two.span for each in turns),
        "speed_up": median(each.speed_up for each in turns),
        "speed_ups": [each.speed_up for each in turns],
        "numpy": median(each.numpy for each in turns),
        "of_numpy": median(each.speed_up / each.numpy for each in turns),
        "overhead": median(each.two.overhead for each in turns),
    }


def tiny(count: int) -> dict[str, float]:
    """Networks of four small matrices on two workers."""
    shapes = tuple((16 + 8 * at, 48) for at in range(4))
    run = timed(gaussian({f"net{number}": shapes for number in range(count)}), 2)
    return {
        "span": run.span,
        "per_network": run.span * run.workers / count,
        "overhead": run.overhead,
    }


def by_order() -> dict[str, dict[str, float]]:
    """One square constituent a network, on one worker: seconds, and memory beyond the process."""
    (process,) = timed(gaussian({"small": ((16, 16),)}), 1).rows["peak_memory"]
    run = timed(gaussian({f"{order}": ((order, order),) for order in ORDERS}), 1)
    rows = {row["name"]: row for row in run.rows.iter_rows(named=True)}
    return {
        f"{order}": {
            "seconds": rows[f"{order}"]["seconds"],
            "seconds_per_order_cubed": 1e9 * rows[f"{order}"]["seconds"] / order**3,
            "peak_bytes": rows[f"{order}"]["peak_memory"],
            "beyond_process": (rows[f"{order}"]["peak_memory"] - process) / (8 * order**2),
        }
        for order in ORDERS
    }


def main() -> None:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    mixed = speed_up()
    counts = {str(count): tiny(count) for count in TINY}
    orders = by_order()
    ray.shutdown()
    print(
        f"{mixed['networks']} networks: {mixed['one_worker']:.1f} s on one worker, "
        f"{mixed['two_workers']:.1f} s on two: {mixed['speed_up']:.2f} times faster (goal ≥ "
        f"{GOALS['speed_up']}), {mixed['of_numpy']:.2f} of what two processes of bare numpy gain "
        f"({mixed['numpy']:.2f}); overhead {1000 * mixed['overhead']:.0f} ms a network"
    )
    rows = [
        [count, f"{each['span']:.1f} s"]
        + [f"{1000 * each[key]:.1f} ms" for key in ("per_network", "overhead")]
        for count, each in counts.items()
    ]
    title = f"tiny networks on two workers; goal: overhead ≤ {1000 * GOALS['overhead']:.0f} ms"
    show(title, ["networks", "time", "worker's time a network", "overhead"], rows)
    rows = [
        [
            order,
            f"{each['seconds']:.3f} s",
            f"{each['seconds_per_order_cubed']:.3f} ns",
            f"{each['peak_bytes'] / 1e6:.0f} MB",
            f"{each['beyond_process']:.1f}",
        ]
        for order, each in orders.items()
    ]
    header = ["N", "seconds", "over N³", "peak memory", "beyond the process, over 8 N² bytes"]
    show("one square constituent, one worker", header, rows)
    figures = {"goals": GOALS, "mixed": mixed, "tiny": counts, "order": orders}
    write("speed.scaling", ["ray", "timm"], figures)


if __name__ == "__main__":
    main()
