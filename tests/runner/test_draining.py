"""A node that announces its end gets nothing more; what cannot end in time is done elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import zoo_spectra as zs
from ray_cluster import RAY, RayCluster
from runner.test_drive import Stage
from runner.test_schedule import GB, keys, schedule, task
from runner.timed_pool import TimedPool
from waiting import wait_for
from zoo_spectra.runner.drive import Drains, Drive
from zoo_spectra.runner.schedule import DRAINED_BEFORE, MAX_NODE_LOSSES, Schedule
from zoo_spectra.runner.units import Cause

DRIVER = """
import sys, zoo_spectra as zs
from pathlib import Path
from misbehaving import Waiting
zs.run(["odd:waits0", "odd:waits1"], catalog=sys.argv[2], address=sys.argv[1],
       adapters=[Waiting(Path(sys.argv[3]))])
"""


def test_a_node_that_drains_gets_nothing_more() -> None:
    made = schedule(*[task(f"t{n}") for n in range(4)], workers=2)
    made.join("v", "other", 64 * GB)
    unit = made.start("w0")
    made.drain("node")
    assert made.start("w1") is None
    assert keys(made.start("v")) == ["t1"]
    assert unit is not None
    made.done(unit, 10)
    assert made.start("w0") is None


def test_what_would_fit_only_a_node_that_drains_waits_for_another_one() -> None:
    made = schedule(task("a", memory=40 * GB))
    made.join("v", "small", 8 * GB)
    made.drain("node")
    assert made.start("w0") is None
    assert made.start("v") is None
    made.leave("v")
    assert made.unfit() == []
    made.join("u", "new", 64 * GB)
    assert keys(made.start("u")) == ["a"]


def test_what_cannot_end_in_time_is_handed_back() -> None:
    made = schedule(task("long", 100), task("short", 20), task("other", 10), workers=2)
    made.join("v", "other", 64 * GB)
    for worker in ("w0", "w1", "v"):
        assert made.start(worker) is not None
    made.drain("node")
    elapsed = {"w0": 10.0, "w1": 10.0, "v": 10.0}
    assert made.hand_back(elapsed, {}) == []
    assert made.hand_back(elapsed, {"node": 200.0}) == []
    assert made.hand_back(elapsed, {"node": 60.0}) == ["w0"]
    assert made.hand_back(elapsed, {"node": DRAINED_BEFORE - 0.1}) == ["w0", "w1"]
    assert made.hand_back({**elapsed, "w1": 90.0}, {"node": 60.0}) == ["w0", "w1"], "overdue"


@pytest.mark.parametrize("cause", ["node", "drained"])
def test_nobody_is_blamed_for_a_node(cause: Cause) -> None:
    made = schedule(task("a"))
    for loss in range(MAX_NODE_LOSSES):
        unit = made.start(f"w{loss}")
        assert unit is not None
        assert made.died(unit, cause) == []
        made.join(f"w{loss + 1}", f"node{loss}", 64 * GB)
    assert made.is_open("a")


def test_the_drive_hands_back_and_nobody_is_blamed(tmp_path: Path) -> None:
    stage = Stage(zs.Catalog.create(str(tmp_path / "zoo")))
    workers = {"w0": ("node", 1.0), "w1": ("node", 1.0), "x": ("other", 1.0)}
    pool = TimedPool(stage.bench, stage.refs, workers, [(5.0, Drains("node", 30.0))])
    tasks = [
        *stage.whole("net0", seconds=100.0),
        *stage.whole("net1", seconds=20.0),
        *stage.whole("net2", "net3", seconds=10.0),
    ]
    drive = Drive(
        Schedule(tasks), stage.refs, stage.catalog, zs.Settings(), stage.reports, clock=pool.clock
    )
    drive.run(pool)
    assert pool.sent_off == [("w0", "drained")], "the other one ends in time"
    assert stage.reports.retries == [("net0", "the worker's node is about to end")]
    assert sorted(stage.reports.ended) == [(f"net{n}", "ok") for n in range(4)]
    assert {unit.worker for at, unit in pool.starts if at > 5.0} == {"x"}


def test_a_node_of_ray_that_is_drained(tmp_path: Path) -> None:
    marks, place = tmp_path / "marks", tmp_path / "zoo"
    marks.mkdir()

    def places() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {"waits0": set(), "waits1": set()}
        for mark in marks.iterdir():
            name, _, node = mark.name.partition(" ")
            found.get(name, set()).add(node)
        return found

    with RayCluster(nodes=2) as cluster:
        run = subprocess.Popen(
            [sys.executable, "-c", DRIVER, cluster.address, place, marks],
            env=cluster.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: all(places().values()) or run.poll() is not None)
        (drained,) = places()["waits0"]
        subprocess.run(
            [RAY, "drain-node", "--address", cluster.address, "--node-id", drained,
             "--reason", "DRAIN_NODE_REASON_PREEMPTION", "--reason-message", "spot",
             "--deadline-remaining-seconds", "10"],
            env=cluster.environment, check=True, capture_output=True,
        )  # fmt: skip
        assert run.stderr is not None
        said = next(line for line in iter(run.stderr.readline, "") if "retry" in line)
        cluster.add_node()
        wait_for(lambda: len(places()["waits0"]) == 2 or run.poll() is not None)
        (marks / "gate").touch()
        _, err = run.communicate()
    assert run.returncode == 0, said + err
    assert "waits0: the worker's node is about to end" in said
    assert len(places()["waits0"] | places()["waits1"]) == 3
    rows = zs.Catalog(place).networks().collect()
    assert rows["status"].to_list() == ["ok", "ok"]
