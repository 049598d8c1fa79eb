"""``compare``: two networks, weight by weight: is it the same one in disguise?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from zoo_spectra.terminal.arguments import AsJson, standard_output
from zoo_spectra.text import visible

FILES = (".csv", ".html", ".svg")


def compare(
    one: Annotated[str, typer.Argument(metavar="A", help="A source, as checkpoint:a.safetensors.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another, of any adapter.")],
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="Spectra, ranks and orders of all layers of large networks too."
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Say nothing: the exit code tells.")
    ] = False,
    as_json: AsJson = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file: .csv, .html or .svg.")
    ] = None,
) -> None:
    """Is it the same network in disguise? Exit code 0: related, 1: not related."""
    from zoo_spectra import classes
    from zoo_spectra.terminal.comparing import comparison_table, json_of, watched, write_comparison

    if quiet and as_json:
        raise typer.BadParameter("give one of --quiet and --json")
    if output is not None and output.suffix.lower() not in FILES:
        raise typer.BadParameter(f"{output}: the name must end in {', '.join(FILES)}")
    with watched(quiet) as watch:
        found = classes.compare(one, other, every=every, watch=watch)
    if output is not None:
        write_comparison(found, output)
    if as_json:
        print(json.dumps(json_of(found)))
    elif not quiet:
        out = standard_output()
        out.print(comparison_table(found, out.width))
        for line in (*repr(found).splitlines(), *([f"written: {output}"] if output else [])):
            out.print(visible(line), soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(0 if found.related else 1)
