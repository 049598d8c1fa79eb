"""Repositories whose files lie, or lead elsewhere: refused by name, and little is fetched."""

from __future__ import annotations

import json

import pytest

from hub_server import Holes, Hub, Repo
from zoo_spectra.errors import FileFormatError, NetworkError, SourceError, UnlistedError
from zoo_spectra_checkpoint.hub import HubAdapter

from .test_hub import in_parts, listed, read, weights


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "LFS"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"", "empty"),
        ((200 << 20).to_bytes(8, "little") + b"{" + bytes(100), "cut off"),
        ((20).to_bytes(8, "little") + b"{" + bytes(100), "malformed"),
    ],
)
def test_what_is_no_safetensors_file(content: bytes, words: str, hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors": content})
    with pytest.raises(NetworkError, match=words):
        read("hf:acme/one")


def broken(**changes: object) -> bytes:
    """A file of one tensor whose header says something else of it."""
    info = {"dtype": "F32", "shape": [8, 8], "data_offsets": [0, 256], **changes}
    header = json.dumps({"a.weight": info}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(256)


@pytest.mark.parametrize(
    "changes",
    [
        {"data_offsets": [0, 255]},
        {"data_offsets": [4, 256]},
        {"data_offsets": [256, 0]},
        {"data_offsets": [-4, 256]},
        {"data_offsets": [0, 1 << 40]},
        {"data_offsets": [0, "256"]},
        {"data_offsets": [0]},
        {"data_offsets": 3},
        {"shape": [8, 9]},
        {"shape": [-8, -8]},
        {"shape": [8, True]},
        {"shape": [1 << 80]},
        {"shape": [1] * 60 + [64]},
        {"shape": "88"},
        {"dtype": 4},
        {"dtype": "F64"},
    ],
    ids=str,
)
def test_headers_that_lie(changes: dict[str, object], hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors": broken(**changes)})
    with pytest.raises(NetworkError, match="acme/one"):
        read("hf:acme/one")
    assert hub.largest() < 100_000


def test_a_tensor_without_end(hub: Hub) -> None:
    """A petabyte is promised by the header and by the server: nothing is held before it comes."""
    size = 1 << 50
    info = {"dtype": "F32", "shape": [size // 4096, 1024], "data_offsets": [0, size]}
    header = json.dumps({"a.weight": info}).encode()
    data = Holes(len(header).to_bytes(8, "little") + header, 8 + len(header) + size)
    hub.repos["acme/one"] = Repo({"model.safetensors": data})
    with pytest.raises(NetworkError, match=r"acme/one.*memory"):
        read("hf:acme/one")


def test_a_header_without_sense(hub: Hub) -> None:
    for text in (b"[1]", b'{"a.weight": 3}', b"[" * 100_000, b'{"a"', b"{\xff\xfe}"):
        data = len(text).to_bytes(8, "little") + text + bytes(8)
        hub.repos["acme/one"] = Repo({"model.safetensors": data})
        with pytest.raises(NetworkError, match="acme/one"):
            read("hf:acme/one")


@pytest.mark.parametrize(
    "index",
    [
        b"[]",
        b"{",
        b'{"weight_map": 3}',
        b'{"weight_map": {}}',
        b'{"weight_map": {"a": "../../../etc/passwd"}}',
        b'{"weight_map": {"a": "/etc/passwd"}}',
        b'{"weight_map": {"a": "b/c.safetensors"}}',
        b'{"weight_map": {"a": "\\u001b[31m"}}',
        b'{"weight_map": {"a": 3}}',
        b"[" * 100_000,
    ],
    ids=lambda index: index[:40].decode(),
)
def test_an_index_that_leads_elsewhere(index: bytes, hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors.index.json": index})
    with pytest.raises((NetworkError, SourceError), match="acme/one"):
        read("hf:acme/one")
    assert not any("passwd" in each.path for each in hub.asked)


def test_parts_that_do_not_fit_their_index(hub: Hub) -> None:
    files = in_parts(weights())
    index = json.loads(files["model.safetensors.index.json"])
    index["weight_map"]["gone.weight"] = "model-00001-of-00003.safetensors"
    files["model.safetensors.index.json"] = json.dumps(index).encode()
    hub.repos["acme/one"] = Repo(files)
    with pytest.raises(UnlistedError, match=r"gone\.weight"):
        listed("hf:acme/one")
    files = in_parts(weights())
    files["model-00002-of-00003.safetensors"] = files["model-00001-of-00003.safetensors"]
    hub.repos["acme/one"] = Repo(files)
    with pytest.raises(NetworkError, match=r"layers\.0\.weight is in"):
        listed("hf:acme/one")
    files = in_parts(weights())
    del files["model-00002-of-00003.safetensors"]
    hub.repos["acme/one"] = Repo(files)
    with pytest.raises(SourceError, match=r"model-00002-of-00003"):
        listed("hf:acme/one")


@pytest.mark.parametrize(
    "pattern",
    [
        "../one", "a/b/c", "a b/c", "acme/one@", "acme/one@../..", "acme/one@/etc", "acme/\x1b[31m",
        "acme/one@a b", "a--b/c", "/etc/passwd", "acme/one@$(id)", "@main", "acme/one@x/../y",
    ],
)  # fmt: skip
def test_names_that_are_none(pattern: str, hub: Hub) -> None:
    with pytest.raises(SourceError):
        HubAdapter().list(pattern, {})
    assert not hub.asked


@pytest.mark.parametrize(
    "file", ["../x.bin", "/etc/passwd", "a//b.bin", "./a.bin", "a\\b.bin", "\x1b.bin", "", "a/.."]
)
def test_files_that_are_none(file: str, hub: Hub) -> None:
    if file:
        with pytest.raises(SourceError, match="file="):
            HubAdapter().list("acme/one", {"file": file})
        assert not hub.asked


def test_file_format_errors_are_of_the_tree(hub: Hub) -> None:
    hub.repos["acme/one"] = Repo({"model.safetensors": broken(shape=[8, 9])})
    with pytest.raises(UnlistedError) as caught:
        listed("hf:acme/one")
    assert isinstance(caught.value.__cause__, FileFormatError)
