"""numpy's files of one array, .npy: the header, then the values, checked before they are read."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
import numpy.typing as npt

MAX_HEADER = 1 << 16  # bytes; numpy itself reads 4 GB before it looks
# How numpy writes bfloat16 of ml_dtypes, whose only type of two bytes it is: void with an order of
# bytes. Void of numpy's own has none, and numpy drops it when it reads.
_BFLOAT16 = re.compile(rb"'descr':\s*'<V2'")
PIECE = 1 << 24


class Damaged(ValueError):
    """What is wrong with a part of a file: whoever reads the file says which, and what to do."""


@dataclass(frozen=True)
class ArrayHeader:
    """What a file says of its array. ``start``: where the values begin.

    ``name``: of the type, as torch has it; bfloat16 is two bytes of void in ``dtype``.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    start: int
    name: str

    @property
    def size(self) -> int:
        """The bytes of all values."""
        return prod(self.shape) * self.dtype.itemsize


def array_header(stream: IO[bytes]) -> ArrayHeader:
    """Read a header and leave the stream at the values. Raises Damaged."""
    head = stream.read(10)
    wide = head[6:7] != b"\x01"  # versions 2 and 3 give the length four bytes
    head += stream.read(2) if wide else b""
    length = int.from_bytes(head[8:], "little")
    if length > MAX_HEADER:
        raise Damaged(f"the header of an array has no {length:,} bytes")
    head += stream.read(length)
    text = io.BytesIO(head)
    try:
        version = np.lib.format.read_magic(text)
        read = np.lib.format.read_array_header_2_0 if wide else np.lib.format.read_array_header_1_0
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"version {version}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python 2
            shape, fortran, dtype = read(text)
        if min(shape, default=0) < 0:
            raise ValueError(f"shape {shape}")
    except Exception as error:  # a damaged header makes the parser of Python's literals raise any
        said = " ".join(str(error).split())[:200]
        raise Damaged(f"no whole header of an array: {said}") from error
    name = "bfloat16" if dtype.str == "|V2" and _BFLOAT16.search(head) else dtype.name
    sides = tuple(int(side) for side in shape)
    return ArrayHeader(sides, fortran, dtype, len(head), name)


def read_array(stream: IO[bytes], header: ArrayHeader) -> npt.NDArray[Any]:
    """The values that follow a header, in one allocation. Raises Damaged on too few.

    Check ``header.size`` before: so much is allocated. Not for types that hold Python objects.
    """
    values = np.empty(header.shape, header.dtype, "F" if header.fortran else "C")
    if header.size:
        _fill(stream, memoryview(values.reshape(-1, order="A").view(np.uint8).data))
    return values


def read_bytes(stream: IO[bytes], size: int) -> npt.NDArray[np.uint8]:
    """The next ``size`` bytes, in one allocation. Raises Damaged on too few."""
    data = np.empty(size, np.uint8)
    _fill(stream, memoryview(data.data))
    return data


def _fill(stream: IO[bytes], view: memoryview) -> None:
    at = 0
    while at < len(view):
        count = stream.readinto(view[at : at + PIECE])  # type: ignore[attr-defined]
        if not count:
            raise Damaged("it was cut off while in use")
        at += count
