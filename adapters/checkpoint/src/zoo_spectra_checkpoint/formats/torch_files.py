"""The containers of torch's files: a zip archive, a row of pickles (before 1.6), a tar (2016).

Each holds a pickle, and the storages of its tensors; the zip of a program holds its code too, which
is not run. Nothing is mapped into memory: a mapped file that shrinks would end the process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any
from zipfile import ZipInfo

import numpy as np
import numpy.typing as npt

from zoo_spectra.sources import Archive, Damaged, Guard, budget_of, first_bytes, read_bytes
from zoo_spectra_checkpoint.formats import torch_export, torch_program
from zoo_spectra_checkpoint.formats.pickles import Loaded, load
from zoo_spectra_checkpoint.formats.torch_checks import broken, checked, plain
from zoo_spectra_checkpoint.formats.torch_tar import is_tar, read_tar
from zoo_spectra_checkpoint.formats.torch_tensors import Fault, Storage, key_text, storage_of
from zoo_spectra_checkpoint.formats.torch_values import Raw

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the format before torch 1.6
MAX_CODE = 4 << 20  # bytes of one source file of a program


@dataclass(frozen=True)
class Contents:
    """What a file holds. ``sizes``: the bytes of each storage; ``raw`` gives a piece of one."""

    tree: Any
    sizes: Mapping[str, int]
    raw: Raw


def read_contents(path: Path, guard: Guard) -> Contents:
    """Read a file of any kind, without its tensors.

    Raises UnsafeFileError when it would run code, FileFormatError, NetworkError, OSError.
    """
    head = first_bytes(path)
    try:
        if head.startswith(b"PK\x03\x04"):
            return _zipped(Archive(path), guard)
        if is_tar(head):
            return _tarred(path, guard)
        return _row_of_pickles(path, guard)
    except Damaged as error:
        raise broken(path, str(error)) from error


def _zipped(archive: Archive, guard: Guard) -> Contents:
    members = archive.members
    inside = torch_export.older(archive)
    if inside is not None:
        return _pickled(Archive(archive.path, *inside), guard)
    folder = torch_export.folder_of(members)
    if folder is None:
        return _pickled(archive, guard)
    models = torch_export.tables(archive, folder, guard)
    tree = next(iter(models.values())) if len(models) == 1 else models
    return _stored(archive, tree, folder, f"{folder}{torch_export.WEIGHTS}")


def _pickled(archive: Archive, guard: Guard) -> Contents:
    path, members = archive.path, archive.members
    pickles = [name for name in members if name.rpartition("/")[2] == "data.pkl"]
    if not pickles:
        raise broken(path, _what_it_has(members))
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}constants.pkl" in members:
        tree: Any = _program(archive, folder, guard)
    else:
        tree = _member(archive, pickles[0], guard, "its pickle").value
    return _stored(archive, tree, folder, f"{folder}data/")


def _what_it_has(members: Mapping[str, ZipInfo]) -> str:
    files = [name for name in members if not name.endswith("/")]
    if any(name.endswith("/model.json") or name == "model.json" for name in files):
        return "a TorchScript program of torch before 1.4: load it there, save its state_dict()"
    names = ", ".join(repr(name[:60]) for name in files[:4]) or "nothing"
    return f"it has no data.pkl, but {names}: if it is an archive of files, unpack it"


def _program(archive: Archive, folder: str, guard: Guard) -> dict[str, Any]:
    """The state dict of a TorchScript program."""
    tree = _member(archive, f"{folder}data.pkl", guard, "its pickle", program=True)
    constants = _member(archive, f"{folder}constants.pkl", guard, "its constants", program=True)
    classes = torch_program.declared(_code(archive, f"{folder}code/", guard))
    return torch_program.state_of(tree.value, classes, constants.value, archive.path)


def _code(archive: Archive, start: str, guard: Guard) -> Iterator[tuple[str, str]]:
    """The source files of a program, one at a time."""
    for name, info in archive.members.items():
        guard.tick()
        if name.startswith(start) and name.endswith(".py"):
            if info.file_size > MAX_CODE:
                raise broken(archive.path, f"{name[:200]} has {info.file_size:,} bytes")
            with archive.open(info) as stream:
                yield name[len(start) :], stream.read().decode(errors="replace")


def _member(archive: Archive, name: str, guard: Guard, what: str, program: bool = False) -> Loaded:
    info = archive.members[name]
    guard.check(info.file_size, what)
    with archive.open(info) as stream:
        allowed = torch_program.is_of_program if program else plain
        return checked(archive.path, load(stream, guard), allowed)


def _stored(archive: Archive, tree: Any, folder: str, start: str) -> Contents:
    """The storages of a zip archive: the members whose names begin with ``start``."""
    path, members = archive.path, archive.members
    swapped = False
    if f"{folder}byteorder" in members:
        with archive.open(members[f"{folder}byteorder"]) as stream:
            swapped = stream.read(8) == b"big"
    data = {
        name.removeprefix(start): info for name, info in members.items() if name.startswith(start)
    }

    @lru_cache(maxsize=1)  # a packed storage is unpacked once for all tensors that lie in it
    def unpacked(key: str) -> npt.NDArray[np.uint8]:
        size = data[key].file_size
        Guard(budget_of(path), f"{path}, ").check(size, f"the storage {key[:100]!r}")
        with archive.open(data[key]) as stream:
            return read_bytes(stream, size)

    def raw(storage: Storage, first: int, stop: int) -> npt.NDArray[np.uint8]:
        info = data[storage.key]
        if info.compress_type:
            piece = unpacked(storage.key)[first:stop]
        else:  # torch itself does not compare the checksum, and may be told to write none
            with archive.open(info, first, check=False) as stream:
                piece = read_bytes(stream, stop - first)
        return piece.view(f"u{storage.size}").byteswap().view(np.uint8) if swapped else piece

    return Contents(tree, {key: info.file_size for key, info in data.items()}, raw)


def _tarred(path: Path, guard: Guard) -> Contents:
    found = read_tar(path, guard)
    return _in_file(path, found.tree, found.places)


def _row_of_pickles(path: Path, guard: Guard) -> Contents:
    with path.open("rb") as stream:
        for wanted in (MAGIC, PROTOCOL):
            if checked(path, load(stream, guard)).value != wanted:
                raise broken(path, "it does not begin as PyTorch's files do")
        checked(path, load(stream, guard))  # about the machine that wrote it
        found = checked(path, load(stream, guard))
        keys = checked(path, load(stream, guard)).value
        places = _places(path, stream, found, keys)

    return _in_file(path, found.value, places)


def _in_file(path: Path, tree: Any, places: Mapping[str, tuple[int, int]]) -> Contents:
    """The storages that lie in the file itself: where each begins, and its bytes."""

    def raw(storage: Storage, first: int, stop: int) -> npt.NDArray[np.uint8]:
        with path.open("rb") as stream:
            stream.seek(places[storage.key][0] + first)
            return read_bytes(stream, stop - first)

    return Contents(tree, {key: size for key, (_, size) in places.items()}, raw)


def _places(path: Path, stream: IO[bytes], found: Loaded, keys: Any) -> dict[str, tuple[int, int]]:
    """Where each storage begins, and its bytes: they follow one another, each after its length."""
    try:
        widths = {storage.key: storage.size for storage in map(storage_of, found.outside)}
    except Fault as fault:
        raise broken(path, str(fault)) from fault
    if not isinstance(keys, list) or not all(isinstance(key, str | bytes | int) for key in keys):
        raise broken(path, "it does not name its storages")
    places: dict[str, tuple[int, int]] = {}
    at, end = stream.tell(), path.stat().st_size
    for key in map(key_text, keys):
        stream.seek(at)
        count = int.from_bytes(stream.read(8), "little")
        size = count * widths.get(key, 1)
        if key not in widths or at + 8 + size > end:
            raise broken(path, "it ends within its tensors")
        places[key] = at + 8, size
        at += 8 + size
    return places
