"""Constituents: the diagonal blocks of a partition, and the projections between its regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Constituent
from zoo_spectra_connectome.adjacency import MAX_DENSE_BYTES

if TYPE_CHECKING:
    from zoo_spectra_connectome.adjacency import Sparse

WHOLE = "adjacency"
MAX_BLOCKS = 1 << 16


def blocks(
    matrix: Sparse, labels: Sequence[str] | None, projections: bool = True
) -> Callable[[], Iterator[Constituent]]:
    """A walk over the blocks of ``matrix``, (n, n); one of them is dense at a time.

    ``labels``: the region of each node, or None for the whole matrix as the one constituent.
    Names are ``region`` and ``region->other``, regions in the order in which they first appear.
    Blocks of order below 2 or of zeros are walked over too. Raises NetworkError when a block is
    too large to be made dense, or there are too many.
    """
    names = [WHOLE] if labels is None else list(dict.fromkeys(labels))
    _check_names(names, projections)
    number = {name: at for at, name in enumerate(names)}
    region = np.array([number[name] for name in labels or names * matrix.shape[0]])
    sizes = np.bincount(region, minlength=len(names))
    _check_size(names, sizes)
    order = np.argsort(region, kind="stable")
    stops = np.cumsum(sizes)
    sorted_matrix = matrix[order][:, order]

    def walk() -> Iterator[Constituent]:
        for name, row_stop, row_size in zip(names, stops, sizes, strict=True):
            slab = sorted_matrix[row_stop - row_size : row_stop].tocsc()
            for other, stop, size in zip(names, stops, sizes, strict=True):
                if other == name or projections:
                    label = name if other == name else f"{name}->{other}"
                    yield Constituent(label, slab[:, stop - size : stop].toarray())

    return walk


def _check_names(names: list[str], projections: bool) -> None:
    count = len(names) ** 2 if projections else len(names)
    if count > MAX_BLOCKS:
        raise NetworkError(
            f"{len(names):,} regions give {count:,} blocks, more than {MAX_BLOCKS:,}; choose a "
            "coarser partition" + (", or projections=false" if projections else "")
        )
    arrows = {f"{a}->{b}" for a in names for b in names if a != b} if projections else set()
    if len(arrows | set(names)) < count:
        clash = next(name for name in names if "->" in name)
        raise NetworkError(f"region {clash!r} is named like a projection; rename it")


def _check_size(names: list[str], sizes: np.ndarray[tuple[int], np.dtype[np.intp]]) -> None:
    largest = int(sizes.max())
    needed = 8 * largest * largest
    if needed > MAX_DENSE_BYTES:
        raise NetworkError(
            f"block {names[int(sizes.argmax())]!r} of {largest:,} nodes takes "
            f"{needed / 2**30:.1f} GiB as a dense matrix, more than the "
            f"{MAX_DENSE_BYTES / 2**30:.0f} GiB allowed; choose a (finer) partition=ATTRIBUTE"
        )
