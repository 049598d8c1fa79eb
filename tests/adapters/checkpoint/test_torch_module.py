"""A torch module as a network, without a file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import zoo_spectra as zs
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.torch_module import network_from_module


class Tied(nn.Module):
    """A tiny language model whose output layer is its embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.attn = nn.MultiheadAttention(8, 2)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("mask", torch.ones(4, 4))


def test_weights_in_order_and_tied_ones_once() -> None:
    network = network_from_module(Tied(), "tiny")
    assert [c.name for c in network.constituents()] == [
        "embed.weight",
        "attn.in_proj_weight[q]",
        "attn.in_proj_weight[k]",
        "attn.in_proj_weight[v]",
        "attn.out_proj.weight",
    ]
    assert (network.name, network.kind, network.family) == ("tiny", "artificial", "Tied")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_float32(dtype: torch.dtype) -> None:
    module = nn.Linear(5, 3).to(dtype)
    [only] = network_from_module(module).constituents()
    np.testing.assert_array_equal(only.matrix, module.weight.detach().float().numpy())
    assert only.matrix.dtype == np.float32


def test_convolutions_are_flattened_and_training_shows() -> None:
    module = nn.ConvTranspose2d(4, 6, 3)
    network = network_from_module(module)
    assert next(network.constituents()).matrix.shape == (4, 54)
    with torch.no_grad():
        module.weight.zero_()
    assert not next(network.constituents()).matrix.any()


def test_weights_that_have_no_real_values() -> None:
    with torch.device("meta"):
        empty = nn.Linear(3, 3)
    with pytest.raises(NetworkError, match=r"weight is on the meta device"):
        list(network_from_module(empty).constituents())
    with pytest.raises(NetworkError, match="complex64"):
        list(network_from_module(nn.Linear(3, 3, dtype=torch.complex64)).constituents())


def test_analyze_takes_a_module() -> None:
    spectrum = zs.analyze(nn.Sequential(nn.Linear(40, 30), nn.ReLU(), nn.Linear(30, 20)))
    assert spectrum.csd.shape == (129,)
