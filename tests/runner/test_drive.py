"""The driver's loop on a pool in this process: real work, a real catalog, faults on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest

from networks import FaultyAdapter, zoo
from zoo_spectra import Catalog, NetworkRef, list_networks
from zoo_spectra.method.analysis import Settings
from zoo_spectra.runner.drive import (
    PATIENCE,
    TIMES_THE_ESTIMATE,
    Died,
    Drive,
    Ended,
    Event,
    Joined,
    Stop,
)
from zoo_spectra.runner.schedule import WORKER_BYTES, Schedule
from zoo_spectra.runner.tasks import More, Task
from zoo_spectra.runner.units import Cause, Unit
from zoo_spectra.runner.work import Bench, Receipt, do_unit

GB = 1 << 30


class Pool:
    """Workers of one node that end what they were given when the driver waits.

    ``faults``: by network, what happens to the units that hold it, one after the other: a cause
    of death, ``late`` for a death after the commit, or ``none``.
    """

    def __init__(
        self,
        bench: Bench,
        refs: Mapping[str, NetworkRef],
        faults: Mapping[str, Iterable[str]] = {},
        workers: int = 1,
    ) -> None:
        self._bench, self._refs = bench, refs
        self._faults = {name: list(kinds) for name, kinds in faults.items()}
        self._joining = [f"w{number}" for number in range(workers)]
        self._number = workers
        self._idle: list[str] = []
        self._given: list[Unit] = []
        self.units: list[Unit] = []
        self.limits: list[float] = []

    def idle(self) -> list[str]:
        return list(self._idle)

    def submit(self, unit: Unit, attempts: Mapping[str, int], limit: float) -> None:
        self._idle.remove(unit.worker)
        self._given.append(unit)
        self.units.append(unit)
        self.limits.append(limit)
        self._attempts = dict(attempts)

    def wait(self) -> list[Event]:
        joined, self._joining = self._joining, []
        self._idle += joined
        given, self._given = self._given, []
        return [*(Joined(name, "node", 10 * GB) for name in joined), *map(self._end, given)]

    def _end(self, unit: Unit) -> Event:
        names = [self._refs[task.network].name for task in unit.tasks]
        fault = next((self._faults[n].pop(0) for n in names if self._faults.get(n)), None)
        answers = self._work(unit) if fault in (None, "none", "committed") else []
        if fault in (None, "none"):
            self._idle.append(unit.worker)
            return Ended(unit, tuple(answers), 0.1)
        self._joining.append(f"w{self._number}")
        self._number += 1
        return Died(unit, next((cause for cause in get_args(Cause) if cause == fault), "crash"))

    def _work(self, unit: Unit) -> list[Receipt | More]:
        refs = [self._refs[task.network] for task in unit.tasks]
        return do_unit(self._bench, unit.tasks, refs, [1] * len(refs))


@dataclass
class Reports:
    """Everything that was told, in order."""

    ended: list[tuple[str, str]] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)
    retries: list[tuple[str, str]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def advance(self, receipt: Receipt, share: float) -> None:
        self.ended.append((receipt.name, receipt.status))
        self.parts.append(share)
        self.then()

    def retry(self, name: str, cause: str) -> None:
        self.retries.append((name, cause))


@dataclass
class Stage:
    """A catalog, good and faulty networks, and how to drive them."""

    catalog: Catalog
    reports: Reports = field(default_factory=Reports)
    stop: Stop = field(default_factory=Stop)

    def __post_init__(self) -> None:
        adapters = {"memory": zoo(), "faulty": FaultyAdapter()}
        self.bench = Bench(adapters, self.catalog, Settings())
        sources = ("memory:*", "faulty:raises")
        refs = [ref for source in sources for ref in list_networks(source, adapters)]
        self.refs = {ref.network_id: ref for ref in refs}
        self.ids = {ref.name: ref.network_id for ref in refs}

    def whole(self, *names: str, seconds: float = 10.0, memory: int = 0) -> list[Task]:
        return [Task(self.ids[name], self.ids[name], seconds, memory) for name in names]

    def shares(self, name: str, *parts: Sequence[int]) -> list[Task]:
        key = self.ids[name]
        return [
            Task(f"{key}/{number}", key, 10.0, 0, "share", tuple(positions))
            for number, positions in enumerate(parts)
        ]

    def run(
        self,
        tasks: Iterable[Task],
        faults: Mapping[str, Iterable[str]] = {},
        workers: int = 1,
        timeout: float | None = None,
    ) -> Pool:
        pool = Pool(self.bench, self.refs, faults, workers)
        schedule = Schedule(tasks)
        drive = Drive(
            schedule, self.refs, self.catalog, Settings(), self.reports, self.stop, timeout, 0.0
        )
        drive.run(pool)
        assert schedule.finished
        return pool

    def rows(self) -> dict[str, str]:
        return dict(self.catalog.networks().select("name", "status").collect().iter_rows())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(Catalog.create(str(tmp_path / "zoo")))


def test_every_network_is_reported_once_and_the_share_grows_to_one(stage: Stage) -> None:
    stage.run([*stage.whole("net0", "net1"), *stage.shares("net2", (0, 2), (1,))], workers=2)
    assert sorted(stage.reports.ended) == [("net0", "ok"), ("net1", "ok"), ("net2", "ok")]
    assert stage.rows() == dict(stage.reports.ended)
    assert stage.reports.parts == sorted(stage.reports.parts)
    assert stage.reports.parts[-1] == 1.0


def test_who_has_committed_before_the_death_is_not_blamed(stage: Stage) -> None:
    pool = stage.run(stage.whole("net0", "net1", seconds=0.1), {"net0": ["committed"]})
    assert [len(unit.tasks) for unit in pool.units] == [1, 1]
    assert sorted(stage.reports.ended) == [("net0", "ok"), ("net1", "ok")]
    assert stage.reports.retries == []


def test_a_share_that_was_committed_before_the_death_is_not_done_again(stage: Stage) -> None:
    pool = stage.run(stage.shares("net0", (0,), (1, 2)), {"net0": ["committed", "crash"]})
    assert [unit.tasks[0].key.rpartition("/")[2] for unit in pool.units] == ["0", "1", "1", "row"]
    assert stage.reports.ended == [("net0", "ok")]
    assert len(stage.reports.retries) == 1
    assert stage.reports.parts == [1.0], "not before its row"


def test_the_row_of_a_split_network_that_was_committed_before_the_death_counts(
    stage: Stage,
) -> None:
    key = stage.ids["net0"]
    stage.run(stage.shares("net0", (0, 1, 2)))
    stage.reports.ended.clear()
    row = Task(f"{key}/row", key, 0.1, 0, "finish")
    assert len(stage.run([row], {"net0": ["committed"]}).units) == 1
    assert stage.reports.ended == [("net0", "ok")]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("crash", "the worker process died (killed, or a crash in native code) in all 2 attempts"),
        ("memory", "the worker ran out of memory in all 2 attempts"),
        ("timeout", "the worker took longer than the time limit in all 2 attempts; raise timeout"),
    ],
)
def test_who_is_given_up_has_one_quarantined_row(stage: Stage, cause: str, text: str) -> None:
    stage.run(stage.whole("net0", "net1"), {"net0": [cause] * 9})
    assert sorted(stage.reports.ended) == [("net0", "quarantined"), ("net1", "ok")]
    row = stage.catalog.network("net0")
    assert (row["status"], row["attempts"]) == ("quarantined", 2)
    assert row["reason"].startswith(text)
    assert row["reason"].endswith("zoo-spectra run --retry-quarantined")
    assert stage.reports.retries == [("net0", text.partition(" in all")[0])]


def test_a_split_network_is_given_up_whole(stage: Stage) -> None:
    pool = stage.run(stage.shares("net0", (0,), (1,), (2,)), {"net0": ["crash"] * 9})
    assert stage.reports.ended == [("net0", "quarantined")]
    assert len(pool.units) == 3, "two shares, and one of them again"


def test_what_fits_no_node_is_a_failed_row(stage: Stage) -> None:
    room = 10 * GB - WORKER_BYTES
    tasks = [*stage.whole("net0", memory=room * 11 // 10), *stage.whole("net1", memory=room)]
    pool = stage.run(tasks)
    assert len(pool.units) == 1
    assert sorted(stage.reports.ended) == [("net0", "failed"), ("net1", "ok")]
    row = stage.catalog.network("net0")
    assert (row["status"], row["attempts"]) == ("failed", 0)
    assert "needs about 11.3 GB of memory, more than any node has free" in row["reason"]


def test_when_asked_to_stop_what_is_in_flight_is_finished(stage: Stage) -> None:
    def ask() -> None:
        stage.stop.requested = True

    stage.reports.then = ask
    pool = stage.run(stage.whole(*(f"net{n}" for n in range(6))), workers=2)
    assert len(pool.units) == 2
    assert stage.reports.ended == [("net0", "ok"), ("net1", "ok")]


def test_a_death_on_the_way_is_told_and_not_held_against_the_network(stage: Stage) -> None:
    faults = {"net0": ["node", "node"], "net1": ["crash"]}
    stage.run(stage.whole("net0", "net1"), faults)
    crash = "the worker process died (killed, or a crash in native code)"
    lost = "the worker's node was lost"
    assert sorted(stage.reports.retries) == [("net0", lost), ("net0", lost), ("net1", crash)]
    assert sorted(stage.reports.ended) == [("net0", "ok"), ("net1", "ok")]


@pytest.mark.parametrize("workers", [1, 2, 3], ids=["one_by_one", "two_at_a_time", "all_at_once"])
def test_a_network_whose_shares_all_fail_ends_once(stage: Stage, workers: int) -> None:
    pool = stage.run(stage.shares("raises", (0,), (1,), (2,)), workers=workers)
    assert stage.reports.ended == [("raises", "failed")]
    assert stage.rows() == {"raises": "failed"}
    assert len(pool.units) == workers
    assert {unit.tasks[0].kind for unit in pool.units} == {"share"}


def test_a_network_whose_last_share_fails_ends_once(stage: Stage) -> None:
    pool = stage.run(stage.shares("net0", (0, 1), (2, 99)))
    assert stage.reports.ended == [("net0", "failed")]
    assert len(pool.units) == 2
    assert "constituents [99] of 3 are missing" in stage.catalog.network("net0")["reason"]


def test_the_death_of_a_share_of_a_network_that_has_ended_is_no_retry(stage: Stage) -> None:
    stage.run(stage.shares("net0", (99,), (1,)), {"net0": ["none", "crash"]}, workers=2)
    assert stage.reports.ended == [("net0", "failed")]
    assert stage.reports.retries == []


def test_the_time_limit_is_the_jobs_for_each_network(stage: Stage) -> None:
    tasks = stage.whole(*(f"net{n}" for n in range(6)), seconds=0.5)
    pool = stage.run(tasks, timeout=7.0)
    assert pool.limits == [7.0 * len(unit.tasks) for unit in pool.units]
    assert max(len(unit.tasks) for unit in pool.units) > 1


def test_without_one_it_is_generous(stage: Stage) -> None:
    long = 2 * PATIENCE / TIMES_THE_ESTIMATE
    pool = stage.run([*stage.whole("net0", seconds=long), *stage.whole("net1", seconds=0.1)])
    assert pool.limits == [2 * PATIENCE, PATIENCE]
