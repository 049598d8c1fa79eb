"""Compaction: nothing is lost, doubled or changed, whatever happens meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import time
from datetime import timedelta
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from parts import (
    CONSTITUENTS,
    as_written_before,
    assert_same,
    assert_shows,
    commit,
    result,
    tables,
)
from zoo_spectra.catalog import compaction, merge, views
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.storage import Entry, Storage
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

LONG_AGO = timedelta(seconds=-1)
SHOWN = [("an", "a1"), ("bo", "b2"), ("cy", "c1"), ("di", "split")]


def fill(catalog: Catalog) -> None:
    """A replaced result, a bundle, a split network, an unfinished one, and two classifications."""
    commit(catalog, "bo", "b1", second=1)
    commit(catalog, "an", "a1", second=2)
    classify(catalog)
    commit(catalog, "bo", "b2", second=3)
    commit(catalog, "bo", "b0", second=0)
    rows = [result("cy", "c1"), result("cy", "c0", second=-1)]
    catalog.commit("bundle", [row for row, _ in rows], [p for _, ps in rows for p in ps])
    row, shares = result("di", "split")
    for share in shares:
        catalog.commit(f"split-{share['position']}", [], [share])
    catalog.commit("split-1", [], shares[1:2])
    catalog.commit("split-row", [row])
    catalog.commit("unfinished-0", [], result("ed", "unfinished")[1][:2])
    classify(catalog)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog.create(tmp_path / "zoo")
    fill(made)
    return made


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if everything had happened long ago."""
    for name in ("GRACE", "ABANDONED"):
        monkeypatch.setattr(compaction, name, LONG_AGO)


def files(catalog: Catalog, table: str) -> list[Path]:
    return sorted((catalog.storage.root / table).iterdir())


def test_the_rows_stay_and_the_parts_become_few(catalog: Catalog) -> None:
    before = tables(catalog)
    assert_shows(catalog, SHOWN)
    done = compact(catalog)
    assert (done.parts_before, done.parts_after) == (18, 4)
    assert_same(tables(catalog), before)
    assert_shows(catalog, SHOWN)
    assert catalog.pieces("unfinished")["position"].to_list() == [0, 1]
    assert before["classes"].height == 4
    again = compact(catalog)
    assert (again.parts_before, again.rows, again.deleted) == (4, 0, 0)


def test_compact_parts_are_sorted_and_hold_the_newest_only(catalog: Catalog) -> None:
    compact(catalog)
    root = catalog.storage.root
    networks, current, idle = (
        pl.read_parquet(root / place / "compact-*.parquet", glob=True)
        for place in ("networks", "spectra", "aside/spectra")
    )
    spectra = pl.concat([current, idle])
    keys = networks.select("kind", "family", "name").rows()
    assert keys == sorted(keys)
    assert networks["commit_id"].to_list() == ["a1", "b2", "c1", "split"]
    places = {name: at for at, name in enumerate([*networks["commit_id"], "b0", "b1", "c0"])}
    order = [(places.get(k, 9), at) for k, at in spectra.select("commit_id", "position").rows()]
    assert order == sorted(order)


def test_replaced_files_go_at_the_next_compaction_after_the_grace_time(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact(catalog)
    frame = catalog.spectra()
    commit(catalog, "fa", "f1")
    early = compact(catalog)
    assert early.deleted == 0
    assert frame.collect().height == CONSTITUENTS * len(SHOWN)
    monkeypatch.setattr(compaction, "GRACE", LONG_AGO)
    late = compact(catalog)
    assert late.deleted == 18 + 2 + 4 + 1
    for table in ("networks", "spectra", "classes", "compactions"):
        assert len(files(catalog, table)) == 1, table
    assert_shows(catalog, [*SHOWN, ("fa", "f1")])
    with pytest.raises(CatalogError, match="is gone: .* make it anew"):
        frame.collect()


def test_what_is_committed_after_a_compaction_counts(catalog: Catalog) -> None:
    compact(catalog)
    commit(catalog, "fa", "f1")
    assert_shows(catalog, [*SHOWN, ("fa", "f1")])
    commit(catalog, "an", "a2", second=9)
    commit(catalog, "bo", "late", second=-9)
    shown = [("an", "a2"), *SHOWN[1:], ("fa", "f1")]
    assert_shows(catalog, shown)
    before = tables(catalog)
    compact(catalog)
    assert_same(tables(catalog), before)
    assert_shows(catalog, shown)


def test_a_split_network_may_be_finished_after_a_compaction(catalog: Catalog) -> None:
    compact(catalog)
    row, shares = result("ed", "unfinished")
    catalog.commit("unfinished-1", [], shares[1:])
    assert catalog.pieces("unfinished")["position"].to_list() == [0, 1, 2]
    assert_shows(catalog, SHOWN)
    compact(catalog)
    assert catalog.pieces("unfinished")["position"].to_list() == [0, 1, 2]
    catalog.commit("unfinished-row", [row])
    shown = [*SHOWN, ("ed", "unfinished")]
    assert_shows(catalog, shown)
    compact(catalog)
    assert_shows(catalog, shown)


def test_a_result_committed_again_under_its_old_names_is_shown_once(catalog: Catalog) -> None:
    """A worker whose receipt was lost does its network again, before or after a compaction."""
    for _ in range(2):
        commit(catalog, "an", "a1", second=2)
        commit(catalog, "bo", "b2", second=50)
        catalog.commit("split-1", [], result("di", "split")[1][1:2])
        assert_shows(catalog, SHOWN)
        compact(catalog)
        assert_shows(catalog, SHOWN)


def test_a_failure_committed_before_is_replaced_by_the_result_of_the_same_id(
    catalog: Catalog,
) -> None:
    row, shares = result("ed", "unfinished", second=5)
    catalog.commit("unfinished-row", [row | {"status": "failed", "reason": "x"}])
    compact(catalog)
    assert catalog.network("ed")["status"] == "failed"
    catalog.commit("unfinished-2", [], shares[2:])
    catalog.commit("unfinished-row", [row | {"finished_at": row["finished_at"] + timedelta(0, 1)}])
    for _ in range(2):
        assert catalog.network("ed")["status"] == "ok"
        assert_shows(catalog, [*SHOWN, ("ed", "unfinished")])
        compact(catalog)


def test_shares_of_replaced_settings_serve_again_when_these_come_back(
    catalog: Catalog, no_grace: None
) -> None:
    commit(catalog, "di", "other", second=10)
    compact(catalog)
    compact(catalog)
    assert_shows(catalog, [*SHOWN[:3], ("di", "other")])
    assert catalog.pieces("split").height == CONSTITUENTS
    catalog.commit("split-row", [result("di", "split", second=20)[0]])
    for _ in range(2):
        assert_shows(catalog, SHOWN)
        compact(catalog)


def test_spectra_without_a_row_do_not_stay_for_ever(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "KEEP_REPLACED", timedelta(microseconds=1))
    compact(catalog)
    assert catalog.pieces("b1").height == CONSTITUENTS
    compact(catalog)
    assert catalog.pieces("b1").is_empty()
    assert catalog.pieces("unfinished").height == 2
    assert_shows(catalog, SHOWN)


def test_parts_of_an_older_version_are_compacted(catalog: Catalog) -> None:
    part = files(catalog, "networks")[0]
    as_written_before(part, lambda rows: rows.drop("peak_memory", "attempts"))
    before = tables(catalog)
    assert before["networks"]["attempts"].null_count() == 1
    compact(catalog)
    assert_same(tables(catalog), before)


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_many_batches_row_groups_and_parts_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """With the bounds so low that everything is sorted on disk and written in many parts."""
    catalog = Catalog.create(tmp_path / "zoo")
    names = [f"{'cab'[k % 3]}{k * 7 % 23:02d}" for k in range(23)]
    for at, name in enumerate(names):
        commit(catalog, name, f"{at:016x}", second=at)
    before = tables(catalog)
    for name in ("PART_BYTES", "SORT_BYTES", "BATCH_BYTES"):
        monkeypatch.setattr(merge, name, 60_000)
    monkeypatch.setattr(merge, "GROUP_ROWS", dict.fromkeys(merge.GROUP_ROWS, rows))
    done = compact(catalog)
    assert done.parts_after > 2 or rows == 1000
    assert_same(tables(catalog), before)
    for at, name in enumerate(names[:5]):
        commit(catalog, name, f"{at:016x}a", second=100)
    commit(catalog, "zz", "f" * 16)
    before = tables(catalog)
    compact(catalog)
    assert_same(tables(catalog), before)
    paths = [path for path in files(catalog, "networks") if path.name.startswith("compact-")]
    manifest = compaction.take(catalog.storage).manifest
    groups = [pq.ParquetFile(p).metadata for p in paths if p.name in manifest.parts["networks"]]
    assert max(g.row_group(0).num_rows for g in groups) == min(rows, 24)


def test_a_damaged_part_stops_the_compaction_by_name_and_nothing_is_changed(
    catalog: Catalog,
) -> None:
    part = files(catalog, "spectra")[3]
    content = part.read_bytes()
    column = next(
        found
        for at in range(pq.ParquetFile(part).metadata.num_columns)
        if (found := pq.ParquetFile(part).metadata.row_group(0).column(at)).path_in_schema
        == "eigenvalues.list.element"
    )
    start = column.dictionary_page_offset or column.data_page_offset
    end = start + column.total_compressed_size
    for broken in (
        content[:-50],
        b"not Parquet",
        content[: end - 90] + bytes(90) + content[end:],
    ):
        part.write_bytes(broken)
        before = sorted(catalog.storage.root.rglob("*.json"))
        with pytest.raises(CatalogError, match=rf"{part.name} is damaged .*run the job again"):
            compact(catalog)
        assert sorted(catalog.storage.root.rglob("*.json")) == before
    part.write_bytes(content)
    assert_shows(catalog, SHOWN)


def test_a_compact_part_that_is_gone_or_cut_is_an_error_not_a_silence(catalog: Catalog) -> None:
    compact(catalog)
    (part,) = (path for path in files(catalog, "networks") if path.name.startswith("compact-"))
    content = part.read_bytes()
    part.write_bytes(content[:-1])
    with pytest.raises(CatalogError, match=rf"{part.name} has not its {len(content)} bytes"):
        catalog.networks()
    part.unlink()
    with pytest.raises(CatalogError, match=rf"{part.name} is missing"):
        catalog.networks()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"number": 1}'])
def test_a_damaged_manifest_is_an_error(catalog: Catalog, content: bytes) -> None:
    compact(catalog)
    (manifest,) = files(catalog, "compactions")
    manifest.write_bytes(content)
    with pytest.raises(CatalogError, match=rf"{manifest.name} is damaged"):
        catalog.networks()


def test_what_a_compaction_that_died_has_left_goes_after_a_day(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact(catalog)
    part = next(path for path in files(catalog, "networks") if path.name.startswith("compact-"))
    left = [part.with_name("compact-0dead000-0.parquet"), part.with_name(".x.parquet.1234.tmp")]
    for path in left:
        shutil.copy(part, path)
    commit(catalog, "fa", "f1")
    assert compact(catalog).deleted == 0
    assert_shows(catalog, [*SHOWN, ("fa", "f1")])
    monkeypatch.setattr(compaction, "ABANDONED", LONG_AGO)
    assert compact(catalog).deleted == 2
    assert not any(path.exists() for path in left)
    replaced = catalog.storage.root / "aside/networks" / part.name
    assert replaced.exists(), "replaced a moment ago, and perhaps read just now"


@pytest.mark.parametrize("table", ["networks", "spectra"])
def test_a_result_committed_while_a_compaction_lists_is_whole(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    entries, late = Storage.entries, ["fa"]

    def slow(storage: Storage, folder: str) -> list[Entry]:
        found = entries(storage, folder)
        if folder == table and late:
            commit(catalog, late.pop(), "f1")
        return found

    monkeypatch.setattr(Storage, "entries", slow)
    compact(catalog)
    shown = [*SHOWN, ("fa", "f1")]
    assert_shows(catalog, shown)
    compact(catalog)
    assert_shows(catalog, shown)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_large_catalog_is_shown_like_a_small_one(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, compacted: bool
) -> None:
    if compacted:
        compact(catalog)
    commit(catalog, "an", "a1", second=2)
    commit(catalog, "bo", "b2", second=50)
    commit(catalog, "fa", "f1")
    small = tables(catalog)
    assert_shows(catalog, [*SHOWN, ("fa", "f1")])
    monkeypatch.setattr(views, "_SMALL_BYTES", 0)
    assert_same(tables(catalog), small)


# --- killed at every step ---


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Starts processes that have imported all this already; in Python 3.11 by PYTHONPATH alone."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload([__name__])
    return made


def _compact_until(root: str, steps: int, reached: Any) -> None:
    """In a process of its own: die of SIGKILL right before the file operation number ``steps``."""
    compaction.GRACE = compaction.ABANDONED = LONG_AGO
    catalog = Catalog(root)
    watched = ("open", "os.rename", "os.remove", "os.scandir", "os.mkdir", "os.truncate")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event in watched and str(arguments[0]).startswith(root):
            if reached.value == steps:
                os.kill(os.getpid(), signal.SIGKILL)
            reached.value += 1

    sys.addaudithook(watch)
    compact(catalog)


def test_killed_before_any_file_operation_it_leaves_every_row(
    catalog: Catalog, tmp_path: Path, context: ForkServerContext
) -> None:
    """The second compaction, which also deletes what the first one replaced."""
    compact(catalog)
    commit(catalog, "an", "a2", second=9)
    commit(catalog, "fa", "f1")
    before = tables(catalog)
    committed = set()
    for steps in count():
        place = tmp_path / f"copy{steps}"
        shutil.copytree(catalog.storage.root, place)
        reached = context.Value("i", 0)
        process = context.Process(target=_compact_until, args=(str(place), steps, reached))
        process.start()
        process.join()
        copy = Catalog(place)
        assert_same(tables(copy), before)
        assert copy.pieces("unfinished").height == 2
        committed.add(len(files(copy, "compactions")))
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        commit(copy, "zz", "z1")
        compact(copy)
        assert_same(tables(copy), before_with(before, "zz", "z1"))
        shutil.rmtree(place)
    assert steps > 20
    assert committed == {1, 2}


def before_with(before: dict[str, pl.DataFrame], name: str, key: str) -> dict[str, pl.DataFrame]:
    row, spectra = result(name, key)
    schemas = {table: frame.schema for table, frame in before.items()}
    added = {
        "networks": pl.DataFrame([row], schema=schemas["networks"]),
        "spectra": pl.DataFrame(spectra, schema=schemas["spectra"]),
    }
    return {
        "networks": pl.concat([before["networks"], added["networks"]]).sort("network_id"),
        "spectra": pl.concat([before["spectra"], added["spectra"]]).sort("commit_id", "position"),
        "classes": before["classes"],
    }


# --- readers and workers beside it ---

KEYS = [f"net{at}" for at in range(8)]


def _work(root: str, versions: Any, begun: Any, done: Any, stop: Any) -> None:
    """Commit one newer result after the other, saying so afterwards, as a worker does.

    At the pace of the others: each read and each compaction has some to see, and not thousands.
    """
    catalog = Catalog(root)
    for turn in count(1):
        while turn > len(KEYS) * (begun.value + done.value) and not stop.is_set():
            time.sleep(0.001)
        if stop.is_set():
            return
        at = turn % len(KEYS)
        commit(catalog, KEYS[at], f"{KEYS[at]}-{turn}", second=turn, attempts=turn)
        versions[at] = turn


def _compact_on(root: str, begun: Any, done: Any, stop: Any) -> None:
    """Compact again and again; what was replaced is deleted as soon as nobody can be reading it.

    That is once a read has begun since: there is one reader here.
    """
    compaction.GRACE = timedelta(0)
    while not stop.is_set():
        compact(Catalog(root))
        done.value += 1
        before = begun.value
        while begun.value == before and not stop.is_set():
            time.sleep(0.001)


def test_readers_see_every_row_once_while_workers_commit_and_compactions_go_on(
    tmp_path: Path, context: ForkServerContext
) -> None:
    root = str(tmp_path / "zoo")
    catalog = Catalog.create(root)
    versions, stop = context.Array("i", len(KEYS)), context.Event()
    begun, done = context.Value("i", 0), context.Value("i", 0)
    processes = [
        context.Process(target=_work, args=(root, versions, begun, done, stop)),
        context.Process(target=_compact_on, args=(root, begun, done, stop)),
    ]
    for process in processes:
        process.start()
    try:
        while begun.value < 100 or not min(versions) or done.value < 20:
            begun.value += 1
            acknowledged = list(versions)
            networks = catalog.networks().select("name", "attempts").collect()
            seen = dict(networks.iter_rows())
            assert networks.height == len(seen)
            for name, version in zip(KEYS, acknowledged, strict=True):
                assert not version or seen[name] >= version
            spectra = catalog.spectra().select("network_id", "commit_id", "position").collect()
            assert spectra.height == CONSTITUENTS * spectra["network_id"].n_unique()
            assert not spectra.is_duplicated().any()
            assert spectra["network_id"].n_unique() >= sum(map(bool, acknowledged))
            assert all(process.is_alive() for process in processes)
    finally:
        stop.set()
        for process in processes:
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
