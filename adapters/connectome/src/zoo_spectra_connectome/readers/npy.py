"""A matrix in numpy's file of one array, .npy."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np

from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra.sources import ArrayHeader, Damaged, Guard, array_header, budget_of, read_array
from zoo_spectra_connectome.adjacency import (
    Adjacency,
    Dense,
    check_bytes,
    check_matrix,
    transpose_in_place,
)
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.settings import Settings

NPY_MAGIC = b"\x93NUMPY"
PICKLE_PROTOCOL = b"\x80"


def read(path: Path, settings: Settings) -> Adjacency:
    """A square array. Raises UnsafeFileError for an array of Python objects (a pickle)."""
    with path.open("rb") as stream:
        start = stream.read(len(NPY_MAGIC))
        if start.startswith(PICKLE_PROTOCOL):
            raise UnsafeFileError(
                "a pickle, which can run code; save a plain array with numpy.save"
            )
        if start != NPY_MAGIC:
            raise FileFormatError("it does not begin like a .npy file")
        stream.seek(0)
        matrix = read_square(stream, path.stat().st_size, Guard(budget_of(path)))
    return network_of(matrix, None, settings)


def read_square(stream: IO[bytes], size: int, guard: Guard) -> Dense:
    """A square matrix of real numbers from ``size`` bytes, in C order and in its own type.

    Raises NetworkError, FileFormatError, UnsafeFileError; before memory is taken for it.
    """
    header = checked_header(stream, size, guard)
    check_matrix(header.shape, header.dtype)
    matrix = read_array(stream, header)
    if header.fortran:
        matrix = matrix.T
        transpose_in_place(matrix)
    return matrix


def checked_header(stream: IO[bytes], size: int, guard: Guard) -> ArrayHeader:
    """A header whose array has the bytes that it says, and may be read."""
    header = array_header(stream)
    if header.dtype.hasobject:
        raise UnsafeFileError(
            "an array of Python objects is a pickle, which can run code; save numbers"
        )
    if header.start + header.size > size:
        raise Damaged(f"it promises {header.start + header.size:,} bytes and has {size:,}")
    check_bytes(header.size)
    guard.hold(header.size, f"an array of {np.dtype(header.dtype)}")
    return header
