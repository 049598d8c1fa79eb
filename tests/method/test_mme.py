"""The mixed matrix ensemble against periodic completion carried out."""

from __future__ import annotations

from math import lcm

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo_spectra.method.mme import (
    BIN_WIDTH,
    S_EDGES,
    cumulative_density,
    density,
    mix,
    null_mass,
    scale_of,
)
from zoo_spectra.method.spectrum import Floats, gram_eigenvalues


def curve(spectra: list[Floats]) -> Floats:
    mixed = mix(spectra)
    return cumulative_density(mixed.eigenvalues, mixed.mass)


def completed(spectra: list[Floats]) -> Floats:
    """Each spectrum repeated to the least common multiple of the orders, and pooled."""
    length = lcm(*(len(values) for values in spectra))
    return np.sort(np.concatenate([np.tile(values, length // len(values)) for values in spectra]))


def spread_spectra(rng: np.random.Generator, orders: list[int], zeros: bool) -> list[Floats]:
    """Spectra over some 20 e-folds, to reach both flow bins; some with exact zeros."""
    spectra = []
    for order in orders:
        values = np.exp(rng.normal(0.0, 5.0, order))
        if zeros and order > 2:
            values[: int(rng.integers(0, order - 1))] = 0.0
        spectra.append(np.sort(values))
    return spectra


def test_the_grid() -> None:
    assert len(S_EDGES) == 129
    assert S_EDGES[0] == -8
    assert S_EDGES[64] == 0
    assert S_EDGES[-1] == 8
    np.testing.assert_array_equal(np.diff(S_EDGES), BIN_WIDTH)


@settings(max_examples=80)
@given(st.lists(st.integers(2, 12), min_size=1, max_size=5), st.booleans(), st.integers(0, 2**31))
def test_weights_are_periodic_completion(orders: list[int], zeros: bool, seed: int) -> None:
    spectra = spread_spectra(np.random.default_rng(seed), orders, zeros)
    pool = completed(spectra)
    # Numerical zeros are relative to each constituent's own largest eigenvalue.
    floor = [max(len(v), 16) * np.finfo(np.float64).eps * v[-1] for v in spectra]
    positive = completed([np.where(v > f, v, 0.0) for v, f in zip(spectra, floor, strict=True)])
    null = np.sum(positive == 0) / len(positive)
    counted, positive = positive, positive[positive > 0]
    counted = positive if null >= 1 / 2 else counted
    middle = (len(counted) - 1) // 2, len(counted) // 2
    median = np.sqrt(counted[middle[0]] * counted[middle[1]])
    mixed = mix(spectra)
    assert scale_of(mixed.eigenvalues, mixed.mass) == pytest.approx(median, rel=1e-14)
    # Nothing lies so close to an edge that rounding decides, but the median itself.
    s = np.log(positive / median)
    at_or_below = len(pool) - np.array([np.sum(s > edge + 1e-9) for edge in S_EDGES])
    cumulative = cumulative_density(mixed.eigenvalues, mixed.mass)
    np.testing.assert_allclose(cumulative * len(pool), at_or_below, rtol=0, atol=1e-9)
    assert null_mass(mixed) == pytest.approx(1 - len(positive) / len(pool), abs=1e-15)
    bins = density(cumulative)
    assert bins.shape == (130,)
    assert bins.min() >= 0
    assert bins.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(np.cumsum(bins)[:-1], cumulative, rtol=0, atol=1e-14)


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.floats(0.1, 10.0), st.integers(1, 9)), min_size=1, max_size=12),
    st.integers(0, 60),
)
def test_the_scale_is_the_median_of_what_the_weights_stand_for(
    pairs: list[tuple[float, int]], zeros: int
) -> None:
    pairs = sorted(pairs)
    values = np.array([value for value, _ in pairs])
    total = zeros + sum(weight for _, weight in pairs)
    counted = [0.0] * zeros + [value for value, weight in pairs for _ in range(weight)]
    if 2 * zeros >= total:
        counted = counted[zeros:]
    lower, upper = counted[(len(counted) - 1) // 2], counted[len(counted) // 2]
    found = scale_of(values, np.array([weight / total for _, weight in pairs]))
    assert found == pytest.approx(lower if lower == upper else np.sqrt(lower * upper), rel=1e-14)


def test_half_up_to_rounding_is_half() -> None:
    for n in (2, 6, 10, 1000, 200_000):
        values = np.arange(1.0, n + 1)
        found = scale_of(values, np.full(n, 1.0 / n))
        assert found == pytest.approx(np.sqrt(n / 2 * (n / 2 + 1)), rel=1e-14)
        one_zero = scale_of(values[:-1], np.full(n - 1, 1.0 / n))
        expected = 1.0 if n == 2 else np.sqrt(n / 2 * (n / 2 - 1))
        assert one_zero == pytest.approx(expected, rel=1e-14)
        assert scale_of(values[n // 2 :], np.full(n // 2, 1.0 / n)) > 0.7 * n, "half are zeros"


def networks(seed: int, count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(rng.integers(2, 15, 2)) * rng.lognormal() for _ in range(count)]


@settings(max_examples=50)
@given(st.integers(0, 2**31), st.integers(1, 5), st.floats(1e-100, 1e100), st.integers(-300, 300))
def test_scale_order_and_transposition_change_nothing(
    seed: int, count: int, factor: float, exponent: int
) -> None:
    matrices = networks(seed, count)
    reference = curve([gram_eigenvalues(w) for w in matrices])
    order = np.random.default_rng(seed).permutation(count)
    for changed in (
        [np.ldexp(w, exponent) for w in matrices],
        [w * factor for w in matrices],
        [matrices[i] for i in order],
        [w.T for w in matrices],
        [
            np.pad(w, [(0, int(w.shape[0] > w.shape[1])), (0, int(w.shape[0] <= w.shape[1]))])
            for w in matrices
        ],  # an empty row or column on the longer side
    ):
        np.testing.assert_allclose(
            curve([gram_eigenvalues(w) for w in changed]), reference, rtol=0, atol=1e-12
        )


def test_repeating_a_constituent_or_its_spectrum_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    a, b = np.sort(rng.lognormal(0, 2, 7)), np.sort(rng.lognormal(1, 2, 5))
    reference = curve([a, b])
    np.testing.assert_allclose(curve([a, a, b, b]), reference, atol=1e-14)
    np.testing.assert_allclose(curve([np.repeat(a, 3), b]), reference, atol=1e-14)
    assert np.abs(curve([a, a, b]) - reference).max() > 0.01


def test_degenerate_levels_fall_in_one_bin() -> None:
    q, _ = np.linalg.qr(np.random.default_rng(4).standard_normal((40, 40)))
    values = gram_eigenvalues(q)
    assert len(set(values)) > 1, "rounding does split the levels"
    cumulative = curve([values, values[::2] * (1 + 1e-15)])
    np.testing.assert_allclose(cumulative[:64], 0, atol=1e-14)
    np.testing.assert_allclose(cumulative[64:], 1, atol=1e-14)


def test_null_mass_is_in_the_underflow() -> None:
    spectra = [np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 1e-17, 1.0]), np.array([1.0, 3.0])]
    mixed = mix(spectra)
    assert null_mass(mixed) == pytest.approx((2 / 4 + 2 / 3 + 0) / 3, abs=1e-15)
    assert density(curve(spectra))[0] == pytest.approx(null_mass(mixed), abs=1e-15)
    np.testing.assert_allclose(mixed.levels, 1.0, atol=1e-15)
    assert mixed.mass.sum() == pytest.approx(1 - null_mass(mixed))


def test_the_flow_bins() -> None:
    values = np.exp([-8.5, -8.0, -7.95, 0.0, 7.95, 8.05, 9.0])
    bins = density(curve([values]))
    assert bins[0] * 7 == pytest.approx(2)  # the edge itself belongs to the bin below
    assert bins[1] * 7 == pytest.approx(1)
    assert bins[128] * 7 == pytest.approx(1)
    assert bins[129] * 7 == pytest.approx(2)


@given(st.integers(2, 60), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_the_scale_of_nodes_around_the_levels_is_that_of_the_levels(
    levels: int, zeros: int, seed: int
) -> None:
    """Each level spread evenly over a tenth of the gaps beside it: σ is that of exact levels."""
    rng = np.random.default_rng(seed)
    places = np.cumsum(rng.uniform(0.1, 1.0, levels))
    spread = np.linspace(-0.01, 0.01, 8)
    nodes = np.exp(np.add.outer(places, spread).ravel())
    order = levels + zeros
    exact = mix([np.concatenate([np.zeros(zeros), np.exp(places)])])
    weights = np.concatenate([np.full(zeros, 1 / order), np.full(8 * levels, 1 / order / 8)])
    estimated = mix([np.concatenate([np.zeros(zeros), nodes])], [weights], [order])
    sigma = scale_of(estimated.eigenvalues, estimated.mass, estimated.blur)
    expected = scale_of(exact.eigenvalues, exact.mass)
    assert exact.blur.max() == 0
    if 2 * zeros == order - 1:  # the window reaches below the lowest level, where zeros are
        assert abs(np.log(sigma / expected)) < 0.02
    else:
        assert sigma == pytest.approx(expected, rel=1e-12)


def test_the_scale_moves_little_with_the_scatter_of_probes() -> None:
    """A tenth of a level too much below the middle moves σ by a tenth of the gap, not by half."""
    places, share = np.arange(10.0), np.full(10, 0.1)
    share[0], share[9] = 0.11, 0.09
    mixed = mix([np.exp(places)], [share], [10])
    assert np.log(scale_of(mixed.eigenvalues, mixed.mass, mixed.blur)) == pytest.approx(4.4)
    assert np.log(scale_of(mixed.eigenvalues, mixed.mass)) == pytest.approx(4.0)


def test_an_exact_level_in_the_middle_is_the_scale_beside_estimated_ones() -> None:
    mixed = mix([np.array([1.0, 2.0, 3.0]), np.array([0.5, 9.0])], [None, np.full(2, 0.5)], [3, 50])
    assert scale_of(mixed.eigenvalues, mixed.mass, mixed.blur) == 2.0
    np.testing.assert_allclose(mixed.blur, [1 / 100, 0, 0, 0, 1 / 100])


def test_owner_and_mass_follow_the_sorting() -> None:
    mixed = mix([np.array([1.0, 4.0]), np.array([2.0, 3.0, 5.0])])
    np.testing.assert_array_equal(mixed.eigenvalues, [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(mixed.owner, [0, 1, 1, 0, 1])
    np.testing.assert_allclose(mixed.mass, [1 / 4, 1 / 6, 1 / 6, 1 / 4, 1 / 6])
    np.testing.assert_array_equal(mixed.orders, [2, 3])


def test_weights_take_the_place_of_equal_shares() -> None:
    a, b = np.array([0.0, 1.0, 2.0, 9.0]), np.array([0.5, 3.0])
    exact = mix([a, b])
    by_weight = mix([a, b], [np.full(4, 0.25), None], [4, 2])
    np.testing.assert_allclose(by_weight.mass, exact.mass)
    assert null_mass(by_weight) == null_mass(exact) == 1 / 8
    # Two nodes of weights 3/4 and 1/4 stand for 75 and 25 of 100 eigenvalues.
    nodes = mix([np.array([1.0, 2.0])], [np.array([0.75, 0.25])], [100])
    np.testing.assert_allclose(nodes.levels, [75, 25])
    assert scale_of(nodes.eigenvalues, nodes.mass) == 1.0


def test_what_cannot_be_mixed() -> None:
    with pytest.raises(ValueError, match="needs constituents"):
        mix([])
    with pytest.raises(ValueError, match="each with eigenvalues"):
        mix([np.ones(2), np.empty(0)])
    with pytest.raises(ValueError, match="orders"):
        mix([np.ones(2)], [np.full(2, 0.5)])
