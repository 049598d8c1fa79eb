"""A single array, and bfloat16 as numpy stores it for the library that has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources.budget import Budget
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter
from zoo_spectra_checkpoint.formats import npz

WEIGHT = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


def opened(path: Path) -> dict[str, np.ndarray]:
    (ref,) = check_adapter(CheckpointAdapter(), str(path))
    return {each.name: each.matrix for each in CheckpointAdapter().load(ref).constituents()}


def refused(path: Path, error: type[NetworkError] = NetworkError) -> str:
    return check_refuses(CheckpointAdapter(), str(path), error)


@pytest.mark.parametrize("name", ["array.npy", "pos_embed.npy", "norm.bias.npy"])
@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8"])
def test_one_array_is_a_network_of_one(name: str, dtype: str, tmp_path: Path) -> None:
    for values in (WEIGHT.astype(dtype), np.asfortranarray(WEIGHT.astype(dtype))):
        np.save(tmp_path / name, values)
        got = opened(tmp_path / name)
        assert list(got) == ["array"]
        np.testing.assert_array_equal(got["array"], values)


def test_a_kernel_is_flattened_as_torch_keeps_it(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((8, 3, 2, 2), np.float32))
    assert opened(tmp_path / "a.npy")["array"].shape == (8, 12)


def test_bfloat16(tmp_path: Path) -> None:
    values = WEIGHT.astype(ml_dtypes.bfloat16)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", **{"a.weight": values, "b.weight": np.asfortranarray(values * 2)})
    found = [*opened(tmp_path / "a.npy").values(), *opened(tmp_path / "a.npz").values()]
    for got, right in zip(found, (values, values, values * 2), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, right.astype(np.float32))


@pytest.mark.parametrize("dtype", ["V2", "V1", "V4"])
def test_void_of_nobody_knows_what_is_named(dtype: str, tmp_path: Path) -> None:
    values = np.zeros((60, 50), dtype)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", **{"fc.weight": values, "head.weight": WEIGHT})
    for file in ("a.npy", "a.npz"):
        assert f"numpy's type {dtype} (void)" in refused(tmp_path / file)


def test_several_arrays_in_one_file(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as stream:
        np.save(stream, WEIGHT)
        np.save(stream, 2 * WEIGHT)
    assert "maybe more arrays" in refused(tmp_path / "a.npy")


def test_what_is_no_weight(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(7.0))
    assert "no weight" in refused(tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", WEIGHT * 1j)
    assert "complex64" in refused(tmp_path / "a.npy")
    np.save(tmp_path / "a.npy", np.ones((90, 90), np.int32))
    assert "int32" in refused(tmp_path / "a.npy")
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    assert "it promises" in refused(tmp_path / "a.npy", FileFormatError)


@pytest.mark.parametrize("packed", [False, True])
def test_only_what_is_packed_counts_against_the_budget(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored arrays have their place on the disk, as data or as holes, and are read one by one."""
    monkeypatch.setattr(npz, "budget_of", lambda path: Budget(300_000))
    arrays: Any = {f"{at}.weight": np.ones((250, 250), np.float32) for at in range(8)}
    (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", **arrays)
    if packed:
        with pytest.raises(NetworkError, match="what it declares takes"):
            npz.open_file(tmp_path / "a.npz")
    else:
        assert len(npz.open_file(tmp_path / "a.npz").entries) == 8
