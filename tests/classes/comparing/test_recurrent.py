"""Hidden units of recurrent layers: the same in all gates, and in no order of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest

import zoo_spectra as zs

KINDS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
Arrays = dict[str, np.ndarray]


def made(kind: str, seed: int, inputs: int = 20) -> Arrays:
    torch.manual_seed(seed)
    net = KINDS[kind](inputs, 16, num_layers=1)
    head = torch.nn.Linear(16, 5)
    arrays = {n: p.detach().numpy() for n, p in net.named_parameters() if p.ndim == 2}
    return arrays | {"head.weight": head.weight.detach().numpy()}


def moved(arrays: Arrays, much: float) -> Arrays:
    rng = np.random.default_rng(0)
    return {k: (a + much * a.std() * rng.standard_normal(a.shape)).astype(np.float32)
            for k, a in arrays.items()}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_trained_far_is_told_by_the_order_of_units(kind: str) -> None:
    found = zs.compare(made(kind, 0), moved(made(kind, 0), 0.8))
    assert (found.verdict, found.p_value) == ("fine_tuned", 1e-4), found
    assert any("16 hidden units in 1 layer" in line for line in found.evidence)


@pytest.mark.parametrize("kind", KINDS)
def test_seeds_have_uniform_p_values(kind: str) -> None:
    found = [zs.compare(made(kind, 2 * at), made(kind, 2 * at + 1)) for at in range(60)]
    assert {each.related for each in found} == {False}
    assert kstest([each.p_value for each in found], "uniform").pvalue > 0.01


def test_units_that_read_as_many_inputs_are_not_tested() -> None:
    """Their inputs may be the stream, which has an order of its own."""
    assert zs.compare(made("lstm", 0, 16), made("lstm", 1, 16)).p_value is None
