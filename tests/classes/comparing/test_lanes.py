"""The pure core: casts, scales, grids, orders, ranks and tests of order, each on its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

import zoo_spectra as zs
from zoo_spectra.classes.comparing import casts, exchange, orders, scales, steps, updates
from zoo_spectra.classes.comparing.lanes import aligned
from zoo_spectra.classes.comparing.plain import is_plain

FORMATS = {form.name: form for form in casts.FORMATS}
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(8, 24), st.integers(8, 24))


def gaussian(seed: int, shape: tuple[int, ...] = (24, 20)) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("name", ["float8_e5m2", "float8_e4m3fn", "bfloat16", "float16"])
def test_rounding_is_that_of_torch(name: str) -> None:
    values = np.concatenate([gaussian(0, (4000,)) * 10.0**power for power in range(-6, 3)])
    values = values[np.abs(values) < FORMATS[name].largest].astype(np.float32)
    kind = getattr(torch, name)
    expected = torch.tensor(values).to(kind).double().numpy()
    assert np.array_equal(casts.rounded(values.astype(float), FORMATS[name]), expected)
    assert casts.format_of(expected).name == name
    assert casts.are_casts(values.astype(float), expected, FORMATS["float32"], FORMATS[name])


def test_what_is_cut_off_is_a_cast_too_and_a_change_is_none() -> None:
    values = gaussian(0).astype(np.float32)
    cut = (values.view(np.uint32) & 0xFFFF0000).view(np.float32)
    found = aligned(values, cut)
    assert (found.kind, found.facts["dtype"]) == ("cast", "bfloat16")
    changed = cut * np.float32(1 + 2**-7)
    assert aligned(cut, changed).kind != "cast"


def test_a_type_against_another_of_one_origin() -> None:
    values = torch.tensor(gaussian(3))
    found = aligned(values.half().numpy(), values.bfloat16().float().numpy())
    assert found.kind == "cast"


@given(seeds, shapes)
def test_scales_of_rows_and_columns_come_back(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    one = rng.standard_normal(shape) * (rng.random(shape) > 0.2)
    rows = np.exp(rng.standard_normal(shape[0])) * rng.choice([-1, 1], shape[0])
    columns = np.exp(rng.standard_normal(shape[1]))
    other = rows[:, None] * one * columns
    found = scales.factors(one, other)
    if found is not None:  # rather than too small
        again = found.scale * found.rows[:, None] * one * found.columns
        assert np.allclose(again, other, rtol=1e-6, atol=1e-9 * np.abs(other).max())


@pytest.mark.parametrize(("kind", "change"), [("bfloat16", 0.004), ("float16", 0.0004)])
def test_a_change_within_the_rounding_of_a_type_is_no_rescaling(kind: str, change: float) -> None:
    form = FORMATS[kind]
    one = casts.rounded(gaussian(0, (96, 80)), form)
    other = casts.rounded(one + change * gaussian(1, (96, 80)), form)
    assert aligned(one, other).kind == "fine_tuned"
    rows = np.exp(0.1 * gaussian(2, (96, 1)))
    assert aligned(one, casts.rounded(one * rows, form)).kind == "rescaled"


def test_scales_do_not_fit_what_is_not_scaled() -> None:
    found = scales.factors(gaussian(0), gaussian(1))
    assert found is not None
    assert found.residual > 0.5
    assert scales.factors(gaussian(0, (2, 3)), gaussian(1, (2, 3))) is None


@pytest.mark.parametrize("bits", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("block", ["tensor", "row", "column", 32, 64])
def test_grids(bits: int, block: str | int) -> None:
    fine = gaussian(bits, (64, 192))
    turned = fine.T if block == "column" else fine
    sides = {"tensor": turned.size, "row": turned.shape[1], "column": turned.shape[1]}
    parts = turned.reshape(-1, int(sides.get(str(block), block)))
    low = parts.min(axis=1, keepdims=True)
    step = (parts.max(axis=1, keepdims=True) - low) / (2**bits - 1)
    coarse = np.float32(low + np.rint((parts - low) / step) * step).reshape(turned.shape)
    coarse = coarse.T if block == "column" else coarse
    found = steps.grid_of(coarse.astype(float))
    assert found is not None
    assert (found.bits, found.block) == (bits, block)
    assert found.step == pytest.approx(float(np.median(step)), rel=0.05)
    assert aligned(fine.astype(np.float32), coarse).kind == "quantised"
    assert steps.grid_of(fine) is None


def test_levels_of_a_codebook() -> None:
    """Sixteen uneven levels, scaled by the largest of each block of 64, as NF4 has them."""
    levels = np.sort(gaussian(1, (16,)))
    levels /= np.abs(levels).max()
    fine = gaussian(2, (64, 128))
    parts = fine.reshape(-1, 64)
    largest = np.abs(parts).max(axis=1, keepdims=True)
    at = np.argmin(np.abs((parts / largest)[..., None] - levels), axis=-1)
    coarse = (levels[at] * largest).reshape(fine.shape)
    found = aligned(fine, coarse)
    assert found.kind == "quantised", found
    assert (found.facts["bits"], found.facts["step"]) == (4, None)


@given(seeds, shapes)
def test_orders_come_back(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    one = rng.standard_normal(shape)
    rows, columns = rng.permutation(shape[0]), rng.permutation(shape[1])
    found = orders.orders(one, 3 * one[rows][:, columns])
    assert found is not None
    assert np.array_equal(found.rows, rows)
    assert np.array_equal(found.columns, columns)
    assert found.residual < 1e-6


def test_orders_of_a_large_matrix_with_equal_rows() -> None:
    one = gaussian(0, (1100, 12))
    one[:5] = 0.0
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(1100), rng.permutation(12)
    found = orders.orders(one, one[rows][:, columns])
    assert found is not None
    assert found.residual < 1e-6


def test_rotations_are_told_from_equal_grams_of_little_content() -> None:
    one = gaussian(0)
    turn = np.linalg.qr(gaussian(1, (20, 20)))[0]
    assert orders.rotated(one, one @ turn, 1e-7) == "columns"
    assert orders.rotated(one.T, 2 * turn.T @ one.T, 1e-7) == "rows"
    assert orders.rotated(one, gaussian(2), 1e-7) is None
    assert orders.rotated(np.eye(20), turn, 1e-7) is None
    assert orders.rotated(one[:4], one[:4] @ turn, 1e-7) is None


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("rank", [1, 4])
def test_the_rank_of_an_update_is_told_from_rounding(kind: type, rank: int) -> None:
    one = gaussian(0, (64, 48)).astype(kind)
    update = 0.3 * gaussian(1, (64, rank)) @ gaussian(2, (rank, 48))
    other = (one + update).astype(kind)
    found = aligned(one, other)
    assert (found.kind, found.facts["rank"]) == ("low_rank_update", rank)
    every = (one + 0.1 * gaussian(3, (64, 48))).astype(kind)
    assert aligned(one, every).kind == "fine_tuned"


def test_a_few_rows_that_were_trained_are_no_adapter() -> None:
    one = gaussian(0, (64, 48))
    other = one.copy()
    other[[3, 40]] += gaussian(1, (2, 48))
    found = aligned(one, other)
    assert (found.kind, found.facts["rows_changed"]) == ("fine_tuned", 2)
    assert updates.changed_rows(one, other) == 2


def test_what_is_too_simple_to_be_evidence() -> None:
    kernel = np.zeros((8, 72))
    kernel[np.arange(8), 9 * np.arange(8) + 4] = 1.0
    for plain in (np.zeros((9, 9)), np.ones((9, 9)), -np.eye(9), kernel, np.empty((0, 4))):
        assert is_plain(plain)
    angles = 2 * np.pi * np.arange(33)[:, None] * np.arange(64) / 64
    for wave in (np.cos(angles), np.sin(angles) * np.hanning(64), np.cos(angles + 1) * 1e160):
        assert is_plain(wave.astype(np.float32) if wave.max() < 9 else wave)
        assert not is_plain(wave * (1 + 0.2 * gaussian(0, wave.shape))), "as if it was trained"
        assert not is_plain(wave.T[:, :8])
    smooth = np.exp(-50 * (np.linspace(0, 1, 64) - np.linspace(0, 1, 40)[:, None]) ** 2)
    assert not is_plain(smooth)
    assert not is_plain(np.full((40, 64), np.nan))
    signs = np.sign(gaussian(0))
    for telling in (gaussian(0), signs, gaussian(0) > 0, np.maximum(signs, 0)):
        assert not is_plain(telling)


def test_p_values_of_order_are_uniform_for_independent_rows() -> None:
    """Also where rows are alike in each network, and units of all sizes."""
    found = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        one, other = (
            np.exp(rng.standard_normal((14, 1))) * (rng.standard_normal((14, 9)) + 0.7)
            for _ in "ab"
        )
        found.append(exchange.p_of_order(exchange.cosines(one, other), rng, draws=199))
    assert kstest(found, "uniform").pvalue > 0.01


def test_p_values_of_independent_networks_are_uniform() -> None:
    def made(seed: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        return {
            "a": rng.standard_normal((24, 13)),
            "b": rng.uniform(-1, 1, (17, 24)),
            "c": rng.standard_normal((5, 17)),
        }

    found = [zs.compare(made(2 * at), made(2 * at + 1)) for at in range(120)]
    assert {each.verdict for each in found} == {"unrelated"}
    assert kstest([each.p_value for each in found], "uniform").pvalue > 0.01


def test_the_least_p_value_and_a_likeness_of_its_own() -> None:
    one = gaussian(0)
    each = exchange.cosines(one, one + 0.1 * gaussian(1))
    assert exchange.p_of_order(each, np.random.default_rng(0), draws=99) == 0.01
    same = np.ones((24, 24))
    assert exchange.p_of_order(same, np.random.default_rng(0), draws=99) == 1.0
    found = exchange.likeness(one, one + 0.1 * gaussian(1))
    assert found is not None
    assert found.own > 0.95 > 0.1 > found.others
    assert exchange.likeness(one[:3, :3], one[:3, :3]) is None


@given(seeds, shapes, st.sampled_from(["float32", "float16", "float64"]))
def test_lanes_are_symmetric(seed: int, shape: tuple[int, int], kind: str) -> None:
    rng = np.random.default_rng(seed)
    one = rng.standard_normal(shape).astype(kind)
    changes = (one, one * 2, one[::-1], one + rng.standard_normal(shape) * 0.05,
               one * (rng.random(shape) > 0.5), rng.standard_normal(shape))  # fmt: skip
    for other in changes:
        there, back = aligned(one, other.astype(kind)), aligned(other.astype(kind), one)
        assert there.kind == back.kind
        assert there.cosine == pytest.approx(back.cosine, abs=1e-9)
