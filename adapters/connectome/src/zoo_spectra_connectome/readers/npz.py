"""A matrix in an archive of numpy or scipy, .npz."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes, from_matrix
from zoo_spectra_connectome.readers.npy import safely
from zoo_spectra_connectome.settings import Settings

SPARSE_KEYS = {"format", "shape", "data"}  # what scipy.sparse.save_npz always writes


def read(path: Path, settings: Settings) -> Adjacency:
    """A sparse matrix of scipy.sparse.save_npz, or one array of an archive (option ``array``).

    Raises NetworkError when the archive has several arrays and none is chosen.
    """
    array = settings.array
    with zipfile.ZipFile(path) as archive:
        check_bytes(sum(member.file_size for member in archive.infolist()))
    with np.load(path, allow_pickle=False) as arrays:
        names = list(arrays.files)
        if array is None and set(names) >= SPARSE_KEYS:
            return from_matrix(_checked(safely(lambda: sparse.load_npz(path))))
        if array is not None and array not in names:
            raise NetworkError(f"no array {array!r}; {nearest(array, names)}")
        if array is None and len(names) != 1:
            raise NetworkError(
                f"{len(names)} arrays ({', '.join(names[:8])}); choose one with array=NAME"
            )
        chosen = names[0] if array is None else array
        return from_matrix(safely(lambda: arrays[chosen]))


def _checked(matrix: Any) -> Any:
    """scipy does not look whether stored indices lie inside the matrix; wrong ones would crash."""
    if hasattr(matrix, "check_format"):
        matrix.check_format(full_check=True)
    return matrix
