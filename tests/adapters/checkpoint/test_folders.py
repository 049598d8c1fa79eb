"""A folder, a bare path and the hub's cache: read as transformers would, or told what to write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from zoo_spectra.errors import SourceError
from zoo_spectra.runner import gather
from zoo_spectra.sources import list_networks, listing


def saved(path: Path, value: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {"fc.weight": torch.full((3, 4), float(value))}
    (save_file if path.suffix == ".safetensors" else torch.save)(state, path)
    return path


def value_of(source: str) -> float:
    [only] = zs.load(source).constituents()
    return float(np.unique(only.matrix).item())


def test_the_file_that_transformers_would_choose(tmp_path: Path) -> None:
    for file in ("config.json", "training_args.bin", "optimizer.pt"):
        (tmp_path / file).write_text("{}")
    saved(tmp_path / "diffusion_pytorch_model.bin", 5)
    assert value_of(f"checkpoint:{tmp_path}") == 5
    saved(tmp_path / "adapter_model.safetensors", 4)
    assert value_of(f"checkpoint:{tmp_path}") == 4
    saved(tmp_path / "pytorch_model.bin", 3)
    assert value_of(f"checkpoint:{tmp_path}/") == 3
    saved(tmp_path / "weights-00001-of-00001.safetensors", 2)
    index = {"weight_map": {"fc.weight": "weights-00001-of-00001.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert value_of(f"checkpoint:{tmp_path}") == 2
    saved(tmp_path / "model.safetensors", 1)
    assert value_of(f"checkpoint:{tmp_path}") == 1
    [ref] = list_networks(f"checkpoint:{tmp_path}")
    assert ref.source == f"checkpoint:{tmp_path}/model.safetensors"


def test_options_go_with_a_folder(tmp_path: Path) -> None:
    saved(tmp_path / "model.safetensors")
    [ref] = list_networks(f"checkpoint:{tmp_path}?family=mine&key=fc")
    assert (ref.family, ref.source.partition("?")[2]) == ("mine", "family=mine&key=fc")


def test_other_folders_are_told_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a folder, and there is no file of weights in it"):
        list_networks(f"checkpoint:{tmp_path}")
    saved(tmp_path / "unet" / "best.safetensors")
    with pytest.raises(SourceError, match=rf"folder without weights.* checkpoint:{tmp_path}/unet"):
        list_networks(f"checkpoint:{tmp_path}")
    saved(tmp_path / "best.pth.tar")
    with pytest.raises(SourceError, match=rf"is a folder.* write checkpoint:{tmp_path}/best.pth"):
        list_networks(f"checkpoint:{tmp_path}")
    (tmp_path / "model.safetensors.index.json").write_text("{")
    with pytest.raises(SourceError, match=r"an index which cannot be read"):
        list_networks(f"checkpoint:{tmp_path}")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_bare_path_is_met_with_the_source(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path / "some model" / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    text = "some model" + ("" if kind == "folder" else "/model.safetensors")
    for path in (text, f"{tmp_path}/{text}"):
        said = rf"it is a {kind} that is there: write 'checkpoint:{path}' for weights"
        for ask in (listing, lambda text: gather([text])):
            with pytest.raises(SourceError, match=said):
                ask(path)


def cached(root: Path, repository: str, commit: str, file: str, value: float) -> Path:
    """A file as huggingface_hub keeps it: a link to a blob."""
    top = root / repository
    blob = saved(top / "blobs" / f"{commit}{Path(file).suffix}", value)
    path = top / "snapshots" / commit / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(blob)
    return path


def test_the_cache_of_the_hub_has_names(tmp_path: Path) -> None:
    first = cached(tmp_path, "models--acme--one", "c" * 40, "model.safetensors", 1)
    cached(tmp_path, "models--acme--one", "d" * 40, "model.safetensors", 2)
    cached(tmp_path, "models--acme--pipe", "e" * 40, "unet/diffusion_pytorch_model.safetensors", 3)
    cached(tmp_path, "models--gpt2", "f" * 40, "best.safetensors", 4)
    refs = list_networks(f"checkpoint:{tmp_path}/**/snapshots/**/*.safetensors")
    assert [(ref.name, ref.family) for ref in refs] == [
        ("acme/one", "acme/one"),
        ("acme/one", "acme/one"),
        ("acme/pipe/unet", "acme/pipe"),
        ("gpt2/best", "gpt2"),
    ]
    with pytest.raises(SourceError, match=r"has 2 snapshots, none of which its branch main is at"):
        list_networks(f"checkpoint:{tmp_path}/models--acme--one")
    (tmp_path / "models--acme--one" / "refs").mkdir()
    (tmp_path / "models--acme--one" / "refs" / "main").write_text("d" * 40)
    assert value_of(f"checkpoint:{tmp_path}/models--acme--one") == 2
    assert value_of(f"checkpoint:{first.parent}") == 1
    for text in ("../../../../etc", "/etc", "é", ""):
        (tmp_path / "models--acme--one" / "refs" / "main").write_text(text)
        with pytest.raises(SourceError, match="has 2 snapshots"):
            list_networks(f"checkpoint:{tmp_path}/models--acme--one")


def test_coverage_is_known_from_the_header(tmp_path: Path) -> None:
    state = {"fc.weight": torch.ones(3, 4), "fc.bias": torch.ones(4)}
    save_file(state, tmp_path / "a.safetensors")
    torch.save(state, tmp_path / "a.pt")
    found = {
        ref.metadata["format"]: ref.coverage for ref in list_networks(f"checkpoint:{tmp_path}/*")
    }
    assert found == {"safetensors": 0.75, "torch": None}
