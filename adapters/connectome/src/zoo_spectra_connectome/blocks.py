"""Constituents: the diagonal blocks of a partition, and the projections between its regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Constituent, Matrix
from zoo_spectra_connectome.adjacency import MAX_DENSE_BYTES, Dense

if TYPE_CHECKING:
    from zoo_spectra_connectome.adjacency import Sparse

WHOLE = "adjacency"
MAX_BLOCKS = 1 << 16
MAX_NAME = 1000  # characters of a region: each is written for each other
Index = np.ndarray[tuple[int], np.dtype[np.intp]]
Slab = Callable[[int, int], Matrix]


def blocks(
    matrix: Sparse | Dense, labels: Sequence[str] | None, projections: bool = True
) -> Callable[[], Iterator[Constituent]]:
    """A walk over the blocks of ``matrix``, (n, n), in float64; one of them is dense at a time.

    ``labels``: the region of each node, or None for the whole matrix as the one constituent.
    Names are ``region`` and ``region->other``, regions in the order in which they first appear.
    Blocks of order below 2 or of zeros are walked over too. Raises NetworkError when a block is
    too large to be made dense, or there are too many.
    """
    if labels is None:
        _check_size([WHOLE], np.array([matrix.shape[0]]))
        return lambda: iter([Constituent(WHOLE, _whole(matrix))])
    names = list(dict.fromkeys(labels))
    _check_names(names, projections)
    number = {name: at for at, name in enumerate(names)}
    region = np.array([number[name] for name in labels])
    sizes = np.bincount(region, minlength=len(names))
    _check_size(names, sizes)
    order = np.argsort(region, kind="stable")
    stops = np.cumsum(sizes)
    cut = _cutter(matrix, order)

    def walk() -> Iterator[Constituent]:
        for name, row_stop, row_size in zip(names, stops, sizes, strict=True):
            slab = cut(int(row_stop - row_size), int(row_stop))
            for other, stop, size in zip(names, stops, sizes, strict=True):
                if other == name or projections:
                    label = name if other == name else f"{name}->{other}"
                    yield Constituent(label, slab(int(stop - size), int(stop)))

    return walk


def _whole(matrix: Sparse | Dense) -> Matrix:
    if isinstance(matrix, np.ndarray):
        return matrix.astype(np.float64, order="C", copy=False)
    dense: Matrix = matrix.toarray(order="F")
    return dense


def _cutter(matrix: Sparse | Dense, order: Index) -> Callable[[int, int], Slab]:
    """Blocks of the matrix in another order: of some rows, then of some columns."""
    if isinstance(matrix, np.ndarray):

        def rows(start: int, stop: int) -> Slab:
            part = matrix[order[start:stop]]
            return lambda first, last: part[:, order[first:last]].astype(np.float64)

        return rows
    sorted_matrix = matrix[order][:, order]

    def sparse_rows(start: int, stop: int) -> Slab:
        part = sorted_matrix[start:stop].tocsc()
        return lambda first, last: part[:, first:last].toarray()

    return sparse_rows


def _check_names(names: list[str], projections: bool) -> None:
    count = len(names) ** 2 if projections else len(names)
    if count > MAX_BLOCKS:
        raise NetworkError(
            f"{len(names):,} regions give {count:,} blocks, more than {MAX_BLOCKS:,}; choose a "
            "coarser partition" + (", or projections=false" if projections else "")
        )
    longest = max(names, key=len)
    if len(longest) > MAX_NAME:
        raise NetworkError(
            f"region {longest[:40]!r}… has a name of {len(longest):,} characters; rename it"
        )
    clash = next((name for name in names if "->" in name), None)
    if clash is None or not projections:
        return
    arrows = {f"{a}->{b}" for a in names for b in names if a != b}
    if len(arrows | set(names)) < count:
        raise NetworkError(f"region {clash!r} is named like a projection; rename it")


def _check_size(names: list[str], sizes: Index) -> None:
    largest = int(sizes.max())
    needed = 8 * largest * largest
    if needed > MAX_DENSE_BYTES:
        raise NetworkError(
            f"block {names[int(sizes.argmax())]!r} of {largest:,} nodes takes "
            f"{needed / 2**30:.1f} GiB as a dense matrix, more than the "
            f"{MAX_DENSE_BYTES / 2**30:.0f} GiB allowed; choose a (finer) partition=ATTRIBUTE"
        )
