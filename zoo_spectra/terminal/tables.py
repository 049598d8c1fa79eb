"""Catalog frames as tables for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zoo_spectra.terminal.cells import cell, name_column
from zoo_spectra.terminal.null_verdict import verdict
from zoo_spectra.text import count, percent, visible

_SHOWN = 20  # names in a line of them, on a terminal


def class_table(classes: pl.DataFrame, whole: bool = True) -> RenderableType:
    """One row a class of two or more: size, kinds, families, medoid, widest distance, stability.

    Networks that are alone in their class are named below the table, twenty of them unless
    ``whole``; where all are alone, only that is said. So is how classes were linked, unless all
    are exact.
    """
    accuracy, linkage, measure = classes.select("accuracy", "linkage", "measure").row(0)
    where = f"ε = {accuracy:g} e-folds, {linkage} linkage{_measured(measure)}"
    groups = classes.partition_by("class", maintain_order=True)
    several = [group for group in groups if group.height > 1]
    alone = [group["name"][0] for group in groups if group.height == 1]
    shown = len(alone) if whole else _SHOWN
    if not several:
        return cell(f"No two networks are equivalent at {where}: {_alone(alone, shown)}.")
    table = Table(title=Text(f"Equivalence classes at {where}"), title_justify="left")
    for name, justify in (("class", "right"), ("size", "right"), ("kind", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("families (members)", overflow="fold")
    name_column(table, "medoid", (group["medoid"][0] for group in several))
    table.add_column("spread", justify="right")
    table.add_column("stability", justify="right")
    for group in several:
        stable = [value for value in group["stability"] if value is not None]
        table.add_row(
            str(group["class"][0]),
            str(group.height),
            " + ".join(sorted(set(group["kind"]))),
            cell(_families(group)),
            cell(group["medoid"][0]),
            f"{max(group['medoid_distance'].to_list()):.3f}",
            f"{sum(stable) / len(stable):.2f}" if stable else "–",
        )
    below = [cell(f"and {_alone(alone, shown)}")] if alone else []
    return Group(table, *below, *_linked(classes))


def _measured(measure: str | None) -> str:
    return "" if measure in (None, "pooled") else f", measure {measure}"


def _linked(classes: pl.DataFrame) -> list[Text]:
    """A line on how classes were linked; none where all are exact, or nobody knows."""
    counted = classes.group_by("linked").agg(pl.col("class").n_unique()).rows()
    number: Mapping[str | None, int] = dict(counted)
    parts = [f"{number[how]:,} {how}" for how in ("exact", "in steps", "coarse") if how in number]
    if (parts and "exact" not in number) or len(parts) > 1:
        return [cell(f"how classes were linked (docs/method.md): {', '.join(parts)}")]
    return []


def sweep_table(rows: pl.DataFrame, linkage: str, measure: str) -> RenderableType:
    """A row an accuracy: classes, the largest, networks alone, mixed ones, silhouette, stability.

    The line below says where the silhouette is best.
    """
    title = f"Classes by accuracy, {linkage} linkage{_measured(measure)}"
    table = Table(title=Text(title), title_justify="left")
    for name in ("ε", "classes", "largest", "alone", "of both kinds", "silhouette", "stability"):
        table.add_column(name, justify="right")
    for row in rows.iter_rows(named=True):
        numbers = [f"{row[name]:,}" for name in ("classes", "largest", "singletons", "mixed")]
        means = [row["silhouette"], row["stability"]]
        shares = ["–" if value is None else f"{value:.3f}" for value in means]
        style = "bold" if row["best"] else None
        table.add_row(f"{row['accuracy']:g}", *numbers, *shares, style=style)
    best = rows.filter("best")
    if best.is_empty():
        return Group(table, cell("No ε gives more than one class and fewer than all networks."))
    accuracy, classes, value = best.select("accuracy", "classes", "silhouette").row(0)
    found = f"{count(classes, 'class', 'classes')}, silhouette {value:.3f}"
    return Group(table, cell(f"Best silhouette at ε = {accuracy:g}: {found}"))


def _alone(names: Sequence[str], shown: int) -> str:
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    whose = "its" if len(names) == 1 else "their"
    named = ", ".join(visible(name) for name in names[:shown])
    return f"{count(len(names), 'network')} alone in {whose} class: {named}{more}"


def _families(group: pl.DataFrame) -> str:
    common = Counter(f or "(none)" for f in group["family"]).most_common()
    text = ", ".join(f"{family} ({number})" for family, number in common[:4])
    return text + (f", {len(common) - 4} more" if len(common) > 4 else "")


def member_table(members: pl.DataFrame) -> Table:
    """The members of one class, nearest to the medoid first.

    Where ``coverage`` or ``skipped`` of some is not all, it is said of each: how much of its stored
    entries is in constituents, and how many matrices are left out.
    """
    label, size, medoid = members.select("class", "class_size", "medoid").row(0)
    title = f"Class {label}: {count(size, 'member')}, medoid {visible(medoid)}"
    table = Table(title=Text(title), title_justify="left")
    name_column(table, "network", members["name"])
    for column, justify in (("kind", "left"), ("family", "left"), ("distance", "right")):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    table.add_column("stability", justify="right")
    partly = "coverage" in members.columns and bool((members["coverage"] < 1).any())
    lacking = "skipped" in members.columns and bool((members["skipped"] > 0).any())
    for title in [*(["coverage"] if partly else []), *(["left out"] if lacking else [])]:
        table.add_column(title, justify="right")
    for row in members.sort("medoid_distance", "name").iter_rows(named=True):
        stable = "–" if row["stability"] is None else f"{row['stability']:.2f}"
        cells = [cell(row["name"]), row["kind"], cell(row["family"])]
        cells += [f"{row['medoid_distance']:.4f}", stable]
        if partly:
            cells.append("–" if row["coverage"] is None else percent(row["coverage"]))
        if lacking:
            cells.append("–" if row["skipped"] is None else f"{row['skipped']:,}")
        table.add_row(*cells)
    return table


def status_table(networks: pl.DataFrame) -> Table:
    """How many networks of each kind ended how."""
    table = Table("kind", "status", "networks", title="Networks", title_justify="left")
    counted = networks.group_by("kind", "status").len().sort("kind", "status")
    for kind, status, number in counted.iter_rows():
        table.add_row(kind, status, f"{number:,}")
    return table


def problem_table(rows: Iterable[tuple[str, str, str | None]]) -> Table:
    """The networks that did not end ok: name, status, reason."""
    found = list(rows)
    table = Table(title="Not analysed", title_justify="left")
    name_column(table, "network", (name for name, _, _ in found))
    table.add_column("status")
    table.add_column("reason", overflow="fold")
    for name, status, reason in found:
        table.add_row(cell(name), status, cell(reason or ""))
    return table


def failed_table(rows: pl.DataFrame) -> Table:
    """The networks that did not end ok: name, status, attempts, reason."""
    title = f"{count(rows.height, 'network')} did not end ok"
    table = Table(title=title, title_justify="left")
    name_column(table, "network", rows["name"])
    table.add_column("status")
    table.add_column("attempts", justify="right")
    table.add_column("reason", overflow="fold")
    for name, status, attempts, reason in rows.iter_rows():
        table.add_row(cell(name), status, str(attempts), cell(reason or ""))
    return table


def removed_table(rows: pl.DataFrame) -> Table:
    """Networks that are, or would be, removed: name, family, status, source."""
    table = Table()
    name_column(table, "network", rows["name"])
    for column in ("family", "status", "source"):
        table.add_column(column, overflow="fold")
    for row in rows.iter_rows(named=True):
        table.add_row(*(cell(row[column]) for column in ("name", "family", "status", "source")))
    return table


def network_table(
    row: Mapping[str, Any],
    member: Mapping[str, Any] | None,
    nulls: Sequence[Mapping[str, Any]] = (),
) -> RenderableType:
    """One network, a line a figure; curves are left to ``query``. A traceback is whole, below.

    ``nulls``: rows of ``against_nulls``.
    """
    table = Table(show_header=False, title=cell(row["name"]), title_justify="left")
    table.add_column("what", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for key, value in row.items():
        if value is None or isinstance(value, list) or key == "traceback":
            continue
        table.add_row(cell(key), cell(f"{value:.6g}" if isinstance(value, float) else value))
    if member is not None:
        table.add_row("class", cell(_place(member)))
    for each in nulls:
        table.add_row(cell(f"null {each['model']}"), cell(verdict(each)))
    told = row.get("traceback")
    if not told:
        return table
    lines = Text("\n".join(visible(line) for line in str(told).splitlines()))
    return Group(table, Text("Traceback, as the worker had it:", style="bold"), lines)


def _place(member: Mapping[str, Any]) -> str:
    if member["class_size"] == 1:
        return f"{member['class']}, alone in it"
    of = f"{member['class']} of {count(member['class_size'], 'member')}"
    return f"{of}, medoid {member['medoid']}, at distance {member['medoid_distance']:.4f}"


def frame_json(frame: pl.DataFrame) -> str:
    """A frame as a JSON array of objects (times in ISO 8601), in ASCII."""
    return json.dumps(frame.to_dicts(), default=str)
