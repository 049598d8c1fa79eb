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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
import ray

import zoo_spectra as zs
from networks import FaultyAdapter, SlowAdapter, zoo
from ray_cluster import RayCluster
from runner.rows_of import assert_same_rows
from zoo_spectra.errors import CatalogError

TESTS = Path(__file__).parents[1]
WORKER_PATH = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
SLOW = "slow:net*?count=24&seconds=0.1"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of SLOW without any fault."""
    place = tmp_path_factory.mktemp("undisturbed") / "zoo"
    zs.run(SLOW, catalog=str(place), in_process=True, adapters=[SlowAdapter()])
    return place


@contextmanager
def local_ray(**options: object) -> Iterator[None]:
    ray.shutdown()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": WORKER_PATH}},
        **options,
    )
    try:
        yield
    finally:
        ray.shutdown()


def driver(
    catalog: Path, source: str, address: str = "-", environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """A driver in a process group of its own."""
    command = [sys.executable, str(TESTS / "driver.py"), str(catalog), address, "2", source]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": WORKER_PATH, **(environment or {})},
    )


def parts(catalog: Path, table: str = "networks") -> int:
    return len(list((catalog / table).glob("*.parquet")))


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def worker_processes() -> list[int]:
    """Ray's processes on this machine that run our worker class and belong to this test."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            name = (entry / "cmdline").read_bytes()
            mine = f"PYTHONPATH={TESTS}".encode() in (entry / "environ").read_bytes()
        except OSError:
            continue
        if entry.name.isdigit() and b"ray::_Worker" in name and mine:
            found.append(int(entry.name))
    return found


def statuses(catalog: Path) -> dict[str, str]:
    return dict(zs.Catalog(catalog).networks().select("name", "status").collect().iter_rows())


def test_workers_that_are_killed_again_and_again(tmp_path: Path, undisturbed: Path) -> None:
    place, killed = tmp_path / "zoo", 0

    def assassin() -> None:
        nonlocal killed
        while killed < 8 and parts(place) < 10:
            time.sleep(0.5)
            for process in worker_processes()[:1]:
                os.kill(process, signal.SIGKILL)
                killed += 1

    with local_ray():
        thread = threading.Thread(target=assassin)
        thread.start()
        summary = zs.run(SLOW, catalog=str(place), workers=2, adapters=[SlowAdapter()])
        thread.join()
    assert killed >= 3
    assert summary.count("ok") == 24
    assert_same_rows(place, undisturbed)


def test_a_node_that_is_lost(tmp_path: Path, undisturbed: Path) -> None:
    place = tmp_path / "zoo"
    with RayCluster(nodes=2, cpus=1) as cluster:
        run = driver(place, SLOW, address=cluster.address, environment=cluster.environment)
        wait_for(lambda: parts(place) >= 2)
        cluster.kill_node(1)
        cluster.add_node(wait=False)
        out, err = run.communicate(timeout=200)
    assert run.returncode == 0, err
    assert out.split() == ["24", "0"]
    assert_same_rows(place, undisturbed)
    assert set(statuses(place).values()) == {"ok"}


def test_a_driver_that_is_killed_and_run_again(tmp_path: Path, undisturbed: Path) -> None:
    place = tmp_path / "zoo"
    first = driver(place, SLOW)
    wait_for(lambda: parts(place) >= 3)
    first.kill()
    first.communicate()
    done = zs.Catalog(place).networks().collect().height
    assert 0 < done < 24
    again = driver(place, SLOW)
    out, err = again.communicate(timeout=200)
    assert again.returncode == 0, err
    assert int(out.split()[1]) >= done
    assert_same_rows(place, undisturbed)


def test_the_machine_switched_off_in_the_middle_of_commits(tmp_path: Path) -> None:
    """Everything is killed at random moments of a run that does little but commit."""
    place, expected = tmp_path / "zoo", tmp_path / "undisturbed"
    zs.run("memory:*", catalog=str(expected), in_process=True, adapters=[zoo(300)])
    rng = random.Random(0)
    unfinished = 0
    for _ in range(8):
        before = parts(place)
        run = driver(place, "memory:*", address="here")
        wait_for(lambda before=before, run=run: parts(place) > before or run.poll() is not None)  # type: ignore[misc]
        time.sleep(rng.uniform(0, 0.15))
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        seen = zs.Catalog(place).networks().collect()
        assert seen["network_id"].n_unique() == seen.height >= before
        assert zs.Catalog(place).spectra().collect().height == 3 * seen.height
        unfinished += seen.height < 300
    assert unfinished >= 3, "it was never interrupted"
    run = driver(place, "memory:*", address="here")
    run.communicate(timeout=200)
    assert run.returncode == 0
    assert_same_rows(place, expected)


def test_networks_that_crash_hang_or_are_in_bad_company(tmp_path: Path) -> None:
    place = tmp_path / "zoo"
    sources = ["faulty:segfault", "faulty:killed", "faulty:hangs", "faulty:raises", "memory:*"]
    job = zs.Job(sources=tuple(sources), catalog=str(place), timeout=2.0)
    adapters = [FaultyAdapter(), zoo(30)]
    with local_ray():
        summary = zs.run(job, workers=2, adapters=adapters)
        assert summary.count("ok") == 30
        found = statuses(place)
        bad = {name: status for name, status in found.items() if status != "ok"}
        assert bad == {
            "segfault": "quarantined",
            "killed": "quarantined",
            "hangs": "quarantined",
            "raises": "failed",
        }
        rows = {row["name"]: row for row in zs.Catalog(place).networks().collect().to_dicts()}
        assert "crash in native code" in rows["segfault"]["reason"]
        assert "longer than the time limit" in rows["hangs"]["reason"]
        assert "--retry-quarantined" in rows["killed"]["reason"]
        assert 2 <= rows["segfault"]["attempts"] <= 3
        again = zs.run(job, workers=2, adapters=adapters)
        assert (again.done_before, again.count("failed")) == (33, 1)
        healed = zs.run(job, workers=2, adapters=[_Healed(), zoo(30)], retry_quarantined=True)
        assert (healed.count("ok"), healed.done_before) == (4, 30)
    assert set(statuses(place).values()) == {"ok"}


class _Healed(FaultyAdapter):
    """The same networks after the fault was mended."""

    def load(self, ref):  # type: ignore[no-untyped-def]
        import dataclasses

        network = super().load(dataclasses.replace(ref, name="fine"))
        return dataclasses.replace(network, name=ref.name)


def test_a_network_that_exceeds_memory(tmp_path: Path) -> None:
    total, free = _memory()
    threshold = (total - free + 2.5e9) / total
    limits = {"memory_usage_threshold": threshold, "memory_monitor_refresh_ms": 100}
    place = tmp_path / "zoo"
    with local_ray(_system_config=limits):
        summary = zs.run(
            ["faulty:greedy", "memory:*"], catalog=str(place), workers=2,
            adapters=[FaultyAdapter(), zoo(12)],
        )  # fmt: skip
    assert (summary.count("ok"), summary.count("quarantined")) == (12, 1)
    row = zs.Catalog(place).network("greedy")
    assert "ran out of memory" in row["reason"]


def _memory() -> tuple[float, float]:
    """Bytes of the machine, and of them available."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return tuple(1024.0 * int(lines[key].split()[0]) for key in ("MemTotal", "MemAvailable"))  # type: ignore[return-value]


@pytest.mark.parametrize("how", ["killed worker", "killed driver", "undisturbed"])
def test_a_split_network_gives_the_rows_of_a_whole_one(
    tmp_path: Path, undisturbed: Path, how: str
) -> None:
    place = tmp_path / "zoo"
    run = driver(place, SLOW, address="split")
    if how != "undisturbed":
        wait_for(lambda: parts(place, "spectra") >= 5)
    if how == "killed worker":
        wait_for(lambda: bool(worker_processes()))
        os.kill(worker_processes()[0], signal.SIGKILL)
    if how == "killed driver":
        run.kill()
        run.communicate()
        before = {path: path.stat().st_mtime_ns for path in (place / "spectra").glob("*.parquet")}
        run = driver(place, SLOW, address="split")
    _, err = run.communicate(timeout=200)
    assert run.returncode == 0, err
    assert parts(place, "spectra") >= 72, "each constituent is a part"
    assert_same_rows(place, undisturbed)
    if how == "killed driver":
        kept = [path for path, stamp in before.items() if path.stat().st_mtime_ns == stamp]
        assert len(kept) >= len(before) - 2, "committed shares serve the next run"


def test_a_full_disk_and_the_run_after_it(tmp_path: Path) -> None:
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
        with local_ray(), pytest.raises(CatalogError, match="No space left on device"):
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
    place = tmp_path / "zoo"
    first = driver(place, SLOW)
    wait_for(lambda: parts(place) >= 1)
    second = driver(place, SLOW)
    out, _ = second.communicate(timeout=100)
    assert second.returncode == 2
    assert "CatalogError" in out
    assert str(first.pid) in out
    _, err = first.communicate(timeout=200)
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
    source = "timm:mobilenetv3_small_050?seed=0"
    zs.run(source, catalog=str(tmp_path / "whole"), in_process=True)
    run = driver(tmp_path / "split", source, address="split")
    _, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    assert parts(tmp_path / "split", "spectra") > 20
    assert_same_rows(tmp_path / "split", tmp_path / "whole")
