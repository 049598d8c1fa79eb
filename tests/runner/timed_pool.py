"""Workers whose work is real and whose time is not: for the driver's loop, without waiting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from zoo_spectra.runner.drive import Died, Ended, Event, Joined
from zoo_spectra.runner.units import Cause, Unit
from zoo_spectra.runner.work import (
    Bench,
    Receipt,
    analyze_networks,
    analyze_share,
    finish_network,
)
from zoo_spectra.sources.ref import NetworkRef

GB = 1 << 30
STEP = 0.2  # seconds that the driver waits at most


@dataclass
class TimedPool:
    """``workers``: node and slowness of each; infinite: it never ends anything.

    ``later``: events and when they come. ``starts`` and ``ends`` say what happened, in order.
    """

    bench: Bench
    refs: Mapping[str, NetworkRef]
    workers: dict[str, tuple[str, float]]
    later: list[tuple[float, Event]] = field(default_factory=list)
    now: float = 0.0
    starts: list[tuple[float, Unit]] = field(default_factory=list)
    ends: list[tuple[float, Unit]] = field(default_factory=list)
    sent_off: list[tuple[str, str]] = field(default_factory=list)
    _flying: dict[str, tuple[Unit, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.later += [(0.0, Joined(w, node, 64 * GB)) for w, (node, _) in self.workers.items()]
        self._idle: set[str] = set()

    def clock(self) -> float:
        return self.now

    def idle(self) -> list[str]:
        return sorted(self._idle)

    def submit(self, unit: Unit, attempts: Mapping[str, int], limit: float) -> None:
        self._idle.remove(unit.worker)
        takes = unit.seconds * self.workers[unit.worker][1]
        self._flying[unit.worker] = unit, self.now, self.now + takes
        self.starts.append((self.now, unit))

    def end(self, worker: str, cause: Cause) -> None:
        self.sent_off.append((worker, cause))
        unit, _, _ = self._flying.pop(worker)
        self.later.append((self.now, Died(unit, cause)))

    def wait(self) -> list[Event]:
        times = [at for at, _ in self.later] + [until for *_, until in self._flying.values()]
        self.now = min([self.now + STEP, *(at for at in times if at >= self.now)])
        events = [event for at, event in self.later if at <= self.now]
        self.later = [(at, event) for at, event in self.later if at > self.now]
        self._idle |= {event.worker for event in events if isinstance(event, Joined)}
        for worker, (unit, since, until) in list(self._flying.items()):
            if until <= self.now and math.isfinite(until):
                del self._flying[worker]
                self._idle.add(worker)
                self.ends.append((self.now, unit))
                events.append(Ended(unit, tuple(self._work(unit)), self.now - since))
        return events

    def _work(self, unit: Unit) -> Iterable[Receipt]:
        refs = [self.refs[task.network] for task in unit.tasks]
        first = unit.tasks[0]
        if first.kind == "whole":
            return analyze_networks(self.bench, refs, [1] * len(refs))
        if first.kind == "finish":
            return [finish_network(self.bench, refs[0], 1)]
        number = first.key.rpartition("/")[2]
        failed = analyze_share(self.bench, refs[0], first.positions, number, 1)
        return [] if failed is None else [failed]
