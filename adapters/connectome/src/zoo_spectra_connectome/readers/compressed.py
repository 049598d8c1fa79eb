"""Sparse matrices in compressed rows or columns, from arrays by the names that libraries give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra_connectome.adjacency import check_matrix

# Values, then indices, then pointers: as scipy names them, and torch.
_SCIPY = ("data", "indices", "indptr")
_ROWS = ("values", "col_indices", "crow_indices")
_COLUMNS = ("values", "row_indices", "ccol_indices")
ROLES = tuple(map(frozenset, (_SCIPY, _ROWS, _COLUMNS)))


def compressed(arrays: Mapping[str, Any], shape: tuple[int, ...], form: str) -> Any:
    """The matrix (n, n) of three arrays. Raises FileFormatError when they do not fit.

    ``form``: csr or csc, where the names do not say it.
    """
    names = next(names for names in (_SCIPY, _ROWS, _COLUMNS) if set(names) <= set(arrays))
    data, indices, pointers = (arrays[name] for name in names)
    by_columns = form == "csc" if names == _SCIPY else names == _COLUMNS
    check_matrix(shape, data.dtype)
    for each in (indices, pointers):
        if each.ndim != 1 or each.dtype.kind not in "iu":
            raise FileFormatError(f"its indices are {each.dtype} of the shape {each.shape}")
    if data.ndim != 1 or len(data) != len(indices):
        raise FileFormatError(f"{len(indices)} indices for the shape {data.shape} of values")
    make = sparse.csc_array if by_columns else sparse.csr_array
    whole = (data.astype(np.float64), indices.astype(np.int64), pointers.astype(np.int64))
    try:
        matrix = make(whole, shape=(shape[0], shape[1]))
        matrix.check_format(full_check=True)
    except ValueError as error:
        raise FileFormatError(f"its sparse matrix is damaged: {error}") from error
    return matrix
