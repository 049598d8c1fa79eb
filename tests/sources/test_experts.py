"""Experts in one tensor are constituents of their own, and convolutions are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from doors import DOORS, check, through
from zoo_spectra.sources import Entry
from zoo_spectra.sources.memory import network_from_arrays

STACKED = [
    "model.layers.0.mlp.experts.gate_up_proj",
    "model.layers.0.mlp.experts.down_proj",
    "block_sparse_moe.input_linear.weight",
    "ffn.experts.w1",
    "moe.w2",
    "feed_forward.experts.w3",
    "MoeMlp_0/Mlp/experts/kernel",
]


@pytest.mark.parametrize("name", STACKED)
@pytest.mark.parametrize("door", DOORS)
def test_each_expert_is_one(door: str, name: str, tmp_path: Path) -> None:
    weights = torch.randn(5, 8, 6)
    state = {name: weights, "router.weight": torch.randn(5, 6), f"{name}_bias": torch.randn(5, 6)}
    network = through(door, state, tmp_path)
    expected = {f"{name}[{number}]": weights[number] for number in range(5)}
    check(network, expected | {"router.weight": state["router.weight"]})
    assert sum(network.left_out.values()) == 1


def test_concatenated_experts_where_the_router_tells(tmp_path: Path) -> None:
    block = "transformer.blocks.0.ffn."
    experts = {f"{block}experts.mlp.{name}": torch.randn(4 * 12, 8) for name in ("w1", "v1", "w2")}
    router = {f"{block}router.layer.weight": torch.randn(4, 8)}
    expected = {
        f"{name}[{number}]": part
        for name, weights in experts.items()
        for number, part in enumerate(weights.reshape(4, 12, 8))
    }
    check(through("safetensors", experts | router, tmp_path), expected | router)
    check(through("safetensors", experts, tmp_path), experts)  # nothing tells how many


@pytest.mark.parametrize(
    "state",
    [
        {"experts.0.w1": torch.randn(4, 3, 2), "experts.1.w1": torch.randn(4, 3, 2)},
        {"experts.expert_0.line": torch.randn(4, 3, 2)},
        {"moe.conv.weight": torch.randn(4, 3, 2)},
        {"encoder.pos_conv.weight": torch.randn(16, 48, 128)},
        {"line.weight": torch.randn(32, 16, 3)},
        {"attn.q": torch.randn(128, 4, 64)},
        {"Conv_0/kernel": torch.randn(3, 8, 128)},
    ],
    ids=lambda state: next(iter(state)),
)
def test_what_is_one_map_stays_one(state: dict[str, torch.Tensor]) -> None:
    assert [c.name for c in network_from_arrays("net", state).constituents()] == list(state)


def test_a_batch_of_matrices_by_its_shape() -> None:
    state = {"rg_lru.input_gate_weight": torch.randn(3, 64, 64)}
    expected = {f"rg_lru.input_gate_weight[{n}]": state["rg_lru.input_gate_weight"][n]
                for n in range(3)}  # fmt: skip
    check(network_from_arrays("net", state), expected)


@pytest.mark.parametrize("bias", [(4, 6), (4, 1, 6)])
@pytest.mark.parametrize("name", ["critics/Dense_0/kernel", "ensemble.fc.weight"])
def test_a_bias_for_each_tells_a_batch(name: str, bias: tuple[int, ...]) -> None:
    state = {name: torch.randn(4, 5, 6)}
    owner = name.removesuffix("kernel").removesuffix("weight")
    expected = {f"{name}[{number}]": part for number, part in enumerate(state[name])}
    check(network_from_arrays("net", state | {f"{owner}bias": torch.randn(bias)}), expected)
    one = network_from_arrays("net", state | {f"{owner}bias": torch.randn(6)})
    assert len(list(one.constituents())) == 1


def test_experts_of_files_come_one_at_a_time_also_from_shards(tmp_path: Path) -> None:
    from zoo_spectra_checkpoint import TensorFile

    stacks = {f"{k}.mlp.experts.up_proj": torch.randn(3, 4, 6) for k in "ab"}
    for number, (name, stack) in enumerate(stacks.items(), 1):
        save_file({name: stack}, tmp_path / f"m-0000{number}-of-00002.safetensors")
    network = zs.load(f"checkpoint:{tmp_path}/m-00001-of-00002.safetensors")
    want = {f"{name}[{k}]": stack[k] for name, stack in stacks.items() for k in range(3)}
    check(network, want)
    for each in network.constituents():
        assert each.matrix.base is None or each.matrix.base.size == 24

    # Whoever wraps a file and does not know of places gives all of them.
    name, stack = next(iter(stacks.items()))
    whole = TensorFile(
        tmp_path, (Entry(name, (3, 4, 6), "float32", apart=True),), lambda entry: stack.numpy()
    )
    found = {each.name: each.matrix for each in whole.constituents(whole.reading())}
    for number in range(3):
        np.testing.assert_array_equal(found[f"{name}[{number}]"], stack[number].numpy())
