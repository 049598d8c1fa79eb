"""The values of an ONNX tensor: types, packed integers, and data in other files of the folder."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import Damaged, Matrix, read_bytes
from zoo_spectra_checkpoint.formats.onnx_graph import Stored
from zoo_spectra_checkpoint.formats.protobuf import varints
from zoo_spectra_checkpoint.narrow import widened

# ONNX's number of a type: torch's name of it, and how it lies in raw data.
TYPES = {
    1: ("float32", "<f4"),
    2: ("uint8", "<u1"),
    3: ("int8", "<i1"),
    4: ("uint16", "<u2"),
    5: ("int16", "<i2"),
    6: ("int32", "<i4"),
    7: ("int64", "<i8"),
    9: ("bool", "<u1"),
    10: ("float16", "<f2"),
    11: ("float64", "<f8"),
    12: ("uint32", "<u4"),
    13: ("uint64", "<u8"),
    14: ("complex64", "<c8"),
    15: ("complex128", "<c16"),
    16: ("bfloat16", "<u2"),
    17: ("float8_e4m3fn", "<u1"),
    18: ("float8_e4m3fnuz", "<u1"),
    19: ("float8_e5m2", "<u1"),
    20: ("float8_e5m2fnuz", "<u1"),
    21: ("uint4", "<u1"),
    22: ("int4", "<u1"),
}
_OTHERS = {8: "string", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2"}
FOUR_BITS = {21, 22}
# The field in which values lie that are not raw, where it is not that of integers.
_FIELDS = {1: "float", 14: "float", 7: "int64", 11: "double", 15: "double"}
_FIELDS |= {12: "uint64", 13: "uint64"}
_BLOBS = "blobs"  # of the hub's cache, where the files of a snapshot are links into


def dtype_name(tensor: Stored) -> str:
    """Torch's name of a tensor's type."""
    name = TYPES.get(tensor.code, (None,))[0]
    return name or _OTHERS.get(tensor.code, f"packed type {tensor.code}")


def stored_bytes(tensor: Stored) -> int:
    """The bytes that a tensor has in raw data."""
    if tensor.code in FOUR_BITS:
        return -(-prod(tensor.shape) // 2)
    return prod(tensor.shape) * np.dtype(TYPES[tensor.code][1]).itemsize


def check(tensor: Stored, name: str) -> None:
    """Raise Damaged for a tensor whose values are not as many as its shape says."""
    if tensor.code not in TYPES or tensor.external is not None:
        return
    if tensor.field not in ("raw", _FIELDS.get(tensor.code, "int32")):
        raise Damaged(f"{name[:200]} has its values in another field than its type")
    size = sum(stop - start for start, stop in tensor.places)
    if tensor.field in ("int32", "int64", "uint64"):
        count, few = prod(tensor.shape), size  # one to ten bytes each
        fits = tensor.code in FOUR_BITS or few // 10 <= count <= few
    else:
        fits = size == stored_bytes(tensor)
    if not fits:
        raise Damaged(f"{name[:200]}, {tensor.shape}, has {size:,} bytes of values")


def values(tensor: Stored, path: Path, name: str) -> Matrix:
    """A tensor's values in its shape; integers of four bits as int8, narrow floats as float32.

    Raises FileFormatError, NetworkError for a type that is not read, UnsafeFileError for data
    outside the folder, Damaged, OSError.
    """
    if tensor.code not in TYPES:
        raise NetworkError(
            f"{path}, {name} is of ONNX's type {dtype_name(tensor)}, which is not read; "
            "save it in a type that is"
        )
    stored = np.dtype(TYPES[tensor.code][1])
    if tensor.external is not None:
        flat = _outside(tensor, path, name).view(stored)
    elif tensor.field in ("int32", "int64", "uint64"):
        bits = _packed(tensor, path).astype(f"<u{stored.itemsize}")
        flat = bits.view(stored)
    else:
        flat = np.concatenate([_read(path, *place) for place in tensor.places] or [_NOTHING])
        flat = flat.view(stored)
    if tensor.code in FOUR_BITS:
        flat = _halves(flat, prod(tensor.shape), tensor.code == 22)
    if flat.size != prod(tensor.shape):
        raise Damaged(f"{name[:200]}, {tensor.shape}, has {flat.size:,} values")
    return widened(flat, TYPES[tensor.code][0]).reshape(tensor.shape)


_NOTHING = np.empty(0, np.uint8)


def external_file(external: Mapping[str, str], path: Path, name: str) -> tuple[Path, int, int]:
    """The file beside ``path`` that has a tensor's values, their offset and length (-1: all).

    Raises UnsafeFileError for one outside the folder, NetworkError for one that is not there.
    """
    location = external.get("location", "")
    where = f"{path}, {name[:200]}"
    parts = location.replace("\\", "/").split("/")
    if not location or location.startswith(("/", "\\")) or ".." in parts or "\0" in location:
        raise _outside_folder(where, location)
    file = path.parent / location
    real, folder = file.resolve(), path.parent.resolve()
    if not real.is_relative_to(folder) and not _is_cached(real, folder):
        raise _outside_folder(where, location)
    try:
        found = real.stat()
    except OSError as error:
        raise NetworkError(
            f"{where}: its values are in {location[:200]}, which is not beside the file; "
            "fetch that too"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise _outside_folder(where, location)
    try:
        offset, length = int(external.get("offset", 0)), int(external.get("length", -1))
    except ValueError as error:
        raise Damaged(f"{name[:200]} has its values at no place") from error
    length = found.st_size - offset if length == -1 else length
    if offset < 0 or length < 0 or offset + length > found.st_size:
        raise FileFormatError(
            f"{where}: its values lie beyond the end of {location[:200]}; fetch that again"
        )
    return real, offset, length


def _outside_folder(where: str, location: str) -> UnsafeFileError:
    return UnsafeFileError(
        f"{where}: its values are to be read from {location[:200]!r}, outside the file's own "
        "folder, and were not; put that file beside this one and save it with its name alone"
    )


def _is_cached(real: Path, folder: Path) -> bool:
    """Whether a file is a blob of the repository, in the hub's cache, that the folder is of."""
    for place in (folder, *folder.parents):
        if place.name == "snapshots":
            return real.parent == place.parent / _BLOBS
    return False


def _outside(tensor: Stored, path: Path, name: str) -> npt.NDArray[np.uint8]:
    assert tensor.external is not None
    file, offset, length = external_file(tensor.external, path, name)
    if length != stored_bytes(tensor):
        raise Damaged(f"{name[:200]}, {tensor.shape}, has {length:,} bytes of values")
    return _read(file, offset, offset + length)


def _read(path: Path, start: int, stop: int) -> npt.NDArray[np.uint8]:
    with path.open("rb") as stream:
        stream.seek(start)
        return read_bytes(stream, stop - start)


def _packed(tensor: Stored, path: Path) -> npt.NDArray[np.int64]:
    """Integers, or the bits of short floats, each in one to ten bytes."""
    found = [varints(_read(path, *place)) for place in tensor.places]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _halves(flat: npt.NDArray[Any], count: int, signed: bool) -> npt.NDArray[Any]:
    """Two numbers a byte, the lower half first."""
    wide = np.stack((flat & 15, flat >> 4), -1).reshape(-1)[:count].astype(np.int8)
    return np.where(wide > 7, wide - 16, wide).astype(np.int8) if signed else wide
