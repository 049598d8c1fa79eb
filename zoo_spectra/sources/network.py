"""Networks, artificial or biological, as lists of real matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal

import numpy as np
from blake3 import blake3

from zoo_spectra.sources.matrices import Matrix, Sparse, byte_count, canonical, is_sparse

Kind = Literal["artificial", "biological"]
Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Constituent:
    """One real matrix of a network: a layer's weights, a region's block or a projection.

    ``matrix`` has shape (p, q) and any real dtype. It may be sparse, of any of scipy's formats, and
    is a canonical ``csr_array`` then.
    """

    name: str
    matrix: Matrix | Sparse

    def __post_init__(self) -> None:
        if is_sparse(self.matrix) and self.matrix.ndim == 2:
            object.__setattr__(self, "matrix", canonical(self.matrix))

    @property
    def order(self) -> int:
        """N = min(p, q), the order of the smaller Gram matrix."""
        return min(int(side) for side in self.matrix.shape)

    @property
    def nbytes(self) -> int:
        """The bytes of the matrix in memory."""
        return byte_count(self.matrix)


@dataclass(frozen=True)
class Network:
    """A network: its names, and a way to walk over its constituents one at a time.

    ``constituents()`` may be called more than once; each call starts a new walk and never holds
    more than one constituent in memory. ``metadata`` becomes columns of the catalog. ``identity``
    is the part of ``source`` that says which network it is (empty: all of it); ``load`` sets it.

    ``left_out``: how many stored tensors are in no constituent, by reason (norm, bias, …).
    ``coverage``: the share of all stored entries that are in constituents, in [0, 1]; None where
    nothing is counted. ``notes``: what was guessed when the weights were read, a line each.
    """

    name: str
    kind: Kind
    constituents: Callable[[], Iterator[Constituent]]
    family: str = ""
    source: str = ""
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    identity: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    coverage: float | None = None
    notes: tuple[str, ...] = ()


def flatten_weight(array: Matrix | Sparse) -> Matrix | Sparse:
    """Flatten a weight tensor to (shape[0], product of the rest); a sparse matrix is one already.

    Raises ValueError for a tensor of fewer than 2 dimensions.
    """
    if array.ndim < 2:
        raise ValueError(f"a weight needs at least 2 dimensions, got shape {array.shape}")
    if is_sparse(array):
        return array
    return np.reshape(array, (array.shape[0], prod(array.shape[1:])))


def digest(array: Matrix | Sparse) -> str:
    """BLAKE3-128 of an array's shape, type and entries, hex: the one hash of weights.

    Of a sparse matrix, of any format, the entries are the three arrays of its canonical CSR form,
    with 64-bit indices.
    """
    sparse = is_sparse(array)
    hashed = blake3(f"{array.shape}{array.dtype.str}{'csr' if sparse else ''}".encode())
    if is_sparse(array):
        form = canonical(array)
        parts = [form.indptr.astype("<i8"), form.indices.astype("<i8"), form.data]
    else:
        parts = [array]
    for part in parts:
        values = np.ascontiguousarray(part)
        if values.dtype.hasobject:  # no real numbers, which the analysis will say
            hashed.update(values.tobytes())
        else:
            hashed.update(values.reshape(-1).view(np.uint8).data)
    return hashed.hexdigest(length=16)
