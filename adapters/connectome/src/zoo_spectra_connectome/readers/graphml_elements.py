"""The elements of a GraphML file: what each means for the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError, nearest
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.attributed import AttributedEdges
from zoo_spectra_connectome.graphs import Attributes
from zoo_spectra_connectome.settings import Settings

NAMESPACE = "http://graphml.graphdrawing.org/xmlns "
YED = "http://www.yworks.com/xml/graphml "
YED_NODES = ("GenericNode", "ShapeNode", "SVGNode", "ImageNode")
MAX_TEXT = 1 << 20  # characters of one value
NODE_BYTES, ID_BYTES, VALUE_BYTES = 400, 150, 150  # of memory
Given = dict[str, str]


@dataclass(frozen=True)
class Key:
    """An attribute: its name, how its text is read, and what holds where none is given."""

    name: str
    convert: Callable[[str], Any]
    default: Any = None

    def value(self, text: str) -> Any:
        """The value that a text stands for. Raises FileFormatError."""
        try:
            return self.convert(text.strip() if self.convert is not str else text) if text else ""
        except (ValueError, KeyError) as error:
            raise FileFormatError(f"{text[:40]!r} is no value of {self.name[:40]!r}") from error


Keys = dict[tuple[str, str], Key]  # by what they are for, and their id


def local(name: str) -> str:
    """An element's name where it is one of GraphML, with its namespace or without any; else ""."""
    bare = name.removeprefix(NAMESPACE)
    return "" if " " in bare else bare


class GraphElements:
    """What the parser calls for each element, and what it has found so far.

    One graph of the file is the network, with the graphs of yEd's groups inside it: the only one,
    or that of the id ``chosen`` (its number, from 1, where it has no id).
    """

    def __init__(self, guard: Guard, keys: Keys, chosen: str | None) -> None:
        self._guard, self._keys, self._chosen = guard, keys, chosen
        self._open: list[str] = ["file"]  # what each open element is to us
        self._owners: list[dict[str, Any]] = []  # the attributes of open nodes and edges
        self._graphs: dict[str, bool] = {}  # their ids, and whether they are directed
        self._inside: list[bool] = []  # of the open graphs, whether each is the one
        self._nodes: dict[str, dict[str, Any]] = {}
        self._places: dict[str, int] = {}  # the numbers of nodes, as they are met
        self._edges = AttributedEdges(guard)
        self._directed: list[bool] = []  # of the open graphs
        self._common = self._defaults("edge")
        self._ids: set[tuple[int, int, str]] = set()
        self._edge: Given = {}
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
        elif what == "graph":
            self._end_of_graph()
        elif what == "edge":
            self._end_of_edge(self._owners.pop())

    def characters(self, text: str) -> None:
        """Text inside the element that was begun last."""
        if self._text is not None:
            self._length += len(text)
            if self._length > MAX_TEXT:
                raise FileFormatError(f"it has a value of more than {MAX_TEXT:,} characters")
            self._text.append(text)

    def adjacency(self, settings: Settings) -> Adjacency:
        """The network; undirected edges both ways, loops once. Raises NetworkError."""
        if not self._graphs:
            raise FileFormatError("not a whole graphml file (it has no graph); write it again")
        names = ", ".join(name[:40] for name in list(self._graphs)[:8])
        if self._chosen is None and len(self._graphs) > 1:
            raise NetworkError(
                f"it has {len(self._graphs)} graphs ({names}); choose one with array=ID"
            )
        if self._chosen is not None and self._chosen not in self._graphs:
            raise NetworkError(f"no graph {self._chosen!r}; {nearest(self._chosen, self._graphs)}")
        data = [self._nodes.get(name, {}) for name in self._places]
        attributes = Attributes(data, self._defaults("node"))
        return replace(self._edges.adjacency(list(self._places), settings), attributes=attributes)

    def _defaults(self, kind: str) -> dict[str, Any]:
        return {
            key.name: key.default
            for (what, _), key in self._keys.items()
            if what in (kind, "all") and key.default is not None
        }

    def _begin_graph(self, given: Given) -> str:
        name = given.get("id") or str(len(self._graphs) + 1)
        if name in self._graphs:
            raise FileFormatError(f"two graphs have the id {name[:40]!r}; rename one")
        self._guard.hold(NODE_BYTES + len(name), "its graphs")
        default = given.get("edgedefault")
        if default not in ("directed", "undirected"):
            raise FileFormatError(
                f"graph {name[:40]!r} does not say edgedefault, directed or undirected"
            )
        self._graphs[name] = default == "directed"
        self._inside.append(self._chosen in (None, name))
        self._directed.append(self._graphs[name])
        return "graph"

    def _begin_group(self, given: Given) -> str:
        """The graph of a group of yEd is part of the one around it."""
        default = given.get("edgedefault")
        self._inside.append(self._inside[-1])
        self._directed.append(self._directed[-1] if default is None else default == "directed")
        return "graph"

    def _end_of_graph(self) -> None:
        self._inside.pop()
        self._directed.pop()

    def _begin_node(self, given: Given) -> str:
        name = _required(given, "id", "a node")
        self._guard.hold(NODE_BYTES + len(name), "its nodes")
        if self._inside[-1]:
            self._owners.append(self._nodes.setdefault(name, {}))
            self._places.setdefault(name, len(self._places))
        else:
            self._owners.append({})
        return "group" if given.get("yfiles.foldertype") == "group" else "node"

    def _begin_edge(self, given: Given) -> str:
        for end in ("source", "target"):
            _required(given, end, "an edge")
        if given.get("directed", "true") not in ("true", "false"):
            raise FileFormatError(f"it has an edge with directed={given['directed'][:40]!r}")
        self._edge = given
        self._owners.append({})
        return "edge"

    def _begin_data(self, given: Given) -> str:
        self._key = given.get("key", "")
        self._text, self._length = [], 0
        self._named()
        return "data"

    def _named(self) -> Key:
        """The key of the open data: that for its element, else one of its id for another."""
        kind = "edge" if self._open[-1] == "edge" else "node"
        for what in dict.fromkeys((kind, "all", "node", "edge", "graph", "port", "endpoint")):
            if (what, self._key) in self._keys:
                return self._keys[what, self._key]
        raise FileFormatError(f"it has data of the key {self._key[:40]!r}, which is not there")

    def _refuse(self, _: Given) -> str:
        raise FileFormatError("it has hyperedges, which are no entries of a matrix")

    def _end_of_data(self) -> None:
        text, self._text = self._text, None
        if text is None:
            return
        key, value = self._named(), "".join(text)
        self._guard.hold(VALUE_BYTES + len(value), "its values")
        if self._owners[-1].setdefault(key.name, found := key.value(value)) is not found:
            raise FileFormatError(f"an element has two values of {key.name[:40]!r}; keep one")

    def _end_of_edge(self, data: dict[str, Any]) -> None:
        if not self._inside[-1]:
            return
        given, places = self._edge, self._places
        first, last = (places.setdefault(given[end], len(places)) for end in ("source", "target"))
        both = given["directed"] == "false" if "directed" in given else not self._directed[-1]
        if "id" in given:
            self._guard.hold(ID_BYTES + len(given["id"]), "its edges")
            pair = (min(first, last), max(first, last)) if both else (first, last)
            if (*pair, given["id"]) in self._ids:
                raise FileFormatError(
                    f"two edges from {given['source'][:40]!r} to {given['target'][:40]!r} have the "
                    f"id {given['id'][:40]!r}; number them, or keep one"
                )
            self._ids.add((*pair, given["id"]))
        self._edges.add(first, last, both, self._common | data)

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
    ("node", "graph"): GraphElements._begin_graph,
    ("graph", "node"): GraphElements._begin_node,
    ("graph", "edge"): GraphElements._begin_edge,
    ("graph", "hyperedge"): GraphElements._refuse,
    **{(owner, "data"): GraphElements._begin_data for owner in ("node", "group", "edge")},
}
