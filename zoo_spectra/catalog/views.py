"""Polars views of a snapshot: each network's newest result, whichever part holds it.

Compact parts hold each network once, so they are scanned as they lie, with predicates pushed down.
What loose parts add, replace or remove is found by reading a few narrow columns first; wide columns
are read by the query alone. Only where all is small, that would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from zoo_spectra.catalog.metadata import Field
from zoo_spectra.catalog.order import (
    NARROW,
    is_later,
    latest_removals,
    newest,
    newest_classes,
    shown,
    shown_classes,
)
from zoo_spectra.catalog.scan import scan
from zoo_spectra.catalog.snapshot import Snapshot

# Below this, opening the loose parts a second time costs more than sorting all their columns.
_SMALL_BYTES = 64 << 20
_KEY = ["commit_id", "position"]
Fields = Mapping[str, Field]


@dataclass(frozen=True)
class _Newer:
    """What the loose parts change. ``commits``: their results that are shown.

    ``replaced_networks`` and ``replaced_commits``: rows of the compact parts that are not, any
    more. ``some_lose``: not every loose row is the newest of its network. ``repeated``: a result
    was committed more than once.
    """

    commits: frozenset[str]
    replaced_networks: frozenset[str]
    replaced_commits: frozenset[str]
    some_lose: bool
    repeated: bool


def networks(snapshot: Snapshot, fields: Fields | None = None) -> pl.LazyFrame:
    """A row a network: its newest result, unless that was removed. Raises CatalogError.

    The snapshot is of networks and removals at least.
    """
    if _is_small(snapshot, "networks"):
        return shown(newest(_loose(snapshot, "networks", fields)), _removed(snapshot))
    newer = _newer(snapshot)
    compact = scan(snapshot, "networks", snapshot.compact["networks"], fields)
    if newer is None:
        return compact
    loose = _loose(snapshot, "networks", fields)
    if newer.some_lose:
        loose = _only(loose, "commit_id", newer.commits)
    if newer.repeated:
        loose = newest(loose)
    return _stack(snapshot, _without(compact, "network_id", newer.replaced_networks), loose)


def spectra(snapshot: Snapshot) -> pl.LazyFrame:
    """A row a constituent, of the results that are shown. Raises CatalogError.

    The snapshot is of networks, spectra and removals at least.
    """
    if _is_small(snapshot, "networks") and _is_small(snapshot, "spectra"):
        current = networks(snapshot).select("commit_id")
        rows = _loose(snapshot, "spectra").join(current, on="commit_id", how="semi")
        return rows.unique(["network_id", *_KEY], keep="any", maintain_order=True)
    newer, idle = _newer(snapshot), frozenset(snapshot.manifest.idle)
    compact = scan(snapshot, "spectra", snapshot.compact["spectra"])
    if newer is None:
        return _without(compact, "commit_id", idle)
    loose = _loose(snapshot, "spectra")
    keys = loose.select(_KEY).collect()
    committed = frozenset(keys["commit_id"].unique())
    repeated = frozenset(keys.filter(keys.is_duplicated())["commit_id"].unique())
    # A result's constituent may lie there twice: committed again, or also before a compaction.
    doubtful = idle | newer.replaced_commits
    twice = newer.commits & (repeated | (committed & doubtful))
    once = newer.commits - twice
    kept = _without(compact, "commit_id", (doubtful - newer.commits) | twice)
    frame = _stack(snapshot, kept, loose if committed <= once else _only(loose, "commit_id", once))
    if not twice:
        return frame
    both = _only(_stack(snapshot, compact, loose), "commit_id", twice)
    return pl.concat([frame, both.unique(_KEY, keep="any")])


def pieces(snapshot: Snapshot, commit_id: str) -> pl.LazyFrame:
    """A row a constituent of one result, finished or not, by position."""
    rows = everything(snapshot, "spectra").filter(pl.col("commit_id") == commit_id)
    return rows.unique("position", keep="any").sort("position")


def classes(snapshot: Snapshot) -> pl.LazyFrame:
    """A row a network of the newest classification, without those removed since.

    The snapshot is of classes and removals at least.
    """
    frame = newest_classes(everything(snapshot, "classes"))
    return shown_classes(frame, _removed(snapshot)).sort("class", "name")


def removals(snapshot: Snapshot) -> pl.LazyFrame:
    """A row a network and removal."""
    return everything(snapshot, "removals")


def everything(snapshot: Snapshot, table: str) -> pl.LazyFrame:
    """Every row of a table's visible parts, also those that are not the newest."""
    return scan(snapshot, table, snapshot.names(table))


def last_run(snapshot: Snapshot) -> int:
    """The largest number of a run so far; the snapshot is of networks and removals at least."""
    numbers = [snapshot.manifest.run]
    for table in ("networks", "removals"):
        numbers.append(_loose(snapshot, table).select(pl.col("run").max()).collect().item() or 0)
    return max(numbers)


def _removed(snapshot: Snapshot) -> pl.DataFrame | None:
    """Of each network the removal that reaches furthest; None when there was none."""
    if not snapshot.names("removals"):
        return None
    return latest_removals(removals(snapshot).collect())


def _is_small(snapshot: Snapshot, table: str) -> bool:
    size = sum(snapshot.listed[table][name].size for name in snapshot.loose[table])
    return not snapshot.manifest.number and size < _SMALL_BYTES


def _newer(snapshot: Snapshot) -> _Newer | None:
    """None when every row of the compact parts is shown, and no other one.

    Compact removals were applied to the compact rows when both were made.
    """
    fresh = _loose(snapshot, "removals").collect() if snapshot.loose["removals"] else None
    if not snapshot.loose["networks"] and fresh is None:
        return None
    index = _loose(snapshot, "networks").select(NARROW).collect()
    last = shown(newest(index.lazy()), _removed(snapshot)).collect()
    touched = frozenset(last["network_id"])
    if fresh is not None:
        fresh = latest_removals(fresh)
        touched |= frozenset(fresh["network_id"])
    compact = scan(snapshot, "networks", snapshot.compact["networks"]).select(NARROW)
    beside = _only(compact, "network_id", touched).collect()
    standing = shown(beside.lazy(), fresh).collect()
    both = standing.join(last, on="network_id", suffix=":loose")
    beaten = frozenset(both.filter(is_later(":loose"))["network_id"])
    commits = frozenset(last.filter(~pl.col("network_id").is_in(beaten))["commit_id"])
    stays = pl.col("network_id").is_in(beaten | (frozenset(standing["network_id"]) - _ids(last)))
    replaced = beside.filter(~stays)
    kept = index.filter(pl.col("commit_id").is_in(commits))
    return _Newer(
        commits,
        frozenset(replaced["network_id"]),
        frozenset(replaced["commit_id"]),
        some_lose=kept.height < index.height,
        repeated=bool(kept["network_id"].is_duplicated().any()),
    )


def _ids(frame: pl.DataFrame) -> frozenset[str]:
    return frozenset(frame["network_id"])


def _loose(snapshot: Snapshot, table: str, fields: Fields | None = None) -> pl.LazyFrame:
    return scan(snapshot, table, snapshot.loose[table], fields)


def _stack(snapshot: Snapshot, compact: pl.LazyFrame, loose: pl.LazyFrame) -> pl.LazyFrame:
    # Without a compaction there is nothing to stack, and a plain scan optimises better.
    return pl.concat([compact, loose]) if snapshot.manifest.number else loose


def _only(frame: pl.LazyFrame, column: str, values: Collection[str]) -> pl.LazyFrame:
    return frame.filter(pl.col(column).is_in(list(values)))


def _without(frame: pl.LazyFrame, column: str, values: Collection[str]) -> pl.LazyFrame:
    return frame.filter(~pl.col(column).is_in(list(values))) if values else frame
