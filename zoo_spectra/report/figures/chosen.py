"""Which networks a figure shows, under which names, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from zoo_spectra.catalog import WHOLE, check_sound, is_old_estimate
from zoo_spectra.classes import Pairs, pairs_of
from zoo_spectra.errors import FigureError, nearest
from zoo_spectra.method import METHOD_VERSION, S_EDGES
from zoo_spectra.report.figures import Wanted
from zoo_spectra.report.figures.style import MOST
from zoo_spectra.text import count, visible

_ENSEMBLES = ("coe", "cue", "cse")
LENGTHS = {"density": len(S_EDGES) + 1} | {f"csd_fluctuation_{b}": len(S_EDGES) for b in _ENSEMBLES}
NAMED = 6  # groups that are named in a line
MOST_PAIRED = 3_000  # networks: all eigenvalues of a matrix of that order take seconds


@dataclass(frozen=True)
class Chosen:
    """``rows``: ``network_id``, ``label``, ``group`` and the columns asked for, a row a network.

    ``left_out``: lines on what is not among them.
    """

    rows: pl.DataFrame
    left_out: tuple[str, ...]


def condition_of(wanted: Wanted) -> str | None:
    """The networks that are wanted, as a condition in SQL. Raises CatalogError for a bad name.

    A network that is named must have a result; one that a condition finds is left out otherwise.
    """
    if not wanted.names:
        return wanted.where
    rows = [wanted.catalog.network(name) for name in wanted.names]
    for row in rows:
        check_sound(wanted.catalog, row)
    ids = (str(row["network_id"]).replace("'", "''") for row in rows)
    quoted = ", ".join(f"'{each}'" for each in ids)
    return f"network_id IN ({quoted})"


def chosen(wanted: Wanted, columns: Sequence[str] = ()) -> Chosen:
    """The networks that can be drawn, by group and name; named ones in the order they were named.

    Raises FigureError where there is none, and for a column ``by`` that there is not.
    """
    catalog, where = wanted.catalog, condition_of(wanted)
    view = catalog.networks(where)
    if wanted.by == "class":
        labels = catalog.classes().select("network_id", "commit_id", "class")
        view = view.join(labels, on=["network_id", "commit_id"], how="left")
    known = view.collect_schema()
    if wanted.by not in known or known[wanted.by].is_nested():
        plain = [name for name, kind in known.items() if not kind.is_nested()]
        raise FigureError(f"no column {wanted.by!r} to tell by; {nearest(wanted.by, plain)}")
    ok, current = pl.col("status") == "ok", pl.col("method_version") == METHOD_VERSION
    whole = WHOLE["pooled"] & WHOLE["depth"]
    for column in {*columns} & LENGTHS.keys():
        whole &= (pl.col(column).list.len() == LENGTHS[column]).fill_null(False)
    old = is_old_estimate()
    told = catalog.collect(view.select(ok=ok, current=current, old=old, whole=whole))
    group = pl.col(wanted.by).cast(pl.String).fill_null("").alias("group")
    found = view.filter(ok & current & ~old & whole).select(
        "network_id", "name", "source", group, *columns
    )
    rows = catalog.collect(found)
    if rows.is_empty():
        which = "" if where is None else " that meets the condition"
        raise FigureError(f"{catalog.storage.file()} has no network with a result{which}")
    rows = rows.with_columns(label=unique_labels(rows), group=_told("group", "(none)"))
    if wanted.names:
        order = {catalog.network(name)["network_id"]: at for at, name in enumerate(wanted.names)}
        rows = rows.sort(pl.col("network_id").replace_strict(order, return_dtype=pl.Int64))
    else:
        rows = rows.sort("group", "name", "network_id")
    return Chosen(rows.drop("source"), tuple(_left_out(told)))


def paired(wanted: Wanted, what: str) -> tuple[Chosen, Pairs]:
    """What was chosen, in the order of the distances of all pairs. ``what``: "a map", or such.

    Errors as ``chosen`` and ``pairs_of``; FigureError for more than 3,000 networks.
    """
    found = chosen(wanted)
    if found.rows.height > MOST_PAIRED:
        raise FigureError(
            f"{found.rows.height:,} networks are too many for {what}, which has at most "
            f"{MOST_PAIRED:,}: choose some with --where"
        )
    pairs = pairs_of(wanted.catalog, wanted.measure, condition_of(wanted))
    order = pairs.networks.select("network_id")
    rows = order.join(found.rows, on="network_id", how="left", maintain_order="left")
    return replace(found, rows=rows), pairs


def _told(column: str, nothing: str) -> pl.Expr:
    shown = pl.col(column).map_elements(visible, return_dtype=pl.String)
    return pl.when(pl.col(column) == "").then(pl.lit(nothing)).otherwise(shown)


def unique_labels(rows: pl.DataFrame) -> pl.Series:
    """Names as they are shown; of those that several networks have, the sources."""
    alone = pl.col("name").is_unique()
    names = rows.select(pl.when(alone).then("name").otherwise("source")).to_series()
    return pl.Series("label", [visible(name) for name in names], pl.String)


def _left_out(told: pl.DataFrame) -> list[str]:
    reasons = {
        "did not end ok": told.filter(~pl.col("ok")).height,
        f"of another method version than {METHOD_VERSION}": told.filter(
            pl.col("ok") & ~pl.col("current")
        ).height,
        "estimated without an error of the CSD": told.filter("ok", "current", "old").height,
        "without a curve": told.filter("ok", "current", ~pl.col("old") & ~pl.col("whole")).height,
    }
    return [f"left out: {count(n, 'network')} {why}" for why, n in reasons.items() if n]


def largest_groups(groups: Sequence[str], most: int = MOST) -> list[str]:
    """The groups with most members, at most ``most``, by size and then by name."""
    sizes = Counter(groups)
    return sorted(sizes, key=lambda each: (-sizes[each], each))[:most]


def groups_left_out(groups: Sequence[str], kept: Sequence[str], by: str) -> list[str]:
    """A line on the groups that are not among ``kept``; none where all are."""
    sizes = Counter(groups)
    others = sorted(set(sizes) - set(kept), key=lambda each: (-sizes[each], each))
    if not others:
        return []
    number = sum(sizes[each] for each in others)
    named = ", ".join(others[:NAMED]) + (", …" if len(others) > NAMED else "")
    of = f"{count(number, 'network')} of {len(others):,} more values of {by}"
    return [f"{of} ({named})"]
