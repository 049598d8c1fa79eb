"""Fused query, key and value: apart where their order is known, whole and said where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from doors import DOORS, check, through
from zoo_spectra.sources.memory import network_from_arrays


def thirds(name: str, whole: torch.Tensor) -> dict[str, torch.Tensor]:
    return {f"{name}[{w}]": part for w, part in zip("qkv", whole.chunk(3), strict=True)}


KNOWN = [
    "blocks.0.attn.qkv.weight",
    "attn.in_proj_weight",
    "layers.0.attn.Wqkv.weight",
    "attn.to_qkv.weight",
    "attn.layernorm_qkv.1.weight",
    "h.0.attn.c_attn.weight",
    "self_attn.W_pack.weight",
    "block/attn/qkv/kernel",
]


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("door", DOORS)
def test_three_constituents(door: str, name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = torch.randn(24, 8)
    stored = whole.T if "kernel" in name else whole
    network = through(door, {name: stored, "attn.qkv.bias": torch.randn(24)}, tmp_path)
    check(network, thirds(name, whole))
    assert network.notes == ()


def test_gpt_2_has_them_along_the_columns() -> None:
    whole = torch.randn(24, 8)
    state = {"h.0.attn.c_attn.weight": whole.T, "h.0.attn.c_attn.bias": torch.randn(24)}
    check(network_from_arrays("net", state), thirds("h.0.attn.c_attn.weight", whole))


@pytest.mark.parametrize("after", ["proj", "to_out.0", "o_proj", "out_proj"])
def test_the_layer_that_follows_tells_other_widths(after: str) -> None:
    state = {"attn.qkv.weight": torch.randn(36, 8), f"attn.{after}.weight": torch.randn(8, 12)}
    expected = thirds("attn.qkv.weight", state["attn.qkv.weight"])
    after = f"attn.{after}.weight"
    check(network_from_arrays("net", state), expected | {after: state[after]})


def linear(*shape: int) -> torch.Tensor:
    return torch.randn(shape)


UNKNOWN = {
    "interleaved heads": {"h.0.attention.query_key_value.weight": linear(24, 8)},
    "groups": {"attn.qkv_proj.weight": linear(24, 16), "attn.o_proj.weight": linear(16, 16)},
    "groups that divide by three": {
        "attn.qkv.weight": linear(48, 32),
        "attn.proj.weight": linear(32, 32),
    },
    "nothing that tells": {"attn.qkv.weight": linear(48, 32)},
    "CodeGen": {"attn.qkv_proj.weight": linear(24, 8), "attn.out_proj.weight": linear(8, 8)},
    "LeViT": {"attn.qkv.linear.weight": linear(24, 8), "attn.attention_biases": linear(4, 16)},
    "MaxViT": {"stages.0.blocks.0.attn_block.attn.qkv.weight": linear(24, 8)},
    "a convolution": {"attn.qkv.weight": linear(24, 8, 1, 1)},
    "groups of InternLM": {"attention.wqkv.weight": linear(24, 8)},
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_whole_with_a_note(case: str) -> None:
    state = UNKNOWN[case]
    network = network_from_arrays("net", state)
    assert not any("[" in each.name for each in network.constituents())
    assert len(network.notes) == 1
    assert next(iter(state)) in network.notes[0]
    assert "stay whole" in network.notes[0]


def test_relative_positions_of_a_plain_transformer_say_nothing() -> None:
    state = {
        "blocks.0.attn.qkv.weight": linear(24, 8),
        "blocks.0.attn.rel_pos.relative_position_bias_table": linear(9, 2),
    }
    name = "blocks.0.attn.qkv.weight"
    check(network_from_arrays("net", state), thirds(name, state[name]))


def test_a_convolution_that_is_known(tmp_path: Path) -> None:
    state = {"attn.to_qkv.weight": linear(24, 8, 1, 1)}
    check(
        through("safetensors", state, tmp_path),
        thirds("attn.to_qkv.weight", state["attn.to_qkv.weight"]),
    )
