"""The adjacency matrix of a network, sparse or dense, with the names of its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt
from scipy import sparse

from zoo_spectra.errors import FileFormatError, NetworkError, ZooSpectraError
from zoo_spectra.sources import Scalar, is_symmetric, mirrored_tiles

if TYPE_CHECKING:
    Sparse = sparse.csr_array[np.float64, tuple[int, int]]

Dense = npt.NDArray[Any]
MAX_DENSE_BYTES = 4 << 30  # 23,170² in float64; a larger eigenproblem would take hours anyway
MAX_NODES = 10_000_000  # even an empty sparse matrix holds an index per row
SPARSE_BELOW = 1 / 16  # share of entries: above it a sparse matrix takes more than it saves
TILE = 1024
MAX_MESSAGE = 1000  # characters, of what a file makes an error say


@dataclass(frozen=True)
class Adjacency:
    """``matrix``: (n, n), rows pre-synaptic, columns post-synaptic; ``nodes``: n names.

    Sparse in float64, or dense in the file's own type where few entries are zero. ``attributes``:
    what the file itself says of each node, by attribute; None where it is silent. ``implied``:
    the file lists edges only, so that a node without any is not in it. ``facts``: what was
    understood of the file, by name, for the network's row.
    """

    matrix: Sparse | Dense
    nodes: Sequence[str]
    attributes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    implied: bool = False
    facts: Mapping[str, Scalar] = field(default_factory=dict)


class Numbered(Sequence[str]):
    """The names 0, 1, …, of nodes that have none: made when asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        places = range(self._count)[at]
        return str(places) if isinstance(places, int) else list(map(str, places))


def from_edges(
    rows: npt.ArrayLike, columns: npt.ArrayLike, weights: npt.ArrayLike, nodes: Sequence[str]
) -> Adjacency:
    """Sum the edges (row, column, weight) into a matrix; parallel edges add up."""
    check_count(len(nodes))
    index = (np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64))
    entries = np.asarray(weights, dtype=np.float64)
    summed = sparse.coo_array((entries, index), shape=(len(nodes), len(nodes))).tocsr()
    return Adjacency(_clean(summed), nodes)


def from_matrix(matrix: Any, nodes: Sequence[str] | None = None) -> Adjacency:
    """A square matrix, dense or sparse, of real numbers; nodes are 0, 1, … where unnamed.

    A dense one is kept, not copied, unless it is nearly empty. Raises NetworkError when it is not
    square or not of numbers.
    """
    check_matrix(tuple(matrix.shape), np.dtype(matrix.dtype))
    names = Numbered(matrix.shape[0]) if nodes is None else nodes
    if not sparse.issparse(matrix) and np.count_nonzero(matrix) >= SPARSE_BELOW * matrix.size:
        return Adjacency(_without_negative_zeros(matrix), names)
    return Adjacency(_clean(sparse.csr_array(matrix, dtype=np.float64)), names)


def check_matrix(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Raise NetworkError for what is no square matrix of real numbers, or too large a one."""
    if dtype.kind not in "biuf":
        raise NetworkError(f"its entries are {dtype}, not real numbers")
    if len(shape) != 2 or shape[0] != shape[1]:
        raise NetworkError(f"shape {shape} is not square, so it is no adjacency matrix")
    check_count(shape[0])


def summary(matrix: Sparse | Dense) -> dict[str, Scalar]:
    """Nodes, edges, directed, weighted, density.

    ``edges`` counts nonzero entries, in pairs when the matrix is symmetric up to rounding (then
    ``directed`` is false); ``density`` is the share of the n(n-1) off-diagonal entries that are
    nonzero.
    """
    count = matrix.shape[0]
    loops = int(np.count_nonzero(matrix.diagonal()))
    if isinstance(matrix, np.ndarray):
        filled = int(np.count_nonzero(matrix))
        rows = (matrix[at : at + TILE] for at in range(0, count, TILE))
        weighted = any(bool(np.any((part != 0) & (part != 1))) for part in rows)
    else:
        filled, weighted = int(matrix.nnz), bool(np.any(matrix.data != 1.0))
    between = filled - loops
    directed = not is_symmetric(matrix)
    return {
        "nodes": count,
        "edges": loops + (between if directed else between // 2),
        "directed": directed,
        "weighted": weighted,
        "density": between / (count * (count - 1)),
    }


def check_entries(adjacency: Adjacency) -> None:
    """Raise NetworkError where an entry is NaN: it is missing, and neither an edge nor none."""
    place = _first_missing(adjacency.matrix)
    if place is not None:
        row, column = (adjacency.nodes[at][:40] for at in place)
        raise NetworkError(
            f"the entry from {row} to {column} is missing (nan), if no other; leave that region "
            "out, or write what stands there"
        )


def _first_missing(matrix: Any) -> tuple[int, int] | None:
    if not isinstance(matrix, np.ndarray):
        missing = np.flatnonzero(np.isnan(matrix.data))
        rows, columns = matrix.tocoo().coords if len(missing) else ((), ())
        return (int(rows[missing[0]]), int(columns[missing[0]])) if len(missing) else None
    for at in range(0, len(matrix) if matrix.dtype.kind == "f" else 0, TILE):
        places = np.argwhere(np.isnan(matrix[at : at + TILE]))
        if len(places):
            return at + int(places[0][0]), int(places[0][1])
    return None


def transpose_in_place(matrix: Dense) -> None:
    """Aᵀ in the place of A, square: a copy of a large matrix is a lot of memory."""
    for upper, lower in mirrored_tiles(matrix):
        kept = upper.T.copy()
        upper[...] = lower.T
        lower[...] = kept


def check_count(count: int) -> None:
    """Raise NetworkError for a network of fewer than two nodes, or of too many."""
    if count == 0:
        raise NetworkError("it has no nodes and no edges")
    if count == 1:
        raise NetworkError("it has one node; a network needs at least two")
    if count > MAX_NODES:
        raise NetworkError(f"{count:,} nodes are more than the {MAX_NODES:,} that are allowed")


def check_bytes(size: int) -> None:
    """Raise NetworkError for a matrix whose reading takes more than MAX_DENSE_BYTES."""
    if size > MAX_DENSE_BYTES:
        raise NetworkError(
            f"it takes {size / 2**30:.1f} GiB of memory to read, more than the "
            f"{MAX_DENSE_BYTES / 2**30:.0f} GiB allowed; save it sparse (.mtx, scipy's save_npz)"
        )


def is_number(name: str) -> bool:
    """Whether a node id is a whole number in its usual spelling."""
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever reading ``path`` raises into a NetworkError that names it."""
    try:
        yield
    except NetworkError as error:
        said = str(error)
        said = said if len(said) <= MAX_MESSAGE else said[:MAX_MESSAGE] + "…"
        raise type(error)(f"{path}: {said}") from error
    except ZooSpectraError:
        raise
    except MemoryError as error:
        raise NetworkError(f"{path}: too large for this machine's memory; {error}") from error
    except FileNotFoundError as error:
        raise NetworkError(f"{path}: no such file; was it moved?") from error
    except PermissionError as error:
        raise NetworkError(f"{path}: may not be read; {error.strerror}") from error
    except Exception as error:  # a malformed file can make a parser raise anything
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileFormatError(
            f"{path}: not a whole {what} file ({said}); write it again"
        ) from error


def _clean(matrix: Any) -> Sparse:
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    clean: Sparse = matrix
    return clean


def _without_negative_zeros(matrix: Dense) -> Dense:
    """-0 is no edge either: a sparse matrix would have none there."""
    if matrix.dtype.kind != "f":
        return matrix
    added: Dense = np.add(matrix, 0.0, out=matrix if matrix.flags.writeable else None)
    return added
