"""What runs in Ray's processes: the workers, and a look-out on each node where they take long."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray import cloudpickle

from zoo_spectra.errors import AdapterError, explain
from zoo_spectra.method import check_device
from zoo_spectra.runner.place import Place
from zoo_spectra.runner.tasks import More, Task
from zoo_spectra.runner.work import Bench, Receipt, do_unit
from zoo_spectra.sources import Adapter, NetworkRef


class Worker:
    """Lives in a process of its own; commits its results itself and returns receipts."""

    def __init__(self, bench: Bench) -> None:
        worker = str(ray.get_runtime_context().get_worker_id())
        self._place = Place.here(worker, _log())
        self._bench = replace(bench, place=self._place)

    def hello(self) -> tuple[str, Place]:
        """The node's id, and where this is.

        Raises CatalogError when the catalog cannot be seen from there, or is another one, and
        DeviceError when the job's device is not there.
        """
        self._bench.catalog.verify()
        check_device(self._bench.engine.device)
        return str(ray.get_runtime_context().get_node_id()), self._place

    def work(
        self, tasks: list[Task], refs: list[NetworkRef], attempts: list[int]
    ) -> list[Receipt | More]:
        """Do a unit; the receipts are of the networks whose rows are committed then."""
        return do_unit(self._bench, tasks, refs, attempts)


class LookOut:
    """Sees from outside how the workers of its node are: a worker that is stopped says nothing."""

    def stopped(self, processes: list[int]) -> list[int]:
        """Those of the processes that a signal has stopped."""
        return [process for process in processes if _state(process) == "T"]


def _state(process: int) -> str:
    """The state of a process as Linux has it, one letter; empty where there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _log() -> str | None:
    """Where this process's standard error goes."""
    try:
        return os.readlink("/proc/self/fd/2")
    except OSError:
        return None


class _Nowhere(io.RawIOBase):
    def write(self, data: Any) -> int:
        return len(data)


def check_sendable(adapters: Mapping[str, Adapter]) -> None:
    """Raise AdapterError for the first adapter that no other process can be sent."""
    for name, adapter in adapters.items():
        try:
            # Arrays are left where they are: it is enough that they could be sent.
            cloudpickle.dump(adapter, _Nowhere(), protocol=5, buffer_callback=lambda _: None)
        except Exception as error:
            raise AdapterError(
                f"adapter {name!r} cannot be sent to workers ({explain(error)}); open files, locks "
                "and connections in load, or run with --in-process"
            ) from error
