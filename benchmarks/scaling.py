"""The runner on 1 and 2 workers of one thread each, and as networks and orders grow.

Weights are Gaussian and in memory, of the shapes of timm's architectures, so that the runner is
what is measured. Ray is up before a run; a run is timed from the start of its first network to its
last receipt, by the rows' own clocks. A network's overhead is what a worker spends beside its
``seconds`` and ``load_seconds``: schedule, messages, rows and Parquet.

python benchmarks/scaling.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import ray

import zoo_spectra as zs
from common import show, write
from zoo_spectra.runner.run import Silent
from zoo_spectra.runner.work import Receipt
from zoo_spectra_timm.sketch import sketches

Networks = Mapping[str, Mapping[str, npt.NDArray[np.float32]]]
GOALS = {"speed_up": 1.9, "overhead": 0.020}
MIXED = (
    "vit_base_patch16_224",
    "convnext_small",
    "regnety_080",
    "mixer_b16_224",
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
TURNS = 2
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
    """``span``: seconds from the first network's start to the last receipt."""

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
    started = min(end - each for end, each in zip(rows["finished_at"], took, strict=True))
    return Run(rows, (watch.last - started).total_seconds(), workers)


def speed_up() -> dict[str, Any]:
    """24 architectures on one worker and on two, in turns."""
    known = sketches(MIXED)
    networks = gaussian({name: known[name].shapes or () for name in MIXED})
    turns = [(timed(networks, 1), timed(networks, 2)) for _ in range(TURNS)]
    return {
        "networks": len(networks),
        "one_worker": median(one.span for one, _ in turns),
        "two_workers": median(two.span for _, two in turns),
        "speed_up": median(one.span / two.span for one, two in turns),
        # What two busy cores take from one another: the schedule has no part in it.
        "same_work_beside_another": median(two.busy / one.busy for one, two in turns),
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
        f"{GOALS['speed_up']}); the same work took {mixed['same_work_beside_another']:.2f} times "
        "as long beside another worker"
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
    write("scaling", ["ray", "timm"], figures)


if __name__ == "__main__":
    main()
