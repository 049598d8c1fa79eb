"""The matrix of a file as a network: what was understood of it, one triangle not taken for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from zoo_spectra.sources import Scalar
from zoo_spectra_connectome.adjacency import Adjacency, from_matrix
from zoo_spectra_connectome.settings import Settings
from zoo_spectra_connectome.symmetry import check_triangle


def network_of(
    matrix: Any, nodes: Sequence[str] | None, settings: Settings, array: str | None = None
) -> Adjacency:
    """The network of a matrix that its file calls ``array``; nodes are 0, 1, … where unnamed.

    Raises NetworkError as ``from_matrix``, and for one triangle where no option says what it is.
    """
    made = from_matrix(matrix, nodes)
    if settings.symmetry is None:
        check_triangle(made.matrix)
    facts: dict[str, Scalar] = {"form": "adjacency", "named": nodes is not None}
    if array is not None:
        facts["array"] = array[:100]
    return replace(made, facts=facts)
