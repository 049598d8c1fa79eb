"""The schedule: order, bundles, memory, blame, and that nothing is lost, whatever happens."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_spectra.runner.schedule import MAX_ATTEMPTS, MAX_NODE_LOSSES, WORKER_BYTES, Schedule
from zoo_spectra.runner.tasks import More, Task, tasks_of
from zoo_spectra.runner.units import Cause, Unit
from zoo_spectra.runner.waiting import LEVELS
from zoo_spectra.sources.adapter import NetworkRef

GB = 1 << 30


def task(key: str, seconds: float = 10.0, memory: int = 0) -> Task:
    return Task(key, key, seconds, memory)


def shares(network: str, count: int, seconds: float = 10.0) -> list[Task]:
    return [Task(f"{network}/{n}", network, seconds, 0, "share", (n,)) for n in range(count)]


def schedule(*tasks: Task, workers: int = 1, memory: int = 64 * GB) -> Schedule:
    """A schedule with ``workers`` on one node."""
    made = Schedule(tasks)
    for number in range(workers):
        made.join(f"w{number}", "node", memory)
    return made


def keys(unit: Unit | None) -> list[str]:
    assert unit is not None
    return [each.key for each in unit.tasks]


def test_longest_first() -> None:
    made = schedule(task("b", 5), task("a", 9), task("c", 4), workers=4)
    assert [keys(made.start(f"w{n}")) for n in range(3)] == [["a"], ["b"], ["c"]]
    assert made.start("w3") is None


def test_small_tasks_are_bundled_and_large_ones_are_not() -> None:
    made = schedule(*[task(f"s{n:02}", 0.5) for n in range(40)], task("big", 5))
    assert keys(made.start("w0")) == ["big"]
    made.join("w1", "node", 64 * GB)
    bundle = made.start("w1")
    assert len(keys(bundle)) == 6, "three seconds of half a second each"


def test_bundles_shrink_towards_the_end() -> None:
    made = schedule(*[task(f"s{n}", 0.5) for n in range(8)], workers=4)
    sizes = [len(keys(made.start(f"w{n}"))) for n in range(4)]
    assert sizes == [1, 1, 1, 1], "four seconds of work for four workers"


def test_the_speed_that_is_measured_corrects_the_bundles() -> None:
    made = schedule(*[task(f"s{n}", 0.5) for n in range(200)], task("big", 5))
    unit = made.start("w0")
    assert unit is not None
    made.done(unit, 0.5)
    assert made.speed == 0.1
    assert len(keys(made.start("w0"))) == 60


def test_no_unit_is_started_that_does_not_fit() -> None:
    node = 10 * GB + 2 * WORKER_BYTES
    made = schedule(task("large", 9, 8 * GB), task("middle", 8, 4 * GB), task("small", 7, 1 * GB),
                    workers=2, memory=node)  # fmt: skip
    first = made.start("w0")
    assert keys(first) == ["large"]
    assert keys(made.start("w1")) == ["small"], "the middle one must wait"
    assert first is not None
    made.done(first, 9)
    assert keys(made.start("w0")) == ["middle"]


def test_what_fits_no_node_is_refused_when_nothing_else_is_left() -> None:
    made = schedule(task("huge", 9, 80 * GB), task("small", 7))
    small = made.start("w0")
    assert keys(small) == ["small"]
    assert made.unfit() == []
    assert small is not None
    made.done(small, 7)
    assert made.start("w0") is None
    assert [each.key for each in made.unfit()] == ["huge"]
    assert made.finished


def test_a_bundle_that_dies_is_tried_one_by_one_and_only_the_guilty_is_blamed() -> None:
    made = schedule(*[task(key, 0.1) for key in "abc"], *[task(f"x{n}", 0.1) for n in range(60)])
    bundle = made.start("w0")
    assert bundle is not None
    assert {"a", "b", "c"} < set(keys(bundle))
    assert made.died(bundle, "crash") == []
    ended: list[str] = []
    given_up: list[str] = []
    while (unit := made.start("w0")) is not None:
        if set(keys(unit)) & set(keys(bundle)):
            assert len(unit.tasks) == 1
        if "b" in keys(unit):
            given_up += [each.task.key for each in made.died(unit, "crash")]
        else:
            made.done(unit, 0.1)
            ended += keys(unit)
    assert given_up == ["b"]
    assert len(ended) == 62
    assert made.finished


def test_a_suspect_is_tried_again_with_its_node_for_itself() -> None:
    made = schedule(task("bad", 9), task("a", 8), task("b", 7), workers=3)
    bad, a, b = (made.start(f"w{n}") for n in range(3))
    assert bad is not None
    assert a is not None
    assert b is not None
    assert made.died(bad, "crash") == []
    assert made.start("w0") is None, "others are on the node"
    made.join("v", "other node", 64 * GB)
    again = made.start("v")
    assert keys(again) == ["bad"]
    assert again is not None
    assert again.alone
    made.join("v2", "other node", 64 * GB)
    assert made.start("v2") is None, "the node is the suspect's"
    (lost,) = made.died(again, "crash")
    assert (lost.task.key, lost.attempts) == ("bad", 2)


def test_out_of_memory_is_tried_with_twice_the_memory() -> None:
    made = schedule(task("a", 9, 3 * GB))
    unit = made.start("w0")
    assert unit is not None
    made.died(unit, "memory")
    again = made.start("w0")
    assert again is not None
    assert again.memory == 6 * GB


def test_the_loss_of_a_node_is_nobodys_fault_but_not_for_ever() -> None:
    made = schedule(task("a"))
    for loss in range(MAX_NODE_LOSSES):
        unit = made.start(f"w{loss}")
        assert unit is not None
        assert made.died(unit, "node") == []
        made.leave(f"w{loss}")
        made.join(f"w{loss + 1}", f"node{loss}", 64 * GB)
    for _ in range(MAX_ATTEMPTS):
        unit = made.start(f"w{MAX_NODE_LOSSES}")
        assert unit is not None
        given_up = made.died(unit, "node")
    assert [each.task.key for each in given_up] == ["a"]


def test_the_row_of_a_split_network_comes_after_its_last_share_and_before_others() -> None:
    made = schedule(*shares("net", 2), task("other", 9), workers=2)
    first, second = made.start("w0"), made.start("w1")
    assert first is not None
    assert second is not None
    made.done(first, 10)
    assert keys(made.start("w0")) == ["other"]
    made.done(second, 10)
    row = made.start("w1")
    assert row is not None
    assert (keys(row), row.tasks[0].kind) == (["net/row"], "finish")


def test_a_network_whose_share_failed_is_dropped_whole() -> None:
    made = schedule(*shares("net", 3), workers=2)
    first, second = made.start("w0"), made.start("w1")
    assert first is not None
    assert second is not None
    made.done(first, 10)
    made.drop("net")
    assert made.start("w0") is None
    assert not made.finished
    made.done(second, 10)
    assert made.start("w0") is None
    assert made.finished


def test_stopping_finishes_what_is_in_flight() -> None:
    made = schedule(task("a", 9), task("b", 8), workers=2)
    unit = made.start("w0")
    made.stopping = True
    assert made.start("w1") is None
    assert not made.finished
    assert unit is not None
    made.done(unit, 9)
    assert made.finished


def test_the_loss_of_its_node_does_not_bring_a_suspect_among_others() -> None:
    made = schedule(task("bad", 9))
    unit = made.start("w0")
    assert unit is not None
    made.died(unit, "crash")
    again = made.start("w0")
    assert again is not None
    made.died(again, "node")
    third = made.start("w0")
    assert third is not None
    assert third.alone


def test_many_that_do_not_fit_hold_up_nobody() -> None:
    large = [task(f"large{n:03}", 9, 40 * GB) for n in range(200)]
    made = schedule(*large, task("small", 7, 1 * GB), workers=3)
    assert keys(made.start("w0")) == ["large000"]
    assert keys(made.start("w1")) == ["small"]
    assert made.start("w2") is None


def test_what_needs_the_memory_of_many_workers_comes_before_what_is_as_long() -> None:
    made = schedule(task("long", 12, 1 * GB), task("large", 9, 40 * GB), workers=4)
    assert keys(made.start("w0")) == ["large"]
    assert keys(made.start("w1")) == ["long"]


def test_a_node_is_kept_for_suspects_that_would_end_after_all_others() -> None:
    made = schedule(task("bad", 9), *[task(f"t{n:02}", 8) for n in range(12)], workers=2)
    bad, other = made.start("w0"), made.start("w1")
    assert bad is not None
    assert other is not None
    made.died(bad, "crash")
    started: list[str] = []
    while (unit := made.start("w0")) is not None:
        started += keys(unit)
        made.done(unit, 8)
    assert started == ["t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t09"]
    made.done(other, 8)
    suspect = made.start("w1")
    assert keys(suspect) == ["bad"]
    assert made.start("w0") is None
    assert suspect is not None
    made.done(suspect, 9)
    assert keys(made.start("w0")) == ["t10"]


def test_no_more_nodes_are_kept_than_there_are_suspects() -> None:
    made = schedule(task("bad", 100), *[task(f"t{n}", 8) for n in range(4)], workers=2)
    bad, other = made.start("w0"), made.start("w1")
    assert bad is not None
    assert keys(other) == ["t0"]
    made.died(bad, "crash")
    assert made.start("w0") is None, "its node is kept"
    made.join("v", "other node", 64 * GB)
    assert keys(made.start("v")) == ["t1"]


def test_a_worker_that_was_refused_is_not_forgotten() -> None:
    made = schedule(task("a", 9, 40 * GB), task("b", 8, 40 * GB), workers=2)
    unit = made.start("w0")
    assert made.start("w1") is None
    assert made.start("w1") is None
    assert unit is not None
    made.done(unit, 9)
    assert keys(made.start("w1")) == ["b"]


def test_progress_reaches_its_end_when_a_network_is_dropped() -> None:
    made = schedule(*shares("net", 3), task("other"))
    unit = made.start("w0")
    assert unit is not None
    made.done(unit, 10)
    made.drop("net")
    other = made.start("w0")
    assert keys(other) == ["other"]
    assert other is not None
    made.done(other, 10)
    assert made.seconds_done == made.seconds_total == 40


def test_a_network_whose_last_share_failed_has_no_second_row() -> None:
    made = schedule(*shares("net", 1))
    unit = made.start("w0")
    assert unit is not None
    made.done(unit, 10)
    made.drop("net")
    assert made.start("w0") is None
    assert made.finished


def test_what_needs_a_node_s_whole_room_is_started_whoever_was_there_before() -> None:
    # Once drawn by the property below. In floats, three workers plus these two minus these two were
    # more than three workers: the first task was neither started nor refused, for ever.
    sizes = {"whole": 16.0, "one": 7.172463211077043, "other": 6.868579360044913}
    whole, one, other = (
        replace(task_of_bytes(name, gigabytes * GB), seconds=10.0)
        for name, gigabytes in sizes.items()
    )
    made = schedule(
        replace(whole, seconds=1.0), one, other, workers=3, memory=16 * GB + 3 * WORKER_BYTES
    )
    first, second = made.start("w0"), made.start("w1")
    assert keys(first) + keys(second) == [one.key, other.key]
    assert made.start("w2") is None
    assert first is not None
    assert second is not None
    made.done(first, 10)
    made.done(second, 10)
    assert keys(made.start("w2")) == [whole.key]


def task_of_bytes(name: str, memory: float) -> Task:
    """The task of a network whose adapter counts its parameters in floats."""
    parameters: Any = memory / 4
    source = f"memory:{name}"
    ref = NetworkRef(source, "memory", name, "artificial", shapes=(), parameters=parameters)
    (made,) = tasks_of(ref)
    return made


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_what_just_fits_is_started_and_what_just_does_not_is_refused(more: int) -> None:
    for level in LEVELS:
        memory = level + more
        made = schedule(task("fits", memory=memory), memory=memory + WORKER_BYTES)
        assert keys(made.start("w0")) == ["fits"]
        made = schedule(task("not", memory=memory), memory=memory + WORKER_BYTES - 1)
        assert made.start("w0") is None
        assert [each.key for each in made.unfit()] == ["not"]


ROOM = 16 * GB
MEMORY = st.one_of(
    st.floats(0, 20).map(lambda gigabytes: math.ceil(gigabytes * GB)),
    st.integers(0, 20 * GB),
    # What fills a node, alone or with others, and a byte less and more.
    st.tuples(st.integers(1, 4), st.integers(-1, 1)).map(lambda at: ROOM // at[0] + at[1]),
)
TASKS = st.lists(st.tuples(st.floats(0.01, 100), MEMORY, st.integers(0, 4)), max_size=25)


def part_tasks(network: str, count: int, memory: int = 0, at: int = 0) -> list[Task]:
    return [Task(f"{network}/{at}-{n}", network, 5.0, memory, "part", (at,)) for n in range(count)]


def test_a_network_comes_again_after_its_parts() -> None:
    made = schedule(task("net"), task("other", 1.0), workers=3)
    unit, other = made.start("w0"), made.start("w1")
    assert keys(unit) == ["net"]
    assert keys(other) == ["other"]
    made.done(unit, 10.0, [More("net", tuple(part_tasks("net", 2)))])
    first, second = made.start("w0"), made.start("w2")
    assert [*keys(first), *keys(second)] == ["net/0-0", "net/0-1"]
    made.done(other, 1.0)
    assert made.start("w1") is None
    made.done(first, 5.0)
    assert made.start("w0") is None
    assert not made.finished
    made.done(second, 5.0)
    again = made.start("w0")
    assert keys(again) == ["net"]
    assert made.attempts("net") == 1  # what wanted more was no attempt
    made.done(again, 1.0)
    assert made.finished
    assert made.seconds_done == pytest.approx(made.seconds_total)


def test_a_part_that_is_given_up_takes_its_network_along() -> None:
    made = schedule(task("net"), workers=1)
    made.done(made.start("w0"), 10.0, [More("net", tuple(part_tasks("net", 3)))])
    given_up = []
    for number in range(20):
        unit = made.start(f"w{number}")
        if unit is None:
            break
        if keys(unit) == ["net/0-1"]:
            given_up += made.died(unit, "crash")
            for each in given_up:
                made.drop(each.task.network)
        else:
            made.done(unit, 5.0)
        made.leave(f"w{number}")
        made.join(f"w{number + 1}", "node", 64 * GB)
    assert [each.task.key for each in given_up] == ["net/0-1"]
    assert given_up[0].attempts == MAX_ATTEMPTS
    assert made.finished
    assert made.seconds_done == pytest.approx(made.seconds_total)


def test_a_network_whose_last_part_failed_does_not_come_again() -> None:
    made = schedule(task("net"), workers=1)
    made.done(made.start("w0"), 10.0, [More("net", tuple(part_tasks("net", 1)))])
    made.done(made.start("w0"), 5.0)
    made.drop("net")  # its receipt said so
    assert made.start("w0") is None
    assert made.finished


@settings(max_examples=150)
@given(TASKS, st.integers(1, 3), st.integers(1, 3), st.randoms(use_true_random=False))
def test_nothing_is_lost_nothing_twice_and_nothing_for_ever(
    drawn: list[tuple[float, int, int]], nodes: int, per_node: int, rng: random.Random
) -> None:
    made: list[Task] = []
    for number, (seconds, memory, parts) in enumerate(drawn):
        name = f"n{number}"
        if parts > 1:
            made += [
                Task(f"{name}/{p}", name, seconds, memory, "share", (p,)) for p in range(parts)
            ]
        else:
            made.append(Task(name, name, seconds, memory))
    plan = Schedule(made)
    room = ROOM + per_node * WORKER_BYTES
    names = iter(range(10**6))
    flying: dict[str, Unit] = {}
    home: dict[str, str] = {}
    rows: Counter[str] = Counter()
    committed: set[str] = set()

    def join(node: str) -> None:
        worker = f"w{next(names)}"
        plan.join(worker, node, room)
        home[worker] = node

    for node in range(nodes):
        for _ in range(per_node):
            join(f"node{node}")
    for _ in range(5000):
        if plan.finished:
            break
        for worker in list(home):
            if worker not in flying and (unit := plan.start(worker)) is not None:
                flying[worker] = unit
        for node in set(home.values()):
            here = [unit for worker, unit in flying.items() if home[worker] == node]
            assert sum(unit.memory for unit in here) <= ROOM
            assert len(here) == 1 or not any(unit.alone for unit in here)
        if not flying:
            for each in plan.unfit():
                rows[each.network] += 1
            continue
        worker = rng.choice(sorted(flying))
        unit = flying.pop(worker)
        if rng.random() < 0.3:
            for lost in plan.died(unit, rng.choice(get_args(Cause))):
                plan.drop(lost.task.network)
                rows[lost.task.network] += 1
            plan.leave(worker)
            join(home.pop(worker))
            continue
        more = [
            More(
                each.network,
                tuple(part_tasks(each.network, rng.randint(1, 3), each.memory, rounds)),
            )
            for each in unit.tasks
            if each.kind == "whole" and (rounds := rng.randint(0, 3)) and plan.is_open(each.key)
        ]
        plan.done(unit, rng.uniform(0.5, 2) * unit.seconds, more)
        for each in unit.tasks:
            if each.kind == "part":
                # One that fails has its network's row; others may say the same, or be dropped.
                if rng.random() < 0.1 and not rows[each.network]:
                    plan.drop(each.network)
                    rows[each.network] += 1
            elif each.kind == "share":
                assert each.key not in committed
                committed.add(each.key)
            elif all(each.network != put_off.network for put_off in more):
                rows[each.network] += 1
    assert plan.finished
    assert rows == Counter(f"n{number}" for number in range(len(drawn)))
