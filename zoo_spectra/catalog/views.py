"""Polars views of a snapshot: each network's newest result, whichever part holds it.

Compact parts hold each network once, so they are scanned as they lie, with predicates pushed down.
What loose parts add or replace is found by reading a few narrow columns first; wide columns are
read by the query alone. Only where all is small, that would cost more than it saves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zoo_spectra.catalog.schema import arrow_schema
from zoo_spectra.catalog.snapshot import Snapshot
from zoo_spectra.errors import CatalogError

# Below this, opening the loose parts a second time costs more than sorting all their columns.
_SMALL_BYTES = 64 << 20
READ_ERRORS = (pl.exceptions.PolarsError, pa.ArrowException, OSError)


_KEY = ["commit_id", "position"]


@dataclass(frozen=True)
class _Newer:
    """What the loose parts change. ``commits``: their results that are the newest.

    ``replaced_networks`` and ``replaced_commits``: rows of the compact parts that are not, any
    more. ``some_lose``: not every loose row is the newest of its network. ``repeated``: a result
    was committed more than once.
    """

    commits: frozenset[str]
    replaced_networks: frozenset[str]
    replaced_commits: frozenset[str]
    some_lose: bool
    repeated: bool


def networks(snapshot: Snapshot) -> pl.LazyFrame:
    """A row a network: its newest result. Raises CatalogError for a damaged part."""
    if _is_small(snapshot, "networks"):
        return _newest(_scan(snapshot, "networks", loose=True))
    newer = _newer(snapshot)
    compact, loose = _scan(snapshot, "networks"), _scan(snapshot, "networks", loose=True)
    if newer is None:
        return compact
    if newer.some_lose:
        loose = _only(loose, "commit_id", newer.commits)
    if newer.repeated:
        loose = _newest(loose)
    return _stack(snapshot, _without(compact, "network_id", newer.replaced_networks), loose)


def spectra(snapshot: Snapshot) -> pl.LazyFrame:
    """A row a constituent, of the newest results. Raises CatalogError for a damaged part."""
    if _is_small(snapshot, "networks") and _is_small(snapshot, "spectra"):
        current = networks(snapshot).select("commit_id")
        rows = _scan(snapshot, "spectra", loose=True).join(current, on="commit_id", how="semi")
        return rows.unique(["network_id", *_KEY], keep="any", maintain_order=True)
    newer, idle = _newer(snapshot), frozenset(snapshot.manifest.idle)
    compact, loose = _scan(snapshot, "spectra"), _scan(snapshot, "spectra", loose=True)
    if newer is None:
        return _without(compact, "commit_id", idle)
    keys = _collect(snapshot, "spectra", loose.select(_KEY))
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
    """A row a network: the newest classification."""
    frame = everything(snapshot, "classes")
    newest = frame.sort("classified_at").select("classification_id").tail(1)
    return frame.join(newest, on="classification_id", how="semi").sort("class", "name")


def everything(snapshot: Snapshot, table: str) -> pl.LazyFrame:
    """Every row of a table's visible parts, also those that are not the newest."""
    return _stack(snapshot, _scan(snapshot, table), _scan(snapshot, table, loose=True))


def _is_small(snapshot: Snapshot, table: str) -> bool:
    loose = set(snapshot.loose[table])
    size = sum(entry.size for entry in snapshot.listed[table] if entry.name in loose)
    return not snapshot.manifest.number and size < _SMALL_BYTES


def _newer(snapshot: Snapshot) -> _Newer | None:
    """None when there are no loose rows of networks."""
    if not snapshot.loose["networks"]:
        return None
    narrow = ("network_id", "commit_id", "finished_at")
    loose = _scan(snapshot, "networks", loose=True).select(narrow)
    index = _collect(snapshot, "networks", loose)
    newest = _newest(index.lazy()).collect()
    compact = _only(_scan(snapshot, "networks"), "network_id", frozenset(newest["network_id"]))
    beside = _collect(snapshot, "networks", compact.select(narrow)).join(
        newest, on="network_id", suffix="_loose"
    )
    later = pl.col("finished_at") > pl.col("finished_at_loose")
    beaten = frozenset(beside.filter(later)["network_id"])
    replaced = beside.filter(~later)
    commits = frozenset(newest.filter(~pl.col("network_id").is_in(beaten))["commit_id"])
    kept = index.filter(pl.col("commit_id").is_in(commits))
    return _Newer(
        commits,
        frozenset(replaced["network_id"]),
        frozenset(replaced["commit_id"]),
        some_lose=kept.height < index.height,
        repeated=bool(kept["network_id"].is_duplicated().any()),
    )


def _newest(frame: pl.LazyFrame) -> pl.LazyFrame:
    ordered = frame.sort("finished_at", maintain_order=True)
    return ordered.unique("network_id", keep="last", maintain_order=True)


def _stack(snapshot: Snapshot, compact: pl.LazyFrame, loose: pl.LazyFrame) -> pl.LazyFrame:
    # Without a compaction there is nothing to stack, and a plain scan optimises better.
    return pl.concat([compact, loose]) if snapshot.manifest.number else loose


def _only(frame: pl.LazyFrame, column: str, values: Collection[str]) -> pl.LazyFrame:
    return frame.filter(pl.col(column).is_in(list(values)))


def _without(frame: pl.LazyFrame, column: str, values: Collection[str]) -> pl.LazyFrame:
    return frame.filter(~pl.col(column).is_in(list(values))) if values else frame


def _scan(snapshot: Snapshot, table: str, loose: bool = False) -> pl.LazyFrame:
    """The rows of a table's compact or loose parts, each with every column of the schema."""
    storage, schema = snapshot.storage, arrow_schema(table)
    empty = cast(pl.DataFrame, pl.from_arrow(schema.empty_table()))
    names = (snapshot.loose if loose else snapshot.compact)[table]
    if not names:
        return empty.lazy()
    paths = [storage.path(table, name) for name in names]
    if not storage.is_local:
        data = ds.dataset(paths, schema=schema, format="parquet", filesystem=storage.filesystem)
        return pl.scan_pyarrow_dataset(data)
    return pl.scan_parquet(
        paths,
        schema=empty.schema,
        missing_columns="insert",
        extra_columns="ignore",
        glob=False,
    )


def _collect(snapshot: Snapshot, table: str, frame: pl.LazyFrame) -> pl.DataFrame:
    try:
        return frame.collect()
    except READ_ERRORS as error:
        blame(snapshot, table)
        raise CatalogError(f"{snapshot.storage.file(table)}: cannot be read: {error}") from error


def blame(snapshot: Snapshot, table: str) -> None:
    """Raise a CatalogError that names the first part of a table that cannot be read, if any."""
    names: Sequence[str] = [*snapshot.compact[table], *snapshot.loose[table]]
    for name in names:
        path = snapshot.storage.path(table, name)
        try:
            with pq.ParquetFile(path, filesystem=snapshot.storage.filesystem) as part:
                for _ in part.iter_batches(batch_size=64):
                    pass
        except READ_ERRORS as error:
            raise damaged(snapshot, table, name, error) from error


def damaged(snapshot: Snapshot, table: str, name: str, error: Exception) -> CatalogError:
    """What to say of a part that cannot be read."""
    what = str(error).strip().partition("\n")[0]
    cure = "remove it and run the job again: only what it held is redone"
    if name in snapshot.compact[table]:
        cure = "restore it from a copy, or start a new catalog"
    return CatalogError(f"{snapshot.storage.file(table, name)} is damaged ({what}); {cure}")
