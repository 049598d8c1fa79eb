"""Where a network lies among its draws: exact under exchange, and what is null is null."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from zoo_spectra.method import BIN_WIDTH, S_EDGES, beyond, distance

PLACES = len(S_EDGES)


def curves(random: np.random.Generator, number: int) -> np.ndarray:
    """Random walks, of one law."""
    return 0.01 * np.cumsum(random.standard_normal((number, PLACES)), axis=1)


def test_a_network_that_is_a_draw_has_each_p_alike() -> None:
    random = np.random.default_rng(20)
    found = []
    for _ in range(200):
        one, *draws = curves(random, 40)
        found.append(beyond(one, 1.0, np.array(draws), np.ones(39)).p_value)
    assert {round(p * 40) for p in found} <= set(range(1, 41))
    # p takes 40 values: moved to where in its step it may lie, it is uniform.
    spread = np.array(found) - random.random(200) / 40
    assert kstest(spread, "uniform").pvalue > 1e-3


def test_the_numbers_are_those_of_the_definitions() -> None:
    random = np.random.default_rng(21)
    network, *others = curves(random, 11)
    draws, scales = np.array(others), random.lognormal(size=10)
    found = beyond(network, 2.0, draws, scales)
    assert found.mean == pytest.approx(draws.mean(axis=0))
    assert found.z == pytest.approx((network - draws.mean(axis=0)) / draws.std(axis=0, ddof=1))
    assert found.distance == pytest.approx(distance(network, draws.mean(axis=0)))
    away = [distance(draws[at], np.delete(draws, at, axis=0).mean(axis=0)) for at in range(10)]
    assert found.scatter == pytest.approx(np.sqrt(np.mean(np.square(away))))
    assert found.units == pytest.approx(found.distance / found.scatter)
    every = np.vstack([network, draws])
    rank = [distance(every[at], np.delete(every, at, axis=0).mean(axis=0)) for at in range(11)]
    assert found.p_value == pytest.approx(sum(each >= rank[0] for each in rank) / 11)
    assert found.floor == pytest.approx(1 / 11)
    logs = np.log(scales)
    assert found.scale_ratio == pytest.approx(2 / np.exp(logs.mean()))
    assert found.scale_z == pytest.approx((np.log(2) - logs.mean()) / logs.std(ddof=1))


def test_what_is_far_has_p_at_its_floor() -> None:
    random = np.random.default_rng(22)
    found = beyond(curves(random, 1)[0] + 0.5, 1.0, curves(random, 99), np.ones(99))
    assert found.p_value == found.floor == 0.01
    assert found.units is not None
    assert found.units > 5


def test_draws_without_scatter_give_no_units() -> None:
    same = np.tile(np.linspace(0, 1, PLACES), (7, 1))
    found = beyond(same[0], 1.0, same, np.ones(7))
    assert (found.units, found.scale_z, found.p_value) == (None, None, 1.0)
    assert np.all(np.isnan(found.z))
    assert found.distance == pytest.approx(0, abs=1e-12)
    away = beyond(same[0] + 1, 1.0, same, np.ones(7))
    assert (away.units, away.p_value) == (None, 1 / 8)
    assert away.distance == pytest.approx(PLACES * BIN_WIDTH)


@pytest.mark.parametrize("number", [0, 1])
def test_too_few_draws(number: int) -> None:
    with pytest.raises(ValueError, match="2 or more are needed"):
        beyond(np.zeros(PLACES), 1.0, np.zeros((number, PLACES)), np.ones(number))
