"""``report``: a catalog as one HTML file that opens offline."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from zoo_spectra.terminal.arguments import AsJson, CatalogPath
from zoo_spectra.text import count, visible


def report(
    catalog: CatalogPath,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The file, .html.", show_default=True)
    ] = Path("report.html"),
    by: Annotated[
        str | None, typer.Option("--by", help="Also compare the groups of this column.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A catalog as one HTML file that opens offline: runs, map, classes, curves, groups, nulls."""
    from zoo_spectra.catalog import Catalog
    from zoo_spectra.report import write_report

    made = write_report(Catalog(catalog), output, by)
    if as_json:
        print(json.dumps(asdict(made), default=str))
        return
    drawn = "all drawn" if made.drawn == made.networks else f"{made.drawn:,} drawn"
    size = f"{made.size / 1e6:.1f} MB"
    print(f"{visible(made.path)}: {count(made.networks, 'network')}, {drawn}; {size}")
