"""Run a job: fetch samples, plan, work (with Ray or in this process), and sum up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from os import PathLike, fspath
from typing import Protocol

from zoo_spectra import classes, svg
from zoo_spectra.catalog import HEADER, Catalog, Storage, begin_run, end_run
from zoo_spectra.errors import ZooSpectraError, explain
from zoo_spectra.method import Engine, all_threads, check_device
from zoo_spectra.runner.drive import Reporter, Stop
from zoo_spectra.runner.job import Job
from zoo_spectra.runner.on_ray import OnRay
from zoo_spectra.runner.plan import Plan, gather, plan
from zoo_spectra.runner.refresh import refresh
from zoo_spectra.runner.tasks import tasks_of
from zoo_spectra.runner.work import Bench, Receipt, analyze_networks
from zoo_spectra.sources import Adapter, Adapters, NetworkRef, fetch_samples, get_adapter, tell
from zoo_spectra.text import count, message, visible

SHOWN = 5  # problems in the repr of a summary


class Progress(Reporter, Protocol):
    """Who is told how a run goes, beside each network's end and each retry."""

    def say(self, line: str) -> None: ...
    def begin(self, todo: int, done: int) -> None: ...
    def phase(self, what: str) -> None:
        """What is waited for: Ray, its workers."""
        ...

    def end(self) -> None: ...


class Silent:
    """Progress that nobody watches."""

    def say(self, line: str) -> None: ...
    def begin(self, todo: int, done: int) -> None: ...
    def phase(self, what: str) -> None: ...
    def advance(self, receipt: Receipt, share: float) -> None: ...
    def retry(self, name: str, cause: str) -> None: ...
    def end(self) -> None: ...


@dataclass(frozen=True, repr=False)
class Summary:
    """How a run ended. ``done_before`` networks were in the catalog already.

    ``stopped``: it was asked to stop, and networks are left for the next run. ``classified``: how
    many networks were classified at the end, of which ``classified_others`` are not of this job.
    ``str`` is one line, and ``repr`` that and the first networks that did not end ok; a notebook
    shows a bar for each way in which networks ended.
    """

    catalog: str
    asked: int
    done_before: int
    seconds: float
    receipts: Sequence[Receipt] = field(default_factory=tuple)
    stopped: bool = False
    classified: int = 0
    classified_others: int = 0

    def count(self, status: str) -> int:
        """Networks of this run that ended ok, failed or quarantined."""
        return sum(receipt.status == status for receipt in self.receipts)

    @property
    def left(self) -> int:
        """Networks without a row of this run: only a stopped run leaves any."""
        return self.asked - self.done_before - len(self.receipts)

    @property
    def problems(self) -> list[Receipt]:
        """The networks of this run that did not end ok."""
        return [receipt for receipt in self.receipts if receipt.status != "ok"]

    def __str__(self) -> str:
        counts = ", ".join(
            f"{self.count(status):,} {status}"
            for status in ("ok", "failed", "quarantined")
            if self.count(status) or status == "ok"
        )
        left = f", {self.left:,} left for the next run" if self.left else ""
        before = f", {self.done_before:,} done before" if self.done_before else ""
        return (
            f"{count(self.asked, 'network')} asked for: {counts}{before}{left}; "
            f"{self.seconds:.1f} s; catalog {visible(self.catalog)}"
        )

    def __repr__(self) -> str:
        bad = self.problems
        lines = [f"{r.status}: {visible(r.name)}: {message(r.reason)}" for r in bad[:SHOWN]]
        more = [f"and {len(bad) - SHOWN:,} more"] if len(bad) > SHOWN else []
        return "\n".join([str(self), *lines, *more])

    def _repr_html_(self) -> str:
        """The same in a notebook, with a bar for each way in which networks ended."""
        ways = {way: self.count(way) for way in ("ok", "failed", "quarantined")}
        ways = {"done before": self.done_before, **ways, "left": self.left}
        present = {way: number for way, number in ways.items() if number}
        return svg.shown(repr(self), svg.counts("How networks ended", present) if present else "")


@dataclass
class _Tally:
    """Collects receipts on their way to whoever watches."""

    progress: Progress
    receipts: list[Receipt] = field(default_factory=list)

    def advance(self, receipt: Receipt, share: float) -> None:
        self.receipts.append(receipt)
        self.progress.advance(receipt, share)

    def retry(self, name: str, cause: str) -> None:
        self.progress.retry(name, cause)


def run(
    job: Job | str | Iterable[str],
    *,
    catalog: str | PathLike[str] | None = None,
    workers: int | None = None,
    address: str | None = None,
    in_process: bool = False,
    retry_quarantined: bool = False,
    adapters: Iterable[Adapter] = (),
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Run a job, or sources, until every network has a row; what the catalog has is not redone.

    ``catalog`` and ``workers`` override the job's. ``address`` is a running Ray cluster; without
    it Ray is started here, or not used at all with ``in_process``. Quarantined networks are left
    alone unless ``retry_quarantined``. ``adapters`` adds adapters that are not installed, such as
    a MemoryAdapter. When ``stop`` is requested, what is in flight is finished.

    Raises ZooSpectraError for a bad source, an unreachable cluster or a catalog that cannot be
    written; a bad network is a row, not an error.
    """
    started = time.monotonic()
    job = _as_job(job)
    tally, stop = _Tally(progress or Silent()), stop or Stop()
    extra = {adapter.name: adapter for adapter in adapters}
    place = _anchored(fspath(catalog) if catalog else job.catalog)
    if job.samples:
        fetch_samples(job.samples, echo=tally.progress.say)
    with ExitStack() as held:
        ray = OnRay(address, workers or job.workers, tally.progress.phase, held)
        with tell(tally.progress.say):
            # In a catalog that is there all may be done: then Ray is not needed.
            early = not in_process and Storage(place).read(HEADER) is None
            find = partial(gather, job.sources, extra)
            asked = ray.meanwhile(find) if early else find()
        if asked.left_out:
            tally.progress.say(str(asked.left_out))
        refs = asked.refs
        opened = Catalog.create(place)
        with opened.exclusive():
            opened = opened.numbered()
            work = plan(refs, opened, job.settings, retry_quarantined)
            if work.renamed:
                refresh(work.renamed, opened)
                tally.progress.say(f"described anew, not analysed again: {len(work.renamed):,}")
            with _recorded(opened, len(refs), work, tally, stop):
                _work(work, opened, job, None if in_process else ray, extra, tally, stop)
            sorted_ids: list[str] = []
            if job.classify is not None and not stop.requested and opened.has_ok():
                found = classes.classify(opened, job.classify.accuracy, job.classify.linkage)
                sorted_ids = found["network_id"].to_list()
            opened.verify()
    return Summary(
        catalog=str(opened.location),
        asked=len(refs),
        done_before=work.done,
        seconds=time.monotonic() - started,
        receipts=tuple(tally.receipts),
        stopped=stop.requested,
        classified=len(sorted_ids),
        classified_others=len(set(sorted_ids) - {ref.network_id for ref in refs}),
    )


@contextmanager
def _recorded(
    catalog: Catalog, asked: int, work: Plan, tally: _Tally, stop: Stop
) -> Iterator[None]:
    """The catalog says that a run is at work, and how it ended; `show` tells it."""
    record = begin_run(catalog, asked, len(work.todo), (ref.network_id for ref in work.renamed))
    outcome = "stopped"  # by what is no Exception
    try:
        yield
        outcome = "stopped" if stop.requested else "complete"
    except Exception as error:
        outcome = explain(error)
        raise
    finally:
        counts = Counter(receipt.status for receipt in tally.receipts)
        with suppress(ZooSpectraError) if outcome != "complete" else nullcontext():
            catalog.verify()  # not into another catalog that has taken its place
            end_run(catalog, record, outcome, counts)


def _as_job(job: Job | str | Iterable[str]) -> Job:
    if isinstance(job, Job):
        return job
    return Job(sources=(job,) if isinstance(job, str) else tuple(job))


def _anchored(location: str) -> str:
    """The catalog's place, told so that a worker in another folder finds it."""
    storage = Storage(location)
    return str(storage.root) if storage.is_local else location


def _work(
    work: Plan,
    catalog: Catalog,
    job: Job,
    ray: OnRay | None,
    extra: Adapters,
    tally: _Tally,
    stop: Stop,
) -> None:
    used = {name: get_adapter(name, extra) for name in {ref.adapter for ref in work.todo}}
    tally.progress.begin(len(work.todo), work.done)
    try:
        if ray is None:
            threads = all_threads().threads
            bench = Bench(used, catalog, job.settings, Engine(job.device, threads))
            check_device(job.device)
            _run_here(work.todo, bench, tally, stop)
        elif work.todo:
            bench = Bench(used, catalog, job.settings, Engine(job.device))
            ray.drive(work.todo, bench, tally, stop, job.timeout)
    finally:
        tally.progress.end()


def _run_here(todo: Sequence[NetworkRef], bench: Bench, tally: _Tally, stop: Stop) -> None:
    """The same work in this process, one network after the other."""
    cost = {ref.network_id: sum(task.seconds for task in tasks_of(ref)) for ref in todo}
    total, done = sum(cost.values()), 0.0
    for ref in sorted(todo, key=lambda ref: -cost[ref.network_id]):
        if stop.requested:
            return
        (receipt,) = analyze_networks(bench, [ref], [1])
        done += cost[ref.network_id]
        if isinstance(receipt, Receipt):  # alone nobody asks for more
            tally.advance(receipt, min(1.0, done / total))  # rounding may end above
