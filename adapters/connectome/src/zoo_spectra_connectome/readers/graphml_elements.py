"""The elements of a GraphML file: what each means for the graph."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency, from_edges
from zoo_spectra_connectome.graphs import Attributes

NAMESPACE = "http://graphml.graphdrawing.org/xmlns "
YED = "http://www.yworks.com/xml/graphml "
YED_NODES = ("GenericNode", "ShapeNode", "SVGNode", "ImageNode")
MAX_TEXT = 1 << 20  # characters of one value
NODE_BYTES, EDGE_BYTES, VALUE_BYTES = 400, 100, 150  # of memory
Given = dict[str, str]
Keys = dict[str, tuple[str, Callable[[str], Any]]]


def local(name: str) -> str:
    """An element's name where it is one of GraphML, with its namespace or without any; else ""."""
    bare = name.removeprefix(NAMESPACE)
    return "" if " " in bare else bare


class GraphElements:
    """What the parser calls for each element, and what it has found so far.

    ``carried``: the attributes that edges have. The first graph of the file is the network, with
    the graphs of yEd's groups inside it.
    """

    def __init__(self, guard: Guard, weight: str, keys: Keys) -> None:
        self.carried: dict[str, None] = {}
        self._guard, self._weight, self._keys = guard, weight, keys
        self._open: list[str] = ["file"]  # what each open element is to us
        self._owners: list[dict[str, Any]] = []  # the attributes of open nodes and edges
        self._nodes: dict[str, dict[str, Any]] = {}
        self._ends: dict[str, int] = {}  # the nodes that edges name
        self._edges, self._weights = array("q"), array("d")
        self._numbered: dict[tuple[int, int, str], int] = {}  # edges that have an id
        self._directed: bool | None = None
        self._edge: tuple[str, str, str | None] = ("", "", None)
        self._key = ""
        self._text: list[str] | None = None
        self._length = 0

    def start(self, name: str, given: Given) -> None:
        """An element begins."""
        inside = self._open[-1]
        begin = _BEGIN.get((inside, local(name)))
        if inside in ("data", "yed", "label"):
            self._open.append(self._begin_of_yed(inside, name.removeprefix(YED), given))
        else:
            self._open.append("" if begin is None else begin(self, given))

    def end(self, _: str) -> None:
        """The element that was begun last ends."""
        what = self._open.pop()
        if what == "data":
            self._end_of_data()
        elif what == "label":
            self._end_of_label()
        elif what in ("node", "group"):
            self._owners.pop()
        elif what == "edge":
            self._end_of_edge(self._owners.pop())

    def characters(self, text: str) -> None:
        """Text inside the element that was begun last."""
        if self._text is not None:
            self._length += len(text)
            if self._length > MAX_TEXT:
                raise FileFormatError(f"it has a value of more than {MAX_TEXT:,} characters")
            self._text.append(text)

    def adjacency(self) -> Adjacency:
        """The network; undirected edges both ways, loops once. Raises NetworkError."""
        if self._directed is None:
            raise FileFormatError("not a whole graphml file (it has no graph); write it again")
        places = {name: at for at, name in enumerate(self._nodes)}
        for name in self._ends:
            places.setdefault(name, len(places))
        order = np.array([places[name] for name in self._ends], np.int64)
        rows, columns = order[np.array(self._edges, np.int64)].reshape(-1, 2).T
        weights = np.array(self._weights)
        if not self._directed:
            off = rows != columns
            rows, columns = np.append(rows, columns[off]), np.append(columns, rows[off])
            weights = np.append(weights, weights[off])
        adjacency = from_edges(rows, columns, weights, list(places))
        attributes = Attributes([self._nodes.get(name, {}) for name in places])
        return Adjacency(adjacency.matrix, adjacency.nodes, attributes)

    def _begin_graph(self, given: Given) -> str:
        if self._directed is not None:
            return ""
        self._directed = given.get("edgedefault") == "directed"
        return "graph"

    def _begin_group(self, _: Given) -> str:
        return "graph"

    def _begin_node(self, given: Given) -> str:
        name = _required(given, "id", "a node")
        self._guard.hold(NODE_BYTES + len(name), "its nodes")
        self._owners.append(self._nodes.setdefault(name, {}))
        return "group" if given.get("yfiles.foldertype") == "group" else "node"

    def _begin_edge(self, given: Given) -> str:
        wrong = "false" if self._directed else "true"
        if given.get("directed") == wrong:
            kind = "a directed" if self._directed else "an undirected"
            raise FileFormatError(f"it has an edge with directed={wrong} in {kind} graph")
        source, target = (_required(given, end, "an edge") for end in ("source", "target"))
        self._edge = source, target, given.get("id")
        self._guard.hold(EDGE_BYTES, "its edges")
        self._owners.append({})
        return "edge"

    def _begin_data(self, given: Given) -> str:
        self._key = given.get("key", "")
        if self._key not in self._keys:
            raise FileFormatError(f"it has data of the key {self._key[:40]!r}, which is not there")
        self._text, self._length = [], 0
        return "data"

    def _refuse(self, _: Given) -> str:
        raise FileFormatError("it has hyperedges, which are no entries of a matrix")

    def _end_of_data(self) -> None:
        text, self._text = self._text, None
        if text is None:
            return
        name, convert = self._keys[self._key]
        value = "".join(text)
        self._guard.hold(VALUE_BYTES + len(value), "its values")
        try:
            self._owners[-1][name] = convert(value) if value else ""
        except (ValueError, KeyError) as error:
            raise FileFormatError(f"{value[:40]!r} is no value of {name[:40]!r}") from error

    def _end_of_edge(self, data: dict[str, Any]) -> None:
        source, target, name = self._edge
        value = data.get(self._weight, 1.0)
        self.carried |= dict.fromkeys(data)
        if isinstance(value, str):
            raise NetworkError(
                f"edge {source!r}, {target!r}: {self._weight} {value!r} is no real number"
            )
        ends = self._ends
        first, last = (ends.setdefault(end, len(ends)) for end in (source, target))
        name = name or data.get("key")
        if name is not None:  # a second edge of one id is the first, told again
            pair = (first, last) if self._directed else (min(first, last), max(first, last))
            at = self._numbered.setdefault((*pair, str(name)), len(self._weights))
            if at < len(self._weights):
                if self._weight in data:
                    self._weights[at] = value
                return
        self._edges.extend((first, last))
        self._weights.append(value)

    def _begin_of_yed(self, inside: str, name: str, given: Given) -> str:
        """What yEd draws of a node: its label, its place and its shape are attributes."""
        owner = self._owners[-1]
        if inside == "data":
            self._text = None
            if name == "GenericNode" and "configuration" in given:
                owner["shape_type"] = given["configuration"]
            return "yed" if name in YED_NODES else "drawn"
        if inside == "label":
            self._end_of_label()
        elif name == "NodeLabel" and "label" not in owner:
            self._text, self._length = [], 0
            return "label"
        elif name == "Geometry":
            owner |= {axis: given.get(axis) for axis in ("x", "y")}
        elif name == "Shape":
            owner["shape_type"] = given.get("type")
        return "drawn"

    def _end_of_label(self) -> None:
        if self._text is not None:
            self._owners[-1]["label"] = "".join(self._text) or None
        self._text = None


def _required(given: Given, name: str, what: str) -> str:
    if name not in given:
        raise FileFormatError(f"it has {what} without {name}")
    return given[name]


_BEGIN: dict[tuple[str, str], Callable[[GraphElements, Given], str]] = {
    ("file", "graphml"): lambda *_: "root",
    ("root", "graph"): GraphElements._begin_graph,
    ("group", "graph"): GraphElements._begin_group,
    ("graph", "node"): GraphElements._begin_node,
    ("graph", "edge"): GraphElements._begin_edge,
    ("graph", "hyperedge"): GraphElements._refuse,
    **{(owner, "data"): GraphElements._begin_data for owner in ("node", "group", "edge")},
}
