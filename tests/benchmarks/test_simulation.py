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
