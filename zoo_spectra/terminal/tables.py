"""Catalog frames as tables for people."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import polars as pl
from rich.table import Table
from rich.text import Text

from zoo_spectra.runner import Summary


def class_table(classes: pl.DataFrame) -> Table:
    """One row a class of two or more: size, kinds, families, medoid, widest distance, stability.

    Networks that are alone in their class are named below the table.
    """
    accuracy, linkage = classes.select("accuracy", "linkage").row(0)
    table = Table(
        title=f"Equivalence classes at ε = {accuracy:g} e-folds, {linkage} linkage",
        title_justify="left",
    )
    for name, justify in (("class", "right"), ("size", "right"), ("kind", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("families (members)", overflow="fold")
    table.add_column("medoid", overflow="fold")
    table.add_column("spread", justify="right")
    table.add_column("stability", justify="right")
    groups = classes.partition_by("class", maintain_order=True)
    several = [group for group in groups if group.height > 1]
    for group in several:
        stable = [value for value in group["stability"] if value is not None]
        table.add_row(
            str(group["class"][0]),
            str(group.height),
            " + ".join(sorted(set(group["kind"]))),
            _families(group),
            group["medoid"][0],
            f"{max(group['medoid_distance'].to_list()):.3f}",
            f"{sum(stable) / len(stable):.2f}" if stable else "–",
        )
    alone = [group["name"][0] for group in groups if group.height == 1]
    if alone:
        table.caption = f"and {len(alone)} networks alone in their class: {', '.join(alone)}"
        table.caption_justify = "left"
    return table


def _families(group: pl.DataFrame) -> str:
    common = Counter(f or "(none)" for f in group["family"]).most_common()
    text = ", ".join(f"{family} ({count})" for family, count in common[:4])
    return text + (f", {len(common) - 4} more" if len(common) > 4 else "")


def status_table(networks: pl.DataFrame) -> Table:
    """How many networks of each kind ended how."""
    table = Table("kind", "status", "networks", title="Networks", title_justify="left")
    counted = networks.group_by("kind", "status").len().sort("kind", "status")
    for kind, status, count in counted.iter_rows():
        table.add_row(kind, status, str(count))
    return table


def problem_table(rows: list[tuple[str, str, str | None]]) -> Table:
    """The networks that did not end ok: name, status, reason."""
    table = Table("network", "status", "reason", title="Not analysed", title_justify="left")
    for name, status, reason in rows:
        table.add_row(name, status, reason or "")
    return table


def failed_table(rows: pl.DataFrame) -> Table:
    """The networks that did not end ok: name, status, attempts, reason."""
    table = Table("network", "status", "attempts", "reason", title_justify="left")
    table.title = f"{rows.height} networks did not end ok"
    table.columns[0].overflow = table.columns[3].overflow = "fold"
    for name, status, attempts, reason in rows.iter_rows():
        table.add_row(Text(name), status, str(attempts), Text(reason or ""))
    return table


def network_table(row: dict[str, Any], member: dict[str, Any] | None) -> Table:
    """One network, a line a figure; curves are left to ``query``."""
    table = Table(show_header=False, title=row["name"], title_justify="left")
    table.add_column("what", style="bold")
    table.add_column("value", overflow="fold")
    for key, value in row.items():
        if value is not None and not isinstance(value, list):
            table.add_row(key, f"{value:.6g}" if isinstance(value, float) else str(value))
    if member is not None:
        place = f"{member['class']} of {member['class_size']} members, medoid {member['medoid']}"
        table.add_row("class", f"{place}, at distance {member['medoid_distance']:.4f}")
    return table


def summary_line(summary: Summary) -> str:
    """How a run ended, in one line."""
    counts = ", ".join(
        f"{summary.count(status)} {status}"
        for status in ("ok", "failed", "quarantined")
        if summary.count(status) or status == "ok"
    )
    left = f", {summary.left} left for the next run" if summary.left else ""
    before = f", {summary.done_before} done before" if summary.done_before else ""
    return (
        f"{summary.asked} networks asked for: {counts}{before}{left}; "
        f"{summary.seconds:.1f} s; catalog {summary.catalog}"
    )


def frame_json(frame: pl.DataFrame) -> str:
    """A frame as a JSON array of objects (times in ISO 8601)."""
    return json.dumps(frame.to_dicts(), default=str, ensure_ascii=False)
