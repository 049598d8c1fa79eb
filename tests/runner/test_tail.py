"""Near the end of a run what is late is started a second time, and the first to end counts."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import zoo_spectra as zs
from local_ray import local_ray
from misbehaving import SlowOnOne
from runner.test_drive import Stage
from runner.test_schedule import GB, keys, schedule, shares, task
from runner.timed_pool import TimedPool
from zoo_spectra.runner.drive import Drive
from zoo_spectra.runner.schedule import Schedule
from zoo_spectra.runner.tail import OVERDUE, is_worth_it, remaining, slowness
from zoo_spectra.runner.units import Unit

TAIL = 1.3  # median units after the last unit of the other workers


def begun(made: Schedule, workers: Sequence[str]) -> list[Unit]:
    units = [made.start(worker) for worker in workers]
    assert all(units)
    return [unit for unit in units if unit is not None]


def measured(made: Schedule, worker: str = "w0") -> None:
    """One unit is done at the speed of the estimate, so that the schedule trusts it."""
    unit = made.start(worker)
    assert unit is not None
    made.done(unit, unit.seconds)


def test_what_is_overdue_takes_as_long_again() -> None:
    assert remaining(10.0, 4.0) == 6.0
    assert remaining(10.0, 12.0) == 0.0
    assert remaining(10.0, 14.0) == 14.0
    assert is_worth_it(14.0, 10.0)
    assert not is_worth_it(10.0, 10.0)


def test_a_worker_is_as_slow_as_it_has_been() -> None:
    assert slowness(0.0, 0.0, 2.0, 3.0) == 1.0
    assert slowness(200.0, 100.0, 2.0, 3.0) == 1.0
    assert slowness(1000.0, 100.0, 2.0, 3.0) == pytest.approx(5.0, rel=0.05)


def test_nothing_is_doubled_while_something_waits_or_nothing_is_known() -> None:
    made = schedule(task("first", 20), *[task(f"t{n:02}") for n in range(9)], workers=2)
    measured(made)
    begun(made, ["w0"])
    assert made.second(["w1"], {"w0": 100.0}) == [], "there are 40 s of work for each"
    made = schedule(task("a"), workers=2)
    begun(made, ["w0"])
    assert made.second(["w1"], {"w0": 100.0}) == [], "no unit has ended yet"


def test_what_is_late_is_doubled_once_and_the_first_to_end_counts() -> None:
    made = schedule(task("first", 20), task("a"), task("b"), workers=3)
    measured(made)
    a, b = begun(made, ["w0", "w1"])
    assert made.second(["w2"], {"w0": 5.0, "w1": 9.0}) == []
    (twin,) = made.second(["w2"], {"w0": 5.0, "w1": 14.0})
    assert (twin.worker, keys(twin)) == ("w2", keys(b))
    made.done(a, 10.0)
    assert made.second(["w0"], {"w1": 99.0, "w2": 99.0}) == [], "it is doubled already"
    made.done(twin, 10.0)
    assert made.late == {"w1"}
    assert made.finished
    assert made.seconds_done == made.seconds_total
    made.done(b, 100.0)
    assert made.speed == 1.0, "what came late says nothing"
    assert not made.late


def test_what_is_overdue_and_longer_than_all_the_rest_is_not_left_to_the_end() -> None:
    made = schedule(task("first", 40), task("long", 40), task("a", 9), task("b", 9), workers=2)
    measured(made)
    begun(made, ["w0"])
    assert made.second(["w1"], {"w0": 45.0}) == [], "it may end any moment"
    (twin,) = made.second(["w1"], {"w0": 90.0})
    assert keys(twin) == ["long"]


def test_a_worker_known_to_be_slow_is_not_waited_for() -> None:
    made = schedule(task("x", 40), task("y", 39), task("a"), task("b"), workers=2)
    slow, fast = begun(made, ["w0", "w1"])
    made.done(slow, 400.0)
    made.done(fast, 39.0)
    begun(made, ["w0", "w1"])
    made.join("w2", "node", 64 * GB)
    assert [unit.worker for unit in made.second(["w2"], {"w0": 0.0, "w1": 0.0})] == ["w2"]


@pytest.mark.parametrize("which", [0, 1])
def test_the_death_of_one_of_two_is_nothing(which: int) -> None:
    made = schedule(task("first", 20), task("a"), workers=2)
    measured(made)
    (a,) = begun(made, ["w0"])
    (twin,) = made.second(["w1"], {"w0": 20.0})
    one, other = (a, twin) if which else (twin, a)
    assert made.died(one, "crash") == []
    assert not made.finished
    assert made.start(one.worker) is None
    made.done(other, 10.0)
    assert made.finished


def test_the_death_of_both_is_one_death() -> None:
    made = schedule(task("first", 20), task("a"), workers=2)
    measured(made)
    (a,) = begun(made, ["w0"])
    (twin,) = made.second(["w1"], {"w0": 20.0})
    made.died(a, "crash")
    assert made.died(twin, "crash") == []
    assert keys(made.start("w0")) == ["a"]


def test_a_share_that_two_have_done_makes_one_row() -> None:
    made = schedule(task("first", 20), *shares("net", 1), workers=3)
    measured(made)
    (share,) = begun(made, ["w0"])
    (twin,) = made.second(["w1"], {"w0": 20.0})
    made.done(twin, 10.0)
    row = made.start("w2")
    assert keys(row) == ["net/row"]
    assert row is not None
    made.done(row, 0.1)
    made.done(share, 30.0)
    assert made.start("w0") is None
    assert made.finished


def test_it_must_fit_and_a_suspect_is_never_doubled() -> None:
    made = schedule(task("first", 20), task("a", 10, 40 * GB), workers=2)
    measured(made)
    (a,) = begun(made, ["w0"])
    assert made.second(["w1"], {"w0": 99.0}) == [], "its node has not the memory"
    made.join("v", "other", 64 * GB)
    made.died(a, "crash")
    made.leave("w0")
    made.leave("w1")
    again = made.start("v")
    assert again is not None
    assert again.alone
    made.join("u", "third", 64 * GB)
    assert made.second(["u"], {"v": 99.0}) == []


def tail(pool: TimedPool, slow: str) -> float:
    """Median units between the end of the others' own work and the end of all."""
    took = [at - begin(pool, unit) for at, unit in pool.ends]
    own = max(at for at, unit in pool.ends if unit.worker != slow and not is_twin(pool, unit))
    return (max(at for at, _ in pool.ends) - own) / statistics.median(took)


def begin(pool: TimedPool, unit: Unit) -> float:
    return next(at for at, started in pool.starts if started is unit)


def is_twin(pool: TimedPool, unit: Unit) -> bool:
    first = next(started for _, started in pool.starts if set(started.tasks) & set(unit.tasks))
    return first is not unit


@pytest.mark.parametrize("slow", [3.0, 20.0, math.inf], ids=["slow", "slower", "frozen"])
@pytest.mark.parametrize("seed", range(5))
def test_the_tail_of_a_run_with_one_slow_worker(tmp_path: Path, slow: float, seed: int) -> None:
    stage = Stage(zs.Catalog.create(str(tmp_path / "zoo")))
    rng = random.Random(seed)
    names = [f"net{n}" for n in range(6)]
    tasks = [stage.whole(name, seconds=rng.uniform(8, 12))[0] for name in names]
    workers = {"w0": ("a", slow), "w1": ("a", 1.0), "w2": ("b", 1.0)}
    pool = TimedPool(stage.bench, stage.refs, workers)
    drive = Drive(
        Schedule(tasks), stage.refs, stage.catalog, zs.Settings(), stage.reports, clock=pool.clock
    )
    drive.run(pool)
    assert sorted(stage.reports.ended) == [(name, "ok") for name in names]
    assert tail(pool, "w0") <= TAIL + 0.1
    assert pool.sent_off == [("w0", "late")]
    rows = stage.catalog.networks().collect()
    assert rows["name"].is_unique().all()
    assert stage.catalog.spectra().collect().height == 3 * len(names)


def test_for_real_a_worker_that_is_slow(tmp_path: Path) -> None:
    """On Ray: of two workers one takes for ever from its third network on."""
    place, mark = tmp_path / "zoo", tmp_path / "mark"
    with local_ray():
        ran = zs.run(
            [f"odd:net{n}" for n in range(12)], catalog=str(place), workers=2,
            adapters=[SlowOnOne(mark)],
        )  # fmt: skip
    assert ran.count("ok") == 12
    assert mark.exists()
    found = zs.Catalog(place).networks().collect()
    assert found.height == 12
    assert found["network_id"].is_unique().all()
    spectra = zs.Catalog(place).spectra().collect()
    assert spectra.select(pl.struct("network_id", "position")).is_unique().all()
    assert spectra.height == 36
    slow = int(mark.read_text())
    assert slow not in set(found.sort("finished_at")["pid"].tail(1))


@given(st.lists(st.floats(1, 50), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_whatever_ends_first_every_network_has_one_row(
    drawn: list[float], rng: random.Random
) -> None:
    made = Schedule([task(f"n{n}", seconds) for n, seconds in enumerate(drawn)])
    for number in range(3):
        made.join(f"w{number}", f"node{number % 2}", 64 * GB)
    flying: dict[str, tuple[Unit, float]] = {}
    rows: Counter[str] = Counter()
    home = {f"w{n}": f"node{n % 2}" for n in range(3)}
    names = iter(range(3, 10**6))
    for turn in range(2000):
        if made.finished:
            break
        resting = []
        for worker in list(home):
            if worker in flying:
                continue
            unit = made.start(worker)
            if unit is None:
                resting.append(worker)
            else:
                flying[worker] = unit, turn
        elapsed = {worker: rng.uniform(0, 200) for worker in flying}
        for unit in made.second(resting, elapsed):
            assert unit.worker not in flying
            flying[unit.worker] = unit, turn
        if not flying:
            continue
        worker = rng.choice(sorted(flying))
        unit, _ = flying.pop(worker)
        late = worker in made.late
        if rng.random() < 0.2:
            for lost in made.died(unit, rng.choice(["crash", "node", "timeout"])):
                rows[lost.task.network] += 1
            made.leave(worker)
            node = home.pop(worker)
            fresh = f"w{next(names)}"
            made.join(fresh, node, 64 * GB)
            home[fresh] = node
            continue
        made.done(unit, rng.uniform(0.5, 5) * unit.seconds)
        if not late:
            rows.update(each.network for each in unit.tasks)
    assert made.finished
    assert rows == Counter(f"n{n}" for n in range(len(drawn)))
    assert OVERDUE > 1
