"""What is started next, and who is to blame: events in, decisions out. No Ray, no clock, no files.

Longest first, where a task that takes the memory of three workers counts as three times as long;
small tasks are bundled into units of a few seconds; no unit is started on a node whose memory it
does not fit. Bytes are whole numbers: floats would drift as units come and go, and what just fits
would be neither started nor refused. When a worker dies the whole of a bundle is started again one
by one, since any of it may be guilty; a task that was on its own is tried once more with nothing
else on its node, with twice the memory if it ran out of it, and then given up. The loss of a node
is nobody's fault.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field, replace
from typing import Literal

from zoo_spectra.runner.tasks import Task, finish_task

Cause = Literal["crash", "memory", "timeout", "node"]
BUNDLE_SECONDS = 3.0
MAX_ATTEMPTS = 2
MAX_NODE_LOSSES = 5
# What a worker holds before it does anything: Python, numpy, torch.
WORKER_BYTES = 400 << 20
# Tasks queue by memory, each queue up to a quarter above the last: what does not fit a node at the
# moment holds up only what needs about as much.
SMALL_BYTES = 256 << 20
LEVELS = tuple(SMALL_BYTES * 5**level // 4**level for level in range(110))  # the most of each


@dataclass(frozen=True)
class Unit:
    """Tasks that are started together on one worker: a bundle of whole networks, or one task."""

    worker: str
    tasks: tuple[Task, ...]
    alone: bool = False

    @property
    def memory(self) -> int:
        """Bytes: tasks of a bundle run one after the other."""
        return max(task.memory for task in self.tasks)

    @property
    def seconds(self) -> float:
        """The estimate, uncorrected."""
        return sum(task.seconds for task in self.tasks)


@dataclass(frozen=True)
class GivenUp:
    """A task that will not be tried again, and why."""

    task: Task
    cause: Cause
    attempts: int


@dataclass
class _Node:
    memory: int
    used: int = 0
    workers: int = 0
    flying: int = 0
    kept: bool = False  # for suspects: nothing else is started on it
    closed: bool = False  # a suspect has it for itself
    refused: int = -1  # the event after which it had nothing to start

    @property
    def room(self) -> int:
        """Bytes for units when none is in flight."""
        return self.memory - self.workers * WORKER_BYTES


@dataclass(slots=True)
class _Record:
    seconds: float
    attempts: int = 0
    blamed: int = 0
    losses: int = 0
    single: bool = False


@dataclass
class Schedule:
    """The state of one run."""

    tasks: InitVar[Iterable[Task]]
    bundle_seconds: float = BUNDLE_SECONDS
    seconds_done: float = 0.0
    seconds_total: float = 0.0
    stopping: bool = False
    speed: float = 1.0  # actual over estimated seconds, from the units that have ended
    _waiting: dict[int, list[tuple[float, int, Task]]] = field(default_factory=dict)
    _suspects: list[Task] = field(default_factory=list)
    _open: dict[str, _Record] = field(default_factory=dict)
    _shares: dict[str, set[str]] = field(default_factory=dict)
    _flying: dict[str, Unit] = field(default_factory=dict)
    _nodes: dict[str, _Node] = field(default_factory=dict)
    _home: dict[str, str] = field(default_factory=dict)
    _waiting_seconds: float = 0.0
    _number: int = 0
    _event: int = 0
    _observed: float = 0.0
    _estimated: float = 0.0

    def __post_init__(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task.kind == "share":
                self._shares.setdefault(task.network, set()).add(task.key)
            if task.kind != "finish":
                self.seconds_total += task.seconds
            self._add(task)

    @property
    def finished(self) -> bool:
        """Nothing is in flight, and nothing will be started any more."""
        return not self._flying and (self.stopping or not self._open)

    def is_open(self, key: str) -> bool:
        """Whether a task is still to be ended."""
        return key in self._open

    def attempts(self, key: str) -> int:
        """How often an open task was started."""
        return self._open[key].attempts

    def join(self, worker: str, node: str, memory: int) -> None:
        """A worker is ready on a node of ``memory`` bytes."""
        self._event += 1
        self._home[worker] = node
        place = self._nodes.setdefault(node, _Node(memory))
        place.workers += 1
        place.used += WORKER_BYTES

    def leave(self, worker: str) -> None:
        """A worker is gone; if it had a unit, ``died`` has been told."""
        self._event += 1
        node = self._home.pop(worker, None)
        if node is not None:
            self._nodes[node].workers -= 1
            self._nodes[node].used -= WORKER_BYTES
            if not self._nodes[node].workers:
                del self._nodes[node]

    def start(self, worker: str) -> Unit | None:
        """The unit that an idle worker takes now; None when it should stay idle."""
        node = self._nodes[self._home[worker]]
        if self.stopping or node.closed or node.refused == self._event:
            return None
        if self._suspects or node.kept:
            self._keep(node)
        tasks = [] if node.kept else self._take(node)
        alone = not tasks and not node.flying
        if alone:
            tasks = self._take_suspect(node)
        if not tasks:
            node.refused = self._event
            return None
        self._event += 1
        for task in tasks:
            self._open[task.key].attempts += 1
        unit = Unit(worker, tuple(tasks), alone)
        node.used += unit.memory
        node.flying += 1
        node.closed = alone
        self._flying[worker] = unit
        return unit

    def done(self, unit: Unit, seconds: float) -> None:
        """A unit ended in ``seconds``; its whole networks have rows, its shares are committed."""
        self._land(unit)
        self._observed += seconds
        self._estimated += unit.seconds
        self.speed = self._observed / self._estimated
        for task in unit.tasks:
            self._close(task)
            if task.kind == "share":
                left = self._shares.get(task.network)
                if left is not None and not left:
                    self._add(finish_task(task.network))

    def drop(self, network: str) -> None:
        """A network has its row already (one of its shares failed): forget its other tasks."""
        shares = self._shares.pop(network, None)
        if shares is None:
            return
        self._event += 1
        for key in shares:
            self.seconds_done += self._open.pop(key).seconds
        self._open.pop(finish_task(network).key, None)
        self._suspects = [task for task in self._suspects if task.network != network]

    def died(self, unit: Unit, cause: Cause) -> list[GivenUp]:
        """A unit's worker died. Returns the tasks that are given up; the others come again."""
        self._land(unit)
        given_up = []
        for task in unit.tasks:
            record = self._open.get(task.key)
            if record is None:
                continue
            if cause == "node" and record.losses < MAX_NODE_LOSSES:
                record.losses += 1
                if record.blamed:
                    self._suspects.append(task)
                else:
                    self._push(task)
            elif len(unit.tasks) > 1:
                record.single = True
                self._push(task)
            else:
                record.blamed += 1
                if record.blamed < MAX_ATTEMPTS:
                    double = 2 if cause == "memory" else 1
                    self._suspects.append(replace(task, memory=task.memory * double))
                else:
                    given_up.append(GivenUp(task, cause, record.attempts))
                    self._close(task)
        return given_up

    def unfit(self) -> list[Task]:
        """A task of each network that fits no node, when nothing else is left; they are dropped."""
        if self._flying or not self._nodes:
            return []
        self._event += 1
        room = max(node.room for node in self._nodes.values())
        waiting = [entry[2] for queue in self._waiting.values() for entry in queue]
        waiting += self._suspects
        tasks = [task for task in waiting if task.key in self._open and task.memory > room]
        for task in tasks:
            self._close(task)
            self.drop(task.network)
        return list({task.network: task for task in tasks}.values())

    def _take(self, node: _Node) -> list[Task]:
        """The first task that fits; if it is small, others up to a bundle."""
        fair, free = node.memory / node.workers, node.memory - node.used
        heads: list[tuple[float, int, int]] = []
        for level in sorted(self._waiting):
            if level and LEVELS[level - 1] >= free:
                break
            head = self._head(level, fair, free)
            if head is not None:
                heads.append(head)
        if not heads:
            return []
        heapq.heapify(heads)
        taken: list[Task] = []
        seconds, most = 0.0, self._bundle_limit()
        while heads:
            level = heads[0][2]
            task = self._waiting[level][0][2]
            own = task.seconds * self.speed
            single = self._open[task.key].single or task.kind != "whole" or own > most
            if taken and (single or seconds + own > most):
                break
            heapq.heappop(self._waiting[level])
            self._waiting_seconds -= task.seconds
            taken.append(task)
            seconds += own
            if single:
                break
            head = self._head(level, fair, free)
            if head is not None:
                heapq.heapreplace(heads, head)
            else:
                heapq.heappop(heads)
        return taken

    def _head(self, level: int, fair: float, free: int) -> tuple[float, int, int] | None:
        """A queue's first open task, if it fits: its rank on this node, its number, the queue."""
        queue = self._waiting[level]
        while queue and queue[0][2].key not in self._open:
            self._waiting_seconds -= heapq.heappop(queue)[2].seconds
        if not queue or queue[0][2].memory > free:
            return None
        rank, number, task = queue[0]
        return rank * max(1.0, task.memory / fair), number, level

    def _bundle_limit(self) -> float:
        """Bundles shrink towards the end, so that all workers end together."""
        left = self._waiting_seconds * self.speed / (2 * max(1, len(self._home)))
        return min(self.bundle_seconds, left)

    def _keep(self, node: _Node) -> None:
        """Keep a node for suspects when otherwise they would be at work after all others.

        To empty a node costs its workers' time, so this is done late, and for many of them.
        """
        seconds = sum(task.seconds for task in self._suspects if task.memory <= node.room)
        if not seconds:
            node.kept = False
        elif not node.kept:
            kept = 1 + sum(other.kept for other in self._nodes.values())
            rest = self._waiting_seconds / len(self._home)
            node.kept = kept <= len(self._suspects) and seconds >= kept * rest

    def _take_suspect(self, node: _Node) -> list[Task]:
        """The longest suspect that fits an empty node."""
        fitting = [task for task in self._suspects if task.memory <= node.room]
        if not fitting:
            return []
        task = max(fitting, key=lambda task: task.seconds)
        self._suspects.remove(task)
        return [task]

    def _add(self, task: Task) -> None:
        self._open[task.key] = _Record(task.seconds)
        self._push(task)

    def _push(self, task: Task) -> None:
        self._number += 1
        # The row of a finished network first: it is cheap, and others wait to see it.
        rank = float("-inf") if task.kind == "finish" else -task.seconds
        level = bisect_left(LEVELS, task.memory)
        heapq.heappush(self._waiting.setdefault(level, []), (rank, self._number, task))
        self._waiting_seconds += task.seconds

    def _land(self, unit: Unit) -> None:
        self._event += 1
        del self._flying[unit.worker]
        node = self._nodes[self._home[unit.worker]]
        node.used -= unit.memory
        node.flying -= 1
        node.closed = False

    def _close(self, task: Task) -> None:
        if self._open.pop(task.key, None) is not None and task.kind != "finish":
            self.seconds_done += task.seconds
        if task.kind == "share" and task.network in self._shares:
            self._shares[task.network].discard(task.key)
