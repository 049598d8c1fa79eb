"""The driver's loop: it holds a schedule and receipts, never a result.

It knows nothing of Ray: workers are a ``Pool`` that tells events; tests bring pools of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from zoo_spectra.catalog import Catalog
from zoo_spectra.method import Settings
from zoo_spectra.runner.commit import Result, commit
from zoo_spectra.runner.parts import is_there
from zoo_spectra.runner.place import Place
from zoo_spectra.runner.plan import is_done
from zoo_spectra.runner.schedule import Schedule
from zoo_spectra.runner.tasks import More, Task, result_id
from zoo_spectra.runner.units import BLAMELESS, Cause, GivenUp, Unit
from zoo_spectra.runner.work import Receipt, unfinished
from zoo_spectra.sources import NetworkRef

# Without a timeout in the job, a unit may take this long, or this many times its estimate.
PATIENCE = 900.0
# Seconds without any event after which what fits no node is refused: a larger one may be starting.
NODES_MAY_COME = 30.0
TIMES_THE_ESTIMATE = 20.0
# Seconds that a worker which is ended may take to be gone, when nothing but that is waited for.
SEEN_OFF = 15.0


@dataclass(frozen=True)
class Joined:
    """A worker is ready, on a node of ``memory`` bytes."""

    worker: str
    node: str
    memory: int


@dataclass(frozen=True)
class Ended:
    """A unit came to its end: the receipts of the network rows it committed, and what they lack."""

    unit: Unit
    answers: tuple[Receipt | More, ...]
    seconds: float


@dataclass(frozen=True)
class Died:
    """A unit's worker is gone, which was at ``place``."""

    unit: Unit
    cause: Cause
    place: Place | None = None


@dataclass(frozen=True)
class Left:
    """An idle worker is gone."""

    worker: str


@dataclass(frozen=True)
class Drains:
    """A node will end in so many ``seconds`` (None: nobody knows when)."""

    node: str
    seconds: float | None


Event = Joined | Ended | Died | Left | Drains


class Pool(Protocol):
    """Workers somewhere."""

    def idle(self) -> Iterable[str]: ...

    def submit(self, unit: Unit, attempts: Mapping[str, int], limit: float) -> None:
        """Start a unit on its worker; after ``limit`` seconds the worker is ended."""
        ...

    def end(self, worker: str, cause: Cause) -> None:
        """End a worker that has a unit in flight; ``wait`` will tell of its death."""
        ...

    def wait(self) -> list[Event]:
        """What happened since the last call; returns after a second at the latest."""
        ...


class Reporter(Protocol):
    """Who is told how the work goes; ``share`` is the part of it that is done, [0, 1]."""

    def advance(self, receipt: Receipt, share: float) -> None: ...
    def retry(self, name: str, cause: str) -> None: ...


@dataclass
class Stop:
    """Set by the first Ctrl-C: what is in flight is finished, nothing more is started."""

    requested: bool = False


@dataclass
class Drive:
    """One run over the networks ``refs``, by id."""

    schedule: Schedule
    refs: Mapping[str, NetworkRef]
    catalog: Catalog
    settings: Settings
    reporter: Reporter
    stop: Stop = field(default_factory=Stop)
    timeout: float | None = None
    patience_for_nodes: float = NODES_MAY_COME
    clock: Callable[[], float] = time.monotonic
    _ended: set[str] = field(default_factory=set)
    _since: dict[str, float] = field(default_factory=dict)  # the start of what a worker has
    _until: dict[str, float] = field(default_factory=dict)  # the end of a node that drains
    _sent_off: set[str] = field(default_factory=set)  # workers that were told to end

    def run(self, pool: Pool) -> None:
        """Until nothing is left, or stopped. Raises CatalogError when rows cannot be committed."""
        quiet_since = self.clock()
        while not self.schedule.finished:
            self.schedule.stopping = self.stop.requested
            started = self._start(pool)
            self._hand_back(pool)
            events = pool.wait()
            for event in events:
                self._handle(event)
            self._send_off(pool, self.schedule.late, "late")
            if started or events:
                quiet_since = self.clock()
            elif self.clock() - quiet_since >= self.patience_for_nodes:
                self._refuse_unfit()
        # What comes second must not be committed after the end.
        quiet_since = self.clock()
        while self.schedule.late and self.clock() - quiet_since < SEEN_OFF:
            for event in pool.wait():
                self._handle(event)

    def _start(self, pool: Pool) -> bool:
        any_started = False
        idle = list(pool.idle())
        for unit in self.schedule.second(idle, self._elapsed()):
            idle.remove(unit.worker)
            self._submit(pool, unit)
            for task in unit.tasks:
                self.reporter.retry(self.refs[task.network].name, _SECOND)
        for worker in idle:
            started = self.schedule.start(worker)
            if started is not None:
                any_started = True
                self._submit(pool, started)
        return any_started

    def _submit(self, pool: Pool, unit: Unit) -> None:
        attempts = {task.key: self.schedule.attempts(task.key) for task in unit.tasks}
        self._since[unit.worker] = self.clock()
        pool.submit(unit, attempts, self._limit(unit))

    def _elapsed(self) -> dict[str, float]:
        now = self.clock()
        return {worker: now - since for worker, since in self._since.items()}

    def _hand_back(self, pool: Pool) -> None:
        """End what will not be done when its node ends: it is started elsewhere."""
        if not self._until:
            return
        now = self.clock()
        left = {node: until - now for node, until in self._until.items()}
        self._send_off(pool, self.schedule.hand_back(self._elapsed(), left), "drained")

    def _send_off(self, pool: Pool, workers: Iterable[str], cause: Cause) -> None:
        for worker in workers:
            if worker not in self._sent_off:
                self._sent_off.add(worker)
                pool.end(worker, cause)

    def _limit(self, unit: Unit) -> float:
        """Seconds after which a unit's worker is taken for hung."""
        if self.timeout is not None:
            return self.timeout * len(unit.tasks)
        return max(PATIENCE, TIMES_THE_ESTIMATE * unit.seconds * self.schedule.speed)

    def _handle(self, event: Event) -> None:
        match event:
            case Joined(worker, node, memory):
                self.schedule.join(worker, node, memory)
            case Left(worker):
                self.schedule.leave(worker)
            case Drains(node, seconds_left):
                self.schedule.drain(node)
                if seconds_left is not None:
                    self._until[node] = self.clock() + seconds_left
            case Ended(unit, answers, seconds):
                self._since.pop(unit.worker, None)
                self._sent_off.discard(unit.worker)
                self.schedule.done(unit, seconds, [a for a in answers if isinstance(a, More)])
                for answer in answers:
                    if isinstance(answer, Receipt):
                        self.schedule.drop(answer.network_id)
                        self._report(answer)
            case Died(unit, cause, place):
                self._since.pop(unit.worker, None)
                self._sent_off.discard(unit.worker)
                self._after_a_death(unit, cause, place)
                self.schedule.leave(unit.worker)

    def _after_a_death(self, unit: Unit, cause: Cause, place: Place | None) -> None:
        if self.schedule.is_doubled(unit.worker):  # somebody else has it, or has ended it
            self.schedule.died(unit, cause)
            return
        # A worker can be lost after it has committed: ask the catalog before blaming anybody. Where
        # nobody is blamed the work is only done again, which is cheaper than to ask each time.
        first, blamed = unit.tasks[0], len(unit.tasks) == 1 and cause not in BLAMELESS
        if blamed and self._is_committed(first):
            self.schedule.done(unit, unit.seconds * self.schedule.speed)
            if first.kind in ("whole", "finish"):
                ref = self.refs[first.network]
                self._report(Receipt(ref.network_id, ref.name, "ok", None))
            return
        for each in self.schedule.died(unit, cause):
            self._give_up(each, place)
        for task in unit.tasks:
            if self.schedule.is_open(task.key):
                self.reporter.retry(self.refs[task.network].name, _CAUSES[cause])

    def _is_committed(self, task: Task) -> bool:
        ref = self.refs[task.network]
        if task.kind == "share":
            found = self.catalog.pieces(result_id(ref, self.settings))["position"]
            return set(task.positions) <= set(found)
        if task.part is not None:
            result = result_id(ref, self.settings)
            return is_there(self.catalog.storage, result, task.positions[0], task.part)
        return is_done(ref, self.catalog, self.settings)

    def _give_up(self, each: GivenUp, place: Place | None) -> None:
        ref = self.refs[each.task.network]
        self.schedule.drop(ref.network_id)
        reason = (
            f"{_CAUSES[each.cause]} in all {each.attempts} attempts; {_ADVICE[each.cause]}, then: "
            "zoo-spectra run --retry-quarantined"
        )
        self._commit(ref, "quarantined", reason, each.attempts, place)

    def _refuse_unfit(self) -> None:
        for task in self.schedule.unfit():
            ref = self.refs[task.network]
            reason = (
                f"needs about {task.memory / 1e9:.1f} GB of memory, more than any node has free; "
                "run it on a larger machine, or with fewer workers"
            )
            self._commit(ref, "failed", reason, 0)

    def _commit(
        self,
        ref: NetworkRef,
        status: str,
        reason: str,
        attempts: int,
        place: Place | None = None,
    ) -> None:
        row = unfinished(ref, self.settings, status, reason, attempts, place)
        (row,) = commit(self.catalog, row["commit_id"], [Result(row)])
        self._report(Receipt(ref.network_id, row["name"], row["status"], row["reason"]))

    def _report(self, receipt: Receipt) -> None:
        # Shares of one network that were in flight together can each say that it failed.
        if receipt.network_id in self._ended:
            return
        self._ended.add(receipt.network_id)
        done, total = self.schedule.seconds_done, self.schedule.seconds_total
        self.reporter.advance(receipt, min(1.0, done / total) if total else 1.0)


_CAUSES: Mapping[Cause, str] = {
    "crash": "the worker process died (killed, or a crash in native code)",
    "memory": "the worker ran out of memory",
    "timeout": "the worker took longer than the time limit",
    "frozen": "the worker process was stopped, and did not go on",
    "node": "the worker's node was lost",
    "drained": "the worker's node is about to end",
    "late": "another worker was first",
}
_SECOND = "its worker is slow; started a second time on an idle one"
_ADVICE: Mapping[Cause, str] = {
    "crash": "look at the system's log",
    "memory": "use a machine with more memory, or fewer workers",
    "timeout": "raise timeout in the job",
    "frozen": "see what stops processes there (SIGSTOP)",
    "node": "look at the cluster's log",
    "drained": "look at the cluster's log",
    "late": "look at the cluster's log",
}
