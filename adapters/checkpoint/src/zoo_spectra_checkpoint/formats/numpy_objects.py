"""numpy's arrays in a pickle, as inert calls: what they hold, taken from the bytes beside them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra_checkpoint.formats.pickles import Call

_MADE = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_FROM_BUFFER = ("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer")
MAX_DIMENSIONS = 32


class ArrayFault(Exception):
    """What is wrong with an array's description."""


@dataclass(frozen=True)
class Array:
    """An array in a pickle: its bytes, in the order of C or of Fortran."""

    shape: tuple[int, ...]
    dtype: str
    kind: str
    data: bytes
    fortran: bool

    def values(self) -> npt.NDArray[Any]:
        """The array."""
        flat = np.frombuffer(self.data, np.dtype(self.kind))
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


def is_array(value: Any) -> bool:
    """Whether a value of a pickle is an array of numpy's."""
    return isinstance(value, Call) and value.function in (*_MADE, *_FROM_BUFFER)


def array_of(value: Any) -> Array:
    """The array that a call would make. Raises ArrayFault when it is none of plain numbers."""
    try:
        if value.function in _FROM_BUFFER:
            data, dtype, shape, order = value.arguments
        else:
            _, shape, dtype, fortran, data = value.state
            order = "F" if fortran else "C"
        kind = _kind(dtype)
        bytes_ = _bytes(data)
    except (TypeError, ValueError, AttributeError) as error:
        raise ArrayFault("an array of numpy's that is not described as one") from error
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise ArrayFault("an array of numpy's without a shape")
    if not all(type(side) is int and 0 <= side < 1 << 62 for side in shape):
        raise ArrayFault("an array of numpy's whose shape is no whole numbers")
    if prod(shape) * kind.itemsize != len(bytes_):
        raise ArrayFault(f"an array of numpy's of shape {shape} in {len(bytes_):,} bytes")
    return Array(shape, kind.name, kind.str, bytes_, order == "F")


def _kind(dtype: Any) -> np.dtype[Any]:
    """The type of the numbers. Raises ValueError for objects, texts and records."""
    if not isinstance(dtype, Call) or dtype.function != "numpy.dtype":
        raise ValueError("no type")
    code = dtype.arguments[0]
    order = dtype.state[1] if isinstance(dtype.state, tuple) and len(dtype.state) > 1 else "="
    if not isinstance(code, str) or code[:1] not in "fiub" or not code[1:].isdecimal():
        raise ValueError("no numbers")
    return np.dtype(f"{order}{code}" if order in ("<", ">") else code)


def _bytes(data: Any) -> bytes:
    """Bytes, or (before pickle's protocol 3) the text that stands for them."""
    if isinstance(data, Call) and data.function == "_codecs.encode":
        text, encoding = data.arguments
        if not isinstance(text, str) or encoding != "latin1":
            raise ValueError("no bytes")
        return text.encode("latin1")
    if isinstance(data, Call) and data.function in ("builtins.bytes", "builtins.bytearray"):
        return _bytes(data.arguments[0]) if data.arguments else b""
    if not isinstance(data, bytes | bytearray):
        raise ValueError("no bytes")
    return bytes(data)
