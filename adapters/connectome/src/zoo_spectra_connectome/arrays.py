"""Matrices in numpy's and scipy's files: .npy and .npz."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError, nearest
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes, from_matrix

NPY_MAGIC = b"\x93NUMPY"
PICKLE_PROTOCOL = b"\x80"
SPARSE_KEYS = {"format", "shape", "data"}  # what scipy.sparse.save_npz always writes


def read_npy(path: Path) -> Adjacency:
    """A square array. Raises UnsafeFileError for an array of Python objects (a pickle)."""
    with path.open("rb") as stream:
        start = stream.read(len(NPY_MAGIC))
    if start.startswith(PICKLE_PROTOCOL):
        raise UnsafeFileError("a pickle, which can run code; save a plain array with numpy.save")
    if start != NPY_MAGIC:
        raise FileFormatError("it does not begin like a .npy file")
    check_bytes(path.stat().st_size)
    return from_matrix(_safely(lambda: np.load(path, allow_pickle=False)))


def read_npz(path: Path, array: str | None = None) -> Adjacency:
    """A sparse matrix of scipy.sparse.save_npz, or one array of an archive (``array`` names it).

    Raises NetworkError when the archive has several arrays and none is chosen.
    """
    with zipfile.ZipFile(path) as archive:
        check_bytes(sum(member.file_size for member in archive.infolist()))
    with np.load(path, allow_pickle=False) as arrays:
        names = list(arrays.files)
        if array is None and set(names) >= SPARSE_KEYS:
            return from_matrix(_checked(_safely(lambda: sparse.load_npz(path))))
        if array is not None and array not in names:
            raise NetworkError(f"no array {array!r}; {nearest(array, names)}")
        if array is None and len(names) != 1:
            raise NetworkError(
                f"{len(names)} arrays ({', '.join(names[:8])}); choose one with array=NAME"
            )
        chosen = names[0] if array is None else array
        return from_matrix(_safely(lambda: arrays[chosen]))


def _checked(matrix: Any) -> Any:
    """scipy does not look whether stored indices lie inside the matrix; wrong ones would crash."""
    if hasattr(matrix, "check_format"):
        matrix.check_format(full_check=True)
    return matrix


def _safely(read: Any) -> Any:
    try:
        return read()
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise UnsafeFileError(
            "an array of Python objects is a pickle, which can run code; save numbers"
        ) from error
