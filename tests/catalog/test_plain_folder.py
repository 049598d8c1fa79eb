"""The tables' folders, read as they lie, are right after one compaction; older frames work."""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from parts import CONSTITUENTS, assert_same, assert_shows, commit, tables
from zoo_spectra.catalog import compaction
from zoo_spectra.catalog.catalog import Catalog
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.classes.classify import classify
from zoo_spectra.errors import CatalogError

NAMES = ["an", "bo", "cy"]
SHOWN = [(name, f"{name}1") for name in NAMES]
READERS: dict[str, Callable[[Path], int]] = {
    "a glob": lambda folder: (
        pl.scan_parquet(folder / "*.parquet").select(pl.len()).collect().item()
    ),
    "Polars, the folder": lambda folder: pl.read_parquet(f"{folder}/").height,
    "pandas, the folder": lambda folder: len(pd.read_parquet(folder)),
    "Arrow, the folder": lambda folder: ds.dataset(folder).count_rows(),
    "every folder below": lambda folder: pl.read_parquet(folder / "**/*.parquet").height,
}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    made = Catalog.create(tmp_path / "zoo")
    for name, key in SHOWN:
        commit(made, name, key)
    classify(made)
    return made


@pytest.mark.parametrize("reader", list(READERS))
def test_the_folder_is_right_after_one_compaction(catalog: Catalog, reader: str) -> None:
    count, place = READERS[reader], catalog.storage.root
    for turn in range(3):
        compact(catalog)
        assert count(place / "networks") == len(NAMES)
        assert count(place / "spectra") == CONSTITUENTS * len(NAMES)
        assert count(place / "classes") == len(NAMES)
        commit(catalog, "an", f"an{turn}x", second=turn + 1)


def test_frames_made_before_work_after_compactions(catalog: Catalog) -> None:
    before = tables(catalog)
    frames = [
        (catalog.networks(), catalog.spectra(), catalog.classes()),
    ]
    for turn in range(3):
        compact(catalog)
        frames.append((catalog.networks(), catalog.spectra(), catalog.classes()))
        commit(catalog, "new", f"new{turn}", second=turn)
    for networks, spectra, classes in frames[:2]:
        assert_same(
            {
                "networks": networks.collect().sort("network_id"),
                "spectra": spectra.collect().sort("commit_id", "position"),
                "classes": classes.collect().sort("network_id"),
            },
            before,
        )
        assert networks.collect(engine="streaming").height == len(NAMES)
        assert sum(batch.height for batch in networks.collect_batches(chunk_size=1)) == len(NAMES)


def test_a_compaction_in_the_middle_of_a_scan_is_not_noticed(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are moved right after they were listed, once for every part there is."""
    scan, late = pl.scan_parquet, ["compact", "commit and compact"]

    def slow(paths: Any, **options: Any) -> pl.LazyFrame:
        if late and "networks" in str(paths[0]):
            if late.pop() != "compact":
                commit(catalog, "zz", "z1")
            compact(catalog)
        return scan(paths, **options)

    frame = catalog.networks()
    monkeypatch.setattr(pl, "scan_parquet", slow)
    assert sorted(frame.select("name", "commit_id").collect().rows()) == SHOWN
    assert not late


def test_a_killed_compaction_leaves_the_folder_right_or_the_next_one_does(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before each of its moves: the rule for results holds, and every frame reads."""
    compact(catalog)
    commit(catalog, "an", "an2", second=9)
    before = tables(catalog)
    move = Storage.move

    class Killed(BaseException):
        pass

    for steps in range(100):
        place = tmp_path / f"copy{steps}"
        shutil.copytree(catalog.storage.root, place)
        copy, moved = Catalog(place), []

        def counted(
            storage: Storage, name: str, target: str, moved: list[str] = moved, most: int = steps
        ) -> None:
            if len(moved) == most:
                raise Killed
            moved.append(name)
            move(storage, name, target)

        monkeypatch.setattr(Storage, "move", counted)
        try:
            compact(copy)
        except Killed:
            assert_same(tables(copy), before)
            rows = pl.read_parquet(place / "networks/*.parquet")
            assert set(rows["name"]) == set(NAMES)  # doubled at worst, never missing
            monkeypatch.setattr(Storage, "move", move)
            assert compact(copy).rows == 0
            done = False
        else:
            done = True
        assert_same(tables(copy), before)
        assert pl.read_parquet(place / "networks/*.parquet").height == len(NAMES)
        assert pl.read_parquet(place / "spectra/*.parquet").height == len(NAMES) * CONSTITUENTS
        if done:
            break
    assert steps == 8  # a part of each table in; out two of networks and spectra, one of classes


def test_what_is_not_published_is_in_no_folder_of_a_table(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compaction that fails at its last step leaves the tables' folders as they were."""
    before = sorted(path for table in NAMES for path in catalog.storage.root.rglob("*.parquet"))

    def fail(*_: object) -> None:
        raise CatalogError("no room")

    monkeypatch.setattr(compaction, "_publish", fail)
    with pytest.raises(CatalogError, match="no room"):
        compact(catalog)
    monkeypatch.undo()
    there = {path for path in catalog.storage.root.rglob("*.parquet") if "aside" not in path.parts}
    assert there == set(before)
    assert_shows(catalog, SHOWN)


def _compact_on(root: str, stop: Any) -> None:
    """Commit and compact without a pause."""
    catalog, turn = Catalog(root), 0
    while not stop.is_set():
        turn += 1
        commit(catalog, f"more{turn % 3}", f"more{turn}", second=turn)
        compact(catalog)


def test_held_frames_are_read_while_compactions_go_on(catalog: Catalog) -> None:
    context = multiprocessing.get_context("forkserver")
    stop = context.Event()
    process = context.Process(target=_compact_on, args=(str(catalog.location), stop))
    process.start()
    try:
        held: list[pl.LazyFrame] = []
        end = time.monotonic() + 10
        while time.monotonic() < end:
            held.append(catalog.networks())
            for frame in held[-5:]:
                names = frame.select("name").collect()["name"]
                assert set(NAMES) <= set(names)
                assert names.n_unique() == names.len()
            assert process.is_alive()
    finally:
        stop.set()
        process.join(60)
    assert process.exitcode == 0


def test_parts_that_are_links_can_be_read_after_they_were_moved(
    catalog: Catalog, tmp_path: Path
) -> None:
    """As git-annex keeps them."""
    store = tmp_path / "zoo/store"
    store.mkdir()
    for part in (tmp_path / "zoo/networks").iterdir():
        target = part.rename(store / part.name)
        part.symlink_to(Path("..") / "store" / target.name)
    frame = catalog.networks()
    compact(catalog)
    assert frame.collect().height == len(NAMES)
    assert_shows(catalog, SHOWN)
