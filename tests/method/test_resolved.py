"""Curves along the network, and the laws that every measure keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.errors import MeasureError
from zoo_spectra.method import (
    DEPTH,
    MEASURES,
    Measure,
    constituent_curves,
    depth_curves,
)
from zoo_spectra.method.mme import cumulative_density, mix, scale_of
from zoo_spectra.method.resolved import curves_of, depth_distance
from zoo_spectra.method.spectrum import Floats

NAMES = ("a", "b", "c", "d", "e")


@st.composite
def networks(draw: st.DrawFn) -> zs.Spectrum:
    """A network of one design: five names, some of them all zero, low rank or far off in scale."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    given = {}
    for name in NAMES:
        rows, columns = rng.integers(2, 9, 2)
        kind = draw(st.sampled_from(["full", "full", "zero", "low"]))
        matrix = rng.standard_normal((rows, columns)) * rng.lognormal(0, 2)
        if kind == "low":
            matrix[1:] = matrix[0]
        given[name] = 0 * matrix if kind == "zero" else matrix
    given["a"] = rng.standard_normal((5, 6))
    return zs.analyze(given)


measures = pytest.mark.parametrize("measure", MEASURES)


@measures
@settings(max_examples=40)
@given(networks(), networks(), networks())
def test_a_measure_is_a_metric(
    measure: Measure, a: zs.Spectrum, b: zs.Spectrum, c: zs.Spectrum
) -> None:
    ab, bc, ac = (x.distance(y, measure) for x, y in ((a, b), (b, c), (a, c)))
    assert a.distance(a, measure) == 0
    assert ab == pytest.approx(b.distance(a, measure), abs=1e-12)
    assert 0 <= ac <= ab + bc + 1e-12
    assert ab <= 16


@measures
def test_the_scale_of_a_network_is_in_no_measure(measure: Measure) -> None:
    one = zs.analyze(arrays(0, layers=5))
    two = zs.analyze({name: 1024 * array for name, array in arrays(0, layers=5).items()})
    assert one.distance(two, measure) < 1e-12


@measures
def test_what_another_measure_cannot_see(measure: Measure) -> None:
    """The same layers in another order are one pooled network, and others along the depth."""
    layers = arrays(1, layers=8)
    turned = dict(zip(layers, reversed(layers.values()), strict=True))
    found = zs.analyze(layers).distance(zs.analyze(turned), measure)
    assert found < 1e-12 if measure == "pooled" else found > 0.2


@settings(max_examples=60)
@given(networks(), networks(), st.integers(1, 12), st.integers(2, 5))
def test_refining_never_brings_nearer(a: zs.Spectrum, b: zs.Spectrum, t: int, k: int) -> None:
    coarse, fine = (
        depth_distance(depth_curves(a.named[1], each), depth_curves(b.named[1], each))
        for each in (t, k * t)
    )
    assert coarse <= fine + 1e-12
    assert fine <= depth_distance(a.named[1], b.named[1]) + 1e-12, "matched is the limit"


@settings(max_examples=60)
@given(networks(), networks())
def test_pooled_is_below_depth_and_depth_below_matched(a: zs.Spectrum, b: zs.Spectrum) -> None:
    assert a.distance(b, "pooled") <= a.distance(b, "depth") + 1e-12
    if len(a.used) == len(b.used) == len(NAMES):  # zeros have a name, and no depth
        assert a.distance(b, "depth") <= a.distance(b, "matched") + 1e-12


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(1, 20), st.integers(1, 6), st.integers(0, 2**31))
def test_repeating_every_constituent_changes_no_depth(m: int, t: int, k: int, seed: int) -> None:
    curves = np.random.default_rng(seed).uniform(size=(m, 129))
    found = depth_curves(curves, t)
    np.testing.assert_allclose(depth_curves(np.repeat(curves, k, axis=0), t), found, atol=1e-12)
    # By steps so fine that every interval and every constituent ends on one.
    steps = np.repeat(curves, t, axis=0).reshape(t, m, 129)
    np.testing.assert_allclose(found, steps.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(found.mean(axis=0), curves.mean(axis=0), atol=1e-12)


@settings(max_examples=60)
@given(networks())
def test_the_curves_are_those_of_each_constituent(found: zs.Spectrum) -> None:
    used = found.used
    mixed = mix([c.eigenvalues for c in used])
    assert found.scale == scale_of(mixed.eigenvalues, mixed.mass)
    curves = constituent_curves([c.eigenvalues for c in used], None, None, found.scale)
    assert curves.shape == (len(used), 129)
    for constituent, row in zip(used, curves, strict=True):
        s = np.log(constituent.positive / found.scale)
        above = [np.sum(s > edge + 1e-9) / constituent.order for edge in zs.S_EDGES]
        np.testing.assert_allclose(row, 1 - np.array(above), atol=1e-12)
    pooled = cumulative_density(mixed.eigenvalues, mixed.mass)
    np.testing.assert_allclose(curves.mean(axis=0), pooled, atol=1e-12)
    assert found.csd_depth.shape == (DEPTH, 129)
    np.testing.assert_allclose(found.csd_depth.mean(axis=0), found.csd, atol=1e-12)


def test_an_estimate_has_curves_too() -> None:
    given = arrays(2, layers=3)
    exact, estimate = (zs.analyze(given, zs.Settings(exact_limit=n)) for n in (8192, 30))
    assert estimate.spectrum_kind == "slq"
    assert exact.distance(estimate, "matched") < 0.2
    np.testing.assert_allclose(estimate.csd_depth.mean(axis=0), estimate.csd, atol=1e-12)


def test_by_hand() -> None:
    """Eigenvalues 1, 2 | 4, 16 with σ = √8; in e-folds, on a grid of 1/8."""
    one = zs.analyze({"x": np.diag([1.0, 2**0.5]), "y": np.diag([2.0, 4.0])})
    other = zs.analyze({"x": np.diag([1.0, 2**0.5]), "y": np.zeros((2, 2))})
    assert one.scale == pytest.approx(8**0.5)
    assert other.scale == pytest.approx(2**0.5)
    # x: from s = -1.04, -0.35 to -0.35, 0.35; y: from 0.35, 1.73 to all null, 8 + 0.35, 8 + 1.73.
    moved = wasserstein_distance([-1.04, -0.35], [-0.35, 0.35])
    null = np.mean([8 + 0.35, 8 + 1.73])
    assert one.distance(other, "matched") == pytest.approx((moved + null) / 2, abs=1 / 8)
    assert one.distance(zs.analyze({"x": np.diag([1.0, 2**0.5])}), "matched") == pytest.approx(
        one.distance(other, "matched")
    ), "missing is as zero is"
    assert one.distance(zs.analyze({"x": np.eye(2)}), "depth") <= 16


def curve(*values: float) -> Floats:
    return curves_of(mix([np.array(values)]), 1.0)


def test_what_cannot_be_compared() -> None:
    one, other = zs.analyze({"a": np.eye(3)}), zs.analyze({"b": np.eye(3)})
    assert one.distance(other) == one.distance(other, "depth") == 0
    with pytest.raises(MeasureError, match="one is 'a', of the other 'b'; use the measure pooled"):
        one.distance(other, "matched")
    same = [zs.Constituent("x", np.diag([1.0, 2.0, k])) for k in (3.0, 4.0)]
    twice = zs.analyze(zs.Network("twice", "artificial", lambda: iter(same)))
    with pytest.raises(MeasureError, match="two constituents are called 'x'"):
        twice.distance(one, "matched")
    with pytest.raises(ValueError, match="no measure 'deep'; one of pooled, depth, matched"):
        one.distance(other, "deep")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="1 curves cannot be shared among 0 intervals"):
        depth_curves(curve(1.0, 2.0), 0)
