"""``groups``: do groups of networks differ, by how much, and where?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, cast

import typer

from zoo_spectra.defaults import DEFAULT_MEASURE, Measure
from zoo_spectra.terminal.arguments import (
    AsCsv,
    AsJson,
    CatalogPath,
    check_one_way,
    standard_output,
    tell,
)
from zoo_spectra.terminal.commands.classes import MeasureName, MeasureOption, WhereOption
from zoo_spectra.text import visible


def groups(
    catalog: CatalogPath,
    by: Annotated[str, typer.Option("--by", help="The column that says who is in which group.")],
    measure: MeasureOption = MeasureName(DEFAULT_MEASURE),
    within: Annotated[
        str | None, typer.Option("--within", help="A column of strata: compared in each of them.")
    ] = None,
    adjust: Annotated[
        str | None, typer.Option("--adjust", help="Columns allowed for first, as age,sex.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="A column of subjects: scans of one are one unit.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", help="Columns by networks' names: .csv, .tsv or .parquet."),
    ] = None,
    permutations: Annotated[
        int | None,
        typer.Option("--permutations", min=1, max=10**6, help="Shuffles (9,999; 999 if large)."),
    ] = None,
    where: WhereOption = None,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file: .csv, .html, .svg, .png or .pdf."),
    ] = None,
) -> None:
    """Do groups of networks differ, by how much, and in which constituents? PERMANOVA, and more."""
    from zoo_spectra import classes
    from zoo_spectra.terminal.frames import csv_text
    from zoo_spectra.terminal.grouping import FILES, frame_of, group_tables, json_of, write_groups

    check_one_way(as_csv, as_json, output)
    if output is not None and output.suffix.lower() not in FILES:
        raise typer.BadParameter(f"{output}: the name must end in {', '.join(FILES)}")
    found = classes.groups(
        catalog,
        by,
        measure=cast(Measure, measure.value),
        within=within,
        adjust=[each.strip() for each in (adjust or "").split(",") if each.strip()],
        unit=unit,
        where=where,
        table=table,
        permutations=permutations,
    )
    if output is not None:
        write_groups(found, output)
    if as_json:
        print(json.dumps(json_of(found), allow_nan=False))
        return
    if as_csv:
        print(csv_text(frame_of(found)), end="")
        for note in found.notes:
            tell(note)
        return
    out = standard_output()
    for each in group_tables(found, out.width, whole=not out.is_terminal):
        out.print(each)
    written = [f"written: {output}"] if output else []
    for line in (*found.lines(), *found.notes, *written):
        out.print(visible(line), soft_wrap=True, highlight=False, markup=False)
