"""One state dict through every door: files of three formats, arrays and tensors in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from zoo_spectra.sources.memory import network_from_arrays
from zoo_spectra.sources.network import Network

DOORS = ("safetensors", "pt", "npz", "arrays", "tensors")


def through(door: str, state: Mapping[str, torch.Tensor], folder: Path) -> Network:
    """The network of a state dict, as it comes through a door."""
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in state.items()}
    if door == "tensors":
        return network_from_arrays("net", plain)
    if door == "arrays":
        return network_from_arrays("net", {name: t.numpy() for name, t in plain.items()})
    path = folder / f"net.{door}"
    if door == "safetensors":
        save_file(plain, path)
    elif door == "pt":
        torch.save(plain, path)
    else:
        arrays: Any = {name: t.numpy() for name, t in plain.items()}
        np.savez(path, **arrays)
    return zs.load(f"checkpoint:{path}")


def matrices(network: Network) -> dict[str, np.ndarray]:
    """The constituents by name."""
    found = {each.name: np.asarray(each.matrix) for each in network.constituents()}
    assert len(found) == len(list(network.constituents()))
    return found


def check(network: Network, expected: Mapping[str, Any], tolerance: float = 1e-5) -> None:
    """That the constituents are those expected: names (in any order), shapes and entries."""
    found = matrices(network)
    assert sorted(found) == sorted(expected)
    for name, want in expected.items():
        wanted = want.detach().double().numpy() if isinstance(want, torch.Tensor) else want
        flat = np.reshape(wanted, (len(wanted), -1))
        assert found[name].shape == flat.shape, name
        np.testing.assert_allclose(found[name], flat, rtol=tolerance, atol=tolerance, err_msg=name)
