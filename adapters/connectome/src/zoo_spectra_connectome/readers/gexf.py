"""GEXF, as Gephi writes it: static graphs, read as a stream.

Format: gexf.net, versions 1.1 to 1.3. A dynamic graph has weights that change, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.attributed import AttributedEdges
from zoo_spectra_connectome.graphs import Attributes
from zoo_spectra_connectome.readers.xml_stream import parse_xml
from zoo_spectra_connectome.settings import Settings

NODE_BYTES, VALUE_BYTES = 400, 150  # of memory
WEIGHT = "weight"
DIRECTIONS = ("directed", "undirected", "mutual")
DYNAMIC = ("spells", "spell", "slices", "slice")
Given = dict[str, str]


def read(path: Path, settings: Settings) -> Adjacency:
    """A GEXF file; mutual edges count as both directions. Raises UnsafeFileError for a DTD."""
    guard = Guard(budget_of(path))
    guard.hold(path.stat().st_size, "the text")
    found = _Elements(guard)
    parse_xml(path.read_bytes(), guard, found.start, found.end, found.characters)
    if not found.graphs:
        raise FileFormatError("not a whole gexf file (it has no graph); write it again")
    found.edges.fill(WEIGHT, 1.0)
    data = [found.nodes[name] for name in found.places]
    adjacency = found.edges.adjacency(list(found.places), settings)
    return replace(adjacency, attributes=Attributes(data, found.defaults["node"]))


class _Elements:
    """What the parser calls for each element. Edges without a weight have 1, as the format says."""

    def __init__(self, guard: Guard) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.places: dict[str, int] = {}
        self.edges = AttributedEdges(guard)
        self.graphs = 0
        self.defaults: dict[str, dict[str, Any]] = {"node": {}, "edge": {}}
        self._guard = guard
        self._open: list[str] = []
        self._default = "undirected"
        self._titles: dict[tuple[str, str], tuple[str, str]] = {}  # name and type, by class and id
        self._class, self._title = "", ""
        self._owners: list[tuple[str, dict[str, Any]]] = []
        self._edge: Given = {}
        self._text: list[str] | None = None

    def start(self, name: str, given: Given) -> None:
        what = name.rpartition(" ")[2]
        self._open.append(what)
        begin = _BEGIN.get(what)
        if what == "default":
            self._text = []
        elif begin is not None:
            begin(self, given)
        elif what in DYNAMIC:
            self._refuse_dynamic()

    def end(self, _: str) -> None:
        what = self._open.pop()
        if what == "default":
            self._end_of_default()
        elif what in ("node", "edge") and self._owners:
            kind, data = self._owners.pop()
            if kind == "edge":
                self._end_of_edge(data)

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end_of_default(self) -> None:
        text, self._text = "".join(self._text or ()).strip(), None
        key = self._class, self._title
        if key in self._titles:
            self._guard.hold(VALUE_BYTES + len(text), "its values")
            self.defaults.setdefault(self._class, {})[self._titles[key][0]] = text

    def _begin_graph(self, given: Given) -> None:
        self.graphs += 1
        if self.graphs > 1:
            raise FileFormatError("it has several graphs; save one a file")
        if given.get("mode", "static") != "static":
            self._refuse_dynamic()
        self._default = self._direction(given.get("defaultedgetype", "undirected"))

    def _begin_attributes(self, given: Given) -> None:
        if given.get("mode", "static") != "static":
            self._refuse_dynamic()
        self._class = given.get("class", "")

    def _begin_attribute(self, given: Given) -> None:
        self._guard.hold(VALUE_BYTES, "its attributes")
        self._title = given.get("id", "")
        named = given.get("title", self._title), given.get("type", "string")
        if self._titles.setdefault((self._class, self._title), named) != named:
            raise FileFormatError(f"two attributes have the id {self._title[:40]!r}; rename one")

    def _begin_node(self, given: Given) -> None:
        name = _required(given, "id", "a node")
        if "start" in given or "end" in given:
            self._refuse_dynamic()
        self._guard.hold(NODE_BYTES + len(name), "its nodes")
        if name in self.nodes:
            raise FileFormatError(f"two nodes have the id {name[:40]!r}; rename one")
        data = self.nodes[name] = {"label": given["label"]} if "label" in given else {}
        self.places[name] = len(self.places)
        self._owners.append(("node", data))

    def _begin_edge(self, given: Given) -> None:
        if "start" in given or "end" in given:
            self._refuse_dynamic()
        for end in ("source", "target"):
            _required(given, end, "an edge")
        self._edge = given
        self._owners.append(("edge", {}))

    def _begin_value(self, given: Given) -> None:
        if not self._owners:
            return
        kind, data = self._owners[-1]
        key = given.get("for", given.get("id", ""))  # ``id`` in version 1.1
        if "start" in given or "end" in given:
            self._refuse_dynamic()
        if (kind, key) not in self._titles:
            raise FileFormatError(f"a value of the attribute {key[:40]!r}, which is not there")
        title, _ = self._titles[kind, key]
        self._guard.hold(VALUE_BYTES + len(given.get("value", "")), "its values")
        if title in data and data[title] != given.get("value"):
            raise FileFormatError(f"an element has two values of {title[:40]!r}; keep one")
        data[title] = given.get("value", "")

    def _end_of_edge(self, data: dict[str, Any]) -> None:
        given = self._edge
        for end in ("source", "target"):
            if given[end] not in self.places:
                raise FileFormatError(f"an edge names {given[end][:40]!r}, which is no node")
        if WEIGHT in given:
            data[WEIGHT] = given[WEIGHT]
        first, last = self.places[given["source"]], self.places[given["target"]]
        both = self._direction(given.get("type", self._default)) != "directed"
        self.edges.add(first, last, both, self.defaults["edge"] | data)

    def _direction(self, text: str) -> str:
        if text.lower() not in DIRECTIONS:
            raise FileFormatError(f"an edge of the type {text[:40]!r}, not {', '.join(DIRECTIONS)}")
        return text.lower()

    def _refuse_dynamic(self, *_: object) -> None:
        raise NetworkError("it is dynamic: nodes or edges change in time; save one moment of it")


def _required(given: Mapping[str, str], name: str, what: str) -> str:
    if name not in given:
        raise FileFormatError(f"it has {what} without {name}")
    return given[name]


_BEGIN: Mapping[str, Callable[[_Elements, Given], None]] = {
    "graph": _Elements._begin_graph,
    "attributes": _Elements._begin_attributes,
    "attribute": _Elements._begin_attribute,
    "node": _Elements._begin_node,
    "edge": _Elements._begin_edge,
    "attvalue": _Elements._begin_value,
}
