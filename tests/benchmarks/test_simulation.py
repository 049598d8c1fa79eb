"""The simulated cluster with one slow worker: short tails, and every network has one row."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from zoo_spectra.runner.tasks import Task

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    sys.path.insert(0, str(ROOT))
    try:
        return importlib.import_module("benchmarks.speed.simulation")
    finally:
        sys.path.remove(str(ROOT))


@pytest.mark.parametrize("since", [0.0, 50.0, 150.0])
@pytest.mark.parametrize("slow", [3.0, 10.0, math.inf], ids=["slow", "slower", "still"])
def test_the_tail_with_one_slow_worker(simulation: ModuleType, slow: float, since: float) -> None:
    for seed in range(5):
        drawn = np.random.default_rng(seed).lognormal(1.0, 0.5, 600)
        tasks = [Task(f"n{n}", f"n{n}", float(seconds), 0) for n, seconds in enumerate(drawn)]
        case = simulation.Case((8, 8), 256 * 10**9, slow=slow, slow_from=since)
        run = simulation.Simulation(tasks, case, seed)
        run.run()
        assert set(run.tally.rows.values()) == {1}
        assert len(run.tally.rows) == 600
        assert run.tail() <= 1.3


@pytest.mark.parametrize("room", [256, 128], ids=["time is short", "memory is short"])
def test_large_tasks_do_not_take_the_memory_of_workers_that_would_idle(
    simulation: ModuleType, room: int
) -> None:
    """A third of the work needs almost twice a worker's share of its node, and comes first."""
    kinds = [(28, 115.0, 200), (9, 75.0, 200), (6, 59.0, 260), (2, 50.0, 260), (1, 2.0, 1500)]
    sizes = [(size, seconds) for size, seconds, count in kinds for _ in range(count)]
    tasks = [
        Task(f"n{n}", f"n{n}", seconds, size * 10**9) for n, (size, seconds) in enumerate(sizes)
    ]
    run = simulation.Simulation(tasks, simulation.Case((16, 16), room * 10**9))
    makespan = run.run()
    assert set(run.tally.rows.values()) == {1}
    seconds = sum(run.actual.values()) / 32
    byte_seconds = sum(run.actual[task.key] * task.memory for task in tasks)
    bounds = {256: seconds, 128: byte_seconds / (2 * room * 10**9)}
    assert makespan < (1.05 if room == 256 else 1.2) * bounds[room]
