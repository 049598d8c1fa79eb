"""Run a job: fetch samples, plan, work (with Ray or in this process), and sum up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from zoo_spectra import samples
from zoo_spectra.adapter import Adapter, Adapters, NetworkRef, get_adapter
from zoo_spectra.analysis import Settings
from zoo_spectra.catalog import Catalog
from zoo_spectra.classify import classify
from zoo_spectra.job import Job
from zoo_spectra.runner.plan import Plan, cost, expand, plan
from zoo_spectra.runner.work import Receipt, analyze_and_commit
from zoo_spectra.storage import Storage


class Progress(Protocol):
    """Who is told how a run goes. ``share`` is the part of the work's cost that is done, [0, 1]."""

    def say(self, line: str) -> None: ...
    def begin(self, todo: int, done: int) -> None: ...
    def advance(self, receipt: Receipt, share: float) -> None: ...
    def end(self) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def say(self, line: str) -> None: ...
    def begin(self, todo: int, done: int) -> None: ...
    def advance(self, receipt: Receipt, share: float) -> None: ...
    def end(self) -> None: ...


@dataclass(frozen=True)
class Summary:
    """How a run ended. ``done_before`` networks were in the catalog already."""

    catalog: str
    asked: int
    done_before: int
    seconds: float
    receipts: Sequence[Receipt] = field(default_factory=tuple)

    def count(self, status: str) -> int:
        """Networks of this run that ended ok, failed or quarantined."""
        return sum(receipt.status == status for receipt in self.receipts)

    @property
    def problems(self) -> list[Receipt]:
        """The networks of this run that did not end ok."""
        return [receipt for receipt in self.receipts if receipt.status != "ok"]


def run(
    job: Job | str | Iterable[str],
    *,
    catalog: str | None = None,
    workers: int | None = None,
    address: str | None = None,
    in_process: bool = False,
    adapters: Iterable[Adapter] = (),
    progress: Progress | None = None,
) -> Summary:
    """Run a job, or sources, until every network has a row; what the catalog has is not redone.

    ``catalog`` and ``workers`` override the job's. ``address`` is a running Ray cluster; without
    it Ray is started here, or not used at all with ``in_process``. ``adapters`` adds adapters that
    are not installed, such as a MemoryAdapter. Raises ZooSpectraError for a bad source, an
    unreachable cluster or a catalog that cannot be written; a bad network is a row, not an error.
    """
    started = time.monotonic()
    job = _as_job(job)
    watcher = progress or Silent()
    extra = {adapter.name: adapter for adapter in adapters}
    if job.samples:
        samples.fetch(job.samples, echo=watcher.say)
    refs = expand(job.sources, extra)
    opened = Catalog.create(_anchored(catalog or job.catalog))
    work = plan(refs, opened, job.settings)
    used = {name: get_adapter(name, extra) for name in {ref.adapter for ref in work.todo}}
    receipts: list[Receipt] = []

    def report(receipt: Receipt, share: float) -> None:
        receipts.append(receipt)
        watcher.advance(receipt, share)

    watcher.begin(len(work.todo), work.done)
    try:
        if not work.todo:
            pass
        elif in_process:
            _run_here(work, used, opened, job.settings, report)
        else:
            from zoo_spectra.runner.actors import run_on_ray

            run_on_ray(work, used, opened, job.settings, report, workers or job.workers, address)
    finally:
        watcher.end()
    if job.classify is not None and opened.has_ok():
        classify(opened, job.classify.accuracy, job.classify.linkage)
    seconds = time.monotonic() - started
    return Summary(str(opened.location), len(refs), work.done, seconds, tuple(receipts))


def _as_job(job: Job | str | Iterable[str]) -> Job:
    if isinstance(job, Job):
        return job
    return Job(sources=(job,) if isinstance(job, str) else tuple(job))


def _anchored(location: str) -> str:
    """The catalog's place, told so that a worker in another folder finds it."""
    storage = Storage(location)
    return str(storage.root) if storage.is_local else location


def _run_here(
    work: Plan,
    adapters: Adapters,
    catalog: Catalog,
    settings: Settings,
    report: Callable[[Receipt, float], None],
) -> None:
    """The same work in this process, one network after the other."""
    order: list[NetworkRef] = sorted(work.todo, key=cost, reverse=True)
    total = sum(cost(ref) + 1.0 for ref in order)
    done = 0.0
    for ref in order:
        receipt = analyze_and_commit(
            ref, adapters[ref.adapter], catalog, settings, threads=os.cpu_count() or 1
        )
        done += cost(ref) + 1.0
        report(receipt, done / total)
