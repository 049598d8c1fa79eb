"""The networks that ``compare`` is tried on: trained here in seconds, or samples, as matrices.

Designs are small: perceptrons, convolutions with and without batch norm, a transformer of two
layers, a recurrent net; all learn the digits of scikit-learn, or made data. A state is a network in
training (weights, and what is no matrix), so that fine-tunes and snapshots are those of one run.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

import zoo_spectra as zs
from zoo_spectra_timm.building import isolated, timm_library

Arrays = dict[str, np.ndarray]
State = dict[str, torch.Tensor]
SIZES = (64, 96, 64, 32, 10)
WIDTH, HEADS = 48, 4  # of the transformer
LITE0 = "timm:efficientnet_lite0?checkpoint=@samples/efficientnet_lite/efficientnet_lite0.pth"


def perceptron(sizes: tuple[int, ...], between: Callable[[], nn.Module]) -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), between()]
    return nn.Sequential(*layers[:-1])


def convolutions(norm: bool) -> nn.Module:
    """Three layers of kernels on images of 8 × 8, and one that is linear."""
    layers: list[nn.Module] = [nn.Unflatten(1, (1, 8, 8))]
    for before, after in ((1, 16), (16, 24), (24, 32)):
        layers += [nn.Conv2d(before, after, 3, padding=1)]
        layers += [nn.BatchNorm2d(after)] if norm else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)] if after == 24 else [nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 16, 10))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm1(x)
        heads = (part(y).unflatten(-1, (HEADS, -1)).transpose(-2, -3)
                 for part in (self.query, self.key, self.value))  # fmt: skip
        seen = nn.functional.scaled_dot_product_attention(*heads)
        x = x + self.out(seen.transpose(-2, -3).flatten(-2))
        return x + self.fc2(nn.functional.gelu(self.fc1(self.norm2(x))))


class Transformer(nn.Module):
    """Eight tokens: the rows of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Linear(8, WIDTH)
        self.position = nn.Parameter(0.1 * torch.randn(8, WIDTH))
        self.blocks = nn.Sequential(Block(), Block())
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.patches(x.unflatten(1, (8, 8))) + self.position)
        return self.head(x.mean(dim=1))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(8, 32, batch_first=True), nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(x.unflatten(1, (8, 8)))[0][:, -1])


DESIGNS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: perceptron(SIZES, nn.ReLU),
    "tanh": lambda: perceptron(SIZES, nn.Tanh),
    "wide": lambda: perceptron((64, 256, 256, 10), nn.ReLU),
    "linear": lambda: nn.Linear(64, 10),
    "bottleneck": lambda: nn.Sequential(
        nn.Linear(64, 24, bias=False), nn.Linear(24, 96), nn.ReLU(), nn.Linear(96, 10)
    ),
    "conv": lambda: convolutions(norm=False),
    "conv_bn": lambda: convolutions(norm=True),
    "transformer": Transformer,
    "lstm": Recurrent,
    "small": lambda: perceptron((64, 20, 14, 10), nn.ReLU),
    "small_tanh": lambda: perceptron((64, 20, 14, 10), nn.Tanh),
}


@cache
def data(which: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (n, 64) and labels below 10: half of the ``digits``, the ``others``, or ``made``."""
    if which == "made":
        drawn = torch.Generator().manual_seed(0)
        inputs = torch.randn(900, 64, generator=drawn)
        return inputs, torch.relu(inputs @ torch.randn(64, 10, generator=drawn)).argmax(dim=1)
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    half = slice(None, 900) if which == "digits" else slice(900, None)
    inputs = torch.tensor(images[half] / 16, dtype=torch.float32)
    return inputs, torch.tensor(labels[half])


def begun(design: str, seed: int) -> nn.Module:
    """A network at initialisation; one seed means another one in each design."""
    with isolated(zlib.crc32(design.encode()) + seed):
        return DESIGNS[design]()


@cache
def trained(design: str, seed: int, which: str = "digits", steps: int = 200) -> State:
    """By Adam, from a seed of its own. What is asked for with more steps is the same run later."""
    net = begun(design, seed)
    _train(net, which, steps, rate=3e-3, draw=seed)
    return copy.deepcopy(net.state_dict())


@cache
def tuned(
    design: str, seed: int, which: str, steps: int, rate: float, how: str = "adam",
    only: str = "", begin: int = 200, draw: int = 77,
) -> State:  # fmt: skip
    """``trained``, then trained further on other data; ``only`` parameters of that name."""
    net = begun(design, seed)
    net.load_state_dict(trained(design, seed, steps=begin))
    for name, parameter in net.named_parameters():
        parameter.requires_grad = only in name
    _train(net, which, steps, rate, draw, how)
    return copy.deepcopy(net.state_dict())


def _train(
    net: nn.Module, which: str, steps: int, rate: float, draw: int, how: str = "adam"
) -> None:
    inputs, labels = data(which)
    free = [p for p in net.parameters() if p.requires_grad]
    optimiser: Any = torch.optim.Adam(free, lr=rate)
    if how == "sgd":
        optimiser = torch.optim.SGD(free, lr=rate, momentum=0.9)
    drawn = torch.Generator().manual_seed(draw)
    net.train()
    for _ in range(steps):
        some = torch.randint(len(inputs), (128,), generator=drawn)
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(inputs[some]), labels[some]).backward()
        optimiser.step()


def matrices(state: State) -> Arrays:
    """The weights of a state: (rows, columns), a kernel's columns flattened; no norms, biases."""
    return {
        name: tensor.numpy().reshape(len(tensor), -1).copy()
        for name, tensor in state.items()
        if tensor.ndim >= 2 and name != "position"
    }


def net(design: str, seed: int = 0, which: str = "digits", steps: int = 200) -> Arrays:
    return matrices(trained(design, seed, which, steps))


@cache
def adapted(design: str, rank: int, steps: int = 150) -> tuple[tuple[str, np.ndarray], ...]:
    """A LoRA really trained on other data, all linear layers but the head, merged."""
    from torch.nn.utils import parametrize

    class Added(nn.Module):
        def __init__(self, p: int, q: int) -> None:
            super().__init__()
            self.down = nn.Parameter(torch.randn(rank, q) / q**0.5)
            self.up = nn.Parameter(torch.zeros(p, rank))

        def forward(self, weight: torch.Tensor) -> torch.Tensor:
            return weight + self.up @ self.down

    with isolated(rank):
        network = begun(design, 0)
        network.load_state_dict(trained(design, 0))
        network.requires_grad_(False)
        for layer in network.modules():
            if isinstance(layer, nn.Linear) and min(layer.weight.shape) >= 4 * rank:
                parametrize.register_parametrization(layer, "weight", Added(*layer.weight.shape))
        _train(network, "others", steps, 1e-3, draw=5)
    for layer in list(network.modules()):
        if parametrize.is_parametrized(layer):
            parametrize.remove_parametrizations(layer, "weight")
    return tuple(matrices({k: v.detach() for k, v in network.state_dict().items()}).items())


@cache
def lite0(how: str, steps: int = 4, rate: float = 1e-3, only: str = "") -> State:
    """EfficientNet-Lite0 tuned by a few steps on random images of 64 × 64 and random labels."""
    from zoo_spectra.sources.samples import samples_root

    file = samples_root() / "efficientnet_lite" / "efficientnet_lite0.pth"
    with isolated(0):
        model = timm_library().create_model("efficientnet_lite0")
        stored = torch.load(file, weights_only=True).values()  # under other names, in this order
        model.load_state_dict(dict(zip(model.state_dict(), stored, strict=True)))
        for name, parameter in model.named_parameters():
            parameter.requires_grad = only in name
        free = [p for p in model.parameters() if p.requires_grad]
        kinds: dict[str, Any] = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
        optimiser = kinds[how](free, lr=rate)
        for _ in range(steps):
            optimiser.zero_grad()
            labels = torch.randint(1000, (8,))
            nn.functional.cross_entropy(model(torch.randn(8, 3, 64, 64)), labels).backward()
            optimiser.step()
    return copy.deepcopy(model.state_dict())


@cache
def _sample(source: str) -> tuple[tuple[str, np.ndarray], ...]:
    found = zs.load(source).constituents()
    return tuple((each.name, np.array(each.matrix)) for each in found)


def sample(source: str) -> Arrays:
    """The matrices of a source, such as ``checkpoint:@samples/...``."""
    return dict(_sample(source))
