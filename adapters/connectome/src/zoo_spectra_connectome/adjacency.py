"""The adjacency matrix of a network, sparse, with the names of its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from zoo_spectra.errors import FileFormatError, NetworkError, ZooSpectraError
from zoo_spectra.sources import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    Sparse = sparse.csr_array[np.float64, tuple[int, int]]

MAX_DENSE_BYTES = 4 << 30  # 23,170² in float64; a larger eigenproblem would take hours anyway
MAX_NODES = 10_000_000  # even an empty sparse matrix holds an index per row


@dataclass(frozen=True)
class Adjacency:
    """``matrix``: (n, n) float64, rows pre-synaptic, columns post-synaptic. ``nodes``: n names.

    ``attributes``: what the file itself says of each node, by attribute; None where it is silent.
    """

    matrix: Sparse
    nodes: tuple[str, ...]
    attributes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def from_edges(
    rows: npt.ArrayLike, columns: npt.ArrayLike, weights: npt.ArrayLike, nodes: Sequence[str]
) -> Adjacency:
    """Sum the edges (row, column, weight) into a matrix; parallel edges add up."""
    check_count(len(nodes))
    index = (np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64))
    entries = np.asarray(weights, dtype=np.float64)
    summed = sparse.coo_array((entries, index), shape=(len(nodes), len(nodes))).tocsr()
    return Adjacency(_clean(summed), tuple(nodes))


def from_matrix(matrix: Any, nodes: Sequence[str] | None = None) -> Adjacency:
    """A square matrix, dense or sparse, of real numbers; nodes are 0, 1, … where unnamed.

    Raises NetworkError when it is not square or not of numbers.
    """
    shape, dtype = tuple(matrix.shape), np.dtype(matrix.dtype)
    if dtype.kind not in "biuf":
        raise NetworkError(f"its entries are {dtype}, not real numbers")
    if len(shape) != 2 or shape[0] != shape[1]:
        raise NetworkError(f"shape {shape} is not square, so it is no adjacency matrix")
    check_count(shape[0])
    names = map(str, range(shape[0])) if nodes is None else nodes
    return Adjacency(_clean(sparse.csr_array(matrix, dtype=np.float64)), tuple(names))


def symmetrised(adjacency: Adjacency) -> Adjacency:
    """The undirected network: A + Aᵀ with the diagonal counted once.

    A matrix that is symmetric already is kept, so that a file which lists each edge both ways
    gives the same network as one which lists it once.
    """
    matrix = adjacency.matrix
    if is_symmetric(matrix):
        return adjacency
    loops = sparse.diags_array(matrix.diagonal())
    both = sparse.csr_array(matrix + matrix.T - loops)
    return Adjacency(_clean(both), adjacency.nodes, adjacency.attributes)


def is_symmetric(matrix: Sparse) -> bool:
    """Whether A = Aᵀ exactly."""
    different: Any = matrix != sparse.csr_array(matrix.T)
    return int(different.nnz) == 0


def summary(matrix: Sparse) -> dict[str, Scalar]:
    """Nodes, edges, directed, weighted, density.

    ``edges`` counts nonzero entries, in pairs when the matrix is symmetric (then ``directed`` is
    false); ``density`` is the share of the n(n-1) off-diagonal entries that are nonzero.
    """
    count = matrix.shape[0]
    loops = int(np.count_nonzero(matrix.diagonal()))
    between = int(matrix.nnz) - loops
    directed = not is_symmetric(matrix)
    return {
        "nodes": count,
        "edges": loops + (between if directed else between // 2),
        "directed": directed,
        "weighted": bool(np.any(matrix.data != 1.0)),
        "density": between / (count * (count - 1)),
    }


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


def index_nodes(ends: Iterable[Sequence[str]]) -> dict[str, int]:
    """Number the node ids of an edge list.

    In numerical order where all are whole numbers, else in the order of first appearance.
    """
    names = list(dict.fromkeys(name for end in ends for name in end))
    if all(is_number(name) for name in names):
        names.sort(key=int)
    return {name: at for at, name in enumerate(names)}


def is_number(name: str) -> bool:
    """Whether a node id is a whole number in its usual spelling."""
    return name.isascii() and name.isdigit() and (name == "0" or name[0] != "0")


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn whatever reading ``path`` raises into a NetworkError that names it."""
    try:
        yield
    except NetworkError as error:
        raise type(error)(f"{path}: {error}") from error
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
