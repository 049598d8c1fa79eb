"""Null models ``shuffled`` and ``gaussian``: all entries, zeros too; for dense matrices.

A symmetric matrix stays symmetric, with its diagonal apart.
"""

from __future__ import annotations

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.method.nulls.edges import edges_of, matrix_of
from zoo_spectra.method.nulls.places import block
from zoo_spectra.sources import Matrix, Sparse, is_sparse, is_symmetric


def shuffled(matrix: Matrix | Sparse, random: np.random.Generator) -> Matrix | Sparse:
    """All entries of a matrix, (p, q), in another order: each order equally likely."""
    if is_sparse(matrix):  # the entries that are not zero, anywhere
        return matrix_of(block(edges_of(matrix, loops=False), random))
    if not is_symmetric(matrix):
        return random.permutation(matrix.reshape(-1)).reshape(matrix.shape)
    made, upper = np.empty_like(matrix), np.triu_indices(len(matrix), 1)
    made[upper] = random.permutation(matrix[upper])
    made.T[upper] = made[upper]
    np.fill_diagonal(made, random.permutation(np.diagonal(matrix)))
    return made


def gaussian(
    matrix: Matrix | Sparse, random: np.random.Generator, exact_limit: int
) -> Matrix | Sparse:
    """Independent Gaussian entries with the mean and the standard deviation of a matrix's own.

    Raises NetworkError for a sparse matrix of an order above ``exact_limit``: it would be dense.
    """
    if is_sparse(matrix):
        order = min(matrix.shape)
        if order > exact_limit:
            raise NetworkError(
                f"a Gaussian matrix is dense, and this one is sparse and of order {order:,}, above "
                f"the exact limit of {exact_limit:,}: take --model degree or erdos-renyi"
            )
        matrix = matrix.toarray()
    kind = matrix.dtype if matrix.dtype.kind == "f" else np.dtype(np.float64)
    if not is_symmetric(matrix):
        return _like(matrix, random).astype(kind).reshape(matrix.shape)
    made, upper = np.empty(matrix.shape, kind), np.triu_indices(len(matrix), 1)
    made[upper] = _like(matrix[upper], random)
    made.T[upper] = made[upper]
    np.fill_diagonal(made, _like(np.diagonal(matrix), random))
    return made


def _like(entries: Matrix, random: np.random.Generator) -> Matrix:
    """As many Gaussian numbers, of the entries' mean and standard deviation, shape (n,)."""
    wide = entries.astype(np.float64).reshape(-1)
    return np.asarray(wide.mean() + wide.std() * random.standard_normal(len(wide)))
