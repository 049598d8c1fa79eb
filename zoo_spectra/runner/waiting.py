"""Tasks that wait to be started: the longest first, as far as they fit.

They queue by memory, each queue up to a quarter above the last: what does not fit a node at the
moment holds up only what needs about as much.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from zoo_spectra.runner.tasks import Task

SMALL_BYTES = 256 << 20
LEVELS = tuple(SMALL_BYTES * 5**level // 4**level for level in range(110))  # the most of each


@dataclass(slots=True)
class Record:
    """What has become of a task so far. ``single``: it is not to be bundled with others."""

    seconds: float
    attempts: int = 0
    blamed: int = 0
    losses: int = 0
    single: bool = False


@dataclass
class PutOff:
    """Tasks that come again when parts of them have ended: by network, with the parts' keys."""

    _tasks: dict[str, tuple[Task, set[str]]] = field(default_factory=dict)

    def keys(self) -> set[str]:
        """Of the tasks."""
        return {task.key for task, _ in self._tasks.values()}

    def add(self, task: Task, parts: Iterable[Task]) -> None:
        """Put a task off until these have ended."""
        self._tasks[task.network] = task, {part.key for part in parts}

    def ended(self, part: Task) -> Task | None:
        """A part has ended; returns the task, if that was the last one."""
        task, parts = self._tasks.get(part.network, (None, set[str]()))
        parts.discard(part.key)
        if task is not None and not parts:
            del self._tasks[part.network]
            return task
        return None

    def drop(self, network: str) -> set[str]:
        """Forget a network; returns the keys of its parts that have not ended."""
        _, parts = self._tasks.pop(network, (None, set[str]()))
        return parts


@dataclass
class Waiting:
    """The queues. ``seconds``: of all that waits, estimated. ``open``: tasks not in it are gone."""

    open: Mapping[str, Record]
    seconds: float = 0.0
    _queues: dict[int, list[tuple[float, int, Task]]] = field(default_factory=dict)
    _held: dict[int, tuple[float, float]] = field(default_factory=dict)  # seconds, times bytes
    _number: int = 0

    def __iter__(self) -> Iterator[Task]:
        tasks = (entry[2] for queue in self._queues.values() for entry in queue)
        return (task for task in tasks if task.key in self.open)

    def push(self, task: Task) -> None:
        """Add a task, behind those that are as long."""
        self._number += 1
        # The row of a finished network first: it is cheap, and others wait to see it.
        rank = float("-inf") if task.kind == "finish" else -task.seconds
        level = bisect_left(LEVELS, task.memory)
        heapq.heappush(self._queues.setdefault(level, []), (rank, self._number, task))
        self._count(level, task, 1)

    def modest(self, fair: float) -> float:
        """The mean bytes, over their seconds, of what waits and takes no more than ``fair``.

        0 where nothing does, and where all that waits takes more than that in the mean: then it is
        memory that runs out, and no worker's time that is to be saved.
        """
        levels = self._held.items()
        some = [held for level, held in levels if level < len(LEVELS) and LEVELS[level] <= fair]
        every, modest = _mean(list(self._held.values())), _mean(some)
        return modest if every <= fair else 0.0

    def _count(self, level: int, task: Task, sign: int) -> None:
        self.seconds += sign * task.seconds
        seconds, weighted = self._held.get(level, (0.0, 0.0))
        more = sign * task.seconds
        self._held[level] = seconds + more, weighted + more * task.memory

    def take(self, fair: float, free: int, spare: float, speed: float, most: float) -> list[Task]:
        """The first task that fits ``free`` bytes; if it is small, others up to a bundle.

        ``fair``: bytes of one worker; ``spare``: the most that a task which needs more may take;
        ``most``: seconds of a bundle, at ``speed`` times the estimates.
        """
        heads: list[tuple[float, int, int]] = []
        for level in sorted(self._queues):
            if level and LEVELS[level - 1] >= free:
                break
            head = self._head(level, fair, free, spare)
            if head is not None:
                heads.append(head)
        heapq.heapify(heads)
        taken: list[Task] = []
        seconds = 0.0
        while heads:
            level = heads[0][2]
            task = self._queues[level][0][2]
            own = task.seconds * speed
            single = self.open[task.key].single or task.kind != "whole" or own > most
            if taken and (single or seconds + own > most):
                break
            self._pop(level)
            taken.append(task)
            seconds += own
            if single:
                break
            head = self._head(level, fair, free, spare)
            if head is not None:
                heapq.heapreplace(heads, head)
            else:
                heapq.heappop(heads)
        return taken

    def _head(
        self, level: int, fair: float, free: int, spare: float
    ) -> tuple[float, int, int] | None:
        """A queue's first open task, if it fits: its rank on this node, its number, the queue."""
        queue = self._queues[level]
        while queue and queue[0][2].key not in self.open:
            self._pop(level)
        if not queue or queue[0][2].memory > free:
            return None
        rank, number, task = queue[0]
        if task.memory > max(fair, spare):
            return None
        return rank * max(1.0, task.memory / fair), number, level

    def _pop(self, level: int) -> None:
        self._count(level, heapq.heappop(self._queues[level])[2], -1)


def _mean(held: Sequence[tuple[float, float]]) -> float:
    """Of seconds, and the same times bytes: the mean bytes; 0 where hardly a second is left."""
    seconds = sum(each for each, _ in held)
    return sum(each for _, each in held) / seconds if seconds > 1.0 else 0.0
