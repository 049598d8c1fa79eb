"""``plot``: a figure of a catalog for a paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, cast

import typer

from zoo_spectra.defaults import (
    DEFAULT_ACCURACY,
    DEFAULT_LINKAGE,
    DEFAULT_MEASURE,
    Linkage,
    Measure,
)
from zoo_spectra.report import FIGURES
from zoo_spectra.terminal.arguments import AsJson, CatalogPath
from zoo_spectra.terminal.commands.classes import LinkageName, MeasureName, WhereOption
from zoo_spectra.text import visible

_ABOUT = "; ".join(f"{name}: {figure.about}" for name, figure in FIGURES.items())


def plot(
    figure: Annotated[str, typer.Argument(metavar="FIGURE", help=f"{_ABOUT}.")],
    catalog: CatalogPath,
    networks: Annotated[
        list[str] | None, typer.Argument(help="Names, sources or ids; by default all.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file: .svg, .png or .pdf.")
    ] = None,
    where: WhereOption = None,
    measure: Annotated[
        MeasureName | None, typer.Option("--measure", help="Of map, tree and sweep (pooled).")
    ] = None,
    linkage: Annotated[
        LinkageName | None, typer.Option("--linkage", help="Of tree and sweep (average).")
    ] = None,
    accuracy: Annotated[
        float | None,
        typer.Option(min=0.0, max=1e6, help=f"ε of tree, in e-folds ({DEFAULT_ACCURACY:g})."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="What tells many networks apart: a column, or class (family)."),
    ] = None,
    nulls: Annotated[
        str | None,
        typer.Option("--nulls", metavar="MODEL", help="Of csd: draws of a null model behind."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A figure for a paper: axes with units, legible in grey. It says what is left out."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.report import Wanted, check_kind, check_suffix, content_of, draw
    from zoo_spectra.terminal.frames import write_whole

    check_kind(figure)
    given = {
        "measure": measure,
        "linkage": linkage,
        "accuracy": accuracy,
        "by": by,
        "nulls": nulls,
    }
    for option, value in given.items():
        if value is not None and option not in FIGURES[figure].takes:
            takers = ", ".join(name for name, each in FIGURES.items() if option in each.takes)
            raise typer.BadParameter(f"--{option} is for {takers}, not for {figure}")
    if output is None:
        raise typer.BadParameter("say where the figure goes: -o FILE.svg, .png or .pdf")
    suffix = output.suffix.lower()
    check_suffix(suffix)
    wanted = Wanted(
        Catalog(catalog),
        tuple(networks or ()),
        where,
        measure=cast(Measure, measure.value if measure else DEFAULT_MEASURE),
        linkage=cast(Linkage, linkage.value if linkage else DEFAULT_LINKAGE),
        accuracy=DEFAULT_ACCURACY if accuracy is None else accuracy,
        by=by or "family",
        nulls=nulls,
    )
    picture = draw(figure, wanted)
    write_whole(output, content_of(picture, suffix))
    if as_json:
        print(json.dumps({"file": str(output), "said": picture.said}))
        return
    for line in picture.said:
        print(visible(line))
    print(f"written: {visible(output)}")
