"""Compaction: many loose parts become a few large ones, sorted by kind, family and name.

Nothing is changed in place. The new parts are written first and count only once one small file, the
manifest, names them; the old ones are deleted by a later compaction, when nobody can be reading
them any more. A crash leaves files that do not count, and a result that is committed meanwhile is
a loose part as before. See ``snapshot.py``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from zoo_spectra.catalog import snapshot as snapshots
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.lock import exclusive
from zoo_spectra.catalog.merge import RowIndex, merge, row_index
from zoo_spectra.catalog.snapshot import COMPACT, MANIFESTS, TABLES, Manifest, Snapshot, take
from zoo_spectra.errors import CatalogError

# Replaced files stay this long, for those who listed them before: a query, or a LazyFrame.
GRACE = timedelta(minutes=10)
# Files of a compaction that did not end. One on another machine may still be at work.
ABANDONED = timedelta(days=1)
# Spectra of a result without a row: a split network that is not finished, or one replaced by
# other settings, whose shares serve again when the old settings come back.
KEEP_UNFINISHED, KEEP_REPLACED = timedelta(days=30), timedelta(days=1)

_ORDER = ("kind", "family", "name", "network_id")


@dataclass(frozen=True)
class Compaction:
    """What a compaction did. ``parts`` are those of the three tables together, as are ``rows``."""

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
    with exclusive(catalog.storage, "compaction"):
        base = take(catalog.storage)
        deleted = _sweep(base, started)
        before = sum(len(base.compact[table]) + len(base.loose[table]) for table in TABLES)
        if _is_compact(base, started):
            return Compaction(before, before, 0, deleted)
        orders, idle = _select(base, started)
        identity = secrets.token_hex(4)
        parts = {
            table: merge(base, table, orders[table], f"{COMPACT}{identity}") for table in TABLES
        }
        manifest = Manifest(
            base.manifest.number + 1,
            identity,
            _text(started),
            parts,
            {table: _replaced(base, table, started) for table in TABLES},
            idle,
        )
        _publish(base, manifest)
    return Compaction(
        before,
        sum(len(named) for named in parts.values()),
        sum(order.height for order in orders.values()),
        deleted,
        (datetime.now(UTC) - started).total_seconds(),
    )


def _is_compact(base: Snapshot, now: datetime) -> bool:
    due = any(_time(until) <= now for until in base.manifest.idle.values())
    return not due and not any(base.loose[table] for table in TABLES)


def _select(base: Snapshot, now: datetime) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    """The rows to keep (``file``, ``row``) of each table, in order, and the idle results."""
    networks = row_index(base, "networks", ("network_id", "commit_id", "finished_at", *_ORDER[:3]))
    newest = networks.sort("finished_at", maintain_order=True).unique(
        "network_id", keep="last", maintain_order=True
    )
    current = newest.sort(_ORDER).with_row_index("rank")
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
    classes = row_index(base, "classes", ("classification_id", "classified_at", "class", "name"))
    latest = classes.sort("classified_at")["classification_id"].tail(1)
    kept = classes.filter(pl.col("classification_id").is_in(latest.implode()))
    return {
        "networks": current,
        "spectra": spectra,
        "classes": kept.sort("class", "name"),
    }, idle


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
    there = {entry.name for entry in base.listed[table]}
    earlier = {
        when: kept
        for when, names in base.manifest.replaced.get(table, {}).items()
        if (kept := [name for name in names if name in there])
    }
    return {**earlier, _text(now): [*base.compact[table], *base.loose[table]]}


def _publish(base: Snapshot, manifest: Manifest) -> None:
    """Make the compaction count, unless another one was faster (possible on an object store)."""
    storage = base.storage
    newest = snapshots.newest_manifest(storage)
    if newest != (base.manifest.file if base.manifest.number else None):
        _delete(base, ((table, manifest.parts[table]) for table in TABLES))
        raise CatalogError(
            f"another compaction of {storage.file()} has ended meanwhile; its result stands, and "
            "nothing is lost"
        )
    for table in TABLES:
        there = {entry.name for entry in storage.entries(table)}
        if gone := set(manifest.parts[table]) - there:
            raise CatalogError(
                f"{storage.file(table, min(gone))} was deleted during this compaction, which "
                "therefore does not count; run it again"
            )
    storage.write(f"{MANIFESTS}/{manifest.file}", manifest.encode())


def _sweep(base: Snapshot, now: datetime) -> int:
    """Delete what nobody reads any more; gives the number of files."""
    manifest, useless = base.manifest, []
    for table in TABLES:
        old = {
            name
            for when, names in manifest.replaced.get(table, {}).items()
            if _time(when) + GRACE <= now
            for name in names
        }
        counted, replaced = manifest.parts.get(table, {}), manifest.replaced_files(table)
        for entry in base.listed[table]:
            left = entry.name.endswith(".tmp") or entry.name.startswith(COMPACT)
            left = left and entry.name not in counted and entry.name not in replaced
            abandoned = left and entry.written < (now - ABANDONED).timestamp()
            if entry.name in old or abandoned:
                useless.append((table, [entry.name]))
    if manifest.number and _time(manifest.made_at) + GRACE <= now:
        earlier = [e.name for e in base.storage.entries(MANIFESTS) if e.name < manifest.file]
        useless.append((MANIFESTS, earlier))
    return _delete(base, useless)


def _delete(base: Snapshot, files: Iterable[tuple[str, Iterable[str]]]) -> int:
    names = [f"{folder}/{name}" for folder, found in files for name in found]
    for name in names:
        base.storage.delete(name)
    return len(names)


def _text(time: datetime) -> str:
    return time.isoformat()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
