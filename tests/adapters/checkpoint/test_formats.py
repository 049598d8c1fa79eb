"""One network in every format and layout gives the same constituents."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from zoo_spectra.sources.network import Matrix
from zoo_spectra.sources.torch_module import network_from_module
from zoo_spectra.testing import check_adapter
from zoo_spectra_checkpoint import CheckpointAdapter

State = dict[str, torch.Tensor]


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.ModuleDict(
        {
            "conv": nn.Conv2d(3, 8, 3),
            "bn": nn.BatchNorm2d(8),
            "fc": nn.Linear(8, 5),
            "rnn": nn.GRU(5, 4),
            "norm": nn.LayerNorm((4, 4)),
            "emb": nn.Embedding(9, 4),
        }
    )


WEIGHTS = ["conv.weight", "fc.weight", "rnn.weight_ih_l0", "rnn.weight_hh_l0", "emb.weight"]


def opened(path: Path) -> dict[str, Matrix]:
    [ref] = check_adapter(CheckpointAdapter(), str(path))
    return {c.name: c.matrix for c in CheckpointAdapter().load(ref).constituents()}


def deflated(state: State, path: Path) -> None:
    torch.save(state, path.with_suffix(".tmp"))
    with zipfile.ZipFile(path.with_suffix(".tmp")) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name), zipfile.ZIP_DEFLATED)


def npz(state: State, path: Path) -> None:
    np.savez(path, **{name: tensor.numpy() for name, tensor in state.items()})


WRITERS: dict[str, tuple[str, Callable[[State, Path], Any]]] = {
    "safetensors": ("a.safetensors", save_file),
    "npz": ("a.npz", npz),
    "npz, compressed": (
        "a.npz",
        lambda s, p: np.savez_compressed(p, **{k: v.numpy() for k, v in s.items()}),
    ),
    "torch": ("a.pt", torch.save),
    "torch, compressed": ("a.pt", deflated),
    "torch before 1.6": (
        "a.bin",
        lambda s, p: torch.save(s, p, _use_new_zipfile_serialization=False),
    ),
    "state_dict": (
        "a.pth",
        lambda s, p: torch.save({"state_dict": s, "best": torch.ones(2, 2), "epoch": 3}, p),
    ),
    "model_state_dict": (
        "a.pth",
        lambda s, p: torch.save(
            {"optimizer": {"state": {0: {"m": torch.ones(3, 3)}}}, "model_state_dict": s}, p
        ),
    ),
    "nested twice": ("a.pth", lambda s, p: torch.save({"model": {"state_dict": s}}, p)),
    "under a name of its own": ("a.pth", lambda s, p: torch.save({"generator": s, "lr": 0.1}, p)),
    "DataParallel": (
        "a.pth",
        lambda s, p: torch.save({f"module.{k}": v for k, v in s.items()}, p),
    ),
    "compiled and parallel": (
        "a.pth",
        lambda s, p: torch.save({f"_orig_mod.module.{k}": v for k, v in s.items()}, p),
    ),
}


@pytest.mark.parametrize("how", WRITERS)
def test_every_format_gives_the_module(how: str, tmp_path: Path) -> None:
    module = small()
    file, write = WRITERS[how]
    write({name: t.contiguous() for name, t in module.state_dict().items()}, tmp_path / file)
    want = {c.name: c.matrix for c in network_from_module(module).constituents()}
    got = opened(tmp_path / file)
    assert list(want) == WEIGHTS
    assert set(got) == set(want)
    if file != "a.safetensors":  # which sorts its tensors
        assert list(got) == list(want)
    for name in want:
        np.testing.assert_array_equal(got[name], want[name])
        assert got[name].dtype == np.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("file", ["a.safetensors", "a.pt"])
def test_precision(dtype: torch.dtype, file: str, tmp_path: Path) -> None:
    weight = torch.randn(7, 3, generator=torch.Generator().manual_seed(1)).to(dtype)
    state = {"b.weight": weight, "a.weight": weight[:2, :2].contiguous()}
    (save_file if file.endswith("safetensors") else torch.save)(state, tmp_path / file)
    got = opened(tmp_path / file)["b.weight"]
    assert got.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    np.testing.assert_array_equal(got, weight.double().numpy())


def test_big_endian_and_fortran_order_arrays(tmp_path: Path) -> None:
    array = np.arange(12, dtype=">f4").reshape(3, 4)
    np.savez(tmp_path / "a.npz", a=array, b=np.asfortranarray(array.astype(np.float16)))
    got = opened(tmp_path / "a.npz")
    np.testing.assert_array_equal(got["a"], array)
    np.testing.assert_array_equal(got["b"], array)
    assert got["a"].dtype == got["b"].dtype == np.dtype("float32")


def test_tied_tensors_count_once(tmp_path: Path) -> None:
    weight = torch.randn(6, 4)
    torch.save(
        {"emb.weight": weight, "head.weight": weight, "other.weight": weight.clone()},
        tmp_path / "a.pt",
    )
    assert list(opened(tmp_path / "a.pt")) == ["emb.weight", "other.weight"]


def test_a_network_in_shards_is_one(tmp_path: Path) -> None:
    parts = [{"a.weight": torch.randn(4, 3)}, {"b.weight": torch.randn(2, 4).half()}]
    for number, part in enumerate(parts, 1):
        save_file(part, tmp_path / f"model-{number:05d}-of-00002.safetensors")
    [ref] = check_adapter(CheckpointAdapter(), f"{tmp_path}/*.safetensors")
    assert ref.name == f"{tmp_path.name}/model"
    assert (ref.shapes, ref.parameters) == (((4, 3), (2, 4)), 20)


def test_names_keep_their_dots(tmp_path: Path) -> None:
    for file in ("net.v1.safetensors", "net.v2.safetensors"):
        save_file({"weight": torch.randn(3, 3)}, tmp_path / file)
    refs = check_adapter(CheckpointAdapter(), f"{tmp_path}/*")
    assert [ref.name for ref in refs] == [f"{tmp_path.name}/net.v1", f"{tmp_path.name}/net.v2"]


@pytest.mark.parametrize("place", ["first", "last", "none"])
def test_a_hole_is_zeros_and_what_is_around_it_is_read(place: str, tmp_path: Path) -> None:
    """Tensors of a megabyte in a file of which a part was never written."""
    values = np.random.default_rng(0).normal(size=(3, 512, 512)).astype("f4")
    state = {f"{number}.weight": torch.from_numpy(each) for number, each in enumerate(values)}
    path = tmp_path / "a.safetensors"
    save_file(state, path)
    data = path.read_bytes()
    start = len(data) - values.nbytes
    begin, end = {"first": (0, 1 << 20), "last": (3 << 19, 3 << 20), "none": (0, 0)}[place]
    with path.open("wb") as stream:
        stream.write(data[: start + begin])
        stream.seek(start + end)
        stream.write(data[start + end :])
        stream.truncate(len(data))
    flat = values.reshape(-1)
    flat[begin // 4 : end // 4] = 0
    found = opened(path)
    for number, each in enumerate(values):
        np.testing.assert_array_equal(found[f"{number}.weight"], each)


def test_a_configuration_beside_that_changes_is_another_version(tmp_path: Path) -> None:
    save_file({"fc.weight": torch.ones(3, 4)}, tmp_path / "a.safetensors")

    def version(config: dict[str, Any]) -> str:
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        [ref] = CheckpointAdapter().list(str(tmp_path / "a.safetensors"), {})
        return ref.fingerprint

    plain = version({"model_type": "bert"})
    assert version({"model_type": "gpt2"}) == plain
    quantised = version({"quantization_config": {"quant_method": "gptq", "bits": 4}})
    assert quantised != plain
    assert version({"quantization_config": {"quant_method": "gptq", "bits": 16}}) != quantised
