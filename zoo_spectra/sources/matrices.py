"""What is asked of a matrix, dense or sparse: its entries, its bytes, whether it is symmetric."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy import sparse
    from typing_extensions import TypeIs

Matrix = npt.NDArray[Any]
Sparse: TypeAlias = "sparse.csr_array[Any, tuple[int, int]]"
TILE = 1024
GLANCE = 4  # rows that tell most matrices from their transposes
ROUNDING = 8  # eps by which an entry and its mirror image may differ, relative to them


def is_sparse(matrix: object) -> TypeIs[Sparse]:
    """Whether it is one of scipy's sparse matrices or arrays, of any format."""
    scipy_sparse = sys.modules.get("scipy.sparse")  # before it is imported nothing is sparse
    return scipy_sparse is not None and bool(scipy_sparse.issparse(matrix))


def canonical(matrix: Any) -> Sparse:
    """A sparse matrix as a ``csr_array``, indices sorted, nothing twice and no zero stored.

    What is given is left as it is, and shared where nothing is to be done.
    """
    from scipy import sparse

    if isinstance(matrix, sparse.csr_array) and matrix.has_canonical_format:
        given: Sparse = matrix
        if np.all(given.data):
            return given
    made: Sparse = sparse.csr_array(matrix, copy=True)
    made.sum_duplicates()
    made.eliminate_zeros()
    return made


def entries(matrix: Matrix | Sparse) -> Matrix:
    """The entries, as an array: of a sparse matrix those that are stored."""
    return matrix.data if is_sparse(matrix) else matrix


def byte_count(matrix: Matrix | Sparse) -> int:
    """The bytes that a matrix takes in memory."""
    if is_sparse(matrix):
        return int(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes)
    return int(matrix.nbytes)


def is_symmetric(matrix: Matrix | Sparse) -> bool:
    """Whether W = Wᵀ, up to rounding: entry by entry, within 8 eps of floating-point numbers.

    The rest of a matrix is looked at only when its first rows are like its first columns. A sparse
    one is to be ``canonical``.
    """
    rows, columns = matrix.shape
    if rows != columns:
        return False
    rounding = ROUNDING * float(np.finfo(matrix.dtype).eps) if matrix.dtype.kind == "f" else 0.0
    if is_sparse(matrix):
        turned = canonical(matrix.T.tocsr())
        return (
            np.array_equal(matrix.indptr, turned.indptr)
            and np.array_equal(matrix.indices, turned.indices)
            and _alike(matrix.data, turned.data, rounding)
        )
    if not _alike(matrix[:GLANCE], matrix[:, :GLANCE].T, rounding):
        return False
    return all(_alike(upper, lower.T, rounding) for upper, lower in mirrored_tiles(matrix))


def mirrored_tiles(matrix: Matrix) -> Iterator[tuple[Matrix, Matrix]]:
    """The tiles of the upper half with those of the lower, and the diagonal's with themselves."""
    starts = range(0, matrix.shape[0], TILE)
    for row in starts:
        for column in starts:
            if row <= column:
                across, down = slice(row, row + TILE), slice(column, column + TILE)
                yield matrix[across, down], matrix[down, across]


def _alike(one: Matrix, other: Matrix, rounding: float) -> bool:
    if np.array_equal(one, other):
        return True
    if not rounding:
        return False
    with np.errstate(all="ignore"):
        larger = np.maximum(np.abs(one), np.abs(other))
        return bool(np.all(np.abs(one - other) <= rounding * larger))
