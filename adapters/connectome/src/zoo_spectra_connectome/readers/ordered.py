"""Nodes in numerical order where all are whole numbers, as in every list of edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zoo_spectra_connectome.adjacency import Adjacency, is_number


def by_number(adjacency: Adjacency) -> Adjacency:
    """The same network, its nodes in numerical order if each is a whole number."""
    names = list(adjacency.nodes)
    if not all(map(is_number, names)):
        return adjacency
    order = np.array(sorted(range(len(names)), key=lambda at: int(names[at])))
    matrix = adjacency.matrix[order][:, order]
    attributes = {
        name: tuple(values[at] for at in order) for name, values in adjacency.attributes.items()
    }
    nodes = [names[at] for at in order]
    return replace(adjacency, matrix=matrix, nodes=nodes, attributes=attributes)
