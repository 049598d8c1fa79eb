"""PERMANOVA: equal to scikit-bio's, and with covariates to sums of squares found another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from skbio.stats.distance import DistanceMatrix
from skbio.stats.distance import permanova as permanova_of_skbio

from zoo_spectra.classes.grouping.model import gower, model_of, residuals
from zoo_spectra.classes.grouping.permanova import _by_group, permanova, permanovas, shares
from zoo_spectra.classes.grouping.shuffles import Shuffles, distinct, shuffles_of
from zoo_spectra.errors import DesignError


def cityblock(points: np.ndarray) -> np.ndarray:
    return cdist(points, points, "cityblock")


@st.composite
def designs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Distances that are no Euclidean ones, and groups of one or more."""
    groups = draw(st.integers(2, 5))
    size = draw(st.integers(groups + 2, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    label = rng.permutation(
        np.concatenate([np.arange(groups), rng.integers(0, groups, size - groups)])
    )
    return cityblock(rng.standard_normal((size, 4)) + label[:, None]), label


@given(designs())
def test_the_statistic_is_that_of_scikit_bio(design: tuple[np.ndarray, np.ndarray]) -> None:
    distances, label = design
    model = model_of(label)
    found = permanova(distances, model, shuffles_of(model, 9))
    theirs = permanova_of_skbio(DistanceMatrix(distances), label.astype(str), permutations=0)
    assert found.pseudo_f == pytest.approx(theirs["test statistic"], rel=1e-10, abs=1e-10)


@given(designs())
def test_shuffled_statistics_are_those_of_scikit_bio(design: tuple[np.ndarray, np.ndarray]) -> None:
    distances, label = design
    model = model_of(label)
    order = np.random.default_rng(0).permuted(np.tile(np.arange(len(label)), (5, 1)), axis=1)
    (found,) = shares([gower(distances)], model, order.astype(np.int32))
    for share, shuffled in zip(found, label[order], strict=True):
        theirs = permanova_of_skbio(DistanceMatrix(distances), shuffled.astype(str), permutations=0)
        f = share / (len(set(label)) - 1) / ((1 - share) / model.free)
        assert f == pytest.approx(theirs["test statistic"], rel=1e-9, abs=1e-9)


def test_the_p_value_is_that_of_scikit_bio_within_chance() -> None:
    rng = np.random.default_rng(3)
    label = np.arange(40) % 4
    distances = cityblock(rng.standard_normal((40, 3)) + 0.35 * label[:, None])
    model = model_of(label)
    ours = permanova(distances, model, shuffles_of(model, 9999)).p_value
    theirs = permanova_of_skbio(
        DistanceMatrix(distances), label.astype(str), permutations=9999, seed=1
    )
    error = np.sqrt(2 * ours * (1 - ours) / 10000)
    assert 0.001 < ours < 0.5
    assert abs(ours - theirs["p-value"]) < 5 * error


def squares(points: np.ndarray, columns: np.ndarray) -> float:
    """The sum of squares of points about their regression on columns, by least squares."""
    fitted = columns @ np.linalg.lstsq(columns, points, rcond=None)[0]
    return float(((points - fitted) ** 2).sum())


@pytest.mark.parametrize("strata", [False, True])
@pytest.mark.parametrize("covariates", [False, True])
def test_with_covariates_and_strata_it_is_multivariate_regression(
    strata: bool, covariates: bool
) -> None:
    """Of Euclidean distances the pseudo-F is that of regressions of the points themselves."""
    rng = np.random.default_rng(1)
    size, label, stratum = 30, np.arange(30) % 3, np.arange(30) // 10
    age = rng.standard_normal((size, 2))
    points = rng.standard_normal((size, 6)) + label[:, None] + age[:, :1] + stratum[:, None]
    model = model_of(label, stratum if strata else None, age if covariates else None)
    found = permanova(cdist(points, points), model, shuffles_of(model, 9))
    columns = [np.ones((size, 1))]
    columns += [np.eye(3)[stratum]] if strata else []
    columns += [age] if covariates else []
    before = squares(points, np.hstack(columns))
    after = squares(points, np.hstack([*columns, np.eye(3)[label]]))
    total = squares(points, np.ones((size, 1)))
    free = size - np.linalg.matrix_rank(np.hstack([*columns, np.eye(3)[label]]))
    assert found.pseudo_f == pytest.approx((before - after) / 2 / (after / free), rel=1e-10)
    assert found.r2 == pytest.approx((before - after) / total, rel=1e-10)


def test_residuals_are_shuffled_as_freedman_and_lane_do() -> None:
    rng = np.random.default_rng(2)
    label, age = np.arange(16) % 2, rng.standard_normal((16, 1))
    points = rng.standard_normal((16, 3)) + age
    model = model_of(label, None, age)
    order = rng.permuted(np.tile(np.arange(16), (4, 1)), axis=1).astype(np.int32)
    (found,) = shares([residuals(gower(cdist(points, points)), model.reduced)], model, order)
    before = np.hstack([np.ones((16, 1)), age])
    left = points - before @ np.linalg.lstsq(before, points, rcond=None)[0]
    for share, each in zip(found, order, strict=True):
        one, other = before[each], np.hstack([before, np.eye(2)[label]])[each]
        expected = 1 - squares(left, other) / squares(left, one)
        assert share == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("sizes", [(50, 50), (3, 97), (5, 5, 5, 85), (1, 99), (2,) * 50])
def test_small_groups_are_added_as_large_ones_are(sizes: tuple[int, ...]) -> None:
    """Both ways of adding within groups agree with the general one."""
    rng = np.random.default_rng(4)
    label = np.repeat(np.arange(len(sizes)), sizes)
    inner = gower(cityblock(rng.standard_normal((100, 3))))
    model = model_of(label)
    order = rng.permuted(np.tile(np.arange(100), (7, 1)), axis=1).astype(np.int32)
    both = shares([inner, inner], model, order)[0]
    assert _by_group(inner, model, order) == pytest.approx(both, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("covariates", [False, True])
@pytest.mark.parametrize("size", [24, 300])
def test_many_matrices_at_once_are_each_as_alone(size: int, covariates: bool) -> None:
    rng = np.random.default_rng(5)
    age = rng.standard_normal((size, 1)) if covariates else None
    model = model_of(np.arange(size) % 3, np.arange(size) // 3 % 2, age)
    shuffles = shuffles_of(model, 40)
    inner = [gower(cityblock(rng.standard_normal((size, 2)))) for _ in range(4)]
    together = permanovas(inner, model, shuffles)
    left = [residuals(each, model.reduced) for each in inner]
    for found, each, rest in zip(together, inner, left, strict=True):
        (alone,) = permanovas([each], model, shuffles)
        assert found.pseudo_f == pytest.approx(alone.pseudo_f, rel=1e-12)
        assert found.p_value == alone.p_value
        (one,) = shares([rest], model, shuffles.order)
        (first, *_) = shares([rest, *left], model, shuffles.order)
        assert first == pytest.approx(one, rel=1e-9)


def test_few_shuffles_are_all_made() -> None:
    """Of 3 and 3, 20 labelings, and the one that only renames counts as reached, too."""
    label = np.array([0, 0, 0, 1, 1, 1])
    model = model_of(label)
    shuffles = shuffles_of(model, 99)
    assert distinct(model) == 20
    assert len({tuple(each) for each in label[shuffles.order]}) == len(shuffles.order) == 20
    assert shuffles.whole
    assert shuffles.least == 0.1
    points = np.array([0, 1, 2, 100, 101, 102])[:, None]
    assert permanova(cityblock(points), model, shuffles).p_value == pytest.approx(0.1)


def test_strata_are_shuffled_within() -> None:
    label, stratum = np.array([0, 1, 0, 1, 1, 0, 0, 1] * 4), np.repeat([0, 1], 16)
    drawn = shuffles_of(model_of(label, stratum), 50)
    assert not drawn.whole
    assert (stratum[drawn.order] == stratum).all()
    assert drawn.least == 1 / 51
    few = shuffles_of(model_of(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])), 99)
    assert sorted(map(tuple, few.order.tolist())) == [
        (0, 1, 2, 3), (0, 1, 3, 2), (1, 0, 2, 3), (1, 0, 3, 2),
    ]  # fmt: skip


def test_a_seed_gives_the_same_shuffles() -> None:
    model = model_of(np.arange(20) % 2)
    one, same, other = (shuffles_of(model, 30, seed).order for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_more_shuffles_than_fit_memory_are_refused() -> None:
    with pytest.raises(DesignError, match="give at most 268,435"):
        shuffles_of(model_of(np.arange(1000) % 2), 10**6)


def test_ties_count() -> None:
    drawn = Shuffles(np.zeros((4, 1), dtype=np.int32), False, 0.2)
    assert drawn.p_value(0.5, np.array([0.5 - 1e-12, 0.5, 0.4, 0.6])) == pytest.approx(4 / 5)
    assert drawn.p_value(1.0, np.zeros(4)) == pytest.approx(1 / 5)


def test_equal_networks_have_no_statistic() -> None:
    model = model_of(np.arange(8) % 2)
    (found,) = permanovas([np.zeros((8, 8))], model, shuffles_of(model, 99))
    assert np.isnan([found.pseudo_f, found.r2, found.p_value]).all()


@pytest.mark.parametrize(
    ("stratum", "covariate"),
    [([0, 0, 0, 0, 1, 1, 1, 1], None), (None, [0, 0, 0, 0, 2.5, 2.5, 2.5, 2.5])],
)
def test_groups_that_are_confounded_are_refused(
    stratum: list[int] | None, covariate: list[float] | None
) -> None:
    label = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    with pytest.raises(DesignError, match="cannot be told from what is allowed for"):
        model_of(
            label,
            None if stratum is None else np.array(stratum),
            None if covariate is None else np.array(covariate)[:, None],
        )


def test_too_few_units_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(DesignError, match="too few"):
        model_of(np.array([0, 0, 1, 1]), None, rng.standard_normal((4, 2)))
