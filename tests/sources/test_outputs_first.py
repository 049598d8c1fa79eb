"""Kernels with their outputs on the last axis, and other tensors that begin with something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from doors import DOORS, check, through
from zoo_spectra.sources.memory import network_from_arrays


def made(*shape: int) -> torch.Tensor:
    torch.manual_seed(sum(shape))
    return torch.randn(shape)


def outputs(kernel: torch.Tensor) -> torch.Tensor:
    return kernel.movedim((-1, -2), (0, 1)).flatten(1)


@pytest.mark.parametrize("door", DOORS)
def test_flax_and_keras_kernels(door: str, tmp_path: Path) -> None:
    state = {
        "Conv_0/kernel": made(3, 3, 4, 16),
        "Conv_1/kernel": made(5, 12, 7),
        "Conv_2/kernel": made(3, 3, 3, 2, 9),
        "Dense_0/kernel": made(6, 9),
        "conv2d/kernel:0": made(3, 3, 1, 8),
        "lstm/lstm_cell/kernel:0": made(5, 12),
        "lstm/lstm_cell/recurrent_kernel:0": made(3, 12),
        "separable/pointwise_kernel:0": made(1, 1, 6, 8),
        "haiku/~/conv2_d/w": made(3, 3, 4, 10),
        "layers/conv2d_3/vars/0": made(3, 3, 4, 12),
        "layers/dense/vars/0": made(6, 9),
        "resnet/block1/conv2/weights": made(3, 3, 4, 11),
        "params.Conv_3.kernel": made(3, 3, 4, 6),
    }
    if door == "pt" or door == "npz":
        state = {name.replace(":0", ""): tensor for name, tensor in state.items()}
    expected = {name: outputs(tensor) for name, tensor in state.items()}
    expected["layers/dense/vars/0"] = state["layers/dense/vars/0"]  # as an embedding is
    check(through(door, state, tmp_path), expected)


@pytest.mark.parametrize("door", DOORS)
def test_flax_attention(door: str, tmp_path: Path) -> None:
    state = {f"encoder/attn/{name}/kernel": made(24, 3, 5) for name in ("query", "key", "value")}
    state |= {f"encoder/attn/{name}/bias": made(3, 5) for name in ("query", "key", "value")}
    state |= {"encoder/attn/out/kernel": made(3, 5, 24), "encoder/attn/out/bias": made(24)}
    network = through(door, state, tmp_path)
    expected = {
        f"encoder/attn/{name}/kernel": made(24, 3, 5).reshape(24, 15).T
        for name in ("query", "key", "value")
    }
    check(network, expected | {"encoder/attn/out/kernel": made(3, 5, 24).reshape(15, 24)})
    assert sum(network.left_out.values()) == 4  # the biases


def test_an_output_layer_of_a_convolution_is_no_attention(tmp_path: Path) -> None:
    state = {"decoder/out/kernel": made(3, 5, 24)}
    check(through("npz", state, tmp_path), {"decoder/out/kernel": outputs(made(3, 5, 24))})


def test_embeddings_stay(tmp_path: Path) -> None:
    state = {"Embed_0/embedding": made(30, 8), "emb/embeddings:0": made(20, 6)}
    check(network_from_arrays("net", state), state)


@pytest.mark.parametrize("door", ["safetensors", "arrays"])
def test_depthwise_kernels_have_an_output_a_channel_and_multiplier(
    door: str, tmp_path: Path
) -> None:
    kernel = made(3, 3, 4, 2)
    state = {"depthwise_conv2d/depthwise_kernel:0": kernel}
    expected = torch.stack([kernel[:, :, c, m].flatten() for c in range(4) for m in range(2)])
    check(through(door, state, tmp_path), dict.fromkeys(state, expected))


def test_a_transposed_convolution_stays_as_torch_stores_it() -> None:
    keras, flax = made(3, 3, 8, 5), made(3, 3, 5, 8)  # (…, out, in) and (…, in, out)
    state = {"conv2d_transpose/kernel:0": keras, "ConvTranspose_0/kernel": flax}
    expected = {
        "conv2d_transpose/kernel:0": keras.permute(3, 2, 0, 1).flatten(1),
        "ConvTranspose_0/kernel": flax.permute(2, 3, 0, 1).flatten(1),
    }
    check(network_from_arrays("net", state), expected)


@pytest.mark.parametrize("door", DOORS)
def test_gpt_2_keeps_inputs_first_and_others_do_not(door: str, tmp_path: Path) -> None:
    first = {
        "h.0.mlp.c_fc.weight": made(8, 32),
        "h.0.mlp.c_fc.bias": made(32),
        "h.0.mlp.c_proj.weight": made(32, 8),
        "h.0.mlp.c_proj.bias": made(8),
    }
    check(through(door, first, tmp_path), {n: t.T for n, t in first.items() if t.ndim > 1})
    linear = {
        "mlp.c_fc.weight": made(32, 8),
        "mlp.c_fc.bias": made(32),
        "mlp.c_proj.weight": made(8, 32),
        "mlp.c_proj.bias": made(8),
    }
    check(through(door, linear, tmp_path), {n: t for n, t in linear.items() if t.ndim > 1})


@pytest.mark.parametrize("door", DOORS)
def test_a_leading_one(door: str, tmp_path: Path) -> None:
    state = {
        "conv1.conv.weight": made(1, 16, 12, 3, 3),
        "proj.weight": made(1, 20, 18),
        "volume.weight": made(1, 4, 3, 3, 3),  # a convolution with one output
        "line.weight": made(1, 16, 7),  # the same in one dimension
    }
    expected = {
        "conv1.conv.weight": state["conv1.conv.weight"][0],
        "proj.weight": state["proj.weight"][0],
        "volume.weight": state["volume.weight"],
        "line.weight": state["line.weight"],
    }
    check(through(door, state, tmp_path), expected)


def test_the_order_of_a_convolution_is_no_longer_its_width() -> None:
    [only] = network_from_arrays("net", {"Conv_0/kernel": made(3, 3, 64, 128)}).constituents()
    assert only.matrix.shape == (128, 576)
    assert only.order == 128
