"""GraphML files, read by networkx once the XML was found harmless."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
from defusedxml import DefusedXmlException, ElementTree

from zoo_spectra.errors import NetworkError, UnsafeFileError, nearest
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.graphs import adjacency_from_graph
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """A GraphML file. Raises UnsafeFileError for a DTD, an entity, an outside reference."""
    content = path.read_bytes()
    try:
        ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnsafeFileError(
            f"it has a DTD or entities, which can fill the memory ({error}); remove the DOCTYPE"
        ) from error
    graph: nx.Graph[Any] = nx.read_graphml(BytesIO(content))
    weight = settings.weight
    if weight is not None:
        known = {str(key) for _, _, data in graph.edges(data=True) for key in data}
        if weight not in known:
            raise NetworkError(f"no edge attribute {weight!r}; {nearest(weight, known)}")
    return adjacency_from_graph(graph, weight or "weight")
