"""The JSON files of the C. elegans connectome toolbox (cect)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency, from_matrix
from zoo_spectra_connectome.settings import Settings

OBJECT_BYTES, NUMBER_BYTES = 120, 40  # of memory, in Python
CONNECTIONS: Mapping[str, tuple[str, ...]] = {
    "chemical": ("Generic_CS",),
    "gap": ("Generic_GJ",),
    "both": ("Generic_CS", "Generic_GJ"),
}


def read(path: Path, settings: Settings) -> Adjacency:
    """A cached dataset of ``cect``: chemical synapses, gap junctions, or the sum of both.

    Rows are pre-synaptic. The files name the cells and carry no classes of them. Gap junctions
    are symmetric in the files. Toolbox: P. Gleeson et al., OpenWorm ConnectomeToolbox.
    """
    guard = Guard(budget_of(path))
    text = path.read_bytes()
    guard.hold(_parsed_bytes(text), "its JSON")
    content = json.loads(text.decode("utf-8"))
    del text
    if not isinstance(content, dict) or not {"nodes", "connections"} <= content.keys():
        raise FileFormatError("no object with nodes and connections, so no file of cect")
    nodes, connections = content["nodes"], content["connections"]
    if not isinstance(nodes, list) or not all(isinstance(name, str) for name in nodes):
        raise FileFormatError("its nodes are no list of names")
    total: Any = 0
    for kind in CONNECTIONS[settings.synapse]:
        if not isinstance(connections, dict) or kind not in connections:
            raise NetworkError(f"no connections {kind} among {', '.join(connections) or 'none'}")
        matrix = np.array(connections[kind])
        if matrix.dtype.kind not in "biuf":
            raise FileFormatError(f"connections {kind} hold something else than numbers")
        if matrix.shape != (len(nodes), len(nodes)):
            raise FileFormatError(f"{kind} has shape {matrix.shape} for {len(nodes)} nodes")
        total = total + matrix
    return from_matrix(total, nodes)


def _parsed_bytes(text: bytes) -> int:
    """What JSON of such a text may take in memory: each bracket an object, each comma a number."""
    brackets = text.count(b"[") + text.count(b"{")
    return 3 * len(text) + OBJECT_BYTES * brackets + NUMBER_BYTES * text.count(b",")
