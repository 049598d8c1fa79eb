"""``merge``, ``export``, ``diff``: catalogs together, elsewhere, and beside one another."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo_spectra.terminal.arguments import AsJson, CatalogPath, standard_output
from zoo_spectra.text import count, visible

if TYPE_CHECKING:
    from zoo_spectra.classes import State


def merge(
    catalogs: Annotated[list[str], typer.Argument(help="Catalogs, two or more.")],
    output: Annotated[
        str | None, typer.Option("-o", "--output", help="The new catalog: a folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Catalogs into a new one: each network once, its newest result. They stay as they are."""
    from zoo_spectra.catalog import Catalog, merge_catalogs

    if output is None or len(catalogs) < 2:
        raise typer.BadParameter("give two catalogs or more, and the new one: -o NEW")
    made = merge_catalogs([Catalog(each) for each in catalogs], output)
    if as_json:
        print(json.dumps({"catalog": output, **asdict(made)}))
        return
    ended = f"{made.ok:,} ok, {made.networks - made.ok:,} not"
    print(f"{count(made.networks, 'network')} ({ended}) in {visible(output)}")
    if made.several:
        print(f"{count(made.several, 'network')} in several catalogs: the newest result stands")
    if made.lost:
        print(f"{count(made.lost, 'network')} failed last, and ended ok before in another catalog")
    again = f"zoo-spectra classify {shlex.quote(output)}"
    print(visible(f"classes are not carried over; find them with: {again}"))


def export(
    catalog: CatalogPath,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="FILE.csv, FILE.duckdb or FOLDER.delta.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Networks, spectra and classes for other programs. Nothing that is there is replaced."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.catalog import export as export_catalog

    if output is None:
        raise typer.BadParameter("say where: -o FILE.csv, FILE.duckdb or FOLDER.delta")
    made = export_catalog(Catalog(catalog), output)
    files = [str(file) for file in made.files]
    if as_json:
        print(json.dumps({"files": files, "rows": made.rows, "left_out": made.left_out}))
        return
    rows = ", ".join(f"{name} {number:,}" for name, number in made.rows.items())
    print(visible(f"rows: {rows}; in {', '.join(files)}"))
    for table, columns in made.left_out.items():
        if columns:
            print(f"left out of {table}, a list has no place in CSV: {', '.join(columns)}")


def diff(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="CATALOG RUN RUN | CATALOG CATALOG",
            help="A catalog and the numbers of two of its runs, or two catalogs.",
        ),
    ],
    as_json: AsJson = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file: .csv, .json, .parquet or .xlsx."),
    ] = None,
) -> None:
    """What changed: networks added, gone, with other results, and classes merged or split."""
    from zoo_spectra.classes import compare_states
    from zoo_spectra.terminal.changes import change_tables
    from zoo_spectra.terminal.frames import write_frame

    if as_json and output is not None:
        raise typer.BadParameter("give one of --json and -o")
    found = compare_states(*_states(what))
    lines = [f"{count(found.same, 'network')} with equal results", *found.said]
    if as_json:
        tables = {"networks": found.networks.to_dicts(), "classes": found.classes.to_dicts()}
        print(json.dumps({**tables, "same": found.same, "said": found.said}, default=str))
        return
    if output is not None:
        write_frame(found.networks, output)
        print(f"{count(found.networks.height, 'row')} in {visible(output)}")
        if found.classes.height:
            changes = count(found.classes.height, "class", "classes")
            lines.append(f"{changes} merged or split, which --json has")
    else:
        out = standard_output()
        for table in change_tables(found, out.width):
            out.print(table)
    for line in lines:
        print(visible(line))


def _states(what: list[str]) -> tuple[State, State]:
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.classes import state_of

    if len(what) == 2:
        one, other = (state_of(Catalog(each)) for each in what)
        return one, other
    if len(what) != 3 or not all(each.isdecimal() for each in what[1:]):
        raise typer.BadParameter("give a CATALOG and two numbers of runs, or two catalogs")
    catalog = Catalog(what[0])
    one, other = (state_of(catalog, int(run)) for run in what[1:])
    return one, other
