"""Arguments that several commands have, and where they print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zoo_spectra.text import message

What = Annotated[
    list[str],
    typer.Argument(
        metavar="JOB.toml | SOURCE…",
        help="One JOB.toml, or source strings such as 'timm:resnet*?seed=0'.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
TableFile = Annotated[
    Path | None, typer.Option("-o", "--output", help="A file: .csv, .json, .parquet or .xlsx.")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes (all cores).")]
Address = Annotated[str | None, typer.Option(help="A running Ray cluster: HOST:PORT, or auto.")]
InProcess = Annotated[bool, typer.Option("--in-process", help="Without Ray.")]
RetryQuarantined = Annotated[
    bool, typer.Option("--retry-quarantined", help="Try again what was given up.")
]
JsonLog = Annotated[bool, typer.Option("--json-log", help="Progress as JSON lines on stderr.")]
CatalogPath = Annotated[str, typer.Argument(help="A catalog: a folder, or s3://… or gs://…")]


def check_one_way(as_csv: bool, as_json: bool, output: Path | None) -> None:
    """Raise BadParameter where a table is asked for in more than one form."""
    if sum((as_csv, as_json, output is not None)) > 1:
        raise typer.BadParameter("give one of --csv, --json and -o")


def check_where_it_runs(in_process: bool, address: str | None, workers: int | None) -> None:
    """Raise BadParameter for a run that is in this process and elsewhere."""
    if in_process and (address or workers):
        raise typer.BadParameter("--in-process goes without --address and --workers")


def tell(line: str) -> None:
    """Say something beside the result: on standard error."""
    print(f"zoo-spectra: {message(line)}", file=sys.stderr)


def standard_output() -> Console:
    """The console of a command's result, as wide as a table needs where no terminal limits it."""
    console = Console()
    # In a file or a pipe there is no width to fit; a table must not be cut.
    return console if console.is_terminal else Console(width=max(console.width, 140))
