"""Regions that a file does not name, and its edges do: components and communities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Scalar
from zoo_spectra_connectome.adjacency import Adjacency

COMPONENT, COMMUNITY = "component", "community"
SEED = 0
TRIALS = 10  # of which the best is kept: a single one may end far from it

Labels = npt.NDArray[np.intp]


def with_derived(adjacency: Adjacency, columns: Sequence[str]) -> Adjacency:
    """The network with the regions among ``columns`` that its edges give, as node attributes.

    ``component``: weakly connected parts. ``community``: Leiden's, of the greatest modularity of A
    + Aᵀ (Traag, Waltman and van Eck, Sci. Rep. 9, 5233, 2019), of a fixed seed. They are numbered
    by size, the largest first, so that the numbers of two networks need not match. An attribute of
    the file itself goes first. Raises NetworkError for communities of negative weights.
    """
    attributes, facts = dict(adjacency.attributes), dict(adjacency.facts)
    for column in columns:
        if column in DERIVED and column not in adjacency.attributes:
            numbers, said = DERIVED[column](adjacency)
            attributes[column] = tuple(f"{column}{number}" for number in _by_size(numbers))
            facts |= said
    return replace(adjacency, attributes=attributes, facts=facts)


def _components(adjacency: Adjacency) -> tuple[Labels, Mapping[str, Scalar]]:
    count, numbers = connected_components(_sparse(adjacency), directed=True, connection="weak")
    return numbers.astype(np.intp), {"components": int(count)}


def _communities(adjacency: Adjacency) -> tuple[Labels, Mapping[str, Scalar]]:
    try:
        from graspologic_native import leiden_csr
    except ImportError as error:
        raise NetworkError(
            f"partition={COMMUNITY} needs graspologic-native; "
            "pip install 'zoo-spectra-connectome[community]'"
        ) from error
    matrix = _sparse(adjacency)
    if matrix.nnz and not matrix.data.min() >= 0:
        raise NetworkError(
            f"partition={COMMUNITY} is of weights ≥ 0, and here some are negative or no number; "
            "give each node's community in a table, nodes=FILE"
        )
    if not matrix.nnz:
        return np.arange(matrix.shape[0]), {"communities": int(matrix.shape[0])}
    both = sparse.csr_array(matrix + matrix.T)
    both.sort_indices()
    modularity, found = leiden_csr(
        both.indptr.astype(np.int64),
        both.indices.astype(np.int32),
        both.data / both.data.max(),
        both.shape[0],
        seed=SEED,
        trials=TRIALS,
    )
    numbers = np.array([found[node] for node in range(both.shape[0])], dtype=np.intp)
    return numbers, {
        "communities": len(set(found.values())),
        "modularity": round(float(modularity), 6),
    }


DERIVED: Mapping[str, Callable[[Adjacency], tuple[Labels, Mapping[str, Scalar]]]] = {
    COMPONENT: _components,
    COMMUNITY: _communities,
}


def _sparse(adjacency: Adjacency) -> Any:
    return sparse.csr_array(adjacency.matrix).astype(np.float64)


def _by_size(numbers: Labels) -> Labels:
    """1 for the members of the largest, and so on; of equal ones the first node's comes first."""
    _, first, inverse, sizes = np.unique(
        numbers, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(sizes), dtype=np.intp)
    rank[np.lexsort((first, -sizes))] = np.arange(1, len(sizes) + 1)
    return np.asarray(rank[inverse])
