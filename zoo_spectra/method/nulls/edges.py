"""A matrix as its non-zero entries: what a null model moves, and what it leaves.

Of a symmetric matrix each pair of mirrored entries is one edge. The diagonal of a block of a
connectome holds loops, of a neuron on itself: they are no edges, and stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoo_spectra.sources import Matrix, Sparse, is_sparse, is_symmetric

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """``rows``, ``columns`` and ``values``, (E,), of the entries that a null model moves.

    Of a ``symmetric`` matrix they are those above the diagonal. ``held``: whether the diagonal
    stays; ``loops``, (k,), are its non-zero places then, and ``loop_values`` its values.
    """

    shape: tuple[int, int]
    rows: Places
    columns: Places
    values: Matrix
    symmetric: bool
    held: bool
    loops: Places
    loop_values: Matrix
    sparse: bool

    @property
    def count(self) -> int:
        """E, the number of edges."""
        return len(self.values)

    @property
    def cells(self) -> int:
        """The number of places where an edge may be."""
        p, q = self.shape
        if self.symmetric:
            return p * (p - 1) // 2
        return p * q - (p if self.held else 0)

    @property
    def keys(self) -> Places:
        """The place of each edge as one number, row by row."""
        return self.rows * self.shape[1] + self.columns


def edges_of(matrix: Matrix | Sparse, loops: bool) -> Edges:
    """The edges of a matrix, (p, q). ``loops``: whether its diagonal, if square, stays."""
    p, q = int(matrix.shape[0]), int(matrix.shape[1])
    symmetric = is_symmetric(matrix)
    held = symmetric or (loops and p == q)
    if is_sparse(matrix):
        entries = matrix.tocoo()
        rows, columns = (np.asarray(at, dtype=np.int64) for at in (entries.row, entries.col))
        values = np.asarray(entries.data)
    else:
        at_rows, at_columns = np.nonzero(matrix)
        rows, columns = at_rows.astype(np.int64), at_columns.astype(np.int64)
        values = matrix[at_rows, at_columns]
    on = (rows == columns) if held else np.zeros(len(rows), dtype=bool)
    moved = (rows < columns) if symmetric else ~on
    return Edges(
        (p, q),
        rows[moved],
        columns[moved],
        values[moved],
        symmetric,
        held,
        rows[on],
        values[on],
        is_sparse(matrix),
    )


def matrix_of(edges: Edges) -> Matrix | Sparse:
    """The matrix of edges, of the kind and type that ``edges_of`` was given, shape (p, q)."""
    rows, columns, values = edges.rows, edges.columns, edges.values
    if edges.symmetric:
        rows, columns = np.concatenate([rows, columns]), np.concatenate([columns, rows])
        values = np.concatenate([values, values])
    rows, columns = np.concatenate([rows, edges.loops]), np.concatenate([columns, edges.loops])
    values = np.concatenate([values, edges.loop_values])
    if edges.sparse:
        from scipy import sparse

        return sparse.csr_array((values, (rows, columns)), shape=edges.shape)
    made = np.zeros(edges.shape, dtype=values.dtype)
    made[rows, columns] = values
    return made


def places_of(edges: Edges, cells: Places) -> tuple[Places, Places]:
    """The rows and columns of numbered places, (E,), from 0 to ``edges.cells`` - 1."""
    p, q = edges.shape
    if edges.symmetric:
        starts = np.concatenate([[0], np.cumsum(np.arange(p - 1, 0, -1, dtype=np.int64))])
        rows = np.searchsorted(starts, cells, side="right") - 1
        return rows, cells - starts[rows] + rows + 1
    if edges.held:
        rows, columns = np.divmod(cells, q - 1)
        return rows, columns + (columns >= rows)
    rows, columns = np.divmod(cells, q)
    return rows, columns
