"""Workers that are stopped for good: found from beside, since they cannot say it.

A worker deep in LAPACK or in a long read is as silent, and is at work; so it is not asked: a
look-out on its node looks at the state of its process, where units take long.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from zoo_spectra.runner.actors import LookOut

# A worker that is found stopped at every look of so many seconds is ended.
FROZEN_AFTER = 60.0
LOOK_AFTER = 20.0  # seconds that a unit is in flight before its worker is looked at
LOOK_EVERY = 10.0


@dataclass(frozen=True)
class Watched:
    """A worker with a unit in flight: its node, its process there, and for how many seconds."""

    node: str
    pid: int
    elapsed: float


@dataclass
class LookOuts:
    """The look-outs of a run, one a node, started when they are needed."""

    _actors: dict[str, Any] = field(default_factory=dict)  # by node
    _asked: dict[Any, str] = field(default_factory=dict)  # calls in flight: the node
    _stopped: dict[str, float] = field(default_factory=dict)  # workers: since when
    _looked: float = 0.0

    def frozen(self, workers: Mapping[str, Watched]) -> list[str]:
        """Those that have been stopped for long. Never waits: it goes by the answers there are."""
        now = time.monotonic()
        if self._asked:
            calls = list(self._asked)
            for call in ray.wait(calls, num_returns=len(calls), timeout=0)[0]:
                self._hear(call, workers, now)
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._ask({name: w for name, w in workers.items() if w.elapsed > LOOK_AFTER})
        return [name for name in workers if now - self._stopped.get(name, now) >= FROZEN_AFTER]

    def _ask(self, workers: Mapping[str, Watched]) -> None:
        for node in {worker.node for worker in workers.values()} - set(self._asked.values()):
            if node not in self._actors:
                here = NodeAffinitySchedulingStrategy(node, soft=False)
                options = {"num_cpus": 0, "scheduling_strategy": here}
                self._actors[node] = ray.remote(**options)(LookOut).remote()
            processes = [worker.pid for worker in workers.values() if worker.node == node]
            self._asked[self._actors[node].stopped.remote(processes)] = node

    def _hear(self, call: Any, workers: Mapping[str, Watched], now: float) -> None:
        node = self._asked.pop(call)
        try:
            stopped = set(ray.get(call))
        except RayError:  # it is gone, perhaps with its node; the next one is another
            self._actors.pop(node, None)
            return
        for name, worker in workers.items():
            if worker.node == node and worker.pid in stopped:
                self._stopped.setdefault(name, now)
            elif worker.node == node:
                self._stopped.pop(name, None)
