"""``nearest``: the networks of catalogs that are nearest to one, or all distances of a catalog."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from zoo_spectra.defaults import DEFAULT_MEASURE, DEFAULT_NEAREST, Measure
from zoo_spectra.terminal.arguments import AsJson, standard_output
from zoo_spectra.terminal.commands.classes import MeasureName, MeasureOption, WhereOption
from zoo_spectra.text import count, message, visible

if TYPE_CHECKING:
    from zoo_spectra.catalog import Catalog

In = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="CATALOG", help="Where to look (the published catalogs)."),
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="A file: .csv, .json, .parquet or .xlsx.")
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
    output: Output = None,
) -> None:
    """The networks nearest to one: distances in e-folds, class, family, parameters."""
    from zoo_spectra import classes
    from zoo_spectra.terminal.frames import hand_over
    from zoo_spectra.terminal.neighbours import neighbour_table

    by = cast(Measure, measure.value)
    if every == (network is not None) or (every and number is not None):
        raise typer.BadParameter("give a NETWORK or a SOURCE, perhaps with -k, or --all -o FILE")
    if sum((as_csv, as_json, output is not None)) > 1:
        raise typer.BadParameter("give one of --csv, --json and -o")
    catalogs = classes.opened(places)
    if every:
        _all(catalogs, by, where, output)
        return
    asked = classes.asked_for(network, catalogs, say=tell)
    found = classes.nearest_of(asked, catalogs, number or DEFAULT_NEAREST, by, where)
    lines = classes.left_out_lines(found)
    if hand_over(found.rows, as_csv, as_json, output):
        for line in lines:
            tell(line)
        return
    out = standard_output()
    out.print(neighbour_table(found.rows, asked.spectrum.name, by, out.width))
    for line in lines:
        out.print(visible(line), soft_wrap=True, highlight=False, markup=False)


def tell(line: str) -> None:
    """Say something beside the result: on standard error."""
    print(f"zoo-spectra: {message(line)}", file=sys.stderr)


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
