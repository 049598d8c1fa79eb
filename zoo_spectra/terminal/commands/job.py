"""``run`` and ``submit``: a job, here or on a cluster."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from zoo_spectra.defaults import DEFAULT_CATALOG
from zoo_spectra.terminal.arguments import (
    Address,
    AsJson,
    InProcess,
    JsonLog,
    RetryQuarantined,
    What,
    Workers,
    check_where_it_runs,
    standard_output,
)
from zoo_spectra.text import count

if TYPE_CHECKING:
    from zoo_spectra.runner import Job, Plan, Progress, Stop, Summary

INTERRUPTED = 130


def run(
    what: What,
    catalog: Annotated[
        str | None, typer.Option(help=f"Where results go (the job's, or {DEFAULT_CATALOG}).")
    ] = None,
    workers: Workers = None,
    address: Address = None,
    in_process: InProcess = False,
    retry_quarantined: RetryQuarantined = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what is left to do, and its cost.")
    ] = False,
    json_log: JsonLog = False,
    as_json: AsJson = False,
) -> None:
    """Analyse every network of a job; what the catalog has already is not done again."""
    from zoo_spectra import runner
    from zoo_spectra.terminal.progress import watcher

    check_where_it_runs(in_process, address, workers)
    job = job_of(what)
    if dry_run:
        _preview(runner.preview(job, catalog, retry_quarantined), as_json)
        return
    progress = watcher(Console(stderr=True), json_log)
    # Ray prints what happens to its nodes; standard output is the summary's.
    with redirect_stdout(sys.stderr), stopping_gently(progress) as stop:
        summary = runner.run(
            job,
            catalog=catalog,
            workers=workers,
            address=address,
            in_process=in_process,
            retry_quarantined=retry_quarantined,
            progress=progress,
            stop=stop,
        )
    if as_json:
        counts = {status: summary.count(status) for status in ("ok", "failed", "quarantined")}
        print(json.dumps({**asdict(summary), **counts}))
    else:
        _print(summary, classified=job.classify is not None)
    raise typer.Exit(INTERRUPTED if summary.stopped else 1 if summary.problems else 0)


def _preview(plan: Plan, as_json: bool) -> None:
    from zoo_spectra.runner import cost
    from zoo_spectra.terminal.listing import cost_lines, network_listing

    estimate = cost(plan.todo)
    if as_json:
        print(json.dumps({"done_before": plan.done, "left": asdict(estimate)}))
        return
    out = standard_output()
    if plan.todo:
        out.print(network_listing(plan.todo))
    done = f"; {plan.done:,} in the catalog already" if plan.done else ""
    print(f"{count(len(plan.todo), 'network')} to analyse{done}")
    for line in cost_lines(estimate):
        print(line)


def _print(summary: Summary, classified: bool) -> None:
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.terminal.about import said_of
    from zoo_spectra.terminal.tables import class_table, problem_table

    out = standard_output()
    if summary.problems:
        out.print(problem_table([(r.name, r.status, r.reason) for r in summary.problems]))
    catalog = Catalog(summary.catalog)
    if classified and not (classes := catalog.collect(catalog.classes())).is_empty():
        out.print(class_table(classes, whole=not out.is_terminal))
    for line in (*said_of(catalog), *_classified(summary), str(summary)):
        out.print(line, soft_wrap=True, highlight=False, markup=False)


def _classified(summary: Summary) -> list[str]:
    """What the classes hold beyond this job: networks of earlier runs in the same catalog."""
    if not summary.classified_others:
        return []
    own = summary.classified - summary.classified_others
    others = count(summary.classified_others, "other")
    return [f"classified {count(summary.classified, 'network')}: {own:,} of this job, {others}"]


@contextmanager
def stopping_gently(progress: Progress) -> Iterator[Stop]:
    """The first Ctrl-C lets what is in flight end; the second one is the usual one."""
    from zoo_spectra.runner import Stop

    stop = Stop()

    def first(signum: int, frame: object) -> None:
        stop.requested = True
        signal.signal(signal.SIGINT, before)
        progress.say("stopping: what is in flight is finished; Ctrl-C again stops now")

    before = signal.signal(signal.SIGINT, first)
    try:
        yield stop
    except KeyboardInterrupt:
        progress.say("stopped; the same command goes on where it was")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGINT, before)


def job_of(what: list[str]) -> Job:
    """The job that arguments name: one JOB.toml, or source strings. Raises JobError."""
    from zoo_spectra.runner import Job

    files = [text for text in what if text.endswith(".toml") and ":" not in text]
    if not files:
        return Job(sources=tuple(what))
    if len(what) > 1:
        raise typer.BadParameter("give one JOB.toml, or only source strings")
    return Job.from_toml(files[0])


def submit(
    job: Annotated[str, typer.Argument(help="A JOB.toml; only this file is uploaded.")],
    address: Annotated[str, typer.Option(help="The cluster's dashboard, http://HOST:8265.")],
    catalog: Annotated[
        str | None, typer.Option(help="Where results go: an absolute path, or a URI (the job's).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes (all cores of the cluster).")
    ] = None,
) -> None:
    """Run a job on a Ray cluster over HTTP, follow it, and exit as it does."""
    from zoo_spectra import runner

    raise typer.Exit(runner.submit(job, address, catalog, workers))
