"""What was done to a matrix twice: cast and cast again, rounded to levels and stored in half."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zoo_spectra.classes.comparing import orders, steps
from zoo_spectra.classes.comparing.lanes import aligned


def gaussian(seed: int, shape: tuple[int, int] = (64, 96)) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def levels(array: np.ndarray, bits: int, block: int) -> np.ndarray:
    parts = array.reshape(-1, block)
    step = np.abs(parts).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    return (np.rint(parts / step) * step).reshape(array.shape).astype(np.float32)


@pytest.mark.parametrize(
    "types",
    [("float16", "bfloat16"), ("float16", "float8_e4m3fn"), ("bfloat16", "float8_e4m3fn")],
)
def test_a_cast_through_a_third_type(types: tuple[str, str]) -> None:
    made = torch.tensor(0.02 * gaussian(0))
    for name in types:
        made = made.to(getattr(torch, name))
    found = aligned(0.02 * gaussian(0), made.float().numpy())
    assert (found.kind, found.facts["dtype"]) == ("cast", types[-1])


def test_a_cast_and_a_change_are_none() -> None:
    """More than the rounding of any type between the two."""
    made = torch.tensor(gaussian(0) * (1 + 0.004 * np.sign(gaussian(1)))).bfloat16().float()
    found = aligned(gaussian(0), made.numpy())
    assert found.kind == "fine_tuned", "neither a cast nor a scale for each row, which rounding has"


def test_scales_in_half_precision() -> None:
    scales = np.exp(gaussian(1, (64, 1)))
    found = aligned(gaussian(0), (scales * gaussian(0)).astype(np.float16))
    assert (found.kind, found.facts["sides"]) == ("rescaled", ["rows"])


@pytest.mark.parametrize("block", [32, 96, 64 * 96])
@pytest.mark.parametrize("bits", [3, 4, 6, 8])
def test_levels_stored_in_half_precision(bits: int, block: int) -> None:
    rounded = levels(gaussian(0), bits, block)
    for stored in (rounded, rounded.astype(np.float16)):
        found = aligned(gaussian(0), stored)
        names = {96: "row", 64 * 96: "tensor"}
        right = ("quantised", bits, names.get(block, block))
        assert (found.kind, found.facts["bits"], found.facts["block"]) == right


def test_half_precision_alone_is_on_no_levels() -> None:
    for seed in range(20):
        for scale in (1e-3, 1.0):
            half = (scale * gaussian(seed)).astype(np.float16).astype(float)
            assert steps.grid_of(half) is None


@pytest.mark.parametrize("rank", [1, 4])
def test_an_update_of_low_rank_under_levels(rank: int) -> None:
    one = gaussian(0)
    update = 0.3 * gaussian(1, (64, rank)) @ gaussian(2, (rank, 96))
    found = aligned(one, levels(one + update, 8, 96))
    assert (found.kind, found.facts["rank"]) == ("low_rank_update", rank)
    noisy = levels(one + 0.3 * gaussian(3), 8, 96)
    assert aligned(one, noisy).kind == "fine_tuned"


def test_scaled_and_pruned() -> None:
    one = gaussian(0)
    kept = np.abs(one) > 0.7
    found = aligned(one, 2 * one * kept)
    assert found.kind == "pruned"
    assert found.facts["scale"] == pytest.approx(2)
    changed = 2 * (one + 0.3 * gaussian(1)) * kept
    assert aligned(one, changed).kind == "fine_tuned", "scaled, and the rest changed"


def test_the_columns_of_a_table_in_another_order() -> None:
    """Too many rows to put in order, so that they are taken as they are."""
    table = gaussian(0, (9000, 24))
    order = np.random.default_rng(1).permutation(24)
    for one, other in ((table, table[:, order]), (table.T, table[:, order].T)):
        found = aligned(one, other)
        assert (found.kind, found.facts["exact"]) == ("permuted", True)
    turn = np.linalg.qr(gaussian(2, (24, 24)).astype(float))[0]
    assert orders.rotated(table.astype(float), table @ turn, 1e-7) == "columns"
    assert aligned(table, gaussian(3, (9000, 24))).kind == "unlike"
