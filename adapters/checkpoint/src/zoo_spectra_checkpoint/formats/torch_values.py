"""The values of the tensors that a file of torch describes, as numpy arrays.

Nothing is allocated that is much larger than what the file has of it: a tensor that repeats its
elements (``expand``), or is stored sparse, may have ``GROWN`` bytes, or ``RATIO`` times its own.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Matrix
from zoo_spectra_checkpoint.formats.numpy_objects import Array
from zoo_spectra_checkpoint.formats.torch_tensors import (
    Dense,
    Quantised,
    Sparse,
    Storage,
    Tensor,
    stored_type,
)
from zoo_spectra_checkpoint.narrow import widened

GROWN = 256 << 20  # 8,192² in float32
RATIO = 64

# The bytes of a storage, from one to another.
Raw = Callable[[Storage, int, int], npt.NDArray[np.uint8]]


def values(tensor: Tensor, raw: Raw, where: str) -> Matrix:
    """A tensor's values, in its shape; bfloat16 and what is quantised as float32.

    ``where`` begins the messages. Raises NetworkError for a tensor that has no values or is too
    large, FileFormatError for one whose parts do not fit together.
    """
    if isinstance(tensor, Dense):
        return _dense(tensor, raw, where)
    if isinstance(tensor, Quantised):
        return _quantised(tensor, raw, where)
    if isinstance(tensor, Array):
        return tensor.values()
    if isinstance(tensor, Sparse):
        return _sparse(tensor, raw, where)
    if tensor.reason:
        raise NetworkError(f"{where} is {tensor.reason}, which is not read; save plain tensors")
    raise NetworkError(f"{where} is on the meta device and has no values; load the weights")


def stored(tensor: Dense, raw: Raw, where: str) -> npt.NDArray[Any]:
    """The elements of a dense tensor as the file has them (bfloat16 as two bytes)."""
    dtype = stored_type(tensor.dtype)
    if 0 in tensor.shape:
        return np.empty(tensor.shape, dtype)
    last = sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True))
    span = (last + 1) * dtype.itemsize
    _check_growth(prod(tensor.shape) * dtype.itemsize, span, where)
    base = tensor.storage
    start = base.first * base.size + tensor.offset * dtype.itemsize
    flat = raw(base, start, start + span).view(dtype)
    steps = tuple(step * dtype.itemsize for step in tensor.strides)
    view = np.lib.stride_tricks.as_strided(flat, tensor.shape, steps)
    return np.ascontiguousarray(view).reshape(tensor.shape)


def _dense(tensor: Dense, raw: Raw, where: str) -> Matrix:
    return widened(stored(tensor, raw, where), tensor.dtype)


def _quantised(tensor: Quantised, raw: Raw, where: str) -> Matrix:
    numbers = stored(tensor.numbers, raw, where)
    scale, zero = (_along(part, tensor, raw, where) for part in (tensor.scale, tensor.zero))
    with np.errstate(all="ignore"):
        result: Matrix = ((numbers.astype(np.float64) - zero) * scale).astype(np.float32)
    return result


def _along(part: Any, tensor: Quantised, raw: Raw, where: str) -> Any:
    """A scale of all, or one for each place along the axis."""
    if tensor.axis is None:
        return part
    found = _dense(part, raw, where) if isinstance(part, Dense) else part
    if found.shape != (tensor.shape[tensor.axis],):
        raise FileFormatError(f"{where}: {found.shape} scales for {tensor.shape}; save it again")
    return found.reshape([-1 if at == tensor.axis else 1 for at in range(len(tensor.shape))])


def _sparse(tensor: Sparse, raw: Raw, where: str) -> Matrix:
    entries = _dense(tensor.values, raw, where)
    if entries.dtype == np.float16:
        entries = entries.astype(np.float32)
    parts = [stored(part, raw, where).astype(np.int64) for part in tensor.indices]
    size = entries.dtype.itemsize * prod(tensor.shape)
    _check_growth(size, entries.nbytes + sum(part.nbytes for part in parts), where)
    dense = np.zeros(tensor.shape, entries.dtype)
    try:
        (_coordinates if tensor.layout == "sparse_coo" else _compressed)(
            tensor, parts, entries, dense
        )
    except (ValueError, IndexError) as error:
        raise FileFormatError(
            f"{where} is sparse, and its indices do not fit its shape {tensor.shape} ({error}); "
            "save it again"
        ) from error
    return dense


def _coordinates(
    tensor: Sparse, parts: list[npt.NDArray[np.int64]], entries: Matrix, dense: Matrix
) -> None:
    (indices,) = parts
    if indices.ndim != 2 or indices.shape[0] > dense.ndim:
        raise ValueError(f"indices of the shape {indices.shape}")
    for row, side in zip(indices, dense.shape, strict=False):
        _check_inside(row, side)
    if entries.shape != (indices.shape[1], *dense.shape[indices.shape[0] :]):
        raise ValueError(f"values of the shape {entries.shape}")
    np.add.at(dense, tuple(indices), entries)


def _compressed(
    tensor: Sparse, parts: list[npt.NDArray[np.int64]], entries: Matrix, dense: Matrix
) -> None:
    """CSR, CSC, and those of blocks (BSR, BSC): pointers along rows or columns."""
    pointers, others = parts
    blocked = tensor.layout in ("sparse_bsr", "sparse_bsc")
    if pointers.ndim != 1 or others.ndim != 1 or dense.ndim < 2 or entries.ndim < 1 + 2 * blocked:
        raise ValueError("a batch of matrices")
    high, wide = entries.shape[1:3] if blocked else (1, 1)
    tail = dense.shape[2:]
    if not high or not wide or dense.shape[0] % high or dense.shape[1] % wide:
        raise ValueError(f"blocks of {high} × {wide}")
    sides = dense.shape[0] // high, dense.shape[1] // wide
    along, across = sides if tensor.layout in ("sparse_csr", "sparse_bsr") else sides[::-1]
    counts = np.diff(pointers)
    if len(pointers) != along + 1 or pointers[0] != 0 or pointers[-1] != len(others):
        raise ValueError("pointers that do not count its entries")
    if np.any(counts < 0):
        raise ValueError("pointers that go back")
    _check_inside(others, across)
    if entries.shape != (len(others), *((high, wide) if blocked else ()), *tail):
        raise ValueError(f"values of the shape {entries.shape}")
    places = np.repeat(np.arange(along), counts), others
    rows, columns = places if along is sides[0] or sides[0] == sides[1] else places[::-1]
    if tensor.layout in ("sparse_csc", "sparse_bsc"):
        columns, rows = places
    blocks = dense.reshape(sides[0], high, sides[1], wide, *tail)
    entries = entries.reshape(len(others), high, wide, *tail)
    np.add.at(blocks.swapaxes(1, 2), (rows, columns), entries)


def _check_inside(places: npt.NDArray[np.int64], side: int) -> None:
    if places.size and (places.min() < 0 or places.max() >= side):
        raise ValueError(f"an index outside 0 to {side - 1}")


def _check_growth(size: int, stored_size: int, where: str) -> None:
    if size > max(GROWN, RATIO * stored_size):
        raise NetworkError(
            f"{where} takes {size / 2**30:,.1f} GiB, and {stored_size:,} bytes of it are in the "
            "file; save it as a plain tensor"
        )
