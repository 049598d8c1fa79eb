"""How long what is in flight will still take, and whether a second start is worth it. Pure."""

from __future__ import annotations

OVERDUE = 1.3  # times its estimate after which a unit is taken for stuck
EARLY = 2.0  # times its estimate that is left to the run when a stuck unit is begun again
SLACK = 0.5  # seconds: what a start costs, and what a loop may be late


def is_overdue(expected: float, elapsed: float) -> bool:
    """Whether a unit has taken so long that it is taken for stuck."""
    return elapsed > OVERDUE * expected + SLACK


def remaining(expected: float, elapsed: float) -> float:
    """Seconds that a unit will still take: an overdue one as long again as it has taken."""
    return elapsed if is_overdue(expected, elapsed) else max(0.0, expected - elapsed)


def is_worth_it(left: float, again: float) -> bool:
    """Whether a second start, of ``again`` seconds, ends well before the first one."""
    return left > again + SLACK


def slowness(observed: float, estimated: float, speed: float, prior: float) -> float:
    """A worker's seconds over those of all for the same units; 1 as long as little is known.

    ``observed`` and ``estimated``: of its units. ``speed``: observed over estimated, of all.
    ``prior``: estimated seconds of an ordinary worker that count beside its own.
    """
    usual = speed * (estimated + prior)
    return (observed + speed * prior) / usual if usual else 1.0
