"""``duplicates``: which networks of a catalog are there twice, or in disguise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo_spectra.terminal.arguments import AsJson, CatalogPath, standard_output
from zoo_spectra.terminal.commands.nearest import AsCsv, tell
from zoo_spectra.text import visible


def duplicates(
    catalog: CatalogPath,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file: .csv, .json, .parquet or .xlsx.")
    ] = None,
) -> None:
    """Groups of equal weights, of equal spectra with other weights, and of near spectra."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.classes import duplicates_of
    from zoo_spectra.terminal.doubles import duplicates_table, summary_of
    from zoo_spectra.terminal.frames import hand_over

    if sum((as_csv, as_json, output is not None)) > 1:
        raise typer.BadParameter("give one of --csv, --json and -o")
    found = duplicates_of(Catalog(catalog))
    lines = [summary_of(found), *found.notes]
    if hand_over(found.rows, as_csv, as_json, output):
        for line in lines:
            tell(line)
        return
    out = standard_output()
    if not found.rows.is_empty():
        out.print(duplicates_table(found.rows, out.width))
    for line in lines:
        out.print(visible(line), soft_wrap=True, highlight=False, markup=False)
