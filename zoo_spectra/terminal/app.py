"""The command line.

Exit code 0: all ok; 1: some networks failed, or (``compare``) two are not related; 2: bad usage or
input; 130: stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import sys
import traceback
import warnings
from typing import Annotated

import typer

import zoo_spectra
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.terminal.commands import (
    catalog,
    cheapest,
    classes,
    compare,
    duplicates,
    exchange,
    groups,
    job,
    nearest,
    nulls,
    plot,
    report,
    sources,
)
from zoo_spectra.text import message

COMMANDS = (
    job.run,
    job.submit,
    sources.ls,
    classes.classify,
    classes.sweep,
    nearest.nearest,
    cheapest.cheapest,
    compare.compare,
    duplicates.duplicates,
    groups.groups,
    nulls.nulls,
    report.report,
    plot.plot,
    catalog.show,
    catalog.query,
    exchange.diff,
    exchange.merge,
    exchange.export,
    catalog.remove,
    catalog.compact,
    sources.samples,
)

app = typer.Typer(
    help="Spectral equivalence classes of artificial and biological networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command()(command)


def _say_version(asked: bool) -> None:
    if asked:
        print(f"zoo-spectra {zoo_spectra.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say the version, and end."
        ),
    ] = False,
) -> None:
    """What goes before a command."""


def main() -> None:
    """Entry point: a foreseen error is a message and exit code 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what an old encoding lacks is written out
            stream.reconfigure(errors="backslashreplace")
    warnings.formatwarning = lambda said, *_: f"zoo-spectra: {message(str(said))}\n"
    try:
        app()
    except ZooSpectraError as error:
        _fail(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        polars = sys.modules.get("polars")  # only a command that asked for it can have met it
        if polars is None or not isinstance(error, polars.exceptions.PolarsError):
            traceback.print_exc()
            _fail("a fault of zoo-spectra itself; please report it, with the lines above")
        # Polars adds the resolved plan after an empty line.
        _fail(f"the query or the catalog is at fault: {str(error).partition(chr(10) * 2)[0]}")


def _fail(said: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(
        f"zoo-spectra: {message(said)}", style="red", markup=False, highlight=False, soft_wrap=True
    )
    sys.exit(2)
