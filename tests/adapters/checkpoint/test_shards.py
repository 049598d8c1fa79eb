"""Networks in several files: by any spelling, by an index, and what is none of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import list_networks, listing
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter
from zoo_spectra_checkpoint.shards import stem

SHAPES = {"a.weight": (20, 30), "b.weight": (10, 20), "c.weight": (8, 10)}
SPELLINGS = {
    "the hub's": "model-{:05d}-of-00003.safetensors",
    "six digits": "model-{:05d}-of-000003.safetensors",
    "underscores": "model_{:05d}_of_00003.safetensors",
    "an underscore": "pytorch_model_{:05d}-of-00003.bin",
    "plain numbers": "model-{}-of-3.safetensors",
    "dots": "model.{}-of-3.pt",
    "a long suffix": "model-{}-of-3.pth.tar",
    "a precision": "model.fp16-{:05d}-of-00003.safetensors",
    "dots in the name": "net.v1-{:05d}-of-00003.safetensors",
}


def tensor(name: str) -> torch.Tensor:
    return torch.randn(SHAPES[name], generator=torch.Generator().manual_seed(ord(name[0])))


def saved(path: Path, *names: str) -> None:
    state = {name: tensor(name) for name in names}
    (save_file if path.suffix == ".safetensors" else torch.save)(state, path)


def in_parts(folder: Path, spelling: str, numbers: Iterable[int] = (1, 2, 3)) -> list[Path]:
    paths = [folder / spelling.format(number) for number in numbers]
    for path, name in zip(paths, SHAPES, strict=False):
        saved(path, name)
    return paths


def index(folder: Path, files: dict[str, str], name: str = "model.safetensors.index.json") -> None:
    (folder / name).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": files}))


def is_whole(source: str) -> None:
    found = {each.name: each.matrix for each in zs.load(source).constituents()}
    assert sorted(found) == sorted(SHAPES)
    for name, matrix in found.items():
        np.testing.assert_array_equal(matrix, tensor(name))


@pytest.mark.parametrize("how", SPELLINGS)
def test_every_spelling_is_one_network(how: str, tmp_path: Path) -> None:
    paths = in_parts(tmp_path, SPELLINGS[how])
    is_whole(f"checkpoint:{tmp_path}/*")
    for path in paths:  # a part stands for its network
        is_whole(f"checkpoint:{path}")
    [ref] = check_adapter(CheckpointAdapter(), f"{tmp_path}/*")
    assert ref.location == str(paths[0])
    assert ref.metadata["file_size"] == sum(path.stat().st_size for path in paths)
    wanted = {"underscores": "model", "dots in the name": "net.v1", "a precision": "model.fp16"}
    assert ref.name.endswith(wanted.get(how, "model"))


def test_parts_are_counted_from_zero_too(tmp_path: Path) -> None:
    in_parts(tmp_path, "model-{:05d}-of-00003.safetensors", (0, 1, 2))
    is_whole(f"checkpoint:{tmp_path}/*")


def test_two_networks_in_one_folder_stay_two(tmp_path: Path) -> None:
    in_parts(tmp_path, "model-{:05d}-of-00003.safetensors")
    in_parts(tmp_path, "ema-{:05d}-of-00003.safetensors")
    refs = list_networks(f"checkpoint:{tmp_path}/*")
    assert [ref.name.rpartition("/")[2] for ref in refs] == ["ema", "model"]


FAULTS = {
    "a part is missing": ("model-{}-of-3.safetensors", (1, 3), "model-2-of-3.safetensors"),
    "the first is missing": ("model-{:05d}-of-00003.safetensors", (2, 3), "model-00001-of-00003"),
    "one too many": ("model-{}-of-2.safetensors", (0, 1, 2), "one too many"),
    "a number beyond": ("model-{}-of-2.safetensors", (7,), "is not one of 2 parts"),
    "a total of a billion": ("model-{}-of-999999999.pt", (1, 2), "model-3-of-999999999.pt"),
}


@pytest.mark.parametrize("how", FAULTS)
def test_parts_that_are_no_network_are_refused(how: str, tmp_path: Path) -> None:
    spelling, numbers, says = FAULTS[how]
    in_parts(tmp_path, spelling, numbers)
    assert says in check_refuses(CheckpointAdapter(), f"{tmp_path}/*", NetworkError)


def test_one_number_twice_is_refused(tmp_path: Path) -> None:
    in_parts(tmp_path, "model-{}-of-3.safetensors")
    saved(tmp_path / "model-02-of-3.safetensors", "b.weight")
    said = check_refuses(CheckpointAdapter(), f"{tmp_path}/model-1-of-3.safetensors", NetworkError)
    assert "model-02-of-3.safetensors and model-2-of-3.safetensors" in said


def test_one_tensor_in_two_parts_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "m-1-of-2.safetensors", "a.weight", "b.weight")
    saved(tmp_path / "m-2-of-2.safetensors", "b.weight", "c.weight")
    said = check_refuses(CheckpointAdapter(), f"{tmp_path}/*", NetworkError)
    assert "b.weight: also in" in said


def test_an_index_decides(tmp_path: Path) -> None:
    """Stale parts, of an earlier and larger saving, are left out and said."""
    names = ["x.safetensors", "y.safetensors", "model-00003-of-00003.safetensors"]
    for file, name in zip(names, SHAPES, strict=True):
        saved(tmp_path / file, name)
    in_parts(tmp_path, "model-{:05d}-of-00007.safetensors", (1, 7))
    index(tmp_path, dict(zip(SHAPES, names, strict=True)))
    found = listing(f"checkpoint:{tmp_path}/*")
    assert len(found.refs) == 1
    assert len(found.left_out.stale) == 2
    said = "3 left out: 1 .json, 2 parts that their index does not name, the first"
    assert str(found.left_out).startswith(said)
    assert "model-00001-of-00007.safetensors" in str(found.left_out)
    is_whole(f"checkpoint:{tmp_path}/*")
    for name in (*names, "model.safetensors.index.json"):
        is_whole(f"checkpoint:{tmp_path}/{name}")
    with pytest.raises(SourceError, match=r"00001-of-00007.safetensors, a stale part that model"):
        list_networks(f"checkpoint:{tmp_path}/model-00001-of-00007.safetensors")


def test_an_index_that_changes_makes_another_fingerprint(tmp_path: Path) -> None:
    paths = in_parts(tmp_path, "model-{:05d}-of-00003.safetensors")
    files = {name: path.name for name, path in zip(SHAPES, paths, strict=True)}
    index(tmp_path, files)
    [before] = list_networks(f"checkpoint:{tmp_path}/*.safetensors")
    index(tmp_path, {**files, "d.weight": paths[0].name})
    [after] = list_networks(f"checkpoint:{tmp_path}/*.safetensors")
    assert before.fingerprint != after.fingerprint


def test_the_index_of_another_network_says_nothing(tmp_path: Path) -> None:
    in_parts(tmp_path, "model-{:05d}-of-00003.safetensors")
    index(tmp_path, {"z": "other-00001-of-00001.safetensors"}, "other.safetensors.index.json")
    is_whole(f"checkpoint:{tmp_path}/model*")


BAD_INDEXES = {
    "no JSON": ("{", "cannot be read"),
    "no map": ('{"metadata": {}}', "cannot be read"),
    "a list": ("[1]", "cannot be read"),
    "out of the folder": ('{"weight_map": {"a.weight": "../secret.safetensors"}}', "outside"),
    "an absolute path": ('{"weight_map": {"a.weight": "/etc/passwd"}}', "outside"),
}


@pytest.mark.parametrize("how", BAD_INDEXES)
def test_a_broken_index_is_no_index(how: str, tmp_path: Path) -> None:
    text, says = BAD_INDEXES[how]
    in_parts(tmp_path, "model-{:05d}-of-00003.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text(text)
    said = check_refuses(
        CheckpointAdapter(), f"{tmp_path}/model-00001-of-00003.safetensors", NetworkError
    )
    assert says in said


def test_an_index_that_names_what_is_not_there(tmp_path: Path) -> None:
    paths = in_parts(tmp_path, "model-{:05d}-of-00003.safetensors")
    files = {name: path.name for name, path in zip(SHAPES, paths, strict=True)}
    index(tmp_path, {**files, "d.weight": paths[1].name})
    said = check_refuses(CheckpointAdapter(), f"{tmp_path}/*.safetensors", NetworkError)
    assert "has no d.weight" in said
    index(tmp_path, {**files, "d.weight": "model-00004-of-00004.safetensors"})
    said = check_refuses(CheckpointAdapter(), f"{tmp_path}/*.safetensors", NetworkError)
    assert "model-00004-of-00004.safetensors, which model.safetensors.index.json names" in said


def test_the_parts_of_torch_files_by_an_index(tmp_path: Path) -> None:
    paths = in_parts(tmp_path, "pytorch_model-{:05d}-of-00003.bin")
    files = {name: path.name for name, path in zip(SHAPES, paths, strict=True)}
    index(tmp_path, files, "pytorch_model.bin.index.json")
    is_whole(f"checkpoint:{tmp_path}/*.bin")


PARTS = {
    "counted from one": ("model_00001.safetensors", "model_00002.safetensors"),
    "counted from zero": ("pytorch_model.0.bin", "pytorch_model.1.bin"),
    "plain": ("part1.pt", "part2.pt"),
}


@pytest.mark.parametrize("files", PARTS.values(), ids=PARTS)
def test_parts_that_do_not_say_of_how_many_are_refused(
    files: tuple[str, str], tmp_path: Path
) -> None:
    for at, file in enumerate(files):
        state = {f"layers.{2 * at + n}.weight": tensor("a.weight") for n in range(2)}
        (save_file if file.endswith("safetensors") else torch.save)(state, tmp_path / file)
    for file in files:
        told = check_refuses(CheckpointAdapter(), str(tmp_path / file), NetworkError)
        assert "are parts of one network" in told
        assert "model-00001-of-0000N" in told


NETWORKS = {
    "steps": [("a.weight", "b.weight"), ("a.weight", "b.weight")],
    "other networks": [("a.weight",), ("c.weight",)],
    "each with its own name": [("net1.a.weight",), ("net2.a.weight",)],
}


@pytest.mark.parametrize("held", NETWORKS.values(), ids=NETWORKS)
def test_networks_with_numbers_stay_networks(held: list[tuple[str, ...]], tmp_path: Path) -> None:
    for number, names in enumerate(held, 1):
        state = {name: tensor(name.split(".")[-2] + ".weight") for name in names}
        save_file(state, tmp_path / f"net{number}.safetensors")
    found = list_networks(f"checkpoint:{tmp_path}/*.safetensors")
    assert [len(list(zs.load(ref.source).constituents())) for ref in found] == [
        len(names) for names in held
    ]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("best.pth.tar", "best"),
        ("a.b.safetensors", "a.b"),
        ("consolidated.00.pth", "consolidated"),
        ("model-1-of-3.pth.tar", "model"),
        ("epoch=3-step=100.ckpt", "epoch=3-step=100"),
        ("model_00001.safetensors", "model_00001"),
    ],
)
def test_names(file: str, name: str) -> None:
    assert stem(Path(file)) == name


SLICES = {
    "DeepSpeed, a layer a file": [
        "layer_01-model_00-model_states.pt",
        "layer_02-model_00-model_states.pt",
    ],
    "llama": ["consolidated.00.pth", "consolidated.01.pth"],
    "llama, without the first": ["consolidated.01.pth"],
    "deepspeed": ["mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt"],
    "zero": ["zero_pp_rank_0_mp_rank_00_model_states.pt"],
    "zero's optimiser": ["bf16_zero_pp_rank_3_mp_rank_00_optim_states.pt"],
    "megatron": ["mp_rank_00/model_optim_rng.pt", "mp_rank_01/model_optim_rng.pt"],
    "megatron, in a pipeline": ["mp_rank_00_000/model.pt", "mp_rank_00_001/model.pt"],
    "distributed": ["__0_0.distcp", "__1_0.distcp"],
    "by rank": ["model-rank0.pt", "model-rank1.pt", "model-rank2.pt"],
    "engines": ["rank0.safetensors", "rank1.safetensors"],
}


@pytest.mark.parametrize("how", SLICES)
def test_slices_are_refused_as_what_they_are(how: str, tmp_path: Path) -> None:
    for number, file in enumerate(SLICES[how]):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        saved(tmp_path / file, list(SHAPES)[number])
    pattern = f"{tmp_path}/**/*" if "/" in SLICES[how][0] else f"{tmp_path}/*"
    [ref] = list_networks(f"checkpoint:{pattern}")
    with pytest.raises(NetworkError, match=r"slices? of a network, cut for several devices; put"):
        CheckpointAdapter().load(ref)
    for file in SLICES[how]:
        said = check_refuses(CheckpointAdapter(), f"{tmp_path}/{file}", NetworkError)
        assert "slice" in said


@pytest.mark.parametrize(
    "files",
    [
        ["consolidated.00.pth"],
        ["mp_rank_00_model_states.pt"],
        ["mp_rank_00/model_optim_rng.pt"],
        ["lora_rank4.pt", "lora_rank8.pt"],
        ["rank1.pt", "rank2.pt"],
        ["model_00001.pt", "model_00002.pt"],
        ["frank0.pt"],
    ],
)
def test_what_only_looks_like_slices_is_read(files: list[str], tmp_path: Path) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        saved(tmp_path / file, *SHAPES)
        is_whole(f"checkpoint:{tmp_path}/{file}")
