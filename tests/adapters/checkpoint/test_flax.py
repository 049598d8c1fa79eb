"""Flax: trees of arrays in MessagePack, large ones in parts, and what is beside the parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import msgpack
import numpy as np
import pytest

from flax_files import flax_file
from peaks import kilobytes_to_walk
from zoo_spectra.errors import NetworkError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(6, 5)).astype(np.float32)


def write(path: Path, tree: Any, chunk: int = 1 << 30) -> Path:
    path.write_bytes(flax_file(tree, chunk))
    return path


def network(path: Path) -> Any:
    (ref,) = check_adapter(CheckpointAdapter(), str(path))
    return CheckpointAdapter().load(ref)


def opened(path: Path) -> dict[str, np.ndarray]:
    return {each.name: each.matrix for each in network(path).constituents()}


TYPES = ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")


@pytest.mark.parametrize("chunk", [1 << 30, 40, 1])
@pytest.mark.parametrize("name", TYPES)
def test_types_and_parts(name: str, chunk: int, tmp_path: Path) -> None:
    kernel = WEIGHT.astype(np.dtype(getattr(ml_dtypes, name, None) or name))
    tree = {"params": {"Dense_0": {"kernel": kernel, "bias": WEIGHT[0]}}}
    got = opened(write(tmp_path / "a.msgpack", tree, chunk))
    assert list(got) == ["params/Dense_0/kernel"]
    found = got["params/Dense_0/kernel"]
    assert found.dtype == (np.float64 if name == "float64" else np.float32)
    np.testing.assert_array_equal(found, kernel.astype(found.dtype).T)


def test_the_state_of_training(tmp_path: Path) -> None:
    params = {"Conv_0": {"kernel": RNG.normal(size=(3, 3, 4, 6)).astype("f4")}}
    moments = {"0": {"count": np.int32(3), "mu": params, "nu": params}, "1": {}}
    tree = {"step": 7, "params": params, "opt_state": moments, "batch_stats": None}
    found = network(write(tmp_path / "a.msgpack", tree))
    (only,) = found.constituents()
    assert only.matrix.shape == (6, 36)
    # The count is a scalar of the optimizer's.
    assert found.left_out == {"optimizer state": 3}


def test_lists_and_keys_that_are_numbers(tmp_path: Path) -> None:
    tree = {
        "layers": [{"kernel": WEIGHT}, {"kernel": 2 * WEIGHT}],
        "other": {3: {"kernel": WEIGHT.T}},
    }
    names = ["layers/0/kernel", "layers/1/kernel", "other/3/kernel"]
    assert list(opened(write(tmp_path / "a.msgpack", tree))) == names


def test_a_type_that_is_not_read(tmp_path: Path) -> None:
    kernel = np.ones((6, 5), ml_dtypes.int4)
    path = write(tmp_path / "a.msgpack", {"fc": {"kernel": kernel}})
    assert "int4" in check_refuses(CheckpointAdapter(), str(path), NetworkError)


def test_other_messagepack_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.msgpack"
    path.write_bytes(msgpack.packb({"users": [{"name": "a", "age": 3}]}))
    assert "no arrays of flax" in check_refuses(CheckpointAdapter(), str(path), NetworkError)


def test_one_array_is_read_at_a_time(tmp_path: Path) -> None:
    side, count = 2048, 16  # 16 MB each, in parts of 5
    tree = {f"Dense_{n}": {"kernel": np.full((side, side), n, np.float32)} for n in range(count)}
    write(tmp_path / "a.msgpack", tree, 5 << 20)
    assert kilobytes_to_walk(tmp_path / "a.msgpack") < 100_000  # kB, of 262,000
