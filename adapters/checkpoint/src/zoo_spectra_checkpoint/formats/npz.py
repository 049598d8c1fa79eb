"""NumPy archives, member by member; arrays of Python objects are refused, never unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from zoo_spectra.errors import FileFormatError, UnsafeFileError, ZooSpectraError
from zoo_spectra.sources import Matrix
from zoo_spectra_checkpoint.tensors import Entry, TensorFile


def open_file(path: Path) -> TensorFile:
    """Open an npz archive; the headers of its members give the entries.

    Raises FileFormatError when it is truncated or malformed, UnsafeFileError when a member holds
    pickled Python objects.
    """

    def fetch(entry: Entry) -> Matrix:
        try:
            with np.load(path, allow_pickle=False) as archive:
                values: Matrix = archive[entry.name]
                return values
        except OSError:
            raise
        except Exception as error:  # what zipfile, zlib and numpy raise has no common base
            raise _broken(path, f"{entry.name}: {error}") from error

    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            entries = tuple(_entry(path, archive, info) for info in members)
    except (OSError, ZooSpectraError):
        raise
    except Exception as error:  # as above
        raise _broken(path, str(error)) from error
    return TensorFile(path, entries, fetch)


def _entry(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    name = info.filename.removesuffix(".npy")
    with archive.open(info) as stream:
        shape, dtype = _header(stream)
        if dtype.hasobject:
            raise UnsafeFileError(
                f"{path}, {name} holds pickled Python objects, which can run code when read; "
                "save plain arrays with numpy.savez"
            )
        promised = stream.tell() + int(np.prod(shape, dtype=object)) * dtype.itemsize
        if promised != info.file_size:  # else a lying header could claim any amount of memory
            raise _broken(path, f"{name} promises {promised} bytes and has {info.file_size}")
    return Entry(name, shape, dtype.name)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    return tuple(int(side) for side in shape), dtype


def _broken(path: Path, what: str) -> FileFormatError:
    return FileFormatError(f"{path} is no complete npz archive ({what}); fetch or save it again")
