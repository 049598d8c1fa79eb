"""What is known of a catalog's runs: what one was asked for, by whom and since when, how it goes.

    runs/00000003.json    one file a run, written when it begins and again when it ends

How many networks it has done is counted in its rows while it goes on, and is in the file at its
end. A file that says no end is of a run at work, or of one that was killed.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from zoo_spectra.catalog import views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.order import newest
from zoo_spectra.catalog.snapshot import take
from zoo_spectra.errors import CatalogError
from zoo_spectra.text import clean

FOLDER = "runs"
STATUSES = ("ok", "failed", "quarantined")
_MOST_BYTES = 64 << 20
State = Literal["at work", "complete", "stopped", "failed", "gone", "not known"]


@dataclass(frozen=True)
class RunRecord:
    """``asked``: networks; ``todo``: those of them that were not done before.

    ``described``: network ids of rows that were only described anew. ``born``: when the process
    started, in ticks since the machine's boot; 0 where that is not known. ``ended``: None while it
    is at work; ``outcome``: complete, stopped, or the text of an error. ``counts``: rows by status.
    """

    run: int
    asked: int
    todo: int
    since: datetime
    host: str
    pid: int
    born: int
    described: tuple[str, ...] = ()
    ended: datetime | None = None
    outcome: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunTold:
    """``record``: None for a run before there were any. ``counts``: networks by status.

    ``workers``: a row a process, ``host``, ``worker``, ``pid``, ``networks``, ``not_ok``, ``last``.
    Both are None where a later compaction has dropped rows.
    """

    run: int
    record: RunRecord | None
    state: State
    counts: Mapping[str, int] | None
    workers: pl.DataFrame | None

    @property
    def left(self) -> int | None:
        """Networks without a row of this run; None where nobody knows."""
        if self.record is None or self.counts is None:
            return None
        return self.record.todo - sum(self.counts.values())


def begin_run(catalog: Catalog, asked: int, todo: int, described: Iterable[str]) -> RunRecord:
    """Write down that the run of a numbered catalog begins. Raises CatalogError."""
    now, pid = datetime.now(UTC), os.getpid()
    host = clean(socket.gethostname())
    run = catalog.run or 0
    record = RunRecord(run, asked, todo, now, host, pid, _born(pid), tuple(described))
    _write(catalog, record)
    return record


def end_run(catalog: Catalog, record: RunRecord, outcome: str, counts: Mapping[str, int]) -> None:
    """Write down that it has ended: complete, stopped, or with an error. Raises CatalogError."""
    ended = replace(record, ended=datetime.now(UTC), outcome=clean(outcome), counts=dict(counts))
    _write(catalog, ended)


def last_record(catalog: Catalog) -> RunRecord | None:
    """That of the newest run; None where none was written down. Raises CatalogError."""
    numbers = _recorded(catalog)
    return _read(catalog, max(numbers)) if numbers else None


def run_told(catalog: Catalog, run: int | None = None) -> RunTold:
    """How a run goes or went, by default the newest. Raises CatalogError for one there is not."""
    taken = take(catalog.storage, ("networks", "removals"))
    rows = views.everything(taken, "networks")
    number = pl.col("run").fill_null(0)
    with_rows = set(catalog.collect(rows.select(number.unique()))["run"].to_list())
    recorded = set(_recorded(catalog))
    known = sorted(with_rows | recorded)
    run = max(known, default=0) if run is None else run
    check_run(catalog, run, known)
    record = _read(catalog, run) if run in recorded else None
    counts = dict(record.counts) if record is not None and record.ended is not None else None
    workers = None
    if not taken.manifest.number or run >= taken.manifest.run:
        own = newest(rows.filter(number == run)).select(
            "network_id", "status", "host", "worker", "pid", "finished_at"
        )
        found = catalog.collect(own)
        if record is not None:
            found = found.filter(~pl.col("network_id").is_in(list(record.described)))
        by_status = dict(found.group_by("status").len().rows())
        counts = counts or {each: by_status.get(each, 0) for each in STATUSES}
        workers = _workers(found)
    return RunTold(run, record, _state(record), counts, workers)


def check_run(catalog: Catalog, run: int, known: Sequence[int]) -> None:
    """Raise CatalogError for a run that is not one of these."""
    if run not in known:
        told = ", ".join(map(str, known[-20:])) or "none"
        raise CatalogError(f"{catalog.storage.file()} has no run {run}; there are: {told}")


def _workers(rows: pl.DataFrame) -> pl.DataFrame:
    grouped = rows.group_by("host", "worker", "pid").agg(
        pl.len().alias("networks"),
        (pl.col("status") != "ok").sum().alias("not_ok"),
        pl.col("finished_at").max().alias("last"),
    )
    return grouped.sort("host", "pid", "worker", nulls_last=True)


def _state(record: RunRecord | None) -> State:
    if record is None:
        return "not known"
    if record.ended is not None:
        return record.outcome if record.outcome in ("complete", "stopped") else "failed"  # type: ignore[return-value]
    if record.host != clean(socket.gethostname()) or not record.born:
        return "not known"  # on another machine
    return "at work" if _born(record.pid) == record.born else "gone"


def _born(pid: int) -> int:
    """When a process here started, in ticks since the boot; 0 for none, or where nobody knows."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        return int(told.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def _file(run: int) -> str:
    return f"{FOLDER}/{run:08d}.json"


def _recorded(catalog: Catalog) -> list[int]:
    names = [entry.name for entry in catalog.storage.entries(FOLDER)]
    stems = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return [int(stem) for stem in stems if stem.isascii() and stem.isdigit() and len(stem) < 12]


def _write(catalog: Catalog, record: RunRecord) -> None:
    content = json.dumps(asdict(record), default=datetime.isoformat).encode() + b"\n"
    catalog.storage.write(_file(record.run), content)


def _read(catalog: Catalog, run: int) -> RunRecord:
    content = catalog.storage.read(_file(run), _MOST_BYTES)
    try:
        return _decoded(json.loads(content or b""), run)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise CatalogError(
            f"{catalog.storage.file(_file(run))} does not say what a run did ({error}): remove it, "
            "nothing else depends on it"
        ) from error


def _decoded(told: Any, run: int) -> RunRecord:
    numbers = {key: told[key] for key in ("asked", "todo", "pid", "born")}
    counts, described = dict(told["counts"]), told["described"]
    if any(type(each) is not int or each < 0 for each in (*numbers.values(), *counts.values())):
        raise ValueError("its numbers are no numbers from 0")
    if not all(isinstance(each, str) for each in (told["host"], told["outcome"], *described)):
        raise TypeError("its texts are no texts")
    if not set(counts) <= set(STATUSES):
        raise ValueError("its counts are of something else")
    return RunRecord(
        run=run,
        since=_time(told["since"]),
        host=told["host"],
        described=tuple(described),
        ended=None if told["ended"] is None else _time(told["ended"]),
        outcome=told["outcome"],
        counts=counts,
        **numbers,
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
