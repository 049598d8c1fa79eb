"""The repository of a file, by the hub's cache and by clones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from zoo_spectra_checkpoint.hub_cache import Repository, repository_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def cached(root: Path, folder: str = "models--acme--one", file: str = "model.safetensors") -> Path:
    """A file of the cache as huggingface_hub lays it out: a link into blobs."""
    blob = root / folder / "blobs" / "abc"
    link = root / folder / "snapshots" / COMMIT / file
    blob.parent.mkdir(parents=True, exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(b"weights")
    link.symlink_to(os.path.relpath(blob, link.parent))
    return link


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("models--acme--one", "acme/one"),
        ("models--gpt2", "gpt2"),
        ("models--EleutherAI--pythia-1.4b_v0", "EleutherAI/pythia-1.4b_v0"),
    ],
)
@pytest.mark.parametrize("file", ["model.safetensors", "unet/diffusion.bin"])
def test_a_snapshot(folder: str, name: str, file: str, tmp_path: Path) -> None:
    assert repository_of(cached(tmp_path, folder, file)) == Repository(name, COMMIT)


def test_the_name_of_huggingface_hub_itself(tmp_path: Path) -> None:
    from huggingface_hub.file_download import repo_folder_name

    folder = repo_folder_name(repo_id="facebook/opt-1.3b", repo_type="model")
    assert repository_of(cached(tmp_path, folder)) == Repository("facebook/opt-1.3b", COMMIT)


def test_a_dangling_link_has_its_repository(tmp_path: Path) -> None:
    link = cached(tmp_path)
    link.resolve().unlink()
    assert repository_of(link) == Repository("acme/one", COMMIT)


def test_folders_and_blobs(tmp_path: Path) -> None:
    link = cached(tmp_path)
    assert repository_of(link.parent) == Repository("acme/one", COMMIT)
    assert repository_of(tmp_path / "models--acme--one") == Repository("acme/one")
    assert repository_of(link.resolve()) == Repository("acme/one")


def test_links_into_the_cache_are_followed(tmp_path: Path) -> None:
    link = cached(tmp_path / "hub")
    (tmp_path / "best.safetensors").symlink_to(link)
    (tmp_path / "again.safetensors").symlink_to("best.safetensors")
    (tmp_path / "folder").symlink_to(link.parent)
    for path in ("best.safetensors", "again.safetensors", "folder", "folder/model.safetensors"):
        assert repository_of(tmp_path / path) == Repository("acme/one", COMMIT)


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = cached(tmp_path)
    monkeypatch.chdir(link.parent)
    assert repository_of(Path("model.safetensors")) == Repository("acme/one", COMMIT)
    assert repository_of(Path("../../blobs/abc")) == Repository("acme/one")


@pytest.mark.parametrize(
    "folder",
    [
        "weights",
        "models--",
        "models--a--b--c",
        "datasets--acme--one",
        "models--a\x1b[31m--b",
        "models---x",
    ],
)
def test_what_is_no_repository(folder: str, tmp_path: Path) -> None:
    assert repository_of(cached(tmp_path, folder)) is None


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert repository_of(tmp_path / "a") is None
    assert repository_of(tmp_path / "a" / "model.safetensors") is None


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://huggingface.co/acme/one", "acme/one"),
        ("https://user:hf_secret@huggingface.co/acme/one", "acme/one"),
        ("git@hf.co:acme/one", "acme/one"),
        ("https://huggingface.co/gpt2", "gpt2"),
        ("https://github.com/acme/one", None),
        ("https://huggingface.co.evil.org/acme/one", None),
        ("https://huggingface.co/datasets/acme/one", None),
    ],
)
def test_a_clone(origin: str, name: str | None, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", origin], check=True)
    file = tmp_path / "unet" / "model.safetensors"
    file.parent.mkdir()
    file.touch()
    wanted = None if name is None else Repository(name)
    assert repository_of(file) == wanted
    assert repository_of(tmp_path) == wanted
