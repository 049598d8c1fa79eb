"""Matrices that say nothing of where they come from: zeros, constants, identities."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_spectra.sources import entries, is_sparse

GLANCE = 1 << 12  # entries that tell most matrices from plain ones


def is_plain(matrix: Any) -> bool:
    """Whether entries (p, q) are so simple that networks of no relation have the same.

    All are one number; or none of a row but one is other than zero, and those are one number up to
    sign, as in an identity and in the kernels that begin as one.
    """
    values = entries(matrix)
    if values.size == 0:
        return True
    if not (_of_one_number(values.reshape(-1)[:GLANCE]) and _of_one_number(values)):
        return False
    if is_sparse(matrix):
        return bool(np.max(np.diff(matrix.indptr)) <= 1)
    first = values.reshape(-1)[0]
    return bool(np.all(values == first)) or bool(np.max(np.count_nonzero(values, axis=-1)) <= 1)


def _of_one_number(values: Any) -> bool:
    """Whether all entries but zeros are one number, up to sign."""
    sizes = np.abs(values)
    return bool(np.all((sizes == 0) | (sizes == np.max(sizes))))
