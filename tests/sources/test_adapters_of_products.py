"""LyCORIS: products entry by entry and of Kronecker."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from doors import DOORS, check, through
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.memory import network_from_arrays


@pytest.mark.parametrize("door", DOORS)
def test_products_of_entries(door: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    a, b, c, d = torch.randn(12, 4), torch.randn(4, 10), torch.randn(12, 4), torch.randn(4, 10)
    names = (f"q.hada_{name}" for name in ("w1_a", "w1_b", "w2_a", "w2_b"))
    state = dict(zip(names, (a, b, c, d), strict=True)) | {"q.alpha": torch.tensor(2.0)}
    check(through(door, state, tmp_path), {"q.weight": (a @ b) * (c @ d) / 2}, 1e-4)


@pytest.mark.parametrize("door", DOORS)
def test_products_of_kronecker(door: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    one, down, up = torch.randn(3, 2), torch.randn(2, 5), torch.randn(4, 2)
    state = {"q.lokr_w1": one, "q.lokr_w2_a": up, "q.lokr_w2_b": down}
    state["q.alpha"] = torch.tensor(1.0)
    check(through(door, state, tmp_path), {"q.weight": torch.kron(one, up @ down) / 2}, 1e-4)
    two = torch.randn(4, 5, 3, 3)
    wide = torch.kron(one.reshape(3, 2, 1, 1), two)
    state = {"conv.lokr_w1": one, "conv.lokr_w2": two}
    check(through(door, state, tmp_path), {"conv.weight": wide}, 1e-4)


def test_a_part_that_is_missing_is_named() -> None:
    state = {"q.hada_w1_a": torch.randn(12, 4), "q.hada_w1_b": torch.randn(4, 10)}
    with pytest.raises(NetworkError, match=r"q\.hada_w1_a and its like give no weight"):
        network_from_arrays("net", state)
