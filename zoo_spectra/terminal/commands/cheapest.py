"""``cheapest``: equivalents that cost less, beside what one would take without spectra."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, cast

import typer

from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_MEASURE, DEFAULT_NEAREST, Measure
from zoo_spectra.terminal.arguments import AsCsv, AsJson, TableFile, check_one_way, tell
from zoo_spectra.terminal.commands.classes import MeasureName, MeasureOption, WhereOption
from zoo_spectra.terminal.commands.nearest import In
from zoo_spectra.text import count, visible


def cheapest(
    network: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK | SOURCE",
            help="A name in the catalog, or a source, which is analysed here.",
        ),
    ],
    places: In = None,
    by: Annotated[
        str, typer.Option("--by", help="A cost: a column of the catalog, or of the results.")
    ] = "parameters",
    results: Annotated[
        Path | None,
        typer.Option("--results", help="A CSV with a column model, such as timm's results."),
    ] = None,
    accuracy: Annotated[
        float, typer.Option(min=0.0, max=1e6, help="ε, in e-folds.")
    ] = DEFAULT_ACCURACY,
    measure: MeasureOption = MeasureName(DEFAULT_MEASURE),
    number: Annotated[
        int, typer.Option("-k", "--count", min=1, help="How many networks.")
    ] = DEFAULT_NEAREST,
    where: WhereOption = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: TableFile = None,
) -> None:
    """The equivalents of a network that cost less, and two choices without spectra beside them."""
    from zoo_spectra import classes
    from zoo_spectra.terminal.frames import hand_over, print_told
    from zoo_spectra.terminal.offers import offer_table, summary_of

    check_one_way(as_csv, as_json, output)
    catalogs, compared = classes.opened(places), cast(Measure, measure.value)
    asked = classes.asked_for(network, catalogs, say=tell)
    found = classes.cheaper_than(asked, catalogs, by, results, accuracy, compared, where, number)
    name = visible(asked.spectrum.name)
    lines = [
        summary_of(found, name, by, accuracy, compared),
        *(f"{count(n, 'network')} left out: {why}" for why, n in found.left_out.items()),
    ]
    if not hand_over(found.rows, as_csv, as_json, output, lines):
        print_told(found.rows, partial(offer_table, found.rows, name, by, compared), lines)
