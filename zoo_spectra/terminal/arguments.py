"""Arguments that several commands have, and where they print."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

What = Annotated[
    list[str],
    typer.Argument(
        metavar="JOB.toml | SOURCE…",
        help="One JOB.toml, or source strings such as 'timm:resnet*?seed=0'.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
CatalogPath = Annotated[str, typer.Argument(help="A catalog: a folder, or s3://… or gs://…")]


def standard_output() -> Console:
    """The console of a command's result, as wide as a table needs where no terminal limits it."""
    console = Console()
    # In a file or a pipe there is no width to fit; a table must not be cut.
    return console if console.is_terminal else Console(width=max(console.width, 140))
