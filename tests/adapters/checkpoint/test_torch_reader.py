"""The reader of torch's files gives what torch itself gives, for every kind of tensor it saves."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra.sources.files import resolve
from zoo_spectra_checkpoint import open_tensors, read_state
from zoo_spectra_checkpoint.formats.pickles import Call, load

State = dict[str, torch.Tensor]


def plain(seed: int = 0, shape: tuple[int, ...] = (6, 8)) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def sparse(layout: str) -> torch.Tensor:
    dense = plain() * (plain(1) > 0.5)
    blocks = {"blocksize": (2, 4)} if layout in ("bsr", "bsc") else {}
    return getattr(dense, f"to_sparse_{layout}")(**blocks) if layout != "coo" else dense.to_sparse()


def quantised(axis: int | None) -> torch.Tensor:
    if axis is None:
        return torch.quantize_per_tensor(plain(), 0.1, 3, torch.qint8)
    scales = torch.rand(plain().shape[axis]).double() + 0.1
    zeros = torch.arange(len(scales))
    return torch.quantize_per_channel(plain(), scales, zeros, axis, torch.quint8)


KINDS: dict[str, Callable[[], torch.Tensor]] = {
    "plain": plain,
    "float64": lambda: plain().double(),
    "float16": lambda: plain().half(),
    "bfloat16": lambda: plain().bfloat16(),
    "four dimensions": lambda: plain(shape=(3, 4, 2, 5)),
    "channels last": lambda: plain(shape=(3, 4, 2, 5)).to(memory_format=torch.channels_last),
    "transposed": lambda: plain().t(),
    "a part": lambda: plain(shape=(20, 30))[3:9, 5:25:3],
    "expanded": lambda: plain(shape=(6, 1)).expand(6, 9),
    "windows": lambda: plain(shape=(40,)).unfold(0, 8, 2),
    "a parameter": lambda: nn.Parameter(plain()),
    "COO": lambda: sparse("coo"),
    "COO with an entry twice": lambda: torch.sparse_coo_tensor(
        [[0, 0, 2], [1, 1, 3]], [1.0, 2.0, 3.0], (4, 5)
    ),
    "COO of rows": lambda: plain().to_sparse(1),
    "CSR": lambda: sparse("csr"),
    "CSC": lambda: sparse("csc"),
    "BSR": lambda: sparse("bsr"),
    "BSC": lambda: sparse("bsc"),
    "CSR of vectors": lambda: plain(shape=(5, 6, 2)).to_sparse_csr(dense_dim=1),
    "quantised": lambda: quantised(None),
    "quantised by rows": lambda: quantised(0),
    "quantised by columns": lambda: quantised(1),
}


def saved(state: object, path: Path, old: bool = False, protocol: int = 2) -> Path:
    torch.save(state, path, pickle_protocol=protocol, _use_new_zipfile_serialization=not old)
    return path


def as_bytes(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def dense(tensor: torch.Tensor) -> np.ndarray:
    plain = tensor.detach()
    plain = plain.dequantize() if plain.is_quantized else plain
    return (plain if plain.layout == torch.strided else plain.to_dense()).double().numpy()


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_tensor(kind: str, old: bool, tmp_path: Path) -> None:
    state = {"first.weight": plain(7), "kind.weight": KINDS[kind](), "last.weight": plain(9)}
    path = saved(state, tmp_path / "a.pt", old)
    file = open_tensors(path)
    assert [entry.name for entry in file.entries] == list(state)
    for entry in file.entries:
        got, want = file.read(entry), dense(state[entry.name])
        if "quantised" in kind:  # torch may round in another order
            np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)
        else:
            np.testing.assert_array_equal(got, want)
        assert got.dtype == (np.float64 if "float64" in entry.dtype else np.float32)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("old", [False, True], ids=["zip", "before 1.6"])
def test_every_protocol(protocol: int, old: bool, tmp_path: Path) -> None:
    state = {"fc.weight": plain(), "epoch": 3, "note": "naïve", "b": b"bytes", "big": 1 << 99}
    path = saved({"model": OrderedDict(state), "seen": {1, 2}}, tmp_path / "a.pt", old, protocol)
    [entry] = open_tensors(path).entries
    np.testing.assert_array_equal(open_tensors(path).read(entry), plain())


def optimised() -> object:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    steps = torch.optim.Adam(model.parameters())
    model(torch.ones(3, 4)).sum().backward()
    steps.step()
    return {
        "optimizer": steps.state_dict(),
        "state_dict": model.state_dict(),
        "counts": Counter("abca"),
        "history": [(0.5, {"loss": 1.0})] * 3,
        "size": torch.Size([2, 3]),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
    }


STATES: dict[str, Callable[[], object]] = {
    "with an optimiser": optimised,
    "every type": lambda: {
        str(dtype): torch.ones(3, 2).to(dtype)
        for dtype in (
            *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.bool),
            *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.complex64),
        )
    },
    "new types": lambda: {
        str(dtype): torch.ones(3, 2).to(dtype)
        for dtype in (
            *(torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16, torch.uint32, torch.uint64),
        )
    },
    "tied": lambda: dict.fromkeys(("emb.weight", "head.weight"), plain()),
    "no element, no dimension": lambda: {"a": torch.ones(0, 3), "b": torch.tensor(4.0)},
}


BOTH = [(what, old) for what in STATES for old in (False, True)]
BOTH.remove(("new types", True))  # torch itself cannot read them there


@pytest.mark.parametrize(("what", "old"), BOTH)
def test_the_state_is_what_torch_loads(what: str, old: bool, tmp_path: Path) -> None:
    path = saved(STATES[what](), tmp_path / "a.pt", old)
    want = torch.load(path, weights_only=True)
    want = want.get("state_dict", want)
    got = read_state(path)
    assert list(got) == list(want)
    for name, tensor in want.items():
        assert got[name].dtype == tensor.dtype
        assert got[name].shape == tensor.shape
        assert as_bytes(got[name]) == as_bytes(tensor)


def test_tied_tensors_stay_tied(tmp_path: Path) -> None:
    state = read_state(saved(STATES["tied"](), tmp_path / "a.pt"))
    assert state["emb.weight"].data_ptr() == state["head.weight"].data_ptr()


@pytest.mark.parametrize(
    "sample", ["proteinmpnn/ca_v_48_002.pt", "efficientnet_lite/efficientnet_lite0.pth"]
)
def test_real_files(sample: str) -> None:
    path = resolve(f"@samples/{sample}")
    want = torch.load(path, weights_only=True, map_location="cpu")
    want = want.get("model_state_dict", want)
    got = read_state(path)
    assert list(got) == list(want)
    assert all(got[name].equal(want[name]) for name in want)


def test_a_file_of_a_big_endian_machine(tmp_path: Path) -> None:
    path = saved({"fc.weight": plain()}, tmp_path / "little.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "big.pt", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if "/data/" in name:
                data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
            new.writestr(name, b"big" if name.endswith("byteorder") else data)
    file = open_tensors(tmp_path / "big.pt")
    np.testing.assert_array_equal(file.read(file.entries[0]), plain())


def test_what_has_no_values(tmp_path: Path) -> None:
    path = saved(
        {"fc.weight": plain(), "x.weight": torch.ones(3, 3, device="meta")}, tmp_path / "a.pt"
    )
    file = open_tensors(path)
    with pytest.raises(NetworkError, match="x.weight is on the meta device"):
        file.read(file.entries[1])
    ragged = torch.nested.nested_tensor([torch.ones(2, 3), torch.ones(4, 3)])
    path = saved({"x.weight": ragged}, tmp_path / "b.pt")
    file = open_tensors(path)
    with pytest.raises(NetworkError, match="x.weight is a nested tensor, which is not read"):
        file.read(file.entries[0])


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_read_and_not_run(protocol: int, tmp_path: Path) -> None:
    data = {"a": [1, 2.5, None, True, "é", b"x", (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]}
    data |= {
        "call": io.UnsupportedOperation("no"),
        "set": {1},
        "frozen": frozenset([2]),
        "big": 1 << 80,
    }
    data |= {"self": data["a"], "array": bytearray(b"ab"), "order": OrderedDict(k=1)}
    (tmp_path / "a").write_bytes(pickle.dumps(data, protocol))
    found = load(io.BytesIO((tmp_path / "a").read_bytes()), Guard(budget_of(tmp_path / "a")))
    assert found.error is None
    value: Any = found.value
    assert list(value) == list(data)
    if protocol > 2:  # else Python 3's bytes are a call of an encoder
        assert value["a"] == data["a"]
    assert value["self"] is value["a"]
    assert isinstance(value["call"], Call)
    assert value["order"] == {"k": 1}
    assert "io.UnsupportedOperation" in found.names
