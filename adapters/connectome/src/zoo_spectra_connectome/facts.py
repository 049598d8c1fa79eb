"""What was understood of a network, for its row and for ``ls --peek``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_spectra.sources import Scalar
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.symmetry import triangles

FACTS = (
    "form",
    "array",
    "delimiter",
    "decimal",
    "columns",
    "source_column",
    "target_column",
    "weight_column",
    "kind_column",
    "kinds",
    "named",
    "rows",
    "duplicates",
    "undirected_rows",
    "symmetry",
    "loops",
    "heaviest",
    "components",
    "communities",
    "modularity",
)


def facts_of(adjacency: Adjacency) -> Mapping[str, Scalar]:
    """The reader's facts, and of the matrix: symmetry, loops, the heaviest edge with its weight."""
    matrix = adjacency.matrix
    return {
        **adjacency.facts,
        "symmetry": triangles(matrix),
        "loops": int(np.count_nonzero(matrix.diagonal())),
        "heaviest": _heaviest(adjacency),
    }


def _heaviest(adjacency: Adjacency) -> str | None:
    """``A -> B: 12``; None where there is no edge, or none that is a number."""
    row, column = _place_of_largest(adjacency.matrix)
    value = float(adjacency.matrix[row, column])
    if value == 0 or value != value:
        return None
    source, target = (adjacency.nodes[at][:40] for at in (row, column))
    return f"{source} -> {target}: {value:.6g}"


def _place_of_largest(matrix: Any) -> tuple[int, int]:
    if not isinstance(matrix, np.ndarray):
        entries = matrix.tocoo()
        if not entries.nnz:
            return 0, 0
        at = int(np.argmax(np.abs(np.nan_to_num(entries.data))))
        return int(entries.coords[0][at]), int(entries.coords[1][at])
    best, place = -1.0, (0, 0)
    for row, values in enumerate(matrix):
        sizes = np.abs(np.nan_to_num(values.astype(np.float64)))
        column = int(np.argmax(sizes))
        if sizes[column] > best:
            best, place = float(sizes[column]), (row, column)
    return place
