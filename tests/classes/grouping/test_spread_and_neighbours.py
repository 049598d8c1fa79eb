"""Dispersion and nearest neighbours: against plain loops, and right under shuffled groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import binom, f_oneway

from zoo_spectra.classes.grouping.dispersion import _distances, dispersion
from zoo_spectra.classes.grouping.model import Model, gower, model_of, residuals
from zoo_spectra.classes.grouping.neighbour import nearest_of, wilson
from zoo_spectra.classes.grouping.shuffles import shuffles_of


def left_of(distances: np.ndarray, model: Model) -> np.ndarray:
    return residuals(gower(distances), model.reduced)


@pytest.mark.parametrize("sizes", [(9, 11), (2, 3, 15)])
def test_the_statistic_is_an_analysis_of_variance_of_distances(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(len(sizes)), sizes)
    points = rng.standard_normal((20, 4)) * (1 + label[:, None])
    model = model_of(label)
    found = dispersion(left_of(cdist(points, points), model), model, shuffles_of(model, 99))
    expected = np.empty(20)
    for each, size in enumerate(sizes):
        own = points[label == each]
        apart = np.linalg.norm(own - own.mean(axis=0), axis=1)
        expected[label == each] = apart * np.sqrt(size / (size - 1))
    assert found.distance == pytest.approx(expected, rel=1e-9)
    groups = [expected[label == each] for each in range(len(sizes))]
    assert found.f == pytest.approx(f_oneway(*groups).statistic, rel=1e-9)


def test_small_groups_large_groups_and_models_agree() -> None:
    """Three ways to the same distances: by members, by products, by the columns of a model."""
    rng = np.random.default_rng(1)
    label = np.repeat([0, 1, 2, 3], [2, 3, 25, 50])
    points = rng.standard_normal((80, 3))
    simple = model_of(label)
    doubled = model_of(label, None, np.zeros((80, 1)) + 1.0)  # a covariate that says nothing
    general = Model(
        label, simple.stratum, simple.reduced[:, [0, 0]] / np.sqrt(2), simple.added, True
    )
    order = rng.permuted(np.tile(np.arange(80), (6, 1)), axis=1).astype(np.int32)
    left = left_of(cdist(points, points, "cityblock"), simple)
    found = _distances(left, simple, order)
    assert _distances(left, doubled, order) == pytest.approx(found, rel=1e-9)
    assert _distances(left, general, order) == pytest.approx(found, rel=1e-9)
    for each, row in zip(order[:2], found[:2], strict=True):
        shuffled = model_of(label[each])
        own = _distances(left, shuffled, np.arange(80, dtype=np.int32)[None])[0]
        assert row == pytest.approx(own, rel=1e-9)


def test_a_difference_of_spread_is_seen_and_one_of_place_is_not() -> None:
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1], 20)
    model = model_of(label)
    shuffles = shuffles_of(model, 999)
    points = rng.standard_normal((40, 5))
    wide = points * np.where(label, 2.5, 1.0)[:, None]
    apart = points + 6.0 * label[:, None]
    assert dispersion(left_of(cdist(wide, wide), model), model, shuffles).p_value < 0.01
    assert dispersion(left_of(cdist(apart, apart), model), model, shuffles).p_value > 0.05


def test_equal_distances_have_no_spread_to_compare() -> None:
    model = model_of(np.arange(8) % 2)
    found = dispersion(left_of(1.0 - np.eye(8), model), model, shuffles_of(model, 99))
    assert np.isnan([found.f, found.p_value]).all()


def test_distances_that_are_no_euclidean_ones_stay_real() -> None:
    """A path's ends far, the middle near all: negative eigenvalues."""
    distances = np.array([[0, 1, 1, 1], [1, 0, 2, 2], [1, 2, 0, 2], [1, 2, 2, 0.0]])
    model = model_of(np.array([0, 0, 1, 1]))
    found = dispersion(left_of(distances, model), model, shuffles_of(model, 99))
    assert np.isfinite(found.distance).all()
    assert (found.distance >= 0).all()


@pytest.mark.parametrize("statistic", ["spread", "nearest"])
def test_under_shuffled_groups_a_twentieth_is_below_005(statistic: str) -> None:
    """Of a population in two clumps, where shuffling the distances alone would find more."""
    rng = np.random.default_rng(3)
    points = rng.standard_normal((24, 3)) + 6.0 * (np.arange(24) < 6)[:, None]
    distances, runs, below = cdist(points, points), 400, 0
    for run in range(runs):
        model = model_of(rng.permutation(np.arange(24) % 4))
        shuffles, left = shuffles_of(model, 99, run), left_of(distances, model)
        test = dispersion if statistic == "spread" else nearest_of
        below += test(left, model, shuffles).p_value <= 0.05
    low, high = binom.interval(0.9999, runs, 0.05)
    assert low <= below <= high


def test_neighbours_are_counted_as_by_hand() -> None:
    points = np.array([0.0, 1.0, 10.0, 11.0, 30.0, 32.0, 35.0, 60.0])[:, None]
    label = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    model = model_of(label)
    found = nearest_of(left_of(cdist(points, points), model), model, shuffles_of(model, 9999))
    assert found.accuracy == 5 / 8
    assert found.balanced == pytest.approx((2 / 4 + 3 / 4) / 2)
    assert found.chance == pytest.approx(3 / 7)  # all 70 labelings
    assert found.interval == pytest.approx(wilson(5, 8))


def test_ties_count_by_their_share() -> None:
    label = np.array([0, 0, 1, 1, 1])
    model = model_of(label)
    found = nearest_of(left_of(1.0 - np.eye(5), model), model, shuffles_of(model, 99))
    assert found.accuracy == pytest.approx((2 * 1 / 4 + 3 * 2 / 4) / 5)
    equal = nearest_of(np.zeros((5, 5)), model, shuffles_of(model, 99))
    assert equal.accuracy == pytest.approx(found.accuracy)
    assert equal.p_value == 1.0


def test_the_interval_is_wilsons() -> None:
    """The example of Newcombe, Stat. Med. 17, 857 (1998): 81 of 263."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == pytest.approx(1)
