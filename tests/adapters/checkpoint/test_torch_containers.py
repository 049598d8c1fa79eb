"""Programs, exports and torch's oldest files: their tensors by name, and none of their code."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tarfile
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import zoo_spectra as zs
from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import digest, network_from_module
from zoo_spectra.sources.files import resolve
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter, open_tensors
from zoo_spectra_checkpoint.which import Which

State = dict[str, torch.Tensor]


class Small(nn.Module):
    """Weights of several kinds, one of them stored by columns, and a tensor that is no weight."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)
        self.fc.weight = nn.Parameter(torch.randn(8, 5).t())
        self.beside = torch.randn(40, 40)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.norm(self.conv(x)).mean((2, 3))) + self.beside.sum()


def small() -> nn.Module:
    return Small().eval()


IMAGE = torch.zeros(1, 3, 6, 6)


def exported(module: nn.Module, path: Path, *images: torch.Tensor) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module, images or (IMAGE,)), path)
    return path


def tar_of_2016(state: State) -> bytes:
    """What torch 0.1 wrote: torch still reads it, and writes it no more."""
    storages, tensors = io.BytesIO(), io.BytesIO()
    pickle.dump(len(state), storages, 2)
    pickle.dump(len(state), tensors, 2)
    for number, tensor in enumerate(state.values()):
        pickle.dump((number, "cpu", torch.FloatStorage), storages, 2)
        storages.write(struct.pack("<q", tensor.numel()))
        storages.write(tensor.contiguous().numpy().tobytes())
        pickle.dump((100 + number, number, torch.FloatTensor), tensors, 2)
        row = f"<{tensor.dim()}q"
        tensors.write(struct.pack("<ii", tensor.dim(), 0))
        tensors.write(struct.pack(row, *tensor.shape))
        tensors.write(struct.pack(row, *tensor.contiguous().stride()))
        tensors.write(struct.pack("<q", 0))
    pickle.dump([], storages, 2)

    class Named(pickle.Pickler):
        def persistent_id(self, value: object) -> Any:
            return value.pid if isinstance(value, Told) else None

    content = io.BytesIO()
    Named(content, 2).dump(
        OrderedDict((name, Told(100 + number)) for number, name in enumerate(state))
    )
    return tarred({"storages": storages, "tensors": tensors, "pickle": content})


class Told:
    def __init__(self, key: int) -> None:
        self.pid = str(key)


def tarred(files: dict[str, io.BytesIO]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.getvalue())
            content.seek(0)
            archive.addfile(info, content)
    return stream.getvalue()


def old_export(state: State, path: Path, name: str = "serialized_state_dict.pt") -> Path:
    """An archive of torch.export before 2.8."""
    inner = io.BytesIO()
    torch.save(state, inner)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", "{}")
        archive.writestr(name, inner.getvalue())
        archive.writestr("version", "5.1")
    return path


def saved_tar(state: State, path: Path) -> Path:
    path.write_bytes(tar_of_2016(state))
    return path


def scripted(module: nn.Module, path: Path) -> Path:
    torch.jit.save(torch.jit.script(module), path)
    return path


def traced(module: nn.Module, path: Path) -> Path:
    torch.jit.save(torch.jit.trace(module, IMAGE), path)
    return path


def detached(module: nn.Module) -> State:
    return {name: tensor.detach() for name, tensor in module.state_dict().items()}


def floats(module: nn.Module) -> State:
    return {name: tensor for name, tensor in detached(module).items() if tensor.is_floating_point()}


WRITERS = {
    "scripted": lambda m, p: scripted(m, p / "a.pt"),
    "scripted, as jit": lambda m, p: scripted(m, p / "a.jit"),
    "traced": lambda m, p: traced(m, p / "a.ckpt"),
    "exported": lambda m, p: exported(m, p / "a.pt2"),
    "exported before 2.8": lambda m, p: old_export(detached(m), p / "a.pt2"),
    "exported in 2.1": lambda m, p: old_export(
        detached(m), p / "a.pt2", "serialized_state_dict.json"
    ),
    "a tar of 2016": lambda m, p: saved_tar(floats(m), p / "a.pth.tar"),
}


@pytest.mark.parametrize("how", WRITERS)
def test_each_gives_the_module(how: str, tmp_path: Path) -> None:
    module = small()
    path = WRITERS[how](module, tmp_path)
    [ref] = check_adapter(CheckpointAdapter(), str(path))
    assert ref.metadata["format"] == "torch"
    assert ref.name == f"{tmp_path.name}/a"
    network = CheckpointAdapter().load(ref)
    want = {c.name: c.matrix for c in network_from_module(module).constituents()}
    got = {c.name: c.matrix for c in network.constituents()}
    assert list(got) == list(want) == ["conv.weight", "fc.weight"]
    for name in want:
        np.testing.assert_array_equal(got[name], want[name])
    file = open_tensors(path)
    state = floats(module) if "tar" in how else detached(module)
    assert {entry.name for entry in file.entries} == set(state)
    for entry in file.entries:
        np.testing.assert_array_equal(file.read(entry), state[entry.name].numpy())


def test_torch_reads_the_tar_of_2016_too(tmp_path: Path) -> None:
    path = saved_tar(floats(small()), tmp_path / "a.tar")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = torch.load(path, weights_only=False)
    assert all(torch.equal(want[name], tensor) for name, tensor in floats(small()).items())


def test_tied_weights_of_a_program_count_once(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb = nn.Embedding(9, 4)
            self.head = nn.Linear(4, 9, bias=False)
            self.head.weight = self.emb.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.emb(x))

    path = scripted(Tied(), tmp_path / "a.pt")
    network = zs.load(f"checkpoint:{path}")
    assert [each.name for each in network.constituents()] == ["emb.weight"]
    assert network.left_out == {"another name of a tensor": 1}


def test_a_quantised_program_has_its_scales_or_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.ao.quantization.quantize_dynamic(plain, {nn.Linear}, dtype=torch.qint8)
        path = scripted(packed, tmp_path / "a.pt")
    want = [packed[at].weight().dequantize().numpy() for at in (0, 2)]
    got = [each.matrix for each in zs.load(f"checkpoint:{path}").constituents()]
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_frozen_program_has_no_names(tmp_path: Path) -> None:
    frozen = torch.jit.freeze(torch.jit.script(small()))
    torch.jit.save(frozen, tmp_path / "a.pt")
    said = check_refuses(CheckpointAdapter(), str(tmp_path / "a.pt"), UnsafeFileError)
    assert "frozen" in said
    assert "state_dict()" in said


def test_nothing_of_a_program_is_run(tmp_path: Path) -> None:
    """Its code is not even looked at, but for two lines of each class."""
    path = scripted(small(), tmp_path / "a.pt")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.pt", "w") as new:
        for name in old.namelist():
            broken = b"import os; os.mkdir('witness') (((" if name.endswith(".py") else b""
            new.writestr(name, old.read(name) + broken)
    names = [entry.name for entry in open_tensors(tmp_path / "b.pt").entries]
    assert "fc.weight" in names
    assert not Path("witness").exists()


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"a.pth": b"x", "b.json": b"{}"}, "no data.pkl, but 'a.pth', 'b.json'"),
        ({"m/model.json": b"{}", "m/tensors/0": b"1234"}, "before 1.4"),
        ({"m/archive_format": b"pt2", "m/data/aotinductor/model/x.so": b"ELF"}, "compiled"),
    ],
)
def test_other_zip_archives_are_named(members: dict[str, bytes], says: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert says in check_refuses(CheckpointAdapter(), str(tmp_path / "a.pt"), NetworkError)


def test_other_tar_archives_are_named(tmp_path: Path) -> None:
    inner = io.BytesIO()
    torch.save({"fc.weight": torch.ones(3, 3)}, inner)
    content = tarred({"model/best.pth": inner, "model/config.json": io.BytesIO(b"{}")})
    for file in ("a.tar", "a.pth"):
        (tmp_path / file).write_bytes(content)
        said = check_refuses(CheckpointAdapter(), str(tmp_path / file), FileFormatError)
        assert "a tar archive of files ('model/best.pth', 'model/config.json')" in said
        assert "tar -xf" in said
    (tmp_path / "b.tar").write_bytes(gzip.compress(content))
    said = check_refuses(CheckpointAdapter(), str(tmp_path / "b.tar"), FileFormatError)
    assert "gzip" in said


def test_several_exports_in_one_archive_ask_which(tmp_path: Path) -> None:
    first = exported(small(), tmp_path / "a.pt2")
    torch.manual_seed(9)
    other = nn.Sequential(nn.Conv2d(3, 7, 3)).eval()
    second = exported(other, tmp_path / "b.pt2")
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(tmp_path / "c.pt2", "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("model_weights", "one_weights"), old.read(name))
        with zipfile.ZipFile(second) as more:
            config = next(n for n in more.namelist() if n.endswith("model_weights_config.json"))
            table = json.loads(more.read(config))
            for row in table["config"].values():
                data = more.read(config.rpartition("/")[0] + "/" + row["path_name"])
                row["path_name"] = "other_" + row["path_name"]
                new.writestr(f"a/data/weights/{row['path_name']}", data)
            new.writestr("a/data/weights/two_weights_config.json", json.dumps(table))
    said = check_refuses(CheckpointAdapter(), str(tmp_path / "c.pt2"), NetworkError)
    assert "holds 2 networks" in said
    assert "key=one" in said
    assert "key=two" in said
    [only] = zs.load(f"checkpoint:{tmp_path}/c.pt2?key=two").constituents()
    np.testing.assert_array_equal(only.matrix, other[0].weight.detach().reshape(7, -1).numpy())


def weights_of(source: str) -> list[str]:
    return sorted(digest(each.matrix) for each in zs.load(source).constituents())


def test_silero_is_one_network_as_program_and_as_tensors(tmp_path: Path) -> None:
    """Its wheel's own safetensors are of another training, of the same shapes."""
    program = "checkpoint:@samples/silero_vad/silero_vad.jit?key=_model"
    loaded = torch.jit.load(resolve("@samples/silero_vad/silero_vad.jit"))
    state = {name: tensor.contiguous() for name, tensor in loaded._model.state_dict().items()}
    save_file(state, tmp_path / "a.safetensors")
    torch.save({"model": state}, tmp_path / "a.ckpt")
    one = zs.analyze(zs.load(program))
    for file in ("a.safetensors", "a.ckpt"):
        assert weights_of(program) == weights_of(f"checkpoint:{tmp_path / file}")
        other = zs.analyze(zs.load(f"checkpoint:{tmp_path / file}"))
        np.testing.assert_allclose(one.csd, other.csd, rtol=0, atol=1e-6)
    there = zs.load("checkpoint:@samples/silero_vad/silero_vad_16k.safetensors")
    shapes = [sorted(c.matrix.shape for c in n.constituents()) for n in (zs.load(program), there)]
    assert shapes[0] == shapes[1]


def test_silero_holds_another_network_for_8_kHz() -> None:
    path = resolve("@samples/silero_vad/silero_vad.jit")
    found = [len(open_tensors(path, Which(key)).entries) for key in ("_model", "_model_8k")]
    assert found == [15, 15]
    assert len(open_tensors(path).entries) == 30


def test_a_model_of_timm_is_the_same_through_every_door(tmp_path: Path) -> None:
    live = zs.load("timm:test_vit?seed=3")
    want = sorted(digest(each.matrix) for each in live.constituents())
    from zoo_spectra_timm.torchvision_repair import repair_torchvision

    repair_torchvision()
    import timm

    torch.manual_seed(3)
    model = timm.create_model("test_vit").eval()
    state = {name: tensor.contiguous() for name, tensor in detached(model).items()}
    save_file(state, tmp_path / "a.safetensors")
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "b.pth")
    image = torch.zeros(1, *model.default_cfg["input_size"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(model, image), tmp_path / "c.pt")
    exported(model, tmp_path / "d.pt2", image)
    spectrum = zs.analyze(live)
    for file in ("a.safetensors", "b.pth", "c.pt", "d.pt2"):
        source = f"checkpoint:{tmp_path / file}"
        assert weights_of(source) == want, file
        found = zs.analyze(zs.load(source))
        np.testing.assert_allclose(found.csd, spectrum.csd, rtol=0, atol=1e-6)
