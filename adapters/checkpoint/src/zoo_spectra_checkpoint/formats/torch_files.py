"""The two containers of torch's files: a zip archive, and (before 1.6) a row of pickles.

Both hold a pickle, and the storages of its tensors. Nothing is mapped into memory: a mapped file
that shrinks would end the process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra.sources import Archive, Damaged, Guard, budget_of, first_bytes, read_bytes
from zoo_spectra_checkpoint.formats.pickles import Loaded, load
from zoo_spectra_checkpoint.formats.torch_tensors import Fault, Storage, key_text, storage_of
from zoo_spectra_checkpoint.formats.torch_values import Raw

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the format before torch 1.6
# What a plain state dict names; torch's own safe reader allows no more.
_PLAIN = re.compile(
    r"collections\.(OrderedDict|Counter)|_codecs\.encode|builtins\.(set|bytearray|complex)"
    r"|torch\.(Size|device|nn\.parameter\.Parameter|serialization\._get_layout)"
    r"|torch\.(bool|bfloat16|(q?u?int|float|complex|bits|per_)\w+)"
    r"|torch\.((cuda|sparse|storage)\.)*_?\w*(Tensor|Storage)"
    r"|torch\._tensor\._rebuild_from_type_v2"
    r"|torch\._utils\._rebuild_(tensor(_v[23])?|parameter(_with_state)?|qtensor|sparse_tensor"
    r"|meta_tensor_no_storage|nested_tensor|wrapper_subclass|device_tensor_from_(cpu_tensor|numpy))"
)


@dataclass(frozen=True)
class Contents:
    """What a file holds. ``sizes``: the bytes of each storage; ``raw`` gives a piece of one."""

    tree: Any
    sizes: Mapping[str, int]
    raw: Raw


def read_contents(path: Path, guard: Guard) -> Contents:
    """Read a file of either kind, without its tensors.

    Raises UnsafeFileError when it would run code, FileFormatError, NetworkError, OSError.
    """
    try:
        if first_bytes(path).startswith(b"PK\x03\x04"):
            return _zipped(Archive(path), guard)
        return _row_of_pickles(path, guard)
    except Damaged as error:
        raise broken(path, str(error)) from error


def _zipped(archive: Archive, guard: Guard) -> Contents:
    path, members = archive.path, archive.members
    pickles = [name for name in members if name.rpartition("/")[2] == "data.pkl"]
    if not pickles:
        raise broken(path, "it has no data.pkl")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}constants.pkl" in members:
        raise UnsafeFileError(f"{path} is a TorchScript program, which is not run; {ADVICE}")
    guard.check(members[pickles[0]].file_size, "its pickle")
    with archive.open(members[pickles[0]]) as stream:
        tree = _checked(path, load(stream, guard)).value
    swapped = False
    if f"{folder}byteorder" in members:
        with archive.open(members[f"{folder}byteorder"]) as stream:
            swapped = stream.read(8) == b"big"
    start = f"{folder}data/"
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


def _row_of_pickles(path: Path, guard: Guard) -> Contents:
    with path.open("rb") as stream:
        for wanted in (MAGIC, PROTOCOL):
            if _checked(path, load(stream, guard)).value != wanted:
                raise broken(path, "it does not begin as PyTorch's files do")
        _checked(path, load(stream, guard))  # about the machine that wrote it
        found = _checked(path, load(stream, guard))
        keys = _checked(path, load(stream, guard)).value
        places = _places(path, stream, found, keys)

    def raw(storage: Storage, first: int, stop: int) -> npt.NDArray[np.uint8]:
        with path.open("rb") as stream:
            stream.seek(places[storage.key][0] + first)
            return read_bytes(stream, stop - first)

    return Contents(found.value, {key: size for key, (_, size) in places.items()}, raw)


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


def _checked(path: Path, found: Loaded) -> Loaded:
    foreign = [name for name in found.names if not _PLAIN.fullmatch(name)]
    if set(foreign) == {PACKED}:
        raise UnsafeFileError(
            f"{path} holds quantised layers that torch has packed into objects of its own "
            f"({PACKED}), which are not made; take the network before it was quantised"
        )
    if foreign:
        named = ", ".join(name[:100] for name in foreign[:3]) + ("…" if len(foreign) > 3 else "")
        raise UnsafeFileError(f"{path} wants to run {named} when read, and was not; {ADVICE}")
    if found.error is not None:
        raise broken(path, " ".join(str(found.error).split())[:200]) from found.error
    return found


PACKED = "torch.ScriptObject"  # of recurrent layers; linear ones are plain tensors
ADVICE = "where you trust it, load it and save its state_dict() alone"


def broken(path: Path, what: str) -> FileFormatError:
    """The error of a file that is cut off or damaged."""
    return FileFormatError(f"{path} is no complete PyTorch file ({what}); fetch or save it again")
