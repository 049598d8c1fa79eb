"""Constituents: the diagonal blocks of a partition, and the projections between its regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Constituent, Matrix, is_sparse, is_symmetric
from zoo_spectra_connectome.adjacency import MAX_DENSE_BYTES, Dense

if TYPE_CHECKING:
    from zoo_spectra_connectome.adjacency import Sparse

WHOLE = "adjacency"
DENSE_ENTRIES = 1 << 26  # of a block that is made dense: order 8192, half a GiB
SLAB_ENTRIES = 1 << 22  # of all blocks in a row, made dense at once: to cut many small ones is slow
BYTES_A_NODE = 8 * 256  # of the basis that an estimate keeps, at least
MAX_BLOCKS = 1 << 16
MAX_NAME = 1000  # characters of a region: each is written for each other
Index = np.ndarray[tuple[int], np.dtype[np.intp]]
Slab = Callable[[int, int], "Matrix | Sparse"]


def blocks(
    matrix: Sparse | Dense, labels: Sequence[str] | None, projections: bool = True
) -> Callable[[], Iterator[Constituent]]:
    """A walk over the blocks of ``matrix``, (n, n), in float64; one of them is dense at a time.

    ``labels``: the region of each node, or None for the whole matrix as the one constituent.
    Names are ``region`` and ``region->other``, regions in the order in which they first appear.
    Of an undirected network, whose matrix is symmetric up to rounding, whatever its source, each
    projection is there once, from the earlier region to the later: the other is its transpose.
    Blocks of order below 2 or of zeros are walked over too. Blocks of a sparse matrix stay sparse
    above 2²⁶ entries. Raises NetworkError when a block is too large, or there are too many.
    """
    if labels is None:
        _check_size([WHOLE], np.array([matrix.shape[0]]), matrix)
        return lambda: iter([Constituent(WHOLE, _whole(matrix))])
    names = list(dict.fromkeys(labels))
    once = projections and is_symmetric(matrix)
    _check_names(names, projections, once)
    number = {name: at for at, name in enumerate(names)}
    region = np.array([number[name] for name in labels])
    sizes = np.bincount(region, minlength=len(names))
    _check_size(names, sizes, matrix)
    order = np.argsort(region, kind="stable")
    stops = np.cumsum(sizes)
    cut = _cutter(matrix, order)

    def walk() -> Iterator[Constituent]:
        starts = stops - sizes
        for row, name in enumerate(names):
            slab = cut(int(starts[row]), int(stops[row]))
            for column in range(row if once else 0, len(names)):
                if column == row or projections:
                    label = name if column == row else f"{name}->{names[column]}"
                    yield Constituent(label, slab(int(starts[column]), int(stops[column])))

    return walk


def _whole(matrix: Sparse | Dense) -> Matrix | Sparse:
    if isinstance(matrix, np.ndarray):
        return matrix.astype(np.float64, order="C", copy=False)
    return _dense_if_small(matrix)


def _dense_if_small(part: Any) -> Matrix | Sparse:
    rows, columns = part.shape
    block: Matrix | Sparse = part
    return part.toarray(order="F") if rows * columns <= DENSE_ENTRIES else block


def _cutter(matrix: Sparse | Dense, order: Index) -> Callable[[int, int], Slab]:
    """Blocks of the matrix in another order: of some rows, then of some columns."""
    if isinstance(matrix, np.ndarray):

        def rows(start: int, stop: int) -> Slab:
            part = matrix[order[start:stop]]
            return lambda first, last: part[:, order[first:last]].astype(np.float64)

        return rows
    sorted_matrix = matrix[order][:, order]

    def sparse_rows(start: int, stop: int) -> Slab:
        some = sorted_matrix[start:stop]
        if some.shape[0] * some.shape[1] <= min(SLAB_ENTRIES, DENSE_ENTRIES):
            held = some.toarray(order="F")
            return lambda first, last: held[:, first:last]
        part = some.tocsc()
        return lambda first, last: _dense_if_small(part[:, first:last])

    return sparse_rows


def _check_names(names: list[str], projections: bool, once: bool) -> None:
    pairs = len(names) * (len(names) - 1) if projections else 0
    count = len(names) + (pairs // 2 if once else pairs)
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
    arrows = {
        f"{a}->{b}" for at, a in enumerate(names) for b in names[at + 1 if once else 0 :] if a != b
    }
    if len(arrows | set(names)) < count:
        raise NetworkError(f"region {clash!r} is named like a projection; rename it")


def _check_size(names: list[str], sizes: Index, matrix: Sparse | Dense) -> None:
    largest = int(sizes.max())
    needed, how = 8 * largest * largest, "as a dense matrix"
    if is_sparse(matrix) and largest * largest > DENSE_ENTRIES:
        needed, how = BYTES_A_NODE * largest, "to be estimated"
    if needed > MAX_DENSE_BYTES:
        raise NetworkError(
            f"block {names[int(sizes.argmax())]!r} of {largest:,} nodes takes "
            f"{needed / 2**30:.1f} GiB {how}, more than the "
            f"{MAX_DENSE_BYTES / 2**30:.0f} GiB allowed; choose a (finer) partition=ATTRIBUTE"
        )
