"""Masks: a pruned layer is its weights times the mask."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from doors import DOORS, check, through
from zoo_spectra.sources.torch_module import network_from_module


@pytest.mark.parametrize("door", [*DOORS, "module"])
def test_the_mask_is_applied(door: str, tmp_path: Path) -> None:
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(8, 6), nn.Conv2d(4, 6, 3), nn.LSTM(4, 3), nn.Linear(6, 6))
    prune.l1_unstructured(module[0], "weight", 0.7)
    prune.ln_structured(module[1], "weight", 0.5, n=2, dim=0)
    prune.random_unstructured(module[2], "weight_hh_l0", 0.4)
    expected = {
        "0.weight": module[0].weight,
        "1.weight": module[1].weight,
        "2.weight_ih_l0": module[2].weight_ih_l0,
        "2.weight_hh_l0": module[2].weight_hh_l0,
        "3.weight": module[3].weight,
    }
    if door == "module":
        network = network_from_module(module)
    else:
        network = through(door, module.state_dict(), tmp_path)
    check(network, expected)


@pytest.mark.parametrize("mask", ["mask", "weight_mask"])
@pytest.mark.parametrize("door", DOORS)
def test_a_mask_of_the_weights_shape_beside_it(door: str, mask: str, tmp_path: Path) -> None:
    weight, chosen = torch.randn(6, 4), torch.rand(6, 4) > 0.5
    state = {"made.0.weight": weight, f"made.0.{mask}": chosen, "other.mask": torch.ones(6, 4)}
    network = through(door, state, tmp_path)
    check(network, {"made.0.weight": weight * chosen})
    assert network.left_out == {"mask": 1}


def test_a_mask_of_another_shape_is_none_of_it(tmp_path: Path) -> None:
    state = {"attn.weight": torch.randn(6, 4), "attn.mask": torch.ones(4, 4)}
    check(through("pt", state, tmp_path), {"attn.weight": state["attn.weight"]})


def test_a_sparsifiers_mask(tmp_path: Path) -> None:
    weight, mask = torch.randn(6, 4), (torch.rand(6, 4) > 0.5).float()
    inside = "0.parametrizations.weight."
    state = {f"{inside}original": weight, f"{inside}0.mask": mask}
    check(through("safetensors", state, tmp_path), {"0.weight": weight * mask})
