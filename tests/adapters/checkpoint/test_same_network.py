"""One network in every format: the same constituents, whatever layout a library has for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import zoo_spectra as zs
from flax_files import flax_file
from tflite_files import Made, tflite_file
from zoo_spectra.sources import digest
from zoo_spectra.testing import check_adapter
from zoo_spectra_checkpoint import CheckpointAdapter

os.environ.setdefault("KERAS_BACKEND", "torch")

WIDTH, HEADS = 16, 4
SIZE = WIDTH // HEADS
CONV_2D, DEPTHWISE, FULLY_CONNECTED, ADD, GATHER = 3, 4, 9, 0, 36


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        for name in ("query", "key", "value", "out"):
            setattr(self, name, nn.Linear(WIDTH, WIDTH))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            each(x).reshape(1, -1, HEADS, SIZE).transpose(1, 2)
            for each in (self.query, self.key, self.value)
        )
        mixed = torch.softmax(q @ k.transpose(-1, -2), -1) @ v
        return self.out(mixed.transpose(1, 2).reshape(1, -1, WIDTH))


class Small(nn.Module):
    """A convolution, a depthwise one, an embedding, attention, and a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.conv = nn.Conv2d(3, 8, 3)
        self.depthwise = nn.Conv2d(8, 8, 3, groups=8)
        self.norm = nn.BatchNorm2d(8)
        self.embed = nn.Embedding(11, WIDTH)
        self.pos_embed = nn.Parameter(torch.randn(1, 6, WIDTH))
        self.attention = Attention()
        self.dense = nn.Linear(8 + WIDTH, 5)

    def forward(self, image: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
        seen = torch.relu(self.norm(torch.relu(self.depthwise(self.conv(image)))))
        read = self.attention(self.embed(text) + self.pos_embed)
        return self.dense(torch.cat((seen.mean((2, 3)), read.mean(1)), 1))


def module() -> nn.Module:
    return Small().eval()


def arrays() -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in module().state_dict().items()}


def last(array: np.ndarray) -> np.ndarray:
    """(out, in, …) as (…, in, out)."""
    return np.ascontiguousarray(array.transpose(*range(2, array.ndim), 1, 0))


def into(array: np.ndarray) -> np.ndarray:
    return array.T.reshape(WIDTH, HEADS, SIZE)


def out_of(array: np.ndarray) -> np.ndarray:
    return array.T.reshape(HEADS, SIZE, WIDTH)


def onnx(path: Path, dynamo: bool) -> None:
    inputs = torch.randn(1, 3, 9, 9), torch.randint(0, 11, (1, 6))
    torch.onnx.export(module(), inputs, path, dynamo=dynamo, verbose=False)


def keras_model() -> Any:
    import keras
    from keras import layers

    a = arrays()
    image, text = keras.Input((9, 9, 3)), keras.Input((6,))
    conv, depthwise = layers.Conv2D(8, 3), layers.DepthwiseConv2D(3)
    norm, embed = layers.BatchNormalization(), layers.Embedding(11, WIDTH)
    attention, dense = layers.MultiHeadAttention(HEADS, SIZE), layers.Dense(5)
    seen = layers.GlobalAveragePooling2D()(norm(depthwise(conv(image))))
    words = embed(text)
    read = layers.GlobalAveragePooling1D()(attention(words, words))
    model = keras.Model([image, text], dense(layers.Concatenate()([seen, read])))
    conv.set_weights([last(a["conv.weight"]), a["conv.bias"]])
    depthwise.set_weights([a["depthwise.weight"].transpose(2, 3, 0, 1), a["depthwise.bias"]])
    embed.set_weights([a["embed.weight"]])
    heads = [
        part
        for name in ("query", "key", "value")
        for part in (
            into(a[f"attention.{name}.weight"]),
            a[f"attention.{name}.bias"].reshape(HEADS, SIZE),
        )
    ]
    attention.set_weights([*heads, out_of(a["attention.out.weight"]), a["attention.out.bias"]])
    dense.set_weights([a["dense.weight"].T, a["dense.bias"]])
    return model


def flax_tree() -> dict[str, Any]:
    a = arrays()
    heads = {
        name: {"kernel": into(a[f"attention.{name}.weight"])} for name in ("query", "key", "value")
    }
    heads["out"] = {"kernel": out_of(a["attention.out.weight"]), "bias": a["attention.out.bias"]}
    params = {
        "Conv_0": {"kernel": last(a["conv.weight"]), "bias": a["conv.bias"]},
        "Conv_1": {"kernel": last(a["depthwise.weight"])},
        "BatchNorm_0": {"scale": a["norm.weight"], "bias": a["norm.bias"]},
        "Embed_0": {"embedding": a["embed.weight"]},
        "pos_embedding": a["pos_embed"],
        "MultiHeadDotProductAttention_0": heads,
        "Dense_0": {"kernel": a["dense.weight"].T, "bias": a["dense.bias"]},
    }
    return {"params": params, "batch_stats": {"BatchNorm_0": {"mean": a["norm.running_mean"]}}}


def tflite() -> bytes:
    a = arrays()
    conv = np.ascontiguousarray(a["conv.weight"].transpose(0, 2, 3, 1))
    depthwise = np.ascontiguousarray(a["depthwise.weight"].transpose(1, 2, 3, 0))
    linear = [f"attention.{name}.weight" for name in ("query", "key", "value", "out")]
    tensors = [
        Made("x"),
        Made("bn/FusedBatchNormV3;conv/Conv2D", conv),
        Made("bn/FusedBatchNormV3", a["conv.bias"]),
        Made("depthwise", depthwise),
        Made("arith.constant", a["embed.weight"]),
        Made("arith.constant1", a["pos_embed"]),
        *(Made("", a[name]) for name in (*linear, "dense.weight")),
    ]
    steps = [(CONV_2D, (0, 1, 2), (0,)), (DEPTHWISE, (0, 3, -1), (0,))]
    steps += [(GATHER, (4, 0), (0,)), (ADD, (0, 5), (0,))]
    steps += [(FULLY_CONNECTED, (0, 6 + number, -1), (0,)) for number in range(5)]
    return tflite_file(tensors, steps)


def state(path: Path) -> None:
    torch.save(module().state_dict(), path)


WRITERS: dict[str, Callable[[Path], Any]] = {
    "a.pt": state,
    "a.npz": lambda path: np.savez(path, **arrays()),
    "a.onnx": lambda path: onnx(path, False),
    "dynamo.onnx": lambda path: onnx(path, True),
    "a.keras": lambda path: keras_model().save(path),
    "a.weights.h5": lambda path: keras_model().save_weights(path),
    "a.h5": lambda path: keras_model().save(path),
    "a.msgpack": lambda path: path.write_bytes(flax_file(flax_tree())),
    "a.tflite": lambda path: path.write_bytes(tflite()),
}


def digests(path: Path) -> list[str]:
    """Of all constituents, in their order."""
    (ref,) = check_adapter(CheckpointAdapter(), str(path))
    return [digest(each.matrix) for each in CheckpointAdapter().load(ref).constituents()]


@pytest.mark.parametrize("file", WRITERS)
def test_the_same_network(file: str, tmp_path: Path) -> None:
    save_file(module().state_dict(), tmp_path / "a.safetensors")
    WRITERS[file](tmp_path / file)
    right = zs.analyze(zs.load(f"checkpoint:{tmp_path}/a.safetensors"))
    found = zs.analyze(zs.load(f"checkpoint:{tmp_path}/{file}"))
    np.testing.assert_allclose(found.csd, right.csd, rtol=0, atol=1e-6)
    same, all_of = digests(tmp_path / file), digests(tmp_path / "a.safetensors")
    assert len(same) == len(all_of) == 8
    # The output of attention, (heads, size, out), is (heads · size, out): its transpose's spectrum.
    turned = 1 if file.endswith(("keras", "h5", "msgpack")) else 0
    assert len(set(same) & set(all_of)) == 8 - turned


def test_an_export_has_the_order_of_its_module(tmp_path: Path) -> None:
    """So one network has one digest of all its weights, in both files."""
    state(tmp_path / "a.pt")
    onnx(tmp_path / "a.onnx", False)
    onnx(tmp_path / "dynamo.onnx", True)
    assert digests(tmp_path / "a.onnx") == digests(tmp_path / "a.pt")
    assert digests(tmp_path / "dynamo.onnx") == digests(tmp_path / "a.pt")


def test_other_numbers_are_another_network(tmp_path: Path) -> None:
    tree = flax_tree()
    tree["params"]["Dense_0"]["kernel"] = 3 * tree["params"]["Dense_0"]["kernel"] + 1
    (tmp_path / "a.msgpack").write_bytes(flax_file(tree))
    save_file(module().state_dict(), tmp_path / "a.safetensors")
    same = set(digests(tmp_path / "a.msgpack")) & set(digests(tmp_path / "a.safetensors"))
    assert len(same) == 6
