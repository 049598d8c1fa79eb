"""100,000 networks on 1,000 simulated workers: how well and how fast the schedule decides.

python -m benchmarks.speed.scheduler

The networks are architectures of timm, drawn with replacement; the schedule is the real one. All
seconds are simulated but those behind the decisions a second.
"""

from __future__ import annotations

import math
import tracemalloc
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

import zoo_spectra as zs
from benchmarks.common import show, write
from benchmarks.speed.simulation import (
    LOOP,
    NEW_NODE,
    NEW_WORKER,
    OVERHEAD,
    SCATTER,
    SLOWNESS,
    Case,
    Simulation,
)
from zoo_spectra.runner.schedule import WORKER_BYTES, Schedule
from zoo_spectra.runner.tasks import Task, tasks_of

NETWORKS, WORKERS, NODE_WORKERS = 100_000, 1_000, 16
FULL, REST = divmod(WORKERS, NODE_WORKERS)
NODES = (NODE_WORKERS,) * FULL + (REST,) * (REST > 0)
NODE_BYTES = 256 * 10**9
CASES = {
    "sound": Case(NODES, NODE_BYTES),
    "failures": Case(NODES, NODE_BYTES, crashing=0.001, hungry=0.0005, crashes=0.025, losses=0.05),
    "many_failures": Case(
        NODES, NODE_BYTES, crashing=0.001, hungry=0.0005, crashes=0.1, losses=0.2
    ),
    "little_memory": Case(NODES, NODE_BYTES // 4),
}
# Two nodes of eight workers, one of which is slow, or stands still from some moment on.
FEW, FEW_NODES = 3_000, (8, 8)
SLOW_CASES = {
    "three_times": Case(FEW_NODES, NODE_BYTES, slow=3.0),
    "ten_times": Case(FEW_NODES, NODE_BYTES, slow=10.0),
    "ten_times_late": Case(FEW_NODES, NODE_BYTES, slow=10.0, slow_from=1000.0),
    "still": Case(FEW_NODES, NODE_BYTES, slow=math.inf, slow_from=200.0),
    "still_late": Case(FEW_NODES, NODE_BYTES, slow=math.inf, slow_from=5000.0),
}


def draw(seed: int = 0) -> list[Task]:
    """The tasks of the networks, each with an identity of its own."""
    zoo = [tasks_of(ref) for ref in zs.list_networks("timm:*?seed=0")]
    made = []
    for number, at in enumerate(np.random.default_rng(seed).integers(0, len(zoo), NETWORKS)):
        network = f"{number:032x}"
        for task in zoo[at]:
            key = network + task.key.removeprefix(task.network)
            made.append(replace(task, key=key, network=network))
    return made


def bounds(run: Simulation) -> dict[str, float]:
    """Makespans, in seconds, below which no schedule comes.

    ``work``: what ended, on the workers there were. ``longest_task``. ``memory``: work times
    memory, over the memory of all nodes as if none was ever lost.
    """
    ended = [task for task in run.tasks if run.tally.rows[task.key] or run.tally.shares[task.key]]
    byte_seconds = sum(run.actual[task.key] * task.memory for task in ended)
    room = sum(run.case.node_bytes - workers * WORKER_BYTES for workers in run.case.nodes)
    return {
        "work": _reached(run.tally.useful, run.tally.workers),
        "longest_task": max(run.actual[task.key] for task in ended),
        "memory": byte_seconds / room,
    }


def _reached(work: float, changes: Sequence[tuple[float, int]]) -> float:
    """When workers that come and go can have done ``work``."""
    workers, since, done = 0, 0.0, 0.0
    for when, more in changes:
        if done + workers * (when - since) >= work:
            break
        done += workers * (when - since)
        workers, since = workers + more, when
    return since + (work - done) / workers


def figures(tasks: Sequence[Task], case: Case) -> dict[str, Any]:
    run = Simulation(tasks, case)
    makespan = run.run()
    tally = run.tally
    assert set(tally.rows) == {task.network for task in tasks}, "a network is lost"
    assert set(tally.rows.values()) == {1}, "a network has two rows"
    assert set(tally.shares.values()) <= {1}, "a share is committed twice"
    below = bounds(run)
    present = sum(more * (makespan - when) for when, more in tally.workers)
    return {
        "makespan": makespan,
        "bounds": below,
        "over_work": makespan / max(below["work"], below["longest_task"]) - 1,
        "over_all_bounds": makespan / max(below.values()) - 1,
        "idle": tally.idle / present,
        "lost": tally.lost / present,
        "units": tally.units,
        "outcomes": dict(sorted(tally.outcomes.items())),
        "deaths": dict(sorted(tally.deaths.items())),
        "decisions": run.timed.decisions,
        "decisions_per_second": round(run.timed.decisions / run.timed.seconds),
    }


def tails(tasks: Sequence[Task]) -> dict[str, float]:
    """The tail of runs with one slow worker, in median units; the worst of five."""
    first = set(list({task.network: None for task in tasks})[:FEW])
    few = [task for task in tasks if task.network in first]
    found = {}
    for name, case in SLOW_CASES.items():
        runs = [Simulation(few, case, seed) for seed in range(5)]
        for run in runs:
            run.run()
            assert set(run.tally.rows.values()) == {1}, "a network has no row, or two"
        found[name] = max(run.tail() for run in runs)
    return found


def peak_bytes() -> dict[str, float]:
    """The most that tasks and schedule hold during a run, a network, by tracemalloc."""
    draw()  # what timm's adapter keeps is not the schedule's
    tracemalloc.start()
    schedule = Schedule(draw())
    built, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for number in range(WORKERS):
        schedule.join(str(number), str(number // NODE_WORKERS), NODE_BYTES)
    flying = deque(unit for n in range(WORKERS) if (unit := schedule.start(str(n))) is not None)
    while flying:
        unit = flying.popleft()
        schedule.done(unit, SLOWNESS * unit.seconds)
        again = schedule.start(unit.worker)
        if again is not None:
            flying.append(again)
    assert schedule.finished
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"per_network": round(max(built, peak) / NETWORKS), "total": max(built, peak)}


def main() -> None:
    tasks = draw()
    found = {name: figures(tasks, case) for name, case in CASES.items()}
    slow = tails(tasks)
    memory = peak_bytes()
    rows = [
        [
            name,
            f"{each['makespan']:,.0f} s",
            f"{max(each['bounds']['work'], each['bounds']['longest_task']):,.0f} s",
            f"{each['bounds']['memory']:,.0f} s",
            f"{each['over_work']:.1%}",
            f"{each['over_all_bounds']:.1%}",
            f"{each['idle']:.1%}",
            f"{each['decisions_per_second']:,}",
        ]
        for name, each in found.items()
    ]
    header = ["", "makespan", "work", "memory", "over work", "over all", "idle", "decisions/s"]
    show(f"{NETWORKS:,} networks, {len(tasks):,} tasks, {WORKERS:,} workers", header, rows)
    print(f"tasks and schedule: {memory['per_network']} bytes a network at most")
    worst = ", ".join(f"{name} {value:.2f}" for name, value in slow.items())
    print(f"tail with one slow worker of {sum(FEW_NODES)}, in median units: {worst}")
    assumed = {
        "slowness": SLOWNESS,
        "scatter": SCATTER,
        "overhead": OVERHEAD,
        "loop": LOOP,
        "new_worker": NEW_WORKER,
        "new_node": NEW_NODE,
    }
    cases = {
        name: {key: value for key, value in asdict(case).items() if key != "nodes"}
        for name, case in CASES.items()
    }
    counts = {"networks": NETWORKS, "tasks": len(tasks), "workers": WORKERS, "nodes": len(NODES)}
    write(
        "speed.scheduler",
        ["timm"],
        {
            "counts": counts,
            "assumed": assumed,
            "cases": cases,
            "bytes": memory,
            "tail": slow,
            **found,
        },
    )


if __name__ == "__main__":
    main()
