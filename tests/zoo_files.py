"""Small files laid out as weights come from well-known places, by the libraries that write them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from gguf import GGMLQuantizationType
from safetensors.torch import save, save_file
from torch import nn

from flax_files import flax_file
from gguf_files import write_gguf
from tflite_files import Made, tflite_file

RNG = np.random.default_rng(0)
FIRST = RNG.normal(size=(6, 32)).astype(np.float32)  # (outputs, inputs)
SECOND = RNG.normal(size=(4, 6)).astype(np.float32)
BIAS = RNG.normal(size=6).astype(np.float32)
DOWN, UP = RNG.normal(size=(2, 32)), RNG.normal(size=(6, 2))
RANK, ALPHA = 2, 8
MOBILE = "mobilenetv3_small_050"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"


def state(shift: float = 0.0, prefix: str = "") -> dict[str, torch.Tensor]:
    arrays = {"fc1.weight": FIRST, "fc1.bias": BIAS, "fc2.weight": SECOND}
    return {prefix + name: torch.from_numpy(a) + shift for name, a in arrays.items()}


class Net(nn.Module):
    """What these weights are of."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(32, 6), nn.Linear(6, 4, bias=False)
        self.load_state_dict(state())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc2(self.fc1(x).relu())


def torch_file(content: Callable[[], object]) -> Callable[[Path], Any]:
    return lambda path: torch.save(content(), path)


def shards(path: Path) -> None:
    """Two parts, their index, and a configuration, as transformers writes them."""
    names = {
        name: f"model-0000{1 + name.startswith('fc2')}-of-00002.safetensors" for name in state()
    }
    for file in set(names.values()):
        part = {name: tensor for name, tensor in state().items() if names[name] == file}
        save_file(part, path.parent / file)
    path.write_text(json.dumps({"metadata": {}, "weight_map": names}))
    (path.parent / "config.json").write_text('{"model_type": "llama"}')


def training(path: Path) -> None:
    """As Lightning writes it: the weights under ``state_dict``, an optimiser, loops."""
    momentum = {0: {"exp_avg": torch.ones(6, 32)}}
    content = {"epoch": 9, "state_dict": state(), "optimizer_states": [{"state": momentum}]}
    torch.save(content | {"pytorch-lightning_version": "2.5.0", "hyper_parameters": {}}, path)


def lora(path: Path) -> None:
    stem = "base_model.model.q_proj.lora_"
    factors = {f"{stem}A.weight": DOWN, f"{stem}B.weight": UP}
    save_file({name: torch.from_numpy(a).float() for name, a in factors.items()}, path)
    said = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA}
    (path.parent / "adapter_config.json").write_text(json.dumps(said))


def int8(path: Path) -> None:
    """As bitsandbytes stores a linear layer: rows of whole numbers, and the largest of each."""
    largest = np.abs(FIRST).max(1)
    whole = np.round(FIRST / largest[:, None] * 127).astype(np.int8)
    tensors = {"fc1.weight": torch.from_numpy(whole), "fc1.SCB": torch.from_numpy(largest)}
    save_file(tensors | {"fc2.weight": torch.from_numpy(SECOND)}, path)


def exported(path: Path) -> None:
    """With the weights beside the file, as those of large models are."""
    made = torch.onnx.export(Net().eval(), (torch.ones(1, 32),), dynamo=True, verbose=False)
    assert made is not None
    onnx.save_model(
        made.model_proto,
        path,
        save_as_external_data=True,
        location="model.onnx_data",
        size_threshold=0,
    )


def keras_file(path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    given = keras.Input((32,))
    hidden = keras.layers.Dense(6, name="fc1")(given)
    model = keras.Model(given, keras.layers.Dense(4, use_bias=False, name="fc2")(hidden))
    model.set_weights([FIRST.T, BIAS, SECOND.T])
    (model.save_weights if path.name.endswith(".weights.h5") else model.save)(path)


def tflite(path: Path) -> None:
    fully_connected = 9
    tensors = [Made("x"), Made("fc1", FIRST), Made("b", BIAS), Made("h"), Made("fc2", SECOND)]
    steps = [(fully_connected, [0, 1, 2], [3]), (fully_connected, [3, 4, -1], [5])]
    path.write_bytes(tflite_file([*tensors, Made("y")], steps))


def flax(path: Path) -> None:
    dense = {"Dense_0": {"kernel": FIRST.T, "bias": BIAS}, "Dense_1": {"kernel": SECOND.T}}
    path.write_bytes(flax_file({"params": dense}))


def numpy_file(path: Path) -> None:
    np.savez(path, **{name: tensor.numpy() for name, tensor in state().items()})


def mobile(path: Path) -> None:
    from zoo_spectra_timm.torchvision_repair import repair_torchvision

    repair_torchvision()
    import timm

    torch.save(timm.create_model(MOBILE, pretrained=False).state_dict(), path)


def with_average() -> object:
    return {"model": state(), "model_ema": state(0.5), "epoch": 3}


def rivals() -> object:
    return {"generator": state(), "discriminator": state(0.5)}


GGUF = {"blk.0.ffn_up.weight": FIRST, "blk.0.ffn_down.weight": SECOND}
FILES: dict[str, Callable[[Path], Any]] = {
    "runs/mobilenet.pth": mobile,
    "llama/model.safetensors.index.json": shards,
    "llama70b/consolidated.01.pth": torch_file(state),
    "torch/weights.pt": torch_file(state),
    "torch/average.pt": torch_file(with_average),
    "torch/gan.pt": torch_file(rivals),
    "torch/whole.pt": torch_file(Net),
    "lightning/last.ckpt": training,
    "torchvision/resnet18-f37072fd.pth": torch_file(state),
    "export/model.jit": lambda path: torch.jit.save(torch.jit.script(Net()), path),
    "export/model.pt2": lambda path: torch.export.save(
        torch.export.export(Net(), (torch.ones(1, 32),)), path
    ),
    "lora/adapter_model.safetensors": lora,
    "pipeline/unet/diffusion_pytorch_model.safetensors": lambda path: save_file(state(), path),
    "gguf/tiny-Q8_0.gguf": lambda path: write_gguf(
        path, {"blk.0.ffn_up.weight": FIRST}, GGMLQuantizationType.Q8_0
    ),
    "gguf/ggml-model.bin": lambda path: path.write_bytes(b"lmgg" + bytes(60)),
    "quantised/model.safetensors": int8,
    "onnx/model.onnx": exported,
    "keras/model.keras": keras_file,
    "keras/model.weights.h5": keras_file,
    "keras/model.h5": keras_file,
    "tflite/model.tflite": tflite,
    "flax/flax_model.msgpack": flax,
    "numpy/weights.npz": numpy_file,
    "numpy/matrix.npy": lambda path: np.save(path, FIRST),
    "clone/model.safetensors": lambda path: path.write_bytes(LFS),
    "clone/pytorch_model.bin": lambda path: path.write_text("<!DOCTYPE html><html></html>"),
}
# What the hub of the tests serves, a file each.
HUB = {
    "openai-community/gpt2": {"model.safetensors": save(state())},
    "stabilityai/sd-turbo": {"unet/diffusion_pytorch_model.safetensors": save(state())},
    "Xenova/all-MiniLM-L6-v2": {"onnx/model.onnx": b"\x08\x08" + bytes(60)},
}


def write(folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    FILES[name](path)
