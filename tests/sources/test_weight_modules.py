"""The rule of names finds in a state dict the weights that the types of its modules tell."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from zoo_spectra.sources.weights import why_not


class Quantiser(nn.Module):
    """A codebook that is kept by averages, and looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("embed", torch.randn(8, 4))
        self.register_buffer("embed_avg", torch.randn(8, 4))
        self.register_buffer("cluster_size", torch.ones(8))


class Positions(nn.Module):
    """Tables of places beside projections of them."""

    def __init__(self) -> None:
        super().__init__()
        self.position_embeddings = nn.Embedding(6, 4)
        self.row_embed = nn.Embedding(6, 4)
        self.positional_encoding_projection_layer = nn.Linear(4, 4)
        self.pos_conv_embed = nn.Conv1d(4, 4, 3)
        self.level_embed = nn.Parameter(torch.randn(3, 4))
        self.register_buffer("queue", torch.randn(4, 16))


TRANSFORMER = nn.TransformerEncoderLayer(8, 2, 16)
ATTENTION = nn.MultiheadAttention(8, 2, kdim=4, vdim=4, add_bias_kv=True)
MODULES: dict[str, tuple[nn.Module, set[str]]] = {
    "transformer": (
        TRANSFORMER,
        {"self_attn.in_proj_weight", "self_attn.out_proj.weight"}
        | {"linear1.weight", "linear2.weight"},
    ),
    "attention": (
        ATTENTION,
        {"q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"},
    ),
    "lstm": (
        nn.LSTM(4, 8, bidirectional=True, proj_size=3),
        {f"weight_{gate}_l0{side}" for gate in ("ih", "hh", "hr") for side in ("", "_reverse")},
    ),
    "convolution": (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ConvTranspose2d(4, 4, 2)),
        {"0.weight", "2.weight"},
    ),
    "norms": (nn.ModuleDict({"norm": nn.LayerNorm((4, 4)), "bn1": nn.BatchNorm2d(4)}), set()),
    "weight norm": (
        parametrizations.weight_norm(nn.Linear(4, 4)),
        {"parametrizations.weight.original1"},
    ),
    "codebook": (Quantiser(), {"embed"}),
    "positions": (
        Positions(),
        {"positional_encoding_projection_layer.weight", "pos_conv_embed.weight"},
    ),
}


def _weights(state: Mapping[str, torch.Tensor]) -> set[str]:
    stored = {
        name: (tuple(t.shape), str(t.dtype).removeprefix("torch.")) for name, t in state.items()
    }
    return {name for name, (shape, dtype) in stored.items() if why_not(name, shape, dtype) is None}


@pytest.mark.parametrize("kind", MODULES)
def test_a_state_dict_and_the_types_of_its_module_agree(kind: str) -> None:
    module, expected = MODULES[kind]
    assert _weights(module.state_dict()) == expected
    assert _weights(dict(module.named_parameters())) == expected - set(dict(module.named_buffers()))


@pytest.mark.parametrize("kind", MODULES)
def test_a_module_inside_another_gives_the_same(kind: str) -> None:
    module, expected = MODULES[kind]
    outer = nn.ModuleDict({"backbone": nn.Sequential(module)})
    assert _weights(outer.state_dict()) == {f"backbone.0.{name}" for name in expected}
