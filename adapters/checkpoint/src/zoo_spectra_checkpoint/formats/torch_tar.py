"""torch's oldest files, of 2016: a tar archive of storages, tensors and one pickle.

Other tar archives are no files of torch, though ``.pth.tar`` is a usual name for one; they are
refused with what is in them.
"""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Damaged, Guard
from zoo_spectra_checkpoint.formats.pickles import Name, Persistent, load
from zoo_spectra_checkpoint.formats.torch_checks import broken, checked
from zoo_spectra_checkpoint.formats.torch_tensors import (
    MAX_DIMENSIONS,
    Dense,
    Fault,
    Storage,
    storage_of,
    view_of,
)

PARTS = ("storages", "tensors", "pickle")
MAX_MEMBERS = 100_000
SHOWN = 4


@dataclass(frozen=True)
class Old:
    """``tree``: what the pickle holds. ``places``: where each storage begins, and its bytes."""

    tree: Any
    places: dict[str, tuple[int, int]]


def is_tar(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a tar archive."""
    return head[257:262] == b"ustar"


def read_tar(path: Path, guard: Guard) -> Old:
    """Read torch's oldest format. Raises FileFormatError for another tar archive, and a cut one."""
    members = _members(path, guard)
    if not set(PARTS) <= members.keys():
        raise _foreign(path, members)
    with path.open("rb") as stream:
        storages, places = _storages(path, stream, members["storages"], guard)
        tensors = dict(_tensors(path, stream, members["tensors"], storages, guard))
        stream.seek(members["pickle"][0])
        tree = checked(path, load(stream, guard, tensors)).value
    return Old(tree, places)


def _members(path: Path, guard: Guard) -> dict[str, tuple[int, int]]:
    """Where each plain file of the archive begins, and its bytes."""
    found: dict[str, tuple[int, int]] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for number, member in enumerate(guard.each(archive)):
                if number >= MAX_MEMBERS:
                    raise broken(path, f"a tar archive of more than {MAX_MEMBERS:,} members")
                archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
                if member.isreg() and not member.issparse():
                    found.setdefault(member.name, (member.offset_data, member.size))
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise broken(path, f"a tar archive that is cut off or damaged: {error}") from error
    return found


def _foreign(path: Path, members: dict[str, tuple[int, int]]) -> FileFormatError:
    names = ", ".join(repr(name[:60]) for name in list(members)[:SHOWN]) or "nothing"
    more = f" and {len(members) - SHOWN:,} more" if len(members) > SHOWN else ""
    return FileFormatError(
        f"{path} is a tar archive of files ({names}{more}), no PyTorch file; unpack it with tar "
        "-xf and name the file of weights in it"
    )


def _storages(
    path: Path, stream: IO[bytes], member: tuple[int, int], guard: Guard
) -> tuple[dict[int, Storage], dict[str, tuple[int, int]]]:
    start, size = member
    whole = path.stat().st_size
    stream.seek(start)
    storages: dict[int, Storage] = {}
    places: dict[str, tuple[int, int]] = {}
    for _ in guard.each(range(_count(path, stream, guard))):
        told = checked(path, load(stream, guard)).value
        key, kind = _keyed(path, told, 3)
        if not isinstance(kind, Name):
            raise broken(path, "a storage without a type")
        count = int.from_bytes(stream.read(8), "little")
        try:
            storage = storage_of(Persistent(("storage", kind, str(key), "cpu", count)))
        except Fault as fault:
            raise broken(path, str(fault)) from fault
        at, length = stream.tell(), count * storage.size
        if at + length > min(start + size, whole):
            raise broken(path, "it ends within its tensors")
        storages[key], places[str(key)] = storage, (at, length)
        stream.seek(at + length)
    views = checked(path, load(stream, guard)).value
    for view in views if isinstance(views, list) else ():
        _add_view(path, view, storages)
    return storages, places


def _add_view(path: Path, view: Any, storages: dict[int, Storage]) -> None:
    """A storage that is a piece of another."""
    whole = isinstance(view, tuple | list) and len(view) == 4 and all(type(n) is int for n in view)
    target, root, offset, count = view if whole else (0, None, 0, 0)
    base = storages.get(root) if root is not None else None
    if base is None or offset < 0 or count < 0 or offset + count > base.count:
        raise broken(path, "a part of a storage that is not there")
    storages[target] = Storage(base.key, base.dtype, base.size, count, base.first + offset)


def _tensors(
    path: Path,
    stream: IO[bytes],
    member: tuple[int, int],
    storages: dict[int, Storage],
    guard: Guard,
) -> Iterator[tuple[str, Dense]]:
    stream.seek(member[0])
    for _ in guard.each(range(_count(path, stream, guard))):
        key, which = _keyed(path, checked(path, load(stream, guard)).value, 3, 1)
        try:
            (sides,) = struct.unpack("<i4x", _bytes(stream, 8))
            if not 0 <= sides <= MAX_DIMENSIONS:
                raise broken(path, f"a tensor of {sides} dimensions")
            row = f"<{sides}q"
            shape, strides = (struct.unpack(row, _bytes(stream, 8 * sides)) for _ in range(2))
            (offset,) = struct.unpack("<q", _bytes(stream, 8))
            if stream.tell() > member[0] + member[1]:
                raise broken(path, "it ends within its tensors")
            if which not in storages:
                raise broken(path, "a tensor whose storage is not there")
            storage = storages[which]
            yield str(key), view_of(storage, offset, shape, strides, storage.dtype)
        except (Damaged, Fault) as error:
            raise broken(path, str(error)) from error


def _bytes(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise Damaged("it ends within its tensors")
    return found


def _count(path: Path, stream: IO[bytes], guard: Guard) -> int:
    count = checked(path, load(stream, guard)).value
    if type(count) is not int or not 0 <= count <= path.stat().st_size:
        raise broken(path, "it does not say how many tensors it has")
    return count


def _keyed(path: Path, told: Any, length: int, at: int = 2) -> tuple[int, Any]:
    """The key, and another part, of what stands before each storage and tensor."""
    if not isinstance(told, tuple) or len(told) != length or type(told[0]) is not int:
        raise broken(path, "a tensor or storage without a key")
    return told[0], told[at]
