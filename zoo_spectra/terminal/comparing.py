"""How a comparison of two networks is shown: to people, to a machine, as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from zoo_spectra.classes import Comparison
from zoo_spectra.terminal.cells import LEAST, cell, given_up, name_column, no_room
from zoo_spectra.terminal.frames import write_frame, write_whole
from zoo_spectra.terminal.html import page
from zoo_spectra.terminal.neighbours import people_table
from zoo_spectra.text import visible

SHOWN = 40  # rows on a terminal
_OPTIONAL = {"cosine": 7, "e-folds": 7, "shape": 11}


def comparison_table(found: Comparison, width: int) -> RenderableType:
    """A row a constituent, most changed first; at most 40, and how many there are."""
    rows = found.constituents.to_dicts()
    shown = rows if len(rows) <= SHOWN else rows[:SHOWN]
    names = [name_of(row) for row in shown]
    need = {"relation": 15, "change": 7, "what": LEAST} | _OPTIONAL
    gone = given_up(names, need, ["what", "shape", "cosine", "e-folds"], width)
    title = f"{visible(found.one)} and {visible(found.other)}, most changed first"
    table = people_table(title, width)
    name_column(table, "constituent", names)
    columns = [each for each in ("shape", "relation", "change", "cosine", "e-folds", "what")
               if each not in gone]  # fmt: skip
    for column in columns:
        numbers = column in ("change", "cosine", "e-folds")
        table.add_column(column, justify="right" if numbers else "left", no_wrap=column != "what",
                         overflow="fold")  # fmt: skip
    for row, name in zip(shown, names, strict=True):
        cells = {
            "shape": f"{row['rows']}×{row['columns']}",
            "relation": row["relation"],
            "change": _number(row["change"]),
            "cosine": _number(row["cosine"]),
            "e-folds": _number(row["spectral"]),
            "what": row["detail"],
        }
        table.add_row(cell(name), *(cell(cells[column]) for column in columns))
    more = f"{len(rows) - len(shown):,} more rows; --json and -o FILE.csv have all"
    lines = [no_room(gone)] if gone else []
    if len(shown) < len(rows):
        lines.append(cell(more))
    return Group(table, *lines)


def name_of(row: dict[str, Any]) -> str:
    """The name of a pair in a table, both where they differ."""
    one, other = row["constituent"], row["other"]
    if one == other or other is None:
        return str(one)
    return str(other) if one is None else f"{one} = {other}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def json_of(found: Comparison) -> dict[str, object]:
    """What a machine is given: the keys are those of ``Comparison``; facts are objects."""
    rows = [
        row | {"facts": json.loads(row["facts"])} for row in found.constituents.to_dicts()
    ]  # fmt: skip
    return {
        "a": found.one,
        "b": found.other,
        "verdict": found.verdict,
        "related": found.related,
        "p_value": found.p_value,
        "evidence": list(found.evidence),
        "constituents": rows,
    }


def write_comparison(found: Comparison, path: Path) -> None:
    """The table as .csv, change along the network as .svg, both as .html.

    Raises BadParameter where it cannot be written, FigureError where what draws is not installed.
    """
    from zoo_spectra.report import content_of, draw_comparison

    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_frame(found.constituents, path)
        return
    drawn = content_of(draw_comparison(found), ".svg")
    if suffix == ".svg":
        write_whole(path, drawn)
        return
    title = f"{found.one} and {found.other}: {found.verdict}"
    tables = {"": found.constituents.drop("facts")}
    write_whole(path, page(title, drawn.decode(), found.evidence, tables))


@contextmanager
def watched(quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """What is told how far a comparison is: a bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda *_: None
        return
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None, count="")

        def tell(what: str, done: int, of: int) -> None:
            count = f"{done:,}/{of:,}" if of else ""
            bar.update(
                task, description=visible(what), completed=done, total=of or None, count=count
            )

        yield tell
