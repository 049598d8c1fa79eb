"""The table of formats: complete, told by first bytes, and each format imported when needed."""

from __future__ import annotations

import itertools
import pkgutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file

from flax_files import flax_file
from gguf_files import write_gguf
from tflite_files import Made, tflite_file
from zoo_spectra.errors import FileFormatError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter, format_of, formats, read_state
from zoo_spectra_checkpoint.formats import FORMATS, SUFFIXES

State = dict[str, torch.Tensor]
HELPERS = {"table", "pickles", "numpy_objects"}
HELPERS |= {f"torch_{name}" for name in ("files", "tensors", "values", "state", "checks")}
HELPERS |= {"torch_program", "torch_export", "torch_tar"}
HELPERS |= {"gguf_header", "gguf_names"}
HELPERS |= {"protobuf", "onnx_graph", "onnx_layout", "onnx_names", "onnx_uses", "onnx_values"}
HELPERS |= {"hdf5", "keras_names", "msgpack", "flatbuffers", "tflite_model"}
SUFFIX = {form.name: form.suffixes[0] for form in FORMATS}
LIBRARIES = {"safetensors": {"safetensors"}, "keras": {"h5py"}}


def npz(state: State, path: Path) -> None:
    with path.open("wb") as stream:  # numpy would add its own suffix to the name
        np.savez(stream, **{name: tensor.numpy() for name, tensor in state.items()})


def gguf(state: State, path: Path) -> None:
    write_gguf(path, {name: tensor.numpy() for name, tensor in state.items()})


def legacy(state: State, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


def npy(state: State, path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, state["fc.weight"].numpy())


def onnx_model(state: State, path: Path) -> None:
    held = [onnx.numpy_helper.from_array(tensor.numpy(), name) for name, tensor in state.items()]
    graph = onnx.helper.make_graph([], "g", [], [], held)
    path.write_bytes(onnx.helper.make_model(graph).SerializeToString())


def keras(state: State, path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = state["fc.weight"].numpy().T


def keras_archive(state: State, path: Path) -> None:
    keras(state, path)
    weights = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", weights)


def flax(state: State, path: Path) -> None:
    path.write_bytes(flax_file({"fc": {"kernel": state["fc.weight"].numpy().T}}))


def tflite(state: State, path: Path) -> None:
    tensors = [Made("x"), Made("fc.weight", state["fc.weight"].numpy())]
    path.write_bytes(tflite_file(tensors, [(9, (0, 1, -1), (0,))]))


WRITERS: dict[str, tuple[str, Callable[[State, Path], Any]]] = {
    "npy": ("npy", npy),
    "onnx": ("onnx", onnx_model),
    "keras": ("keras", keras),
    "keras archive": ("keras", keras_archive),
    "flax": ("flax", flax),
    "tflite": ("tflite", tflite),
    "safetensors": ("safetensors", save_file),
    "npz": ("npz", npz),
    "gguf": ("gguf", gguf),
    "torch": ("torch", torch.save),
    "torch before 1.6": ("torch", legacy),
}


def one() -> State:
    return {"fc.weight": torch.randn(4, 3, generator=torch.Generator().manual_seed(0))}


def test_the_table_is_complete() -> None:
    found = {module.name for module in pkgutil.iter_modules(formats.__path__)}
    assert found - HELPERS == {form.name for form in FORMATS}
    for form in FORMATS:
        assert callable(import_module(f"{formats.__name__}.{form.name}").open_file)
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert {name for name, _ in WRITERS.values()} == {form.name for form in FORMATS}


@pytest.mark.parametrize(("how", "suffix"), itertools.product(WRITERS, SUFFIXES))
def test_a_file_is_read_as_what_it_is(how: str, suffix: str, tmp_path: Path) -> None:
    """Each format under each suffix, its own and those of the others."""
    name, write = WRITERS[how]
    path = tmp_path / f"a{suffix}"
    write(one(), path)
    [ref] = check_adapter(CheckpointAdapter(), str(path))
    assert ref.metadata["format"] == format_of(path).name == name
    assert ref.shapes == (None if name == "torch" else ((4, 3),))
    [only] = CheckpointAdapter().load(ref).constituents()
    np.testing.assert_array_equal(only.matrix, one()["fc.weight"].numpy())


def test_a_safetensors_header_as_long_as_a_pickle_begins(tmp_path: Path) -> None:
    """A header of 640 bytes begins with 80 02, as a pickle of protocol 2 does."""
    path = tmp_path / "a.bin"
    save_file(one(), path, {"pad": "x" * 540})
    length = int.from_bytes(path.read_bytes()[:8], "little")
    save_file(one(), path, {"pad": "x" * (540 + 640 - length)})
    assert path.read_bytes()[:2] == b"\x80\x02"
    assert format_of(path).name == "safetensors"


def test_a_sharded_network_under_the_wrong_suffix(tmp_path: Path) -> None:
    for number in (1, 2):
        save_file({f"{number}.weight": torch.ones(2, 2)}, tmp_path / f"m-0000{number}-of-00002.bin")
    [ref] = check_adapter(CheckpointAdapter(), f"{tmp_path}/*.bin")
    assert ref.shapes == ((2, 2), (2, 2))


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 438000000\n"
FOREIGN = {
    "nothing": (b"", "empty (0 bytes); fetch or save it again"),
    "pointer": (POINTER, "a Git LFS pointer, which only names the real file; get that with"),
    "page": (b"<!DOCTYPE html><html></html>", "a web page (HTML)"),
    "ggml": (b"tjgg" + bytes(40), "a GGML file of before GGUF, which this adapter does not read"),
}


@pytest.mark.parametrize(("what", "suffix"), itertools.product(FOREIGN, SUFFIXES))
def test_what_is_no_file_of_ours_is_named(what: str, suffix: str, tmp_path: Path) -> None:
    data, message = FOREIGN[what]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    said = check_refuses(CheckpointAdapter(), str(path), FileFormatError)
    assert said.startswith(f"{path} is {message}")


def test_the_state_of_a_torch_file_has_every_name(tmp_path: Path) -> None:
    weight = torch.ones(3, 3)
    torch.save(
        {"emb.weight": weight, "head.weight": weight, "n": torch.tensor(2)}, tmp_path / "a.pt"
    )
    state = read_state(tmp_path / "a.pt")
    assert list(state) == ["emb.weight", "head.weight", "n"]
    assert all(isinstance(tensor, torch.Tensor) for tensor in state.values())


@pytest.mark.parametrize("name", SUFFIX)
def test_opening_a_format_imports_no_other(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{SUFFIX[name]}"
    next(write for form, write in WRITERS.values() if form == name)(one(), path)
    code = (
        "import sys; from pathlib import Path; import zoo_spectra_checkpoint as checkpoint\n"
        "assert checkpoint.open_tensors(Path(sys.argv[1])).entries\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.split())
    assert {form for form in SUFFIX if f"{formats.__name__}.{form}" in loaded} == {name}
    assert loaded & {"torch", "safetensors", "h5py", "onnx"} == LIBRARIES.get(name, set())
