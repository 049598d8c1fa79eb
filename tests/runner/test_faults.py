"""Real faults done to real processes; afterwards the catalog is that of an undisturbed run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

import zoo_spectra as zs
from local_ray import TESTS, WORKER_PATH, local_ray
from networks import FaultyAdapter, PreyAdapter, SlowAdapter, zoo
from ray_cluster import marked
from runner.rows_of import assert_same_rows
from waiting import wait_for
from zoo_spectra.errors import CatalogError
from zoo_spectra.runner import pool as pools

SLOW = "slow:net*?count=24&seconds=0.02"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of SLOW without any fault."""
    place = tmp_path_factory.mktemp("undisturbed") / "zoo"
    zs.run(SLOW, catalog=str(place), in_process=True, adapters=[SlowAdapter()])
    return place


@pytest.fixture(scope="module")
def connected() -> Iterator[None]:
    """To a Ray, for the runs in this process; drivers start their own."""
    with local_ray():
        yield


def driver(
    catalog: Path, source: str, address: str = "-", gate: Path | None = None
) -> subprocess.Popen[str]:
    """A driver in a process group of its own; with ``gate`` its run waits for that file."""
    command = [sys.executable, str(TESTS / "driver.py"), str(catalog), address, "2", source]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # setproctitle would else write over the environment that ``workers_of`` looks at
        env=os.environ
        | {"PYTHONPATH": WORKER_PATH, "SPT_NOENV": "1"}
        | ({"TEST_GATE": str(gate)} if gate else {}),
    )


def parts(catalog: Path, table: str = "networks") -> int:
    return len(list((catalog / table).glob("*.parquet")))


def workers_of(gate: Path) -> list[int]:
    """Ray's processes that run our worker class for the driver with that gate."""
    found = []
    for process in marked(f"TEST_GATE={gate}".encode()):
        with suppress(OSError):  # it has ended meanwhile
            if b"ray::Worker" in Path(f"/proc/{process}/cmdline").read_bytes():
                found.append(process)
    return found


def statuses(catalog: Path) -> dict[str, str]:
    return dict(zs.Catalog(catalog).networks().select("name", "status").collect().iter_rows())


def test_workers_that_are_killed_again_and_again(
    tmp_path: Path, undisturbed: Path, connected: None
) -> None:
    place, marks = tmp_path / "zoo", tmp_path / "marks"
    marks.mkdir()
    killed: set[Path] = set()
    ended = threading.Event()

    def hunt() -> None:
        while not ended.wait(0.05):
            for mark in {path for path in marks.iterdir() if not path.suffix} - killed:
                os.kill(int(mark.read_text()), signal.SIGKILL)
                killed.add(mark)

    hunter = threading.Thread(target=hunt)
    hunter.start()
    try:
        summary = zs.run(SLOW, catalog=str(place), workers=2, adapters=[PreyAdapter(marks)])
    finally:
        ended.set()
        hunter.join()
    assert len(killed) == 6
    assert summary.count("ok") == 24
    assert_same_rows(place, undisturbed)


def test_a_driver_that_is_killed_and_run_again(tmp_path: Path, undisturbed: Path) -> None:
    place = tmp_path / "zoo"
    first = driver(place, SLOW, gate=tmp_path / "never")
    wait_for(lambda: parts(place) >= 3)
    first.kill()
    first.communicate()
    done = zs.Catalog(place).networks().collect().height
    assert 0 < done < 24
    again = driver(place, SLOW)
    out, err = again.communicate()
    assert again.returncode == 0, err
    assert int(out.split()[1]) >= done
    assert_same_rows(place, undisturbed)


def test_the_machine_switched_off_in_the_middle_of_commits(tmp_path: Path) -> None:
    """Everything is killed at random moments of a run that does little but commit."""
    place, expected = tmp_path / "zoo", tmp_path / "undisturbed"
    zs.run("memory:*", catalog=str(expected), in_process=True, adapters=[zoo(300)])
    rng = random.Random(0)
    interrupted = 0
    while interrupted < 5:
        before = parts(place)
        run = driver(place, "memory:*", address="here")
        wait_for(lambda before=before, run=run: parts(place) > before or run.poll() is not None)  # type: ignore[misc]
        time.sleep(rng.uniform(0, 0.15))
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        seen = zs.Catalog(place).networks().collect()
        assert seen["network_id"].n_unique() == seen.height >= before
        assert zs.Catalog(place).spectra().collect().height == 3 * seen.height
        if seen.height < 300:
            interrupted += 1
        else:  # it was quicker than the signal
            shutil.rmtree(place)
    run = driver(place, "memory:*", address="here")
    run.communicate()
    assert run.returncode == 0
    assert_same_rows(place, expected)


def test_networks_that_crash_or_are_in_bad_company(tmp_path: Path, connected: None) -> None:
    place = tmp_path / "zoo"
    sources = ["faulty:segfault", "faulty:killed", "faulty:raises", "memory:*"]
    job = zs.Job(sources=tuple(sources), catalog=str(place))
    adapters = [FaultyAdapter(), zoo(30)]
    summary = zs.run(job, workers=2, adapters=adapters)
    assert summary.count("ok") == 30
    found = statuses(place)
    bad = {name: status for name, status in found.items() if status != "ok"}
    assert bad == {"segfault": "quarantined", "killed": "quarantined", "raises": "failed"}
    rows = {row["name"]: row for row in zs.Catalog(place).networks().collect().to_dicts()}
    assert "crash in native code" in rows["segfault"]["reason"]
    assert "--retry-quarantined" in rows["killed"]["reason"]
    assert 2 <= rows["segfault"]["attempts"] <= 3
    again = zs.run(job, workers=2, adapters=adapters)
    assert (again.done_before, again.count("failed")) == (32, 1)
    healed = zs.run(job, workers=2, adapters=[_Healed(), zoo(30)], retry_quarantined=True)
    assert (healed.count("ok"), healed.done_before) == (3, 30)
    assert set(statuses(place).values()) == {"ok"}


class _Clock:
    """The time of the driver's limits: a day later each time that a network says it hangs."""

    def __init__(self, told: Path) -> None:
        self._told, self._ahead = told, 0.0
        self.sleep = time.sleep

    def monotonic(self) -> float:
        if self._told.exists():
            self._told.unlink()
            self._ahead += 24 * 3600
        return time.monotonic() + self._ahead


def test_a_network_that_hangs_in_the_company_of_good_ones(
    tmp_path: Path, connected: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, told = tmp_path / "zoo", tmp_path / "told"
    monkeypatch.setattr(pools, "time", _Clock(told))
    job = zs.Job(sources=("faulty:hangs", "memory:*"), catalog=str(place), timeout=1000.0)
    summary = zs.run(job, workers=1, adapters=[FaultyAdapter(told), zoo(6)])
    assert (summary.count("ok"), summary.count("quarantined")) == (6, 1)
    row = zs.Catalog(place).network("hangs")
    assert "longer than the time limit in all" in row["reason"]
    assert row["attempts"] >= 2


class _Healed(FaultyAdapter):
    """The same networks after the fault was mended."""

    def load(self, ref):  # type: ignore[no-untyped-def]
        import dataclasses

        network = super().load(dataclasses.replace(ref, name="fine"))
        return dataclasses.replace(network, name=ref.name)


@pytest.mark.parametrize("how", ["killed worker", "killed driver", "undisturbed"])
def test_a_split_network_gives_the_rows_of_a_whole_one(
    tmp_path: Path, undisturbed: Path, how: str
) -> None:
    place, gate = tmp_path / "zoo", tmp_path / "gate"
    run = driver(place, SLOW, "split", gate)
    if how != "undisturbed":
        wait_for(lambda: parts(place, "spectra") >= 5)
    if how == "killed worker":
        os.kill(workers_of(gate)[0], signal.SIGKILL)
    if how == "killed driver":
        run.kill()
        run.communicate()
        before = {path: path.stat().st_mtime_ns for path in (place / "spectra").glob("*.parquet")}
        run = driver(place, SLOW, "split", gate)
    gate.touch()
    _, err = run.communicate()
    assert run.returncode == 0, err
    assert parts(place, "spectra") >= 72, "each constituent is a part"
    assert_same_rows(place, undisturbed)
    if how == "killed driver":
        kept = [path for path, stamp in before.items() if path.stat().st_mtime_ns == stamp]
        assert len(kept) >= len(before) - 2, "committed shares serve the next run"


def test_a_full_disk_and_the_run_after_it(tmp_path: Path, connected: None) -> None:
    if os.geteuid() != 0 and not os.environ.get("CI"):
        pytest.skip("needs root, to mount a small disk")
    disk, expected = tmp_path / "disk", tmp_path / "undisturbed"
    disk.mkdir()
    zs.run("memory:*", catalog=str(expected), in_process=True, adapters=[zoo(40)])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk], check=True)
    try:
        with pytest.raises(CatalogError, match="No space left on device"):
            zs.run("memory:*", catalog=str(disk / "zoo"), in_process=True, adapters=[zoo(40)])
        assert 0 < zs.Catalog(disk / "zoo").networks().collect().height < 40
        assert not list(disk.rglob("*.tmp"))
        with pytest.raises(CatalogError, match="No space left on device"):
            zs.run("memory:*", catalog=str(disk / "zoo"), workers=2, adapters=[zoo(40)])
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        zs.run("memory:*", catalog=str(disk / "zoo"), in_process=True, adapters=[zoo(40)])
        assert_same_rows(disk / "zoo", expected)
    finally:
        subprocess.run(["umount", disk], check=True)


class _Revoking(SlowAdapter):
    """Takes the permission to write the catalog away when the third network is read."""

    def __init__(self, catalog: Path) -> None:
        self.catalog, self.loaded = catalog, 0

    def load(self, ref):  # type: ignore[no-untyped-def]
        self.loaded += 1
        if self.loaded == 3:
            for folder in (self.catalog, *self.catalog.iterdir()):
                if folder.is_dir():
                    folder.chmod(0o555)
        return super().load(ref)


@pytest.fixture
def anyones() -> Iterator[Path]:
    """A folder that every user may write to; pytest's own are below one that is root's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def test_permission_that_is_lost_during_a_run(
    anyones: Path, undisturbed: Path, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(undisturbed, anyones / "undisturbed")
    request.getfixturevalue("powerless")
    place = anyones / "zoo"
    with pytest.raises(CatalogError, match="cannot be written.*yours to write"):
        zs.run(SLOW, catalog=str(place), in_process=True, adapters=[_Revoking(place)])
    assert zs.Catalog(place).networks().collect().height == 2
    for folder in (place, *place.iterdir()):
        folder.chmod(0o755)
    zs.run(SLOW, catalog=str(place), in_process=True, adapters=[SlowAdapter()])
    assert_same_rows(place, anyones / "undisturbed")


def test_a_second_driver_is_refused(tmp_path: Path, undisturbed: Path) -> None:
    place, gate = tmp_path / "zoo", tmp_path / "gate"
    first = driver(place, SLOW, gate=gate)
    wait_for(lambda: parts(place) >= 1)
    second = driver(place, SLOW)
    out, _ = second.communicate()
    assert second.returncode == 2
    assert "CatalogError" in out
    assert str(first.pid) in out
    gate.touch()
    _, err = first.communicate()
    assert first.returncode == 0, err
    assert_same_rows(place, undisturbed)


def test_leftovers_of_a_power_cut_do_not_break_a_scan(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    zs.run("memory:*", catalog=str(place), in_process=True, adapters=[zoo(3)])
    good = next((place / "networks").glob("*.parquet")).read_bytes()
    (place / "networks/.half.parquet.1a2b.tmp").write_bytes(good[: len(good) // 2])
    (place / "spectra/.half.parquet.1a2b.tmp").write_bytes(b"")
    assert zs.Catalog(place).networks().collect().height == 3
    assert zs.Catalog(place).spectra().filter(pl.col("order") > 1).collect().height == 9


def test_a_real_model_that_is_split_has_the_row_of_the_whole_one(tmp_path: Path) -> None:
    source = "timm:test_vit?seed=0"
    zs.run(source, catalog=str(tmp_path / "whole"), in_process=True)
    run = driver(tmp_path / "split", source, address="split")
    _, err = run.communicate()
    assert run.returncode == 0, err
    assert parts(tmp_path / "split", "spectra") > 20
    assert_same_rows(tmp_path / "split", tmp_path / "whole")
