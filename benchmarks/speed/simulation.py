"""A simulated cluster for the real schedule: what a unit takes and what goes wrong are drawn."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo_spectra.runner.schedule import Schedule
from zoo_spectra.runner.tasks import Task
from zoo_spectra.runner.units import Cause, Unit

# A turn of the driver's loop, a unit's commit and messages, a new worker, a new node: seconds.
LOOP, OVERHEAD, NEW_WORKER, NEW_NODE = 0.05, 0.2, 5.0, 300.0
LOOK = 0.2  # and between two looks for what is late
# What the estimates do not know: they are too low by this factor, and scatter (log-normal).
SLOWNESS, SCATTER = 1.7, 0.2


@dataclass(frozen=True)
class Case:
    """The cluster's nodes and what goes wrong.

    ``crashing``, ``hungry``: shares of networks that always crash, and that need twice the memory
    estimated. ``crashes``, ``losses``: an hour, of each worker and of each node. The first worker
    is ``slow`` times as slow as the others from second ``slow_from`` on; infinite: it stands still.
    """

    nodes: Sequence[int]  # workers of each
    node_bytes: int
    crashing: float = 0.0
    hungry: float = 0.0
    crashes: float = 0.0
    losses: float = 0.0
    slow: float = 1.0
    slow_from: float = 0.0


@dataclass
class Timed:
    """Calls of the schedule, timed; a decision is one that starts, ends or blames something."""

    seconds: float = 0.0
    decisions: int = 0

    def __call__(self, call: Callable[..., Any], *arguments: object) -> Any:
        started = time.perf_counter()
        result = call(*arguments)
        self.seconds += time.perf_counter() - started
        self.decisions += call.__name__ in ("done", "died") or result is not None
        return result


@dataclass
class Tally:
    """What happened; seconds are simulated."""

    outcomes: Counter[str] = field(default_factory=Counter)  # networks
    rows: Counter[str] = field(default_factory=Counter)  # of each network
    shares: Counter[str] = field(default_factory=Counter)  # commits of each
    deaths: Counter[Cause] = field(default_factory=Counter)  # units
    units: int = 0
    doubled: int = 0
    ends: list[tuple[float, float, Unit]] = field(default_factory=list)  # when, how long, what
    useful: float = 0.0
    lost: float = 0.0
    idle: float = 0.0
    workers: list[tuple[float, int]] = field(default_factory=list)  # when, how many more


class Simulation:
    """One run: ``run`` returns its makespan, seconds."""

    def __init__(self, tasks: Sequence[Task], case: Case, seed: int = 1) -> None:
        self.tasks, self.case, self.tally, self.timed = tasks, case, Tally(), Timed()
        self.schedule = Schedule(tasks)
        self.now = 0.0
        self._rng = np.random.default_rng(seed)
        factors = SLOWNESS * np.exp(self._rng.normal(0.0, SCATTER, len(tasks)))
        self.actual = {t.key: t.seconds * float(f) for t, f in zip(tasks, factors, strict=True)}
        self._memory = {task.key: task.memory for task in tasks}
        networks = list({task.network: None for task in tasks})
        drawn = self._rng.random(len(networks))
        self._crashing = {n for n, u in zip(networks, drawn, strict=True) if u < case.crashing}
        self._hungry = {n for n, u in zip(networks, drawn, strict=True) if u > 1 - case.hungry}
        self._idle: dict[str, float] = {}
        self._home: dict[str, int] = {}
        self._flying: dict[str, tuple[Unit, float]] = {}
        self._down: set[int] = set()
        self._slow: str | None = None
        self._twins: set[Unit] = set()
        self._events: list[tuple[float, int, Callable[..., None], Any]] = []
        self._numbers = itertools.count()

    def run(self) -> float:
        for node in range(len(self.case.nodes)):
            self._node_up(node)
        while not self.schedule.finished:
            self._double()
            for worker in list(self._idle):
                unit = self.timed(self.schedule.start, worker)
                if unit is not None:
                    self._start(unit)
            if not self._flying:
                for task in self.schedule.unfit():
                    self._row(task.network, "failed")
            if not self.schedule.finished:
                until = self._events[0][0] if self._events else math.inf
                # Idle workers look every now and then whether something has become late.
                look = self.now + LOOK if self._idle else until
                self.now = max(self.now + LOOP, min(until, look))
                while self._events and self._events[0][0] <= self.now:
                    _, _, happens, what = heapq.heappop(self._events)
                    happens(what)
        self.tally.idle += sum(self.now - since for since in self._idle.values())
        return self.now

    def _double(self) -> None:
        """Idle workers take what is late, and who is late is ended."""
        if self._idle:
            elapsed = {worker: self.now - since for worker, (_, since) in self._flying.items()}
            for unit in self.timed(self.schedule.second, list(self._idle), elapsed):
                self.tally.doubled += 1
                self._twins.add(unit)
                self._start(unit)
        for worker in self.schedule.late:
            node = self._home[worker]
            self._died(self._flying[worker][0], "late")
            self._worker_down(worker)
            if self.schedule.left:
                self._after(NEW_WORKER, self._worker_up, node)

    def tail(self) -> float:
        """Median units between the end of the others' own work and the end of all."""
        median = float(np.median([seconds for _, seconds, _ in self.tally.ends]))
        own = [
            at
            for at, _, unit in self.tally.ends
            if unit.worker != self._slow and unit not in self._twins
        ]
        return (self.now - max(own)) / median

    def _after(self, seconds: float, happens: Callable[..., None], what: Any) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), happens, what))

    def _start(self, unit: Unit) -> None:
        self.tally.idle += self.now - self._idle.pop(unit.worker)
        self.tally.units += 1
        self._flying[unit.worker] = (unit, self.now)
        seconds, cause = OVERHEAD, None
        for task in unit.tasks:
            takes = self._takes(task)
            cause = self._fault(task, unit)
            if cause is not None:
                seconds += takes * self._rng.random()
                break
            seconds += takes
        if self.case.crashes:
            crash = self._rng.exponential(3600 / self.case.crashes)
            if crash < seconds:
                seconds, cause = crash, "crash"
        if unit.worker == self._slow and self.now + seconds > self.case.slow_from:
            quick = max(0.0, self.case.slow_from - self.now)
            seconds = quick + (seconds - quick) * self.case.slow
        self._after(seconds, self._lands, (unit, cause))

    def _takes(self, task: Task) -> float:
        return self.actual.get(task.key, SLOWNESS * task.seconds)  # a split network's row is new

    def _fault(self, task: Task, unit: Unit) -> Cause | None:
        if task.network in self._crashing:
            return "crash"
        needs = 2 * self._memory.get(task.key, 0)
        return "memory" if task.network in self._hungry and unit.memory < needs else None

    def _lands(self, what: tuple[Unit, Cause | None]) -> None:
        unit, cause = what
        if self._flying.get(unit.worker, (None,))[0] is not unit:
            return  # lost with its node meanwhile
        if cause is None:
            self._done(unit)
            return
        node = self._home[unit.worker]
        self._died(unit, cause)
        self._worker_down(unit.worker)
        self._after(NEW_WORKER, self._worker_up, node)

    def _done(self, unit: Unit) -> None:
        _, started = self._flying.pop(unit.worker)
        self._idle[unit.worker] = self.now
        self.timed(self.schedule.done, unit, self.now - started)
        self.tally.ends.append((self.now, self.now - started, unit))
        for task in unit.tasks:
            self.tally.useful += self._takes(task)
            if task.kind == "share":
                self.tally.shares[task.key] += 1
            else:
                self._row(task.network, "ok")

    def _died(self, unit: Unit, cause: Cause) -> None:
        _, started = self._flying.pop(unit.worker)
        self._idle[unit.worker] = self.now
        self.tally.lost += self.now - started
        self.tally.deaths[cause] += 1
        for each in self.timed(self.schedule.died, unit, cause):
            self._row(each.task.network, "quarantined")

    def _row(self, network: str, outcome: str) -> None:
        self.schedule.drop(network)
        self.tally.rows[network] += 1
        self.tally.outcomes[outcome] += 1

    def _worker_up(self, node: int) -> None:
        if node in self._down:
            return
        worker = f"worker{next(self._numbers)}"
        self._home[worker], self._idle[worker] = node, self.now
        if self._slow is None and self.case.slow > 1:
            self._slow = worker
        self.tally.workers.append((self.now, 1))
        self.schedule.join(worker, str(node), self.case.node_bytes)

    def _worker_down(self, worker: str) -> None:
        self.tally.idle += self.now - self._idle.pop(worker)
        self.tally.workers.append((self.now, -1))
        del self._home[worker]
        self.schedule.leave(worker)

    def _node_up(self, node: int) -> None:
        self._down.discard(node)
        for _ in range(self.case.nodes[node]):
            self._worker_up(node)
        if self.case.losses:
            self._after(self._rng.exponential(3600 / self.case.losses), self._node_down, node)

    def _node_down(self, node: int) -> None:
        self._down.add(node)
        for worker in [worker for worker, place in self._home.items() if place == node]:
            if worker in self._flying:
                self._died(self._flying[worker][0], "node")
            self._worker_down(worker)
        self._after(NEW_NODE, self._node_up, node)
