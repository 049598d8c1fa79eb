"""The workers of a Ray cluster, as the driver sees them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ray
import ray._private.state
from ray.exceptions import ActorUnavailableError, OutOfMemoryError, RayError, RayTaskError

from zoo_spectra.errors import ClusterError, DeviceError, ZooSpectraError
from zoo_spectra.runner import frozen
from zoo_spectra.runner.actors import Worker
from zoo_spectra.runner.cluster import Head, first_line
from zoo_spectra.runner.drive import Died, Drains, Ended, Event, Joined, Left
from zoo_spectra.runner.frozen import LookOuts, Watched
from zoo_spectra.runner.place import Place
from zoo_spectra.runner.units import Cause, Unit
from zoo_spectra.runner.work import Bench
from zoo_spectra.sources import NetworkRef

LOOK_EVERY = 2.0  # seconds between looks at the cluster
MAX_FAILED_STARTS = 10


@dataclass
class _Flight:
    worker: str
    unit: Unit
    started: float
    deadline: float
    ended: Cause | None = None  # why its worker was ended


@dataclass(frozen=True)
class _Greeting:
    """A worker that has not answered yet, and since when."""

    worker: str
    asked: float


@dataclass(frozen=True)
class _Home:
    """Where a worker is."""

    node: str
    place: Place


class RayPool:
    """Workers on a Ray cluster: as many as are asked for, or as it has CPUs (or GPUs) for.

    No restarts and one call in flight, so that a death has exactly one suspect unit. The cluster
    may grow and shrink meanwhile. ``most``: how many could have something to do, at the moment.
    ``tell`` is told how many are ready, until all are.
    """

    def __init__(
        self,
        bench: Bench,
        refs: Mapping[str, NetworkRef],
        workers: int | None,
        most: Callable[[], int],
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._refs = refs
        self._workers, self._most, self._tell = workers, most, tell
        self._bench = ray.put(bench)
        on_gpu = bench.engine.device == "cuda"
        self._resource = "GPU" if on_gpu else "CPU"
        options = {"num_cpus": 1, "num_gpus": int(on_gpu), "max_restarts": 0, "max_task_retries": 0}
        self._class = ray.remote(**options)(Worker)
        self._actors: dict[str, Any] = {}
        self._homes: dict[str, _Home] = {}
        self._idle: dict[str, None] = {}
        self._greetings: dict[Any, _Greeting] = {}
        self._flights: dict[Any, _Flight] = {}
        self._number = self._failed_starts = 0
        self._head, self._deaf = Head(), False
        self._draining: dict[str, int] = {}
        self._look_outs = LookOuts()
        self._table: dict[str, Any] = {}  # Ray's, of its actors, where workers are late to answer
        self._asked_for = float("-inf")
        self._stopped: set[str] = set()  # workers that were stopped before they answered
        self._looked = float("-inf")
        self._all_told = False

    def idle(self) -> list[str]:
        return list(self._idle)

    def submit(self, unit: Unit, attempts: Mapping[str, int], limit: float) -> None:
        refs = [self._refs[task.network] for task in unit.tasks]
        tries = [attempts[task.key] for task in unit.tasks]
        del self._idle[unit.worker]
        call = self._actors[unit.worker].work.remote(list(unit.tasks), refs, tries)
        now = time.monotonic()
        self._flights[call] = _Flight(unit.worker, unit, now, now + limit)

    def end(self, worker: str, cause: Cause) -> None:
        self._head.asked(lambda: self._end_work_of(worker, cause))

    def wait(self) -> list[Event]:
        return self._head.asked(self._wait)

    def prepare(self) -> None:
        """Start workers, which takes them a while."""
        self._head.asked(self._look)

    def _end_work_of(self, worker: str, cause: Cause) -> None:
        for flight in self._flights.values():
            if flight.worker == worker:
                self._end(flight, cause)

    def _wait(self) -> list[Event]:
        events = self._look()
        self._end_hung()
        pending = [*self._greetings, *self._flights]
        if events or not pending:
            time.sleep(0.0 if events else 0.1)
            return events
        # Idle workers are for what is late: then it is looked at more often.
        patience = 0.2 if self._idle and self._flights else 1.0
        ready, _ = ray.wait(pending, num_returns=1, timeout=patience)
        if ready:
            ready, _ = ray.wait(pending, num_returns=len(pending), timeout=0)
        for call in ready:
            events += self._greeted(call) if call in self._greetings else self._landed(call)
        return events

    def _look(self) -> list[Event]:
        """At the cluster: which nodes drain, and how many workers there is room for."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return []
        self._looked = now
        self._deaf = not self._head.answers()  # who asks would wait for it, and be ended by Ray
        if self._deaf:
            return []
        drains = ray._private.state.state.get_draining_nodes()
        new = {node: ms for node, ms in drains.items() if self._draining.get(node) != ms}
        self._draining.update(new)
        self._resize()
        events: list[Event] = []
        for node, deadline in new.items():
            seconds = deadline / 1000 - time.time() if deadline else None
            events.append(Drains(node, seconds))
        for worker in [w for w in self._idle if self._homes[w].node in self._draining]:
            del self._idle[worker]
            events.append(self._dismiss(worker))
        return events

    def _resize(self) -> None:
        found = float(ray.cluster_resources().get(self._resource, 0))
        if self._draining:
            nodes = [n for n in ray.nodes() if n["Alive"] and n["NodeID"] not in self._draining]
            found = sum(node["Resources"].get(self._resource, 0.0) for node in nodes)
        room = int(found)
        if self._resource == "GPU" and not room and not self._actors:
            raise DeviceError(
                "device 'cuda': the Ray cluster has no GPU; add a node that has one, or leave "
                "device out of the job"
            )
        wanted = min(self._most(), self._workers or max(1, room))
        if self._resource == "GPU":
            wanted = min(wanted, room)  # more would wait for ever
        leaving = sum(home.node in self._draining for home in self._homes.values())
        while len(self._actors) - leaving < wanted:
            self._number += 1
            name = f"worker{self._number}"
            self._actors[name] = self._class.remote(self._bench)
            call = self._actors[name].hello.remote()
            self._greetings[call] = _Greeting(name, time.monotonic())

    def _end_hung(self) -> None:
        now = time.monotonic()
        for flight in self._flights.values():
            if now > flight.deadline:
                self._end(flight, "timeout")
        watched = {
            flight.worker: Watched(home.node, home.place.pid, now - flight.started)
            for flight in self._flights.values()
            for home in (self._homes[flight.worker],)
        }
        if self._deaf:
            return
        for worker in self._look_outs.frozen({**watched, **self._starting(now)}):
            if worker in self._homes:
                self._end_work_of(worker, "frozen")
            else:  # another is started in its place
                self._stopped.add(worker)
                self._kill(self._actors[worker])

    def _starting(self, now: float) -> dict[str, Watched]:
        """The workers that take long to answer and have a process, as Ray's head knows it."""
        late = [each for each in self._greetings.values() if now - each.asked > frozen.LOOK_AFTER]
        if late and now - self._asked_for >= frozen.LOOK_EVERY:
            self._asked_for, self._table = now, ray._private.state.actors()
        found = {}
        for each in late:
            known = self._table.get(self._actors[each.worker]._actor_id.hex(), {})
            if known.get("Pid"):
                node = known["Address"]["NodeID"]
                found[each.worker] = Watched(node, known["Pid"], now - each.asked)
        return found

    def _end(self, flight: _Flight, cause: Cause) -> None:
        if flight.ended is None:
            flight.ended = cause
            self._kill(self._actors[flight.worker])

    def _kill(self, actor: Any) -> None:
        if not self._deaf:
            ray.kill(actor)

    def _dismiss(self, worker: str) -> Left:
        """End an idle worker."""
        self._kill(self._actors.pop(worker))
        del self._homes[worker]
        return Left(worker)

    def _greeted(self, call: Any) -> list[Event]:
        worker = self._greetings.pop(call).worker
        try:
            node, place = ray.get(call)
        except RayError as error:
            del self._actors[worker]
            self._failed_starts += 1
            _raise_ours(error)
            # An error of Python comes again, a death may be an accident.
            known = isinstance(error, RayTaskError) or getattr(error, "actor_init_failed", False)
            if known or self._failed_starts >= MAX_FAILED_STARTS:
                told = _last_line(error) if known else first_line(error)
                if worker in self._stopped:
                    told = "a signal (SIGSTOP) has stopped them before they answered"
                raise ClusterError(
                    f"workers cannot be started: {told}; are zoo-spectra and the "
                    "adapters installed on every node, in the versions that are here?"
                ) from error
            return []
        self._failed_starts = 0
        self._homes[worker] = _Home(node, place)
        if node in self._draining:
            self._dismiss(worker)
            return []
        self._idle[worker] = None
        self._tell_ready()
        return [Joined(worker, node, _memory_of(node))]

    def _tell_ready(self) -> None:
        if not self._all_told:
            self._tell(f"{len(self._homes)} of {len(self._actors)} workers ready")
            self._all_told = len(self._homes) == len(self._actors)

    def _landed(self, call: Any) -> list[Event]:
        flight = self._flights.pop(call)
        try:
            answers = tuple(ray.get(call))
        except OutOfMemoryError:
            return [self._lost(flight, "memory")]
        except RayTaskError as error:
            _raise_ours(error)
            raise ClusterError(
                f"a worker cannot do its work: {_last_line(error)}; are zoo-spectra and the "
                "adapters installed on every node, in the versions that are here?"
            ) from error
        except RayError as error:
            if flight.ended is not None:
                return [self._lost(flight, flight.ended)]
            # Unreachable, not dead: the network or the node failed.
            home = self._homes[flight.worker].node
            away = isinstance(error, ActorUnavailableError) or self._deaf or _is_gone(home)
            return [self._lost(flight, "node" if away else "crash")]
        ended = Ended(flight.unit, answers, time.monotonic() - flight.started)
        if flight.ended is not None or self._homes[flight.worker].node in self._draining:
            return [ended, self._dismiss(flight.worker)]
        self._idle[flight.worker] = None
        return [ended]

    def _lost(self, flight: _Flight, cause: Cause) -> Died:
        # Ended for certain: what is unreachable may still be alive.
        self._kill(self._actors.pop(flight.worker))
        home = self._homes.pop(flight.worker)
        self._looked = float("-inf")
        return Died(flight.unit, cause, home.place)


def _raise_ours(error: RayError) -> None:
    """Raise what a worker raised on purpose, such as a CatalogError."""
    cause = getattr(error, "cause", None)
    if isinstance(error, RayTaskError) and isinstance(cause, ZooSpectraError):
        raise cause from error


def _last_line(error: RayError) -> str:
    """What happened over there: the end of a traceback that came along."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _memory_of(node: str) -> int:
    """Bytes that Ray, which counts in floats, has for tasks on a node; rounded down."""
    for entry in ray.nodes():
        if entry["NodeID"] == node:
            return int(entry["Resources"].get("memory", sys.maxsize))
    return sys.maxsize


def _is_gone(node: str) -> bool:
    return not any(entry["NodeID"] == node and entry["Alive"] for entry in ray.nodes())
