"""The schedule: order, blame, and that nothing is lost, whatever happens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zoo_spectra.runner.schedule import MAX_ATTEMPTS, Schedule


def test_longest_first() -> None:
    schedule = Schedule({"small": 1.0, "large": 9.0, "middle": 4.0})
    assert [schedule.start() for _ in range(4)] == ["large", "middle", "small", None]


def test_a_suspect_is_tried_again_alone_and_then_given_up() -> None:
    schedule = Schedule({"bad": 9.0, "a": 2.0, "b": 1.0})
    assert schedule.start() == "bad"
    assert schedule.crashed("bad")
    assert [schedule.start(), schedule.start()] == ["a", "b"]
    assert schedule.start() is None, "others are in flight"
    schedule.done("a")
    schedule.done("b")
    assert schedule.start() == "bad"
    assert schedule.attempts("bad") == 2
    assert schedule.start() is None
    assert not schedule.finished
    assert not schedule.crashed("bad")
    assert schedule.finished
    assert schedule.cost_done == schedule.cost_total == 12.0


def test_two_suspects_are_tried_one_after_the_other() -> None:
    schedule = Schedule({"x": 2.0, "y": 1.0})
    for key in (schedule.start(), schedule.start()):
        assert key is not None
        schedule.crashed(key)
    first = schedule.start()
    assert first == "x"
    assert schedule.start() is None
    schedule.done("x")
    assert schedule.start() == "y"


@given(
    st.dictionaries(st.text(max_size=3), st.floats(0.1, 1e12), max_size=30),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_nothing_is_lost_and_nothing_ends_twice(costs, workers, random) -> None:  # type: ignore[no-untyped-def]
    schedule = Schedule(costs)
    flying: list[str] = []
    ended: list[str] = []
    while not schedule.finished:
        while len(flying) < workers and (key := schedule.start()) is not None:
            flying.append(key)
        assert flying, "the schedule is unfinished, but nothing is in flight"
        if any(schedule.attempts(key) > 1 for key in flying):
            assert len(flying) == 1
        key = flying.pop(random.randrange(len(flying)))
        if random.random() < 0.3:
            if not schedule.crashed(key):
                ended.append(key)
        else:
            schedule.done(key)
            ended.append(key)
        assert 1 <= schedule.attempts(key) <= MAX_ATTEMPTS
    assert sorted(ended) == sorted(costs)
