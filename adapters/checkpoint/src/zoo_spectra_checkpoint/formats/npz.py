"""NumPy archives, member by member; arrays of Python objects are refused, never unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path

from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra.sources import (
    Archive,
    ArrayHeader,
    Damaged,
    Entry,
    Guard,
    Matrix,
    array_header,
    budget_of,
    keeps_no_order,
)
from zoo_spectra_checkpoint.narrow import array_values
from zoo_spectra_checkpoint.tensors import TensorFile


def open_file(path: Path) -> TensorFile:
    """Open an npz archive; the headers of its members give the entries.

    Raises FileFormatError when it is truncated or malformed, UnsafeFileError when a member holds
    pickled Python objects, NetworkError when reading it takes more than its budget.
    """
    guard = Guard(budget_of(path), f"{path}: ")
    try:
        archive = Archive(path)
    except Damaged as error:
        raise _broken(path, str(error)) from error
    packed = (info for info in archive.members.values() if info.compress_type != zipfile.ZIP_STORED)
    guard.check_total(sum(info.file_size for info in packed))
    found: dict[str, tuple[zipfile.ZipInfo, ArrayHeader]] = {}
    for member, info in guard.each(archive.members.items()):
        if member.endswith(".npy"):
            name = member.removesuffix(".npy")
            found[name] = info, _header(archive, info, name, guard)

    def fetch(entry: Entry) -> Matrix:
        info, header = found[entry.name]
        try:
            with archive.open(info) as stream:
                if array_header(stream) != header:
                    raise Damaged("it was changed while in use")
                return array_values(stream, header)
        except Damaged as error:
            raise _broken(path, f"{entry.name}: {error}") from error

    entries = (Entry(name, head.shape, head.name) for name, (_, head) in found.items())
    held = tuple(entries)
    return TensorFile(path, held, fetch, by_names=keeps_no_order(held))


def _header(archive: Archive, info: zipfile.ZipInfo, name: str, guard: Guard) -> ArrayHeader:
    path = archive.path
    try:
        with archive.open(info, check=False) as stream:
            header = array_header(stream)
    except Damaged as error:
        raise _broken(path, f"{name}: {error}") from error
    if header.dtype.hasobject:
        raise UnsafeFileError(
            f"{path}, {name} holds pickled Python objects, which can run code when read; "
            "save plain arrays with numpy.savez"
        )
    promised = header.start + header.size
    if promised != info.file_size:  # else a lying header could claim any amount of memory
        raise _broken(path, f"{name} promises {promised} bytes and has {info.file_size}")
    guard.check(header.size, f"array {name!r}")
    return header


def _broken(path: Path, what: str) -> FileFormatError:
    return FileFormatError(f"{path} is no complete npz archive ({what}); fetch or save it again")
