"""Gap ratios of random matrices of known class. Draws are seeded; a tolerance is in standard
errors of the mean over draws, and 4 of them are allowed (one seed in 16,000 would fail)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from zoo_spectra.method.levels import UNIVERSALITY, GapRatio, average_gap_ratio, gap_ratio
from zoo_spectra.method.spectrum import Floats, gram_eigenvalues

Draw = Callable[[np.random.Generator, int], Floats]


def poisson(rng: np.random.Generator, n: int) -> Floats:
    levels: Floats = np.cumsum(rng.exponential(1.0, n))
    return levels


def goe(rng: np.random.Generator, n: int) -> Floats:
    a = rng.standard_normal((n, n))
    return np.linalg.eigvalsh(a + a.T).astype(np.float64)


def gue(rng: np.random.Generator, n: int) -> Floats:
    a = rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))
    return np.linalg.eigvalsh(a + a.conj().T)


def gse(rng: np.random.Generator, n: int) -> Floats:
    """Quaternion self-dual, as a 2n × 2n complex matrix; each level is double."""
    a = rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))
    b = rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n))
    h = np.block([[a, b], [-b.conj(), a.conj()]])
    return np.linalg.eigvalsh(h + h.conj().T)[::2]


def wishart(rng: np.random.Generator, n: int) -> Floats:
    return gram_eigenvalues(rng.standard_normal((n, 2 * n)))


def tall_wishart(rng: np.random.Generator, n: int) -> Floats:
    return gram_eigenvalues(rng.standard_normal((5 * n, n)).astype(np.float32))


CASES: list[tuple[str, Draw]] = [
    ("poisson", poisson),
    ("coe", goe),
    ("cue", gue),
    ("cse", gse),
    ("coe", wishart),
    ("coe", tall_wishart),
]


@pytest.mark.parametrize(("name", "draw"), CASES)
def test_the_class_of_random_matrices(name: str, draw: Draw) -> None:
    rng = np.random.default_rng(11)
    found = [gap_ratio(draw(rng, 120)) for _ in range(60)]
    average = average_gap_ratio(found, [120] * 60)
    assert average is not None
    assert average.nearest == name
    assert average.deviation < 4
    means = np.array([each.mean for each in found if each is not None])
    assert average.mean == pytest.approx(means.mean())
    # The nearest other class is at least 12 standard errors away, so landing here is no luck.
    others = [abs(v - average.mean) for key, v in UNIVERSALITY.items() if key != name]
    assert min(others) > 12 * average.standard_error


@pytest.mark.parametrize("draw", [poisson, goe, gue])
def test_the_standard_error_is_the_scatter_of_replicates(draw: Draw) -> None:
    rng = np.random.default_rng(12)
    found = [gap_ratio(draw(rng, 80)) for _ in range(800)]
    means = np.array([each.mean for each in found if each is not None])
    claimed = np.sqrt(np.mean([each.standard_error**2 for each in found if each is not None]))
    # The scatter of 800 replicates is known to 1/√1600 = 2.5 %; without the covariance of
    # neighbours the claim is 12 to 20 % too small.
    assert claimed / means.std() == pytest.approx(1, abs=0.08)


def test_by_hand() -> None:
    gaps = np.tile([1.0, 2.0, 4.0], 11)  # ratios 1/2, 1/2, 1/4 repeating
    found = gap_ratio(np.concatenate([[5.0], 5.0 + np.cumsum(gaps)]))
    assert found is not None
    ratios = np.tile([0.5, 0.5, 0.25], 11)[:32]
    assert found.mean == pytest.approx(ratios.mean())
    assert found.nearest == "poisson"
    assert found.deviation == pytest.approx(
        abs(ratios.mean() - 0.3863) / found.standard_error, rel=1e-9
    )


def test_few_levels_give_none() -> None:
    levels = poisson(np.random.default_rng(13), 32)
    assert gap_ratio(levels[:31]) is None
    assert gap_ratio(levels) is not None
    assert gap_ratio(np.empty(0)) is None


def test_unmoved_by_scale_and_input() -> None:
    levels = goe(np.random.default_rng(14), 50)
    levels = levels - levels[0] + 1.0
    before = levels.copy()
    one, two = gap_ratio(levels), gap_ratio(levels * 1e-30)
    assert one is not None
    assert two is not None
    assert one.mean == pytest.approx(two.mean, rel=1e-9)
    np.testing.assert_array_equal(levels, before)


def test_rounding_is_no_level_repulsion() -> None:
    rng = np.random.default_rng(15)
    orthogonal = np.linalg.qr(rng.standard_normal((64, 64)))[0]
    assert gap_ratio(gram_eigenvalues(orthogonal)) is None
    doubled = np.repeat(poisson(rng, 40), 2)
    shaken = np.sort(doubled * (1 + 4e-16 * rng.integers(-2, 3, 80)))
    assert gap_ratio(doubled) is None
    assert gap_ratio(shaken) is None


def test_a_few_degenerate_levels_are_no_reason_to_be_silent() -> None:
    levels = poisson(np.random.default_rng(17), 201)
    for pairs, silent in [(10, False), (11, True)]:  # of 210 and 211 gaps, one in 20 is 10.5
        found = gap_ratio(np.sort(np.append(levels, levels[5 : 5 * (pairs + 1) : 5])))
        assert (found is None) == silent


def test_two_vanishing_gaps_are_ratio_zero() -> None:
    levels = poisson(np.random.default_rng(16), 60)
    found = gap_ratio(np.sort(np.append(levels, [levels[30], levels[30]])))
    plain = gap_ratio(levels)
    assert found is not None
    assert plain is not None
    # Of the 60 ratios now, the two beside the triple level and the one inside it are 0.
    gaps = np.diff(levels)
    lost = min(gaps[29], gaps[30]) / max(gaps[29], gaps[30])
    assert found.mean == pytest.approx((plain.mean * 58 - lost) / 60)


def test_the_average_is_by_order() -> None:
    one, two = GapRatio(0.4, 0.03, "poisson", 0.0), GapRatio(0.6, 0.04, "cue", 0.0)
    average = average_gap_ratio([one, None, two], [100, 7, 300])
    assert average is not None
    assert average.mean == pytest.approx(0.25 * 0.4 + 0.75 * 0.6)
    assert average.standard_error == pytest.approx(np.hypot(0.25 * 0.03, 0.75 * 0.04))
    assert average.nearest == "coe"
    assert average_gap_ratio([None, None], [4, 5]) is None
