"""``nulls``: is a network's CSD beyond what a null model gives?"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from zoo_spectra.defaults import DEFAULT_DRAWS, NULL_MODELS
from zoo_spectra.terminal.arguments import (
    Address,
    AsCsv,
    AsJson,
    CatalogPath,
    InProcess,
    JsonLog,
    RetryQuarantined,
    TableFile,
    Workers,
    check_one_way,
    check_where_it_runs,
)
from zoo_spectra.terminal.commands.classes import WhereOption
from zoo_spectra.terminal.commands.job import INTERRUPTED, stopping_gently

_MODELS = "; ".join(f"{name}: {about}" for name, about in NULL_MODELS.items())


def nulls(
    catalog: CatalogPath,
    networks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NETWORK | SOURCE]…",
            help="Names in the catalog, or sources that it has; by default all.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help=f"{_MODELS}.")
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="How many of each network; there may be more later.")
    ] = DEFAULT_DRAWS,
    where: WhereOption = None,
    workers: Workers = None,
    address: Address = None,
    in_process: InProcess = False,
    retry_quarantined: RetryQuarantined = False,
    json_log: JsonLog = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: TableFile = None,
) -> None:
    """Draw networks anew by a null model, and say how far each is from its draws."""
    from zoo_spectra import runner
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.classes import against_nulls
    from zoo_spectra.terminal.frames import hand_over, print_told
    from zoo_spectra.terminal.null_tables import CURVES, null_lines, null_table
    from zoo_spectra.terminal.progress import watcher

    check_one_way(as_csv, as_json, output)
    check_where_it_runs(in_process, address, workers)
    if model is None:
        lines = "".join(f"\n  {name}: {about}" for name, about in NULL_MODELS.items())
        raise typer.BadParameter(f"say which null model: --model MODEL{lines}")
    opened = Catalog(catalog)
    progress = watcher(Console(stderr=True), json_log)
    # Ray prints what happens to its nodes; standard output is the table's.
    with redirect_stdout(sys.stderr), stopping_gently(progress) as stop:
        drawing = runner.make_nulls(
            opened,
            networks or (),
            model=model,
            draws=draws,
            where=where,
            workers=workers,
            address=address,
            in_process=in_process,
            retry_quarantined=retry_quarantined,
            progress=progress,
            stop=stop,
        )
    found = against_nulls(opened, drawing.network_ids, model)
    said = null_lines(found)
    said += [str(summary).replace("network", "draw", 1) for summary in drawing.summaries]
    flat = as_csv or (output is not None and output.suffix.lower() in (".csv", ".xlsx"))
    handed = found.drop(CURVES) if flat else found
    if not hand_over(handed, as_csv, as_json, output, said):
        print_told(found, partial(null_table, found), said)
    raise typer.Exit(INTERRUPTED if drawing.stopped else 1 if drawing.problems else 0)
