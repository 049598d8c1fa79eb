"""Matrices of many chunks: what is said of one is not what is said of its beginning."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from zoo_spectra.classes.comparing import casts, scales
from zoo_spectra.classes.comparing.chunked import CHUNK
from zoo_spectra.classes.comparing.lanes import aligned
from zoo_spectra.classes.comparing.two import Two, sums_of

SHAPE = (3001, 2003)  # 6 million entries: 46 chunks, the last one of few
FORMATS = {form.name: form for form in casts.FORMATS}


@cache
def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(SHAPE, dtype=np.float32)


def thinned(matrix: np.ndarray, share: float) -> np.ndarray:
    """With zeros in a share of places."""
    return np.where(np.random.default_rng(round(100 * share)).random(SHAPE) < share, 0, matrix)


def changed(at: tuple[int, int], value: float) -> np.ndarray:
    other = drawn(0).copy()
    other[at] = value
    return other


def test_sums_are_those_of_the_whole() -> None:
    one = thinned(drawn(0), 0.1)
    other = thinned(drawn(0) + 0.1 * drawn(1), 0.3)
    assert one.size > 10 * CHUNK
    found = sums_of(one, other)
    a, b = one.astype(float), other.astype(float)
    assert found.largest == (np.abs(a).max(), np.abs(b).max())
    expected = [np.sum(a * a), np.sum(b * b), np.sum(a * b), np.sum((a - b) ** 2)]
    assert np.allclose([*found.squares, found.product, found.difference], expected, rtol=1e-12)
    for zeros, whole, cut in ((found.zeros[0], a, b), (found.zeros[1], b, a)):
        kept = cut != 0
        assert zeros.gained == np.count_nonzero(whole[~kept])
        expected = np.linalg.norm((cut - whole)[kept]) / np.linalg.norm(whole[kept])
        assert zeros.change_of_kept == pytest.approx(expected, rel=1e-12)
    two = Two(one, other, found)
    c = np.vdot(a, b) / np.vdot(a, a)
    residual = np.linalg.norm(b - c * a) / np.linalg.norm(b)
    assert two.scale == pytest.approx((c, residual), rel=1e-9)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_entry_near_the_end_that_is_no_number(value: float) -> None:
    found = aligned(drawn(0), changed((3000, 2000), value))
    assert (found.kind, found.told) == (
        "unknown",
        "1 non-finite entries (NaN or Inf) in the second",
    )


def test_equal_bits_but_for_the_last_entry() -> None:
    assert aligned(drawn(0), drawn(0).copy(), deep=False).kind == "identical"
    found = aligned(drawn(0), changed((3000, 2002), 0.25), deep=False)
    assert found.kind == "fine_tuned"
    assert 0 < found.change < 1e-3


def test_a_cast_but_for_the_last_entry_is_none() -> None:
    half = drawn(0).astype(np.float16).astype(np.float32)
    assert aligned(drawn(0), half, deep=False).kind == "cast"
    half[-1, -1] += 1
    forms = FORMATS["float32"], FORMATS["float16"]
    assert not casts.are_casts(drawn(0), half, *forms)
    assert aligned(drawn(0), half, deep=False).kind == "fine_tuned"


def test_factors_of_a_large_matrix() -> None:
    rng = np.random.default_rng(2)
    rows = np.exp(0.3 * rng.standard_normal(SHAPE[0])) * rng.choice([-1, 1], SHAPE[0])
    columns = np.exp(0.3 * rng.standard_normal(SHAPE[1])) * rng.choice([-1, 1], SHAPE[1])
    one = thinned(drawn(0), 0.1)
    other = (2 * rows[:, None] * one * columns).astype(np.float32)
    found = scales.factors(one, other, 1e-6)
    assert found is not None
    assert found.residual < 1e-6
    made = found.scale * found.rows[:, None] * one * found.columns
    assert np.abs(made - other).max() < 1e-4 * np.abs(other).max()
    assert aligned(one, other, deep=False).kind == "rescaled"
    assert scales.factors(one, other + drawn(1) * (other != 0), 1e-6) is None
    other[-1] *= np.linspace(1, 2, SHAPE[1])  # a row that 1024 may not show
    refused = scales.factors(one, other, 1e-6)
    assert refused is None or refused.residual > 1e-3


def test_zeros_of_a_large_matrix() -> None:
    small = np.abs(drawn(0)) < np.quantile(np.abs(drawn(0)[:100]), 0.4)
    found = aligned(drawn(0), np.where(small, 0, drawn(0)), deep=False)
    assert found.kind == "pruned"
    assert found.facts["share"] == pytest.approx(0.4, abs=0.01)
    assert aligned(np.where(small, 0, drawn(0)), drawn(0), deep=False).facts["which"] == "first"
    assert aligned(drawn(0), np.where(small, 0, drawn(0) + drawn(1)), deep=False).kind != "pruned"
