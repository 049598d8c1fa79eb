"""Ray actors: the only file that imports ray."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")

import ray

from zoo_spectra.adapter import Adapter, NetworkRef
from zoo_spectra.analysis import Settings
from zoo_spectra.catalog import Catalog
from zoo_spectra.errors import ClusterError
from zoo_spectra.runner.plan import Plan, cost, plan
from zoo_spectra.runner.schedule import Schedule
from zoo_spectra.runner.work import Receipt, analyze_and_commit, give_up


class _Worker:
    """Lives in a process of its own; commits its results itself and returns receipts."""

    def __init__(
        self, adapters: Mapping[str, Adapter], catalog: Catalog, settings: Settings, threads: int
    ) -> None:
        self._adapters = adapters
        self._catalog = catalog
        self._settings = settings
        self._threads = threads

    def analyze(self, ref: NetworkRef, attempts: int) -> Receipt:
        adapter = self._adapters[ref.adapter]
        return analyze_and_commit(
            ref, adapter, self._catalog, self._settings, attempts, self._threads
        )


@contextmanager
def cluster(address: str | None, workers: int | None) -> Iterator[int]:
    """Connect to a cluster, or start Ray here; gives the number of workers to use.

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
        except (OSError, ValueError, RuntimeError) as error:
            where = f"the Ray cluster at {address!r}" if address else "a local Ray"
            raise ClusterError(
                f"cannot reach {where}: {error}; check --address, or leave it out to run here"
            ) from error
    try:
        yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        if not connected:
            ray.shutdown()


def _knock(address: str) -> None:
    """Raise OSError when nobody listens at HOST:PORT: Ray itself would try for many minutes."""
    host, colon, port = address.rpartition("://")[2].partition("/")[0].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


class _Pool:
    """At most ``size`` workers, each with at most one network in flight."""

    def __init__(self, size: int, arguments: tuple[Any, ...]) -> None:
        self._size = size
        # One call in flight and no restarts: a death has exactly one suspect.
        self._class = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Worker)
        self._arguments = tuple(ray.put(argument) for argument in arguments)
        self._idle: list[Any] = []
        self.flying: dict[Any, tuple[Any, NetworkRef]] = {}

    @property
    def has_room(self) -> bool:
        return len(self.flying) < self._size

    def submit(self, ref: NetworkRef, attempts: int) -> None:
        worker = self._idle.pop() if self._idle else self._class.remote(*self._arguments)
        self.flying[worker.analyze.remote(ref, attempts)] = (worker, ref)

    def next(self) -> tuple[NetworkRef, Receipt | None]:
        """Wait for one network; None instead of a receipt when its worker died."""
        (ready, *_), _ = ray.wait(list(self.flying), num_returns=1)
        worker, ref = self.flying.pop(ready)
        try:
            receipt: Receipt = ray.get(ready)
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from error
        except ray.exceptions.RayError:
            return ref, None
        self._idle.append(worker)
        return ref, receipt


def run_on_ray(
    work: Plan,
    adapters: Mapping[str, Adapter],
    catalog: Catalog,
    settings: Settings,
    report: Callable[[Receipt, float], None],
    workers: int | None = None,
    address: str | None = None,
) -> None:
    """Analyse every network of the plan; ``report`` is told each receipt and the cost done [0, 1].

    Raises ClusterError when Ray cannot be had, CatalogError when results cannot be committed.
    """
    refs = {ref.network_id: ref for ref in work.todo}
    schedule = Schedule({key: cost(ref) + 1.0 for key, ref in refs.items()})
    with cluster(address, workers) as size:
        pool = _Pool(min(size, len(refs)), (dict(adapters), catalog, settings, 1))
        while not schedule.finished:
            while pool.has_room and (key := schedule.start()) is not None:
                pool.submit(refs[key], schedule.attempts(key))
            ref, receipt = pool.next()
            if receipt is None:
                receipt = _after_a_death(ref, schedule, catalog, settings)
            else:
                schedule.done(ref.network_id)
            if receipt is not None:
                report(receipt, schedule.cost_done / schedule.cost_total)


def _after_a_death(
    ref: NetworkRef, schedule: Schedule, catalog: Catalog, settings: Settings
) -> Receipt | None:
    """Ray can lose a worker after it has committed: ask the catalog before blaming anybody."""
    key = ref.network_id
    if not plan([ref], catalog, settings).todo:
        schedule.done(key)
        return Receipt(key, ref.name, "ok", None, 0.0)
    if schedule.crashed(key):
        return None
    return give_up(ref, catalog, settings, schedule.attempts(key))
