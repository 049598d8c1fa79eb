"""Spectral normalisation: W / σ as torch computes it in evaluation."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

from doors import DOORS, check, through
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.torch_module import network_from_module


def layers(new: bool) -> nn.ModuleDict:
    torch.manual_seed(1)
    made = nn.ModuleDict(
        {
            "fc": nn.Linear(8, 5),
            "conv": nn.Conv2d(4, 6, 3),
            "up": nn.ConvTranspose2d(6, 6, 3),  # u runs along its second axis, of the same length
        }
    )
    apply = nn.utils.parametrizations.spectral_norm if new else nn.utils.spectral_norm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for layer in made.values():
            apply(layer)
        for layer, shape in zip(made.values(), [(2, 8), (1, 4, 9, 9), (1, 6, 9, 9)], strict=True):
            for _ in range(3):
                layer(torch.randn(shape))
            with torch.no_grad():  # the vectors lag behind, as they do in training
                original = layer.parametrizations.weight.original if new else layer.weight_orig
                original.add_(0.3 * torch.randn_like(original))
        made.eval()
        for layer, shape in zip(made.values(), [(2, 8), (1, 4, 9, 9), (1, 6, 9, 9)], strict=True):
            layer(torch.randn(shape))
    return made


@pytest.mark.parametrize("new", [True, False], ids=["parametrizations", "weight_orig"])
@pytest.mark.parametrize("door", DOORS)
def test_the_weight_is_divided(door: str, new: bool, tmp_path: Path) -> None:
    module = layers(new)
    expected = {f"{name}.weight": layer.weight for name, layer in module.items()}
    network = through(door, module.state_dict(), tmp_path)
    check(network, expected)
    assert sum(network.left_out.values()) == 3  # the biases


@pytest.mark.parametrize("new", [True, False], ids=["parametrizations", "weight_orig"])
def test_a_module_is_read_and_not_changed(new: bool) -> None:
    module = layers(new)
    expected = {f"{name}.weight": layer.weight.detach().clone() for name, layer in module.items()}
    module.train()  # in which each look at a weight would iterate its vectors
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    check(network_from_module(module), expected)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_files_of_old_versions_have_one_vector(tmp_path: Path) -> None:
    weight, left = torch.randn(5, 7), torch.randn(5)
    left /= left.norm()
    right = weight.T @ left
    right /= right.norm()
    state = {"fc.weight_orig": weight, "fc.weight_u": left}
    check(through("pt", state, tmp_path), {"fc.weight": weight / (left @ weight @ right)})


def test_a_vector_of_another_length_is_named(tmp_path: Path) -> None:
    state = {"fc.weight_orig": torch.randn(5, 7), "fc.weight_u": torch.randn(4)}
    with pytest.raises(NetworkError, match=r"fc\.weight_u does not fit fc\.weight_orig"):
        through("pt", state, tmp_path)


def test_biggan_goes_one_step_on(tmp_path: Path) -> None:
    weight, left = torch.randn(5, 4, 3, 3), torch.randn(1, 5)
    rows = weight.flatten(1)
    right = nn.functional.normalize(left @ rows)
    across = nn.functional.normalize(right @ rows.T)
    sigma = (right @ rows.T @ across.T).squeeze()
    state = {"conv.weight": weight, "conv.u0": left, "conv.sv0": torch.ones(1)}
    check(through("pt", state, tmp_path), {"conv.weight": weight / sigma})


def test_what_an_old_version_computed_is_taken_where_it_is_stored(tmp_path: Path) -> None:
    weight = torch.randn(5, 7)
    state = {"fc.weight_orig": 3 * weight, "fc.weight_u": torch.randn(5), "fc.weight": weight}
    check(through("pt", state, tmp_path), {"fc.weight": weight})
