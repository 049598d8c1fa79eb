"""A run's work on Ray, which takes a while to start: meanwhile the rest is found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TypeVar

from zoo_spectra.runner.drive import Drive, Reporter, Stop
from zoo_spectra.runner.later import Later
from zoo_spectra.runner.parts import PART_SECONDS
from zoo_spectra.runner.plan import tasks_left
from zoo_spectra.runner.schedule import Schedule
from zoo_spectra.runner.work import Bench
from zoo_spectra.sources import NetworkRef

T = TypeVar("T")
QUICK = 1.0  # seconds of finding out that something is wrong for which Ray is not started


@dataclass
class OnRay:
    """A Ray cluster, reached or started at the latest for ``drive``, and left by ``held``.

    ``tell`` is told what is waited for.
    """

    address: str | None
    workers: int | None
    tell: Callable[[str], None]
    held: ExitStack
    _there: bool = False

    def meanwhile(self, find: Callable[[], T]) -> T:
        """What ``find`` gives or raises; where that takes long, the cluster is reached meanwhile.

        Raises ClusterError.
        """
        found = Later(find)
        if not found.is_there(QUICK):
            self._reach()
        return found.result()

    def drive(
        self,
        todo: Sequence[NetworkRef],
        bench: Bench,
        reporter: Reporter,
        stop: Stop,
        timeout: float | None,
    ) -> None:
        """Do it all, and leave the cluster. Raises AdapterError, ClusterError, CatalogError."""
        from zoo_spectra.runner.actors import check_sendable

        check_sendable(bench.adapters)
        by_id = {ref.network_id: ref for ref in todo}
        planned = Later(lambda: Schedule(tasks_left(todo, bench.catalog, bench.settings)))
        self._reach()
        from zoo_spectra.runner.pool import RayPool

        def most() -> int:
            return planned.result().left if planned.is_there(0) else len(todo)

        # A single worker would do all the parts, and read the network for each.
        bench = replace(bench, parts=None if self.workers == 1 else PART_SECONDS)
        pool = RayPool(bench, by_id, self.workers, most, self.tell)
        pool.prepare()
        schedule = planned.result()
        drive = Drive(schedule, by_id, bench.catalog, bench.settings, reporter, stop, timeout)
        drive.run(pool)
        self.held.close()

    def _reach(self) -> None:
        if not self._there:
            from zoo_spectra.runner.cluster import cluster

            where = f"reaching the Ray cluster at {self.address}"
            self.tell(where if self.address else "starting Ray")
            self.held.enter_context(cluster(self.address, self.workers))
            self._there = True
