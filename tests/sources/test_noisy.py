"""Noisy and Bayesian layers: their mean is the map."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from doors import DOORS, check, through


@pytest.mark.parametrize(
    ("mean", "noise"),
    [
        ("weight_mu", ("weight_sigma", "weight_epsilon")),
        ("mu_weight", ("rho_weight", "eps_weight")),
        ("mu_kernel", ("rho_kernel", "eps_kernel")),
        ("weight_mu", ("weight_log_sigma",)),
        ("weight_mu", ("weight_rho",)),
        ("weight", ("sigma_weight", "epsilon_weight")),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_the_mean_counts(door: str, mean: str, noise: tuple[str, ...], tmp_path: Path) -> None:
    state = {f"fc.{mean}": torch.randn(6, 4), "fc.bias_mu": torch.randn(6)}
    state |= {f"fc.{name}": torch.rand(6, 4) for name in noise}
    network = through(door, state, tmp_path)
    check(network, {"fc.weight": state[f"fc.{mean}"]})
    assert network.left_out["noise"] == len(noise)


def test_a_name_alone_is_no_noise(tmp_path: Path) -> None:
    state = {"sigma_net.weight": torch.randn(6, 4), "sigma.weight": torch.randn(5, 4)}
    check(through("npz", state, tmp_path), state)
