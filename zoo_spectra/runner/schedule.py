"""What is started next, and who is to blame: events in, decisions out. No Ray, no clock, no files.

Longest first, where a task that takes the memory of three workers counts as three times as long;
small tasks are bundled into units of a few seconds; no unit is started on a node whose memory it
does not fit. Bytes are whole numbers: floats would drift as units come and go, and what just fits
would be neither started nor refused. When a worker dies the whole of a bundle is started again one
by one, since any of it may be guilty; a task that was on its own is tried once more with nothing
else on its node, with twice the memory if it ran out of it, and then given up. The loss of a node
is nobody's fault.

A node that drains gets nothing more, and what cannot end there in time is handed back. Near the end
idle workers take a second time what ends late: the first of the two counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace

from zoo_spectra.runner.tail import EARLY, is_overdue, is_worth_it, remaining, slowness
from zoo_spectra.runner.tasks import More, Task, finish_task
from zoo_spectra.runner.units import BLAMELESS, Cause, GivenUp, Unit
from zoo_spectra.runner.waiting import PutOff, Record, Waiting

BUNDLE_SECONDS = 3.0
MAX_ATTEMPTS = 2
MAX_NODE_LOSSES = 5
# Seconds before the end of a node's time at which it should be empty.
DRAINED_BEFORE = 5.0
# What a worker holds before it does anything: Python, numpy, torch.
WORKER_BYTES = 400 << 20


@dataclass
class _Node:
    memory: int
    used: int = 0
    workers: int = 0
    flying: int = 0
    kept: bool = False  # for suspects: nothing else is started on it
    closed: bool = False  # a suspect has it for itself
    draining: bool = False
    refused: int = -1  # the event after which it had nothing to start

    @property
    def room(self) -> int:
        """Bytes for units when none is in flight."""
        return self.memory - self.workers * WORKER_BYTES


@dataclass
class Schedule:
    """The state of one run."""

    tasks: InitVar[Iterable[Task]]
    bundle_seconds: float = BUNDLE_SECONDS
    seconds_done: float = 0.0
    seconds_total: float = 0.0
    stopping: bool = False
    speed: float = 1.0  # actual over estimated seconds, from the units that have ended
    _waiting: Waiting = field(init=False)
    _suspects: list[Task] = field(default_factory=list)
    _open: dict[str, Record] = field(default_factory=dict)
    _shares: dict[str, set[str]] = field(default_factory=dict)
    _put_off: PutOff = field(default_factory=PutOff)
    _flying: dict[str, Unit] = field(default_factory=dict)
    _twins: dict[str, str] = field(default_factory=dict)  # workers at the same unit
    _late: set[str] = field(default_factory=set)  # workers whose unit another has ended
    _paces: dict[str, tuple[float, float]] = field(default_factory=dict)  # observed, estimated
    _nodes: dict[str, _Node] = field(default_factory=dict)
    _home: dict[str, str] = field(default_factory=dict)
    _event: int = 0
    _longest: float = 0.0  # estimated seconds of the longest task
    _observed: float = 0.0
    _estimated: float = 0.0

    def __post_init__(self, tasks: Iterable[Task]) -> None:
        self._waiting = Waiting(self._open)
        for task in tasks:
            if task.kind == "share":
                self._shares.setdefault(task.network, set()).add(task.key)
            if task.kind != "finish":
                self.seconds_total += task.seconds
            self._longest = max(self._longest, task.seconds, self.bundle_seconds)
            self._add(task)

    @property
    def finished(self) -> bool:
        """Nothing is in flight, and nothing will be started any more."""
        return len(self._flying) == len(self._late) and (self.stopping or not self._open)

    @property
    def left(self) -> int:
        """How many tasks are to be ended still."""
        return len(self._open)

    @property
    def late(self) -> frozenset[str]:
        """Workers at a unit that another has ended meanwhile: they are to be ended."""
        return frozenset(self._late)

    def is_doubled(self, worker: str) -> bool:
        """Whether the unit of a worker is, or was, another one's too."""
        return worker in self._twins or worker in self._late

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
        self._paces.pop(worker, None)
        node = self._home.pop(worker, None)
        if node is not None:
            self._nodes[node].workers -= 1
            self._nodes[node].used -= WORKER_BYTES
            if not self._nodes[node].workers:
                del self._nodes[node]

    def drain(self, node: str) -> None:
        """A node will end: nothing more is started on it."""
        self._event += 1
        if node in self._nodes:
            self._nodes[node].draining = True

    def start(self, worker: str) -> Unit | None:
        """The unit that an idle worker takes now; None when it should stay idle."""
        node = self._nodes[self._home[worker]]
        if self.stopping or node.closed or node.draining or node.refused == self._event:
            return None
        if self._suspects or node.kept:
            self._keep(node)
        tasks = []
        if not node.kept:
            fair, free = node.memory / node.workers, node.memory - node.used
            # What takes more than a worker's share leaves enough for the others to go on.
            others = node.workers - node.flying - 1
            spare = free - others * self._waiting.modest(fair) if node.flying else free
            tasks = self._waiting.take(fair, free, spare, self.speed, self._bundle_limit())
        alone = not tasks and not node.flying
        if alone:
            tasks = self._take_suspect(node)
        if not tasks:
            node.refused = self._event
            return None
        unit = Unit(worker, tuple(tasks), alone)
        self._launch(unit, node)
        node.closed = alone
        return unit

    def second(self, idle: Sequence[str], elapsed: Mapping[str, float]) -> list[Unit]:
        """Units in flight that idle workers take a second time.

        When nothing is left to start, all that would end sooner so. Before, what is overdue, and
        might end after all the rest if it were not begun soon. ``elapsed``: seconds since the start
        of what each worker has in flight.
        """
        rest = self._waiting.seconds * self.speed / max(1, len(self._home))
        if (
            self.stopping
            or not self._estimated
            or not idle
            or rest > EARLY * self._longest * self.speed
        ):
            return []
        waits, fastest = self._something_waits(), min(map(self._slowness, idle))
        flights: list[tuple[float, Unit]] = []
        for unit in self._flying.values():
            if unit.alone or self.is_doubled(unit.worker):
                continue
            expected, since = self._expected(unit), elapsed[unit.worker]
            ends_last = EARLY * unit.seconds * self.speed >= rest
            if waits and not (ends_last and is_overdue(expected, since)):
                continue
            left = remaining(expected, since)
            worth = is_worth_it(left, unit.seconds * self.speed * fastest)
            if worth and all(task.key in self._open for task in unit.tasks):
                flights.append((left, unit))
        flights.sort(key=lambda flight: -flight[0])
        return [twin for worker in idle for twin in self._double(worker, flights)]

    def _double(self, worker: str, flights: list[tuple[float, Unit]]) -> list[Unit]:
        """The first of the flights that is worth a second start on this worker, and fits."""
        node = self._nodes[self._home[worker]]
        if node.closed or node.kept or node.draining:
            return []
        for at, (left, unit) in enumerate(flights):
            twin = replace(unit, worker=worker)
            fits = unit.memory <= node.memory - node.used
            if fits and is_worth_it(left, self._expected(twin)):
                del flights[at]
                self._twins |= {worker: unit.worker, unit.worker: worker}
                self._launch(twin, node)
                return [twin]
        return []

    def hand_back(self, elapsed: Mapping[str, float], left: Mapping[str, float]) -> list[str]:
        """Workers whose unit cannot end in the seconds ``left`` to their nodes that drain."""
        return [
            unit.worker
            for unit in self._flying.values()
            if (seconds := left.get(self._home[unit.worker])) is not None
            and remaining(self._expected(unit), elapsed[unit.worker]) > seconds - DRAINED_BEFORE
        ]

    def done(self, unit: Unit, seconds: float, more: Iterable[More] = ()) -> None:
        """A unit ended in ``seconds``; its whole networks have rows, its shares are committed.

        But for those that want ``more``: their tasks come again after the parts.
        """
        self._land(unit)
        if unit.worker in self._late:
            self._late.remove(unit.worker)
            return
        self._observe(unit, seconds)
        self._outrun(unit.worker)
        wanted = {each.network: each.parts for each in more}
        for task in unit.tasks:
            if task.network in wanted and task.key in self._open:
                self._open[task.key].attempts -= 1  # that was none
                self._put_off.add(task, wanted[task.network])
                for part in wanted[task.network]:
                    self.seconds_total += part.seconds
                    self._longest = max(self._longest, part.seconds)
                    self._add(part)
                continue
            self._close(task)
            if task.kind == "share":
                left = self._shares.get(task.network)
                if left is not None and not left:
                    self._add(finish_task(task.network))

    def drop(self, network: str) -> None:
        """A network has its row already (one of its shares failed): forget its other tasks."""
        shares, finish = self._shares.pop(network, None), finish_task(network).key
        keys = {network, finish, *self._put_off.drop(network), *(shares or ())}
        due = [key for key in keys if key in self._open]
        if shares is None and not due:
            return
        self._event += 1
        for key in due:
            record = self._open.pop(key)
            if key != finish:
                self.seconds_done += record.seconds
        self._suspects = [task for task in self._suspects if task.network != network]

    def died(self, unit: Unit, cause: Cause) -> list[GivenUp]:
        """A unit's worker died. Returns the tasks that are given up; the others come again."""
        self._land(unit)
        if self.is_doubled(unit.worker):  # the other one goes on, or has ended
            self._late.discard(unit.worker)
            self._twins.pop(self._twins.pop(unit.worker, ""), None)
            return []
        given_up = []
        for task in unit.tasks:
            record = self._open.get(task.key)
            if record is None:
                continue
            if cause in BLAMELESS and record.losses < MAX_NODE_LOSSES:
                record.losses += 1
                if record.blamed:
                    self._suspects.append(task)
                else:
                    self._waiting.push(task)
            elif len(unit.tasks) > 1:
                record.single = True
                self._waiting.push(task)
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
        rooms = [node.room for node in self._nodes.values() if not node.draining]
        if len(self._flying) > len(self._late) or not rooms:
            return []
        self._event += 1
        room = max(rooms)
        tasks = [task for task in (*self._waiting, *self._suspects) if task.memory > room]
        for task in tasks:
            self._close(task)
            self.drop(task.network)
        return list({task.network: task for task in tasks}.values())

    def _bundle_limit(self) -> float:
        """Bundles shrink towards the end, so that all workers end together."""
        left = self._waiting.seconds * self.speed / (2 * max(1, len(self._home)))
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
            rest = self._waiting.seconds / len(self._home)
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
        self._open[task.key] = Record(task.seconds)
        self._waiting.push(task)

    def _launch(self, unit: Unit, node: _Node) -> None:
        self._event += 1
        for task in unit.tasks:
            self._open[task.key].attempts += 1
        node.used += unit.memory
        node.flying += 1
        self._flying[unit.worker] = unit

    def _something_waits(self) -> bool:
        if self._suspects or self._waiting.seconds > 0.01:
            return True
        flying = {task.key for unit in self._flying.values() for task in unit.tasks}
        return not self._open.keys() <= flying | self._put_off.keys()

    def _outrun(self, worker: str) -> None:
        """This worker has ended its unit first: whoever else is at it is late."""
        twin = self._twins.pop(worker, None)
        if twin is not None:
            del self._twins[twin]
            self._late.add(twin)

    def _observe(self, unit: Unit, seconds: float) -> None:
        self._observed += seconds
        self._estimated += unit.seconds
        self.speed = self._observed / self._estimated
        observed, estimated = self._paces.get(unit.worker, (0.0, 0.0))
        self._paces[unit.worker] = observed + seconds, estimated + unit.seconds

    def _slowness(self, worker: str) -> float:
        return slowness(*self._paces.get(worker, (0.0, 0.0)), self.speed, self.bundle_seconds)

    def _expected(self, unit: Unit) -> float:
        """The estimate, corrected by what was measured of all workers and of this one."""
        return unit.seconds * self.speed * self._slowness(unit.worker)

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
        if task.kind == "part" and (again := self._put_off.ended(task)) is not None:
            self._waiting.push(again)
