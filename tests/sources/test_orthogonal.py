"""torch's orthogonal parametrisation, and parametrisations that a file does not explain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from doors import DOORS, check, matrices, through
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.torch_module import network_from_module

MAPS = ("matrix_exp", "cayley", "householder")


def trained(rows: int, columns: int, kind: str | None, base: bool) -> nn.Module:
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(columns, rows))
    parametrizations.orthogonal(module[0], "weight", kind, use_trivialization=base)
    with torch.no_grad():
        original = module[0].parametrizations.weight.original
        noise = 0.3 * torch.randn_like(original)
        original.add_(noise - torch.diag_embed(noise.diagonal(), 0, 0, 1)[:rows, :columns]
                      if rows == columns else noise * (1 - torch.eye(rows, columns)))  # fmt: skip
    return module


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)])
@pytest.mark.parametrize("door", DOORS)
def test_torchs_default_map(door: str, shape: tuple[int, int], tmp_path: Path) -> None:
    module = trained(*shape, None, base=True)
    network = through(door, module.state_dict(), tmp_path)
    check(network, {"0.weight": module[0].weight})
    assert len(network.notes) == 1
    assert "eigenvalues" in network.notes[0]


@pytest.mark.parametrize("kind", MAPS)
@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)])
def test_by_any_map_the_eigenvalues_are_one(
    kind: str, shape: tuple[int, int], tmp_path: Path
) -> None:
    module = trained(*shape, kind, base=True)
    [found] = matrices(through("pt", module.state_dict(), tmp_path)).values()
    values = np.linalg.svd(found, compute_uv=False)
    np.testing.assert_allclose(values, 1, atol=1e-5)
    check(network_from_module(module), {"0.weight": module[0].weight})


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)])
@pytest.mark.parametrize("door", DOORS)
def test_reflections_without_a_base(door: str, shape: tuple[int, int], tmp_path: Path) -> None:
    module = trained(*shape, "householder", base=False)
    check(through(door, module.state_dict(), tmp_path), {"0.weight": module[0].weight})


class Symmetric(nn.Module):
    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return given.triu() + given.triu(1).T


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.factors = nn.Parameter(torch.rand(5) + 1)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return given * self.factors


@pytest.mark.parametrize("kind", [Symmetric, Scaled])
@pytest.mark.parametrize("door", DOORS)
def test_what_is_not_known_is_refused_by_name(
    door: str, kind: type[nn.Module], tmp_path: Path
) -> None:
    module = nn.Sequential(nn.Linear(5, 5))
    parametrize.register_parametrization(module[0], "weight", kind())
    refused = r"0\.parametrizations\.weight\.original has a parametrisation that is not known"
    with pytest.raises(NetworkError, match=f"{refused}.*remove_parametrizations"):
        list(through(door, module.state_dict(), tmp_path).constituents())
    check(network_from_module(module), {"0.weight": module[0].weight})


def test_a_batch_of_orthogonal_matrices_depends_on_the_map(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(4, 4, 3))
    parametrizations.orthogonal(module[0])
    with pytest.raises(NetworkError, match="is not known"):
        through("pt", module.state_dict(), tmp_path)
    check(network_from_module(module), {"0.weight": module[0].weight})
