"""Networks, artificial or biological, as lists of real matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from blake3 import blake3

Kind = Literal["artificial", "biological"]
Scalar = str | int | float | bool | None
Matrix = npt.NDArray[Any]


@dataclass(frozen=True)
class Constituent:
    """One real matrix of a network: a layer's weights, a region's block or a projection.

    ``matrix`` has shape (p, q) and any real dtype; sparse matrices are made dense by adapters.
    """

    name: str
    matrix: Matrix

    @property
    def order(self) -> int:
        """N = min(p, q), the order of the smaller Gram matrix."""
        return min(int(side) for side in self.matrix.shape)


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


def flatten_weight(array: Matrix) -> Matrix:
    """Flatten a weight tensor to (shape[0], product of the rest).

    Raises ValueError for a tensor of fewer than 2 dimensions.
    """
    if array.ndim < 2:
        raise ValueError(f"a weight needs at least 2 dimensions, got shape {array.shape}")
    return np.reshape(array, (array.shape[0], prod(array.shape[1:])))


def digest(array: Matrix) -> str:
    """BLAKE3-128 of an array's shape, type and entries, hex: the one hash of weights."""
    hashed = blake3(f"{array.shape}{array.dtype.str}".encode())
    values = np.ascontiguousarray(array)
    if values.dtype.hasobject:  # no real numbers, which the analysis will say
        hashed.update(values.tobytes())
    else:
        hashed.update(values.reshape(-1).view(np.uint8).data)
    return hashed.hexdigest(length=16)
