"""``nearest``: the networks of catalogs that are nearest to one, or all distances of a catalog."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from zoo_spectra.defaults import DEFAULT_MEASURE, DEFAULT_NEAREST, Measure
from zoo_spectra.terminal.arguments import AsCsv, AsJson, TableFile, check_one_way, tell
from zoo_spectra.terminal.commands.classes import MeasureName, MeasureOption, WhereOption
from zoo_spectra.text import count, visible

if TYPE_CHECKING:
    from zoo_spectra.catalog import Catalog

In = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="CATALOG", help="Where to look (the published catalogs)."),
]


def nearest(
    network: Annotated[
        str | None,
        typer.Argument(
            metavar="NETWORK | SOURCE",
            help="A name in the catalog, or a source, which is analysed here.",
        ),
    ] = None,
    places: In = None,
    number: Annotated[
        int | None,
        typer.Option("-k", "--count", min=1, help=f"How many networks ({DEFAULT_NEAREST})."),
    ] = None,
    measure: MeasureOption = MeasureName(DEFAULT_MEASURE),
    where: WhereOption = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="All distances, into -o FILE: .parquet, .csv or .npy."),
    ] = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: TableFile = None,
) -> None:
    """The networks nearest to one: distances in e-folds, class, family, parameters."""
    from zoo_spectra import classes
    from zoo_spectra.terminal.frames import hand_over, print_told
    from zoo_spectra.terminal.neighbours import neighbour_table

    by = cast(Measure, measure.value)
    if every == (network is not None) or (every and number is not None):
        raise typer.BadParameter("give a NETWORK or a SOURCE, perhaps with -k, or --all -o FILE")
    check_one_way(as_csv, as_json, output)
    catalogs = classes.opened(places)
    if every:
        _all(catalogs, by, where, output)
        return
    asked = classes.asked_for(network, catalogs, say=tell)
    found = classes.nearest_of(asked, catalogs, number or DEFAULT_NEAREST, by, where)
    lines = classes.left_out_lines(found)
    if not hand_over(found.rows, as_csv, as_json, output, lines):
        name = asked.spectrum.name
        print_told(found.rows, partial(neighbour_table, found.rows, name, by), lines)


def _all(catalogs: list[Catalog], measure: Measure, where: str | None, output: Path | None) -> None:
    import polars as pl

    from zoo_spectra.classes import distances_of
    from zoo_spectra.terminal.matrix_files import check_name, write_matrix

    if output is None:
        raise typer.BadParameter("--all goes with -o FILE: .parquet, .csv or .npy")
    if len(catalogs) != 1:
        raise typer.BadParameter("--all is of one catalog: give one --in CATALOG")
    check_name(output)
    (catalog,) = catalogs
    matrix = distances_of(catalog, measure, where)
    files = write_matrix(matrix, output)
    rows = count(matrix.networks.height, "network")
    print(f"all distances of {rows} in {', '.join(map(visible, files))}")
    bad = catalog.networks(where).filter(pl.col("status") != "ok").select(pl.len())
    if failed := catalog.collect(bad).item():
        tell(f"{count(failed, 'network')} left out: did not end ok")
