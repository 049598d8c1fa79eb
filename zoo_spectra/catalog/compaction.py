"""Compaction: many loose parts become a few large ones, sorted by kind, family and name.

Nothing is changed in place. The new parts are written aside first and count only once one small
file, the manifest, names them. Then they take the place of the old ones in the table's folder, so
that who scans it finds each row once; the old ones lie aside until a later compaction, when nobody
can be reading them any more. A crash leaves files that do not count, or lie in the wrong one of the
two places until the next compaction, and a result that is committed meanwhile is a loose part as
before. See ``snapshot.py``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from zoo_spectra.catalog import manifest as manifests
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.lock import exclusive
from zoo_spectra.catalog.manifest import COMPACT, IDLE, MANIFESTS, Manifest, is_idle
from zoo_spectra.catalog.merge import RowIndex, merge, row_index
from zoo_spectra.catalog.order import (
    NARROW,
    latest_removals,
    newest,
    newest_classes,
    shown,
    shown_classes,
)
from zoo_spectra.catalog.parts import examine, has_digest, verify
from zoo_spectra.catalog.snapshot import ASIDE, TABLES, Snapshot, take
from zoo_spectra.errors import CatalogError

# Replaced files stay this long, for those who listed them before: a query, or a LazyFrame.
GRACE = timedelta(minutes=10)
# Files of a compaction that did not end. One on another machine may still be at work.
ABANDONED = timedelta(days=1)
# Spectra of a result without a row: a split network that is not finished, or one replaced by
# other settings, whose shares serve again when the old settings come back.
KEEP_UNFINISHED, KEEP_REPLACED = timedelta(days=30), timedelta(days=1)

_ORDER = ("kind", "family", "name", "network_id")
_CLASSES = (
    *("classification_id", "classified_at", "run"),
    *("class", "name", "network_id", "commit_id"),
)


@dataclass(frozen=True)
class Compaction:
    """What a compaction did. ``parts`` are those of all tables together, as are ``rows``."""

    parts_before: int
    parts_after: int
    rows: int
    deleted: int
    seconds: float = 0.0


def compact(catalog: Catalog) -> Compaction:
    """Merge a catalog's parts, and delete what earlier compactions replaced.

    Safe beside readers and workers, and when it is killed. Raises CatalogError when another
    compaction is at work, when a part is damaged (nothing is changed then), or when the catalog
    cannot be written.
    """
    started = datetime.now(UTC)
    catalog.verify()
    with exclusive(catalog.storage, "compaction"):
        base = take(catalog.storage)
        if _put_right(base, base.manifest):  # what a killed compaction has left
            base = take(catalog.storage)
        deleted = _sweep(base, started)
        before = sum(len(base.names(table)) for table in TABLES)
        if _is_compact(base, started):
            return Compaction(before, before, 0, deleted)
        _look_at(base)
        orders, idle, run = _select(base, started)
        _look_at_unused(base, orders)
        identity = secrets.token_hex(4)
        prefix = f"{COMPACT}{identity}-"
        parts = {table: merge(base, table, orders[table], prefix) for table in TABLES}
        prefix = f"{COMPACT}{identity}{IDLE}"
        parts["spectra"] |= merge(base, "spectra", orders["idle"], prefix)
        manifest = Manifest(
            base.manifest.number + 1,
            identity,
            _text(started),
            parts,
            {table: _replaced(base, table, started) for table in TABLES},
            idle,
            run,
        )
        _publish(catalog, base, manifest)
        _put_right(base, manifest)
    return Compaction(
        before,
        sum(len(named) for named in parts.values()),
        sum(order.height for order in orders.values()),
        deleted,
        (datetime.now(UTC) - started).total_seconds(),
    )


def _look_at(base: Snapshot) -> None:
    """Raise CatalogError for a part that must not be merged, by name; nothing is changed then."""
    for table in TABLES:
        for name in base.names(table):
            if base.storage.is_local:
                verify(base, table, name)
            examine(base, table, name, deep=not has_digest(name))


def _look_at_unused(base: Snapshot, orders: Mapping[str, RowIndex]) -> None:
    """The same for parts of an object store that a merge would not fetch and so not verify."""
    if base.storage.is_local:
        return
    for table in TABLES:
        used = {file for order in _orders_of(table, orders) for file in order["file"].unique()}
        for file, name in enumerate(base.names(table)):
            if file not in used:
                verify(base, table, name)


def _orders_of(table: str, orders: Mapping[str, RowIndex]) -> list[RowIndex]:
    return [orders[table], *([orders["idle"]] if table == "spectra" else [])]


def _is_compact(base: Snapshot, now: datetime) -> bool:
    due = any(_time(until) <= now for until in base.manifest.idle.values())
    return not due and not any(base.loose[table] for table in TABLES)


def _select(base: Snapshot, now: datetime) -> tuple[dict[str, RowIndex], dict[str, str], int]:
    """The rows to keep (``file``, ``row``) of each table, in order, the idle results, and the run.

    Spectra of idle results are apart, as ``idle``. The run is the largest number of one.
    """
    networks = row_index(base, "networks", (*NARROW, *_ORDER[:3]))
    removals = row_index(base, "removals", (*NARROW, "classification", "removed_at"))
    removed = latest_removals(removals)
    current = shown(newest(networks.lazy()), removed).collect().sort(_ORDER).with_row_index("rank")
    known = row_index(base, "spectra", ("commit_id", "position"))
    idle = _idle(base, known, networks, current, now)
    ranks = pl.concat(
        [
            current.select("commit_id", "rank"),
            pl.DataFrame(
                {
                    "commit_id": list(idle),
                    "rank": pl.Series(range(len(idle)), dtype=pl.UInt32) + current.height,
                },
                schema={"commit_id": pl.String, "rank": pl.UInt32},
            ),
        ]
    ).unique("commit_id", keep="first")
    spectra = (
        known.join(ranks, on="commit_id", how="inner", maintain_order="left")
        .unique(["commit_id", "position"], keep="first", maintain_order=True)
        .sort("rank", "position")
    )
    classes = row_index(base, "classes", _CLASSES)
    kept = shown_classes(newest_classes(classes.lazy()), removed).collect()
    runs = (base.manifest.run, networks["run"].max(), removals["run"].max())
    return (
        {
            "networks": current,
            "spectra": spectra.filter(pl.col("rank") < current.height),
            "idle": spectra.filter(pl.col("rank") >= current.height),
            "classes": kept.sort("class", "name"),
            "removals": removals.sort("removed_at", "network_id"),
        },
        idle,
        max(run for run in runs if isinstance(run, int)),
    )


def _idle(
    base: Snapshot, spectra: RowIndex, networks: RowIndex, current: pl.DataFrame, now: datetime
) -> dict[str, str]:
    """The results with spectra and no current row, in order, and until when they are kept."""
    rowless = set(spectra["commit_id"].unique()) - set(current["commit_id"])
    finished = set(networks["commit_id"])
    until = {}
    for commit in sorted(rowless):
        keep = KEEP_REPLACED if commit in finished else KEEP_UNFINISHED
        until[commit] = base.manifest.idle.get(commit) or _text(now + keep)
    return {commit: when for commit, when in until.items() if _time(when) > now}


def _replaced(base: Snapshot, table: str, now: datetime) -> dict[str, Sequence[str]]:
    """The files that must not count any more: those merged now, and earlier ones still there."""
    there = {*base.listed[table], *_aside(base, table)}
    earlier = {
        when: kept
        for when, names in base.manifest.replaced.get(table, {}).items()
        if (kept := [name for name in names if name in there])
    }
    return {**earlier, _text(now): [*base.compact[table], *base.loose[table]]}


def _publish(catalog: Catalog, base: Snapshot, manifest: Manifest) -> None:
    """Make the compaction count, unless another one was faster (possible on an object store)."""
    storage = base.storage
    newest_one = manifests.newest_manifest(storage)
    if newest_one != (base.manifest.file if base.manifest.number else None):
        made = [f"{ASIDE}/{table}/{name}" for table in TABLES for name in manifest.parts[table]]
        _delete(base, made)
        raise CatalogError(
            f"another compaction of {storage.file()} has ended meanwhile; its result stands, and "
            "nothing is lost"
        )
    for table in TABLES:
        if gone := set(manifest.parts[table]) - _aside(base, table):
            raise CatalogError(
                f"{storage.file(table, min(gone))} was deleted during this compaction, which "
                "therefore does not count; run it again"
            )
    catalog.verify()
    storage.write(f"{MANIFESTS}/{manifest.file}", manifest.encode())


def _put_right(base: Snapshot, manifest: Manifest) -> int:
    """Move the parts that count into their table's folder, then those replaced out of it.

    In this order, because in between rows are there twice: by the rule for results of a network
    that is no fault, and a row that is missing would be one. Returns the number of files moved.
    """
    moves: list[tuple[str, str]] = []
    for table in TABLES:
        here = {entry.name for entry in base.storage.entries(table)}
        for name in manifest.parts.get(table, {}):
            if name not in here and not is_idle(name):
                moves.append((f"{ASIDE}/{table}/{name}", f"{table}/{name}"))
        for name in sorted(manifest.replaced_files(table) & here):
            moves.append((f"{table}/{name}", f"{ASIDE}/{table}/{name}"))
    for name, target in moves:
        base.storage.move(name, target)
    return len(moves)


def _sweep(base: Snapshot, now: datetime) -> int:
    """Delete what nobody reads any more; gives the number of files."""
    storage, manifest = base.storage, base.manifest
    useless: list[str] = []
    for table in TABLES:
        old = {
            name
            for when, names in manifest.replaced.get(table, {}).items()
            if _time(when) + GRACE <= now
            for name in names
        }
        counted, replaced = manifest.parts.get(table, {}), manifest.replaced_files(table)
        for folder in (table, f"{ASIDE}/{table}"):
            for entry in storage.entries(folder):
                left = entry.name.endswith(".tmp") or entry.name.startswith(COMPACT)
                left = left and entry.name not in counted and entry.name not in replaced
                abandoned = left and entry.written < (now - ABANDONED).timestamp()
                if entry.is_file and (entry.name in old or abandoned):
                    useless.append(f"{folder}/{entry.name}")
    if manifest.number and _time(manifest.made_at) + GRACE <= now:
        for entry in storage.entries(MANIFESTS):
            if 0 < manifests.number_of(entry.name)[0] < manifest.number:
                useless.append(f"{MANIFESTS}/{entry.name}")
    return _delete(base, useless)


def _aside(base: Snapshot, table: str) -> set[str]:
    return {entry.name for entry in base.storage.entries(f"{ASIDE}/{table}")}


def _delete(base: Snapshot, names: Sequence[str]) -> int:
    for name in names:
        base.storage.delete(name)
    return len(names)


def _text(time: datetime) -> str:
    return time.isoformat()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
