"""How a run goes, for people and machines: once, or until it ends."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table

from zoo_spectra.catalog import Catalog, RunTold, last_record, run_told
from zoo_spectra.terminal.cells import NARROW, cell, name_column
from zoo_spectra.text import count, visible

EVERY = 2.0  # seconds between two looks
LINE_EVERY = 10.0  # seconds between two lines, where there is no terminal
_STATES = {
    "at work": "at work",
    "complete": "complete",
    "stopped": "stopped, the same command goes on",
    "gone": "not finished and its process is gone: run the same command again",
}


def run_lines(told: RunTold) -> list[str]:
    """Which run, by whom and since when; what it was asked for, did, and has left."""
    record = told.record
    if record is None:
        return [f"run {told.run}: what it was asked for was not written down", _counts(told)]
    where = f"process {record.pid} on {record.host}"
    lines = [f"run {told.run}: {_state(told)}; {where}, since {_when(record.since)}"]
    if record.ended is not None:
        lines[0] += f" until {_when(record.ended)}"
    asked = f"{count(record.asked, 'network')} asked for"
    before = record.asked - record.todo
    return [*lines, f"{asked}: {f'{before:,} done before, ' if before else ''}{_counts(told)}"]


def _state(told: RunTold) -> str:
    if told.state == "failed" and told.record is not None:
        return f"ended with an error ({told.record.outcome})"
    if told.state == "not known":
        return "it has not said that it ended, and whether it is at work is not known here"
    return _STATES[told.state]


def _counts(told: RunTold) -> str:
    if told.counts is None:
        return "how many it did is not known any more: the catalog was compacted after a later run"
    some = [f"{number:,} {status}" for status, number in told.counts.items()
            if number or status == "ok"]  # fmt: skip
    return ", ".join([*some, *([] if told.left is None else [f"{told.left:,} left"])])


def _when(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC")


def run_table(told: RunTold, width: int) -> RenderableType:
    """The lines, and a row a process: how many networks it did, and its last one.

    Ray's id of a worker is said where ``width`` leaves room.
    """
    lines = [cell(line) for line in run_lines(told)]
    if told.workers is None or told.workers.is_empty():
        return Group(*lines)
    wide = width > NARROW
    table = Table(padding=(0, 1) if wide else (0, 0))
    hosts = [row or "–" for row in told.workers["host"]]
    name_column(table, "host", hosts)
    for title in ("process", "networks", "not ok"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("last, UTC", no_wrap=True)
    if wide:
        table.add_column("worker", overflow="fold")
    for host, row in zip(hosts, told.workers.iter_rows(named=True), strict=True):
        numbers = [row[each] for each in ("pid", "networks", "not_ok")]
        shown = ["–" if number is None else str(number) for number in numbers]
        shown.append(row["last"].strftime("%m-%d %H:%M:%S"))
        table.add_row(cell(host), *shown, *([cell(row["worker"] or "–")] if wide else []))
    return Group(*lines, table)


def run_json(told: RunTold) -> str:
    """The same as an object, in a line."""
    record: dict[str, Any] = {} if told.record is None else asdict(told.record)
    record.pop("described", None)
    workers = None if told.workers is None else told.workers.to_dicts()
    fields = {"run": told.run, "state": told.state, "counts": told.counts, "left": told.left}
    return json.dumps({**record, **fields, "workers": workers}, default=str)


def follow(
    catalog: Catalog,
    run: int | None,
    out: Console,
    as_json: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> RunTold:
    """Tell how a run goes until it has ended or its process is gone; returns the last word.

    On a terminal a table is drawn anew, elsewhere a line is written where something has changed.
    """
    told = run_told(catalog, run)
    if out.is_terminal and not as_json:
        with Live(run_table(told, out.width), console=out, auto_refresh=False) as live:
            while _goes_on(told):
                sleep(EVERY)
                told = run_told(catalog, told.run)
                live.update(run_table(told, out.width), refresh=True)
        return told
    say = run_json if as_json else lambda each: visible("; ".join(run_lines(each)))
    said = ""
    waited = LINE_EVERY
    while _goes_on(told):
        line = say(told)
        if line != said and waited >= LINE_EVERY:
            print(line, flush=True)
            said, waited = line, 0.0
        sleep(EVERY)
        waited += EVERY
        told = run_told(catalog, told.run)
    if as_json:
        print(run_json(told), flush=True)
    else:
        out.print(run_table(told, out.width))
    return told


def _goes_on(told: RunTold) -> bool:
    """Of a run on another machine only its end is known."""
    return told.state == "at work" or (
        told.state == "not known" and told.record is not None and told.record.ended is None
    )


def exit_code(told: RunTold) -> int:
    """As ``run`` ends: 0 all ok, 1 something is not."""
    bad = told.counts is None or any(n for status, n in told.counts.items() if status != "ok")
    return 1 if bad or told.state != "complete" else 0


def unfinished_line(catalog: Catalog) -> list[str]:
    """A line on the newest run, if it is at work or has not come to its end."""
    record = last_record(catalog)
    if record is None or record.ended is not None:
        return []
    told = run_told(catalog, record.run)
    follow_it = f"zoo-spectra show {shlex.quote(str(catalog.location))} --follow"
    left = "" if told.left is None else f", {told.left:,} of {record.todo:,} left"
    return [visible(f"run {told.run}: {_state(told)}{left}; see it: {follow_it}")]


def show_run(catalog: Catalog, run: int | None, follows: bool, out: Console, as_json: bool) -> None:
    """Show a run once, or follow it to its end and exit as it does."""
    if follows:
        raise typer.Exit(exit_code(follow(catalog, run, out, as_json)))
    told = run_told(catalog, run)
    if as_json:
        print(run_json(told))
    else:
        out.print(run_table(told, out.width))
