"""The JSON files of the C. elegans connectome toolbox (cect)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, Scalar, budget_of
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

    With ``array`` one kind of connection by its name. Rows are pre-synaptic. Gap junctions are
    symmetric in the files. The files name the cells; the attribute ``type`` is what each is after
    Cook et al. 2019. Toolbox: P. Gleeson et al., OpenWorm ConnectomeToolbox.
    """
    guard = Guard(budget_of(path))
    text = path.read_bytes()
    guard.hold(_parsed_bytes(text), "its JSON")
    content = json.loads(text.decode("utf-8"))
    del text
    if not isinstance(content, dict) or not {"nodes", "connections"} <= content.keys():
        raise FileFormatError(
            "no object with nodes and connections, so no file of cect; save GraphML"
        )
    nodes, connections = content["nodes"], content["connections"]
    if not isinstance(nodes, list) or not all(isinstance(name, str) for name in nodes):
        raise FileFormatError("its nodes are no list of names")
    total: Any = 0
    kinds = _kinds(connections, settings)
    for kind in kinds:
        matrix = np.array(connections[kind])
        if matrix.dtype.kind not in "biuf":
            raise FileFormatError(f"connections {kind} hold something else than numbers")
        if matrix.shape != (len(nodes), len(nodes)):
            raise FileFormatError(f"{kind} has shape {matrix.shape} for {len(nodes)} nodes")
        total = total + matrix
    facts: dict[str, Scalar] = {"form": "adjacency", "named": True, "kinds": ", ".join(kinds)}
    return replace(from_matrix(total, nodes), attributes={"type": _types(nodes)}, facts=facts)


def _kinds(connections: Any, settings: Settings) -> tuple[str, ...]:
    """The kinds of connections that are asked for. Raises NetworkError where more are there."""
    known = list(connections) if isinstance(connections, dict) else []
    wanted = CONNECTIONS[settings.synapse] if settings.array is None else (settings.array,)
    for kind in wanted:
        if kind not in known:
            raise NetworkError(f"no connections {kind} among {', '.join(known[:8]) or 'none'}")
    if settings.array is None and (more := [k for k in known if k not in CONNECTIONS["both"]]):
        raise NetworkError(
            f"it has connections of other kinds too ({', '.join(more)[:200]}); choose one with "
            "array=KIND"
        )
    return wanted


def _types(nodes: list[str]) -> tuple[str | None, ...]:
    text = resources.files("zoo_spectra_connectome").joinpath("c_elegans.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    known = {row[0]: row[1] for row in rows}
    return tuple(known.get(name) for name in nodes)


def _parsed_bytes(text: bytes) -> int:
    """What JSON of such a text may take in memory: each bracket an object, each comma a number."""
    brackets = text.count(b"[") + text.count(b"{")
    return 3 * len(text) + OBJECT_BYTES * brackets + NUMBER_BYTES * text.count(b",")
