"""What goes wrong with Ray itself: a message and exit code 2, or a worker that is left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from ray.exceptions import RaySystemError

import zoo_spectra as zs
from local_ray import local_ray
from misbehaving import Shrinking, Stopping, StoppingAtStart, Unpicklable
from networks import FaultyAdapter, zoo
from ray_cluster import RayCluster
from waiting import wait_for
from zoo_spectra.errors import AdapterError, ClusterError
from zoo_spectra.runner import cluster as clusters
from zoo_spectra.runner import frozen, pool

PROGRAM = Path(sys.executable).with_name("zoo-spectra")
# A driver that is less patient than it should be, so that the test need not wait.
HASTY = """
import os, sys
import ray._private.state
from networks import SlowAdapter
from zoo_spectra.runner import cluster
cluster.SILENCE = cluster.LEAVING = 3.0
ask = ray._private.state.state.get_draining_nodes
def stop_and_ask():  # the head of argv[4], just after it was knocked at
    if len(sys.argv) > 4 and os.path.exists(sys.argv[4]):
        os.kill(int(open(sys.argv[4]).read()), 19)
    return ask()
ray._private.state.state.get_draining_nodes = stop_and_ask
import zoo_spectra as zs
from zoo_spectra.errors import ZooSpectraError
try:
    zs.run("slow:net*?count=9&seconds=0.1", catalog=sys.argv[2], address=sys.argv[1],
           adapters=[SlowAdapter(sys.argv[3])])
except ZooSpectraError as error:
    print(f"{type(error).__name__}: {error}", flush=True)
    sys.exit(2)
"""


@pytest.fixture(scope="module")
def connected() -> Iterator[None]:
    with local_ray():
        yield


@pytest.mark.parametrize("how", ["killed", "stopped", "stopped when it is asked"])
def test_a_head_that_is_gone_ends_the_run_with_a_message(tmp_path: Path, how: str) -> None:
    """Nobody answers, or Ray waits for an answer: after 60 seconds of that it ends the process."""
    with RayCluster(head_cpus=2) as cluster:
        place, whom = tmp_path / "zoo", tmp_path / "whom"
        run = subprocess.Popen(
            [sys.executable, "-c", HASTY, cluster.address, place, tmp_path / "gate", whom],
            env=cluster.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: list(place.glob("networks/*.parquet")) or run.poll() is not None)
        (head,) = (
            process
            for process in cluster.nodes[0].processes()
            if b"gcs_server" in Path(f"/proc/{process}/cmdline").read_bytes()
        )
        if how == "stopped when it is asked":
            (tmp_path / "written").write_text(str(head))
            (tmp_path / "written").rename(whom)
        else:
            os.kill(head, signal.SIGKILL if how == "killed" else signal.SIGSTOP)
        out, err = run.communicate()
    assert run.returncode == 2, out + err
    assert "ClusterError: the head of the Ray cluster has not answered for" in out
    assert "Traceback" not in out + err
    assert zs.Catalog(place).networks().collect().height >= 1


def test_a_cluster_without_zoo_spectra_is_an_error_and_not_exit_1(tmp_path: Path) -> None:
    bare = tmp_path / "bare" / "zoo_spectra"
    bare.mkdir(parents=True)
    (bare / "__init__.py").write_text("raise ModuleNotFoundError('No module named zoo_spectra')")
    with RayCluster(head_cpus=1, environment={"PYTHONPATH": str(bare.parent)}) as cluster:
        environment = {**cluster.environment, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        ran = subprocess.run(
            [PROGRAM, "run", "timm:mobilenetv3_small_050?seed=0", "--address", cluster.address],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 2, ran.stderr
    assert "zoo-spectra: workers cannot be started" in ran.stderr
    assert "No module named zoo_spectra" in ran.stderr.replace("\n", " ")
    assert "Traceback" not in ran.stderr


def test_a_port_that_is_no_ray_is_known_by_one_knock(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ClusterError, match="takes a connection and does not answer"):
            zs.run("memory:*", catalog=str(tmp_path / "z"), address=address, adapters=[zoo(1)])


def test_what_ray_raises_is_a_cluster_error(connected: None) -> None:
    told = "the Ray cluster fails: .*gone; run the same"
    with pytest.raises(ClusterError, match=told), clusters.cluster(None, None):
        raise RaySystemError("gone")


def test_an_adapter_that_cannot_be_sent_is_said_before_ray_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("Ray is started")

    monkeypatch.setattr(ray, "init", never)
    with pytest.raises(AdapterError, match="'odd' cannot be sent to workers.*lock"):
        zs.run("odd:fine", catalog=str(tmp_path / "zoo"), adapters=[Unpicklable()])


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks soon whether a worker is stopped, and does not give it long."""
    monkeypatch.setattr(frozen, "LOOK_AFTER", 0.1)
    monkeypatch.setattr(frozen, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(frozen, "FROZEN_AFTER", 1.0)


def test_a_worker_that_is_stopped_is_left_and_its_work_done_elsewhere(
    tmp_path: Path, connected: None, hasty: None
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    adapters = [Stopping(marks), zoo(2)]
    ran = zs.run(["odd:net", "memory:*"], catalog=str(tmp_path / "z"), workers=1, adapters=adapters)
    assert (ran.count("ok"), len(list(marks.iterdir()))) == (3, 1)


def test_a_network_that_stops_every_worker_is_quarantined_and_says_where(
    tmp_path: Path, connected: None, hasty: None
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    adapters = [Stopping(marks, always=True), zoo(2)]
    ran = zs.run(["odd:net", "memory:*"], catalog=str(tmp_path / "z"), workers=1, adapters=adapters)
    assert (ran.count("ok"), ran.count("quarantined")) == (2, 1)
    row = zs.Catalog(tmp_path / "z").network("net")
    assert "the worker process was stopped, and did not go on" in row["reason"]
    assert str(row["pid"]) in {mark.name.split()[-1] for mark in marks.iterdir()}


def test_a_worker_that_is_stopped_before_it_answers_is_replaced(
    tmp_path: Path, connected: None, hasty: None
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    adapters = [StoppingAtStart(marks)]
    ran = zs.run("odd:net", catalog=str(tmp_path / "z"), workers=1, adapters=adapters)
    assert (ran.count("ok"), len(list(marks.iterdir()))) == (1, 1)


def test_workers_that_are_all_stopped_at_the_start_end_the_run(
    tmp_path: Path, connected: None, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MAX_FAILED_STARTS", 2)
    marks = tmp_path / "marks"
    marks.mkdir()
    adapters = [StoppingAtStart(marks, always=True)]
    with pytest.raises(ClusterError, match="cannot be started: a signal .* before they answered"):
        zs.run("odd:net", catalog=str(tmp_path / "z"), workers=1, adapters=adapters)
    assert len(list(marks.iterdir())) == 2


def test_a_mapped_file_that_shrinks_costs_its_network_and_rows_say_where(
    tmp_path: Path, connected: None
) -> None:
    adapters = [Shrinking(tmp_path / "w.npy"), FaultyAdapter(), zoo(3)]
    ran = zs.run(
        ["odd:net", "faulty:raises", "memory:*"], catalog=str(tmp_path / "zoo"), workers=2,
        adapters=adapters,
    )  # fmt: skip
    assert (ran.count("ok"), ran.count("failed"), ran.count("quarantined")) == (3, 1, 1)
    rows = zs.Catalog(tmp_path / "zoo").networks().collect().to_dicts()
    for row in rows:
        assert row["host"] == socket.gethostname()
        assert row["pid"] != os.getpid()
        assert row["worker"] in row["ray_log"]
        assert Path(row["ray_log"]).is_file()
    (raised,) = (row for row in rows if row["status"] == "failed")
    assert "networks.py" in raised["traceback"]
