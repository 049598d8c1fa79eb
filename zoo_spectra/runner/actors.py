"""Ray actors: the only file that imports ray."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray
from ray.exceptions import ActorUnavailableError, OutOfMemoryError, RayError, RayTaskError

from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import ClusterError, DeviceError
from zoo_spectra.method import check_device
from zoo_spectra.runner.drive import Died, Ended, Event, Joined
from zoo_spectra.runner.schedule import Cause, Unit
from zoo_spectra.runner.tasks import Task
from zoo_spectra.runner.work import (
    Bench,
    Receipt,
    analyze_networks,
    analyze_share,
    finish_network,
)
from zoo_spectra.sources import NetworkRef

RESIZE_EVERY = 2.0  # seconds between looks at the cluster's size
MAX_FAILED_STARTS = 10


class _Worker:
    """Lives in a process of its own; commits its results itself and returns receipts."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def hello(self) -> str:
        """The node's id. Raises CatalogError when the catalog cannot be seen from there.

        Raises DeviceError when the job's device is not there.
        """
        Catalog(self._bench.catalog.location)
        check_device(self._bench.engine.device)
        return str(ray.get_runtime_context().get_node_id())

    def work(self, tasks: list[Task], refs: list[NetworkRef], attempts: list[int]) -> list[Receipt]:
        first, ref = tasks[0], refs[0]
        if first.kind == "whole":
            return analyze_networks(self._bench, refs, attempts)
        if first.kind == "finish":
            return [finish_network(self._bench, ref, attempts[0])]
        number = first.key.rpartition("/")[2]
        failed = analyze_share(self._bench, ref, first.positions, number, attempts[0])
        return [] if failed is None else [failed]


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[None]:
    """Connect to a cluster, or start Ray here.

    A Ray that this process is connected to already is used and left running. Raises ClusterError.
    """
    connected = ray.is_initialized()
    if not connected:
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            if address:
                _knock(address)
                ray.init(address=address, **quiet)
            else:
                ray.init(num_cpus=workers or os.cpu_count(), include_dashboard=False, **quiet)
        except (OSError, ValueError, RuntimeError, RayError) as error:
            where = f"the Ray cluster at {address!r}" if address else "a local Ray"
            raise ClusterError(
                f"cannot reach {where}: {error}; check --address, and RAY_AUTH_MODE and "
                "RAY_AUTH_TOKEN if the cluster asks for a token, or leave it out to run here"
            ) from error
    try:
        yield
    finally:
        if not connected:
            ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError when nobody listens at HOST:PORT: Ray itself would try for many minutes."""
    host, colon, port = address.rpartition("://")[2].partition("/")[0].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


@dataclass
class _Flight:
    worker: str
    unit: Unit
    started: float
    deadline: float
    killed: bool = False


class RayPool:
    """Workers on a Ray cluster: as many as are asked for, or as it has CPUs (or GPUs) for.

    No restarts and one call in flight, so that a death has exactly one suspect unit. The cluster
    may grow and shrink meanwhile.
    """

    def __init__(
        self, bench: Bench, refs: Mapping[str, NetworkRef], workers: int | None, most: int
    ) -> None:
        self._refs = refs
        self._workers, self._most = workers, most
        self._bench = ray.put(bench)
        on_gpu = bench.engine.device == "cuda"
        self._resource = "GPU" if on_gpu else "CPU"
        options = {"num_cpus": 1, "num_gpus": int(on_gpu), "max_restarts": 0, "max_task_retries": 0}
        self._class = ray.remote(**options)(_Worker)
        self._actors: dict[str, Any] = {}
        self._nodes: dict[str, str] = {}
        self._idle: dict[str, None] = {}
        self._greetings: dict[Any, str] = {}
        self._flights: dict[Any, _Flight] = {}
        self._number = self._failed_starts = 0
        self._looked = float("-inf")

    def idle(self) -> list[str]:
        return list(self._idle)

    def submit(self, unit: Unit, attempts: Mapping[str, int], limit: float) -> None:
        refs = [self._refs[task.network] for task in unit.tasks]
        tries = [attempts[task.key] for task in unit.tasks]
        del self._idle[unit.worker]
        call = self._actors[unit.worker].work.remote(list(unit.tasks), refs, tries)
        now = time.monotonic()
        self._flights[call] = _Flight(unit.worker, unit, now, now + limit)

    def wait(self) -> list[Event]:
        self._resize()
        self._end_hung()
        pending = [*self._greetings, *self._flights]
        if not pending:
            time.sleep(0.1)
            return []
        ready, _ = ray.wait(pending, num_returns=1, timeout=1.0)
        if ready:
            ready, _ = ray.wait(pending, num_returns=len(pending), timeout=0)
        events = [
            self._greeted(call) if call in self._greetings else self._landed(call) for call in ready
        ]
        return [event for event in events if event is not None]

    def _resize(self) -> None:
        now = time.monotonic()
        if now - self._looked < RESIZE_EVERY:
            return
        self._looked = now
        room = int(ray.cluster_resources().get(self._resource, 0))
        if self._resource == "GPU" and not room and not self._actors:
            raise DeviceError(
                "device 'cuda': the Ray cluster has no GPU; add a node that has one, or leave "
                "device out of the job"
            )
        wanted = min(self._most, self._workers or max(1, room))
        if self._resource == "GPU":
            wanted = min(wanted, room)  # more would wait for ever
        while len(self._actors) < wanted:
            self._number += 1
            name = f"worker{self._number}"
            self._actors[name] = self._class.remote(self._bench)
            self._greetings[self._actors[name].hello.remote()] = name

    def _end_hung(self) -> None:
        now = time.monotonic()
        for flight in self._flights.values():
            if now > flight.deadline and not flight.killed:
                flight.killed = True
                ray.kill(self._actors[flight.worker])

    def _greeted(self, call: Any) -> Event | None:
        worker = self._greetings.pop(call)
        try:
            node = ray.get(call)
        except RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error
        except RayError as error:
            del self._actors[worker]
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise ClusterError(
                    f"workers cannot be started: {error}; are zoo-spectra and the adapters "
                    "installed on every node?"
                ) from error
            return None
        self._failed_starts = 0
        self._nodes[worker] = node
        self._idle[worker] = None
        return Joined(worker, node, _memory_of(node))

    def _landed(self, call: Any) -> Event:
        flight = self._flights.pop(call)
        try:
            receipts = tuple(ray.get(call))
        except OutOfMemoryError:
            return self._lost(flight, "memory")
        except RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error
        except RayError as error:
            if flight.killed:
                return self._lost(flight, "timeout")
            # Unreachable, not dead: the network or the node failed.
            away = isinstance(error, ActorUnavailableError) or _is_gone(self._nodes[flight.worker])
            return self._lost(flight, "node" if away else "crash")
        self._idle[flight.worker] = None
        return Ended(flight.unit, receipts, time.monotonic() - flight.started)

    def _lost(self, flight: _Flight, cause: Cause) -> Died:
        # Ended for certain: what is unreachable may still be alive.
        ray.kill(self._actors.pop(flight.worker))
        del self._nodes[flight.worker]
        self._looked = float("-inf")
        return Died(flight.unit, cause)


def _memory_of(node: str) -> int:
    """Bytes that Ray, which counts in floats, has for tasks on a node; rounded down."""
    for entry in ray.nodes():
        if entry["NodeID"] == node:
            return int(entry["Resources"].get("memory", sys.maxsize))
    return sys.maxsize


def _is_gone(node: str) -> bool:
    return not any(entry["NodeID"] == node and entry["Alive"] for entry in ray.nodes())
