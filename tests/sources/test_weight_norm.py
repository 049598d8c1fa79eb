"""Weight normalisation: the weight that the layer computes with, from every file and the module."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from doors import DOORS, check, through
from zoo_spectra.sources.torch_module import network_from_module


def layers() -> nn.ModuleDict:
    torch.manual_seed(0)
    return nn.ModuleDict(
        {
            "line": nn.Conv1d(6, 8, 3),
            "fc": nn.Linear(8, 5),
            "position": nn.Conv1d(8, 8, 4, groups=2),
            "up": nn.ConvTranspose2d(4, 6, 3),
            "whole": nn.Linear(5, 4),
        }
    )


DIMS = {"position": 2, "up": 1, "whole": None}  # else 0


def normed(new: bool) -> nn.ModuleDict:
    made = layers()
    for name, layer in made.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            apply = nn.utils.parametrizations.weight_norm if new else nn.utils.weight_norm
            apply(layer, "weight", DIMS.get(name, 0))
    with torch.no_grad():
        for tensor in made.parameters():
            tensor.mul_(1 + torch.rand_like(tensor))
    for layer in made.values():  # the old kind computes its weight in front of a forward pass
        for hook in layer._forward_pre_hooks.values():
            hook(layer, None)
    return made


def weights(module: nn.ModuleDict) -> dict[str, torch.Tensor]:
    return {f"{name}.weight": layer.weight for name, layer in module.items()}


@pytest.mark.parametrize("new", [True, False], ids=["parametrizations", "weight_g"])
@pytest.mark.parametrize("door", DOORS)
def test_the_gain_and_the_direction_are_one_weight(door: str, new: bool, tmp_path: Path) -> None:
    module = normed(new)
    network = through(door, module.state_dict(), tmp_path)
    check(network, weights(module))
    assert sum(network.left_out.values()) == 5  # the biases
    assert network.coverage == pytest.approx(1 - 31 / _entries(module))


@pytest.mark.parametrize("new", [True, False], ids=["parametrizations", "weight_g"])
def test_of_a_module(new: bool) -> None:
    module = normed(new)
    check(network_from_module(module), weights(module))


def test_a_recurrent_layer_has_its_own_names(tmp_path: Path) -> None:
    layer = nn.LSTM(4, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nn.utils.weight_norm(layer, "weight_hh_l0")
    with torch.no_grad():
        layer.weight_hh_l0_g.mul_(2)
    g, v = layer.weight_hh_l0_g, layer.weight_hh_l0_v
    expected = {
        "weight_ih_l0": layer.weight_ih_l0,
        "weight_hh_l0": g * v / v.norm(dim=1, keepdim=True),
    }
    check(through("safetensors", layer.state_dict(), tmp_path), expected)


@pytest.mark.parametrize("shape", [(8,), (8, 1), ()])
def test_gains_of_other_shapes(shape: tuple[int, ...], tmp_path: Path) -> None:
    gain, direction = torch.rand(shape) + 1, torch.randn(8, 5)
    rows = direction.norm() if shape == () else direction.norm(dim=1, keepdim=True)
    wide = gain if shape == () else gain.reshape(8, 1)
    state = {"fc.weight_g": gain, "fc.weight_v": direction}
    check(through("pt", state, tmp_path), {"fc.weight": wide * direction / rows})


def test_what_is_only_called_so_stays(tmp_path: Path) -> None:
    state = {"gate.w_g": torch.randn(6, 4), "gate.w_v": torch.randn(6, 4)}
    check(through("npz", state, tmp_path), state)


def _entries(module: nn.Module) -> int:
    return sum(int(np.prod(tensor.shape)) for tensor in module.state_dict().values())
