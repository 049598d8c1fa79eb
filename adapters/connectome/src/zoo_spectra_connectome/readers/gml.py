"""GML, the Graph Modelling Language (Himsolt 1997): keys with values, lists in brackets.

networkx's own reader is recursive, and takes hours for ids that are made to collide.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.attributed import AttributedEdges
from zoo_spectra_connectome.graphs import Attributes
from zoo_spectra_connectome.settings import Settings

MAX_DEPTH = 20  # of lists in lists
NODE_BYTES, VALUE_BYTES = 400, 150  # of memory
_TOKEN = re.compile(
    r'(?P<blank>\s+|\#[^\n]*\n?)|(?P<open>\[)|(?P<close>\])|(?P<text>"[^"]*")|'
    r"(?P<word>[^\s\[\]\"#]+)"
)
Pairs = list[tuple[str, Any]]


def read(path: Path, settings: Settings) -> Adjacency:
    """The one graph of a GML file; its nodes have their labels for names where these are unique.

    Raises FileFormatError, also where several graphs are in the file.
    """
    guard = Guard(budget_of(path))
    guard.hold(2 * path.stat().st_size, "the text")
    graphs = [value for key, value in _parsed(_text(path), guard) if key == "graph"]
    if not graphs:
        raise FileFormatError("not a whole gml file (it has no graph [ … ]); write it again")
    if len(graphs) > 1:
        raise FileFormatError(f"it has {len(graphs)} graphs; save one a file")
    graph = _items(graphs[0], "graph")
    nodes = [_given(value, "node") for key, value in graph if key == "node"]
    places: dict[str, int] = {}
    for node in nodes:
        name = _required(node, "id", "a node")
        if name in places:
            raise FileFormatError(f"two nodes have the id {name[:40]!r}; rename one")
        places[name] = len(places)
    both = not _directed(graph)
    edges = AttributedEdges(guard)
    for key, value in guard.each(graph):
        if key == "edge":
            edge = _given(value, "edge")
            ends = [_required(edge, end, "an edge") for end in ("source", "target")]
            for end in ends:
                if end not in places:
                    raise FileFormatError(f"an edge names {end[:40]!r}, which is the id of no node")
            data = {name: v for name, v in edge.items() if name not in ("source", "target", "key")}
            edges.add(places[ends[0]], places[ends[1]], both, data)
    labels = [str(node.get("label", "")) for node in nodes]
    names = labels if len(set(labels)) == len(labels) and all(labels) else list(places)
    return replace(edges.adjacency(names, settings), attributes=Attributes(nodes))


def _text(path: Path) -> str:
    """GML is ASCII with entities; UTF-8 and ISO 8859-1 are met too."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in content:
            raise
        return content.decode("latin-1")


def _directed(graph: Pairs) -> bool:
    given = {str(value) for key, value in graph if key == "directed"}
    if len(given) > 1 or not given <= {"0", "1", "0.0", "1.0"}:
        raise FileFormatError("graph [ … ] does not say directed 0 or directed 1")
    return given in ({"1"}, {"1.0"})


def _items(value: Any, what: str) -> Pairs:
    if not isinstance(value, list):
        raise FileFormatError(f"{what} is {str(value)[:40]!r} and no list in brackets")
    return value


def _given(value: Any, what: str) -> dict[str, Any]:
    """The keys of a node or an edge; those of inner lists, as Gephi's graphics, are not read."""
    found: dict[str, Any] = {}
    for key, inner in _items(value, what):
        if isinstance(inner, list):
            continue
        if found.setdefault(key, inner) is not inner and found[key] != inner:
            raise FileFormatError(f"{what} has two values of {key[:40]!r}; keep one")
    return found


def _required(given: dict[str, Any], name: str, what: str) -> str:
    if name not in given:
        raise FileFormatError(f"it has {what} without {name}")
    return str(given[name])


def _parsed(text: str, guard: Guard) -> Pairs:
    """All pairs of a text, those inside brackets in lists."""
    top: Pairs = []
    lists, key = [top], None
    for kind, token, line in guard.each(_tokens(text)):
        if kind == "close":
            if key is not None or len(lists) == 1:
                raise FileFormatError(f"line {line}: a bracket that closes nothing")
            lists.pop()
            continue
        if key is None:
            if kind != "word":
                raise FileFormatError(f"line {line}: {token[:40]!r} stands where a key should")
            key = token
            continue
        guard.hold(VALUE_BYTES + len(token), "its values")
        value: Any = token
        if kind == "text":
            value = html.unescape(token[1:-1]) if "&" in token else token[1:-1]
        elif kind == "open":
            if len(lists) > MAX_DEPTH:
                raise FileFormatError(f"line {line}: lists more than {MAX_DEPTH} deep")
            value = []
        lists[-1].append((key, value))
        if kind == "open":
            lists.append(value)
        key = None
    if len(lists) > 1 or key is not None:
        raise FileFormatError("it ends within a list; is it cut off?")
    return top


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text and line of each token."""
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FileFormatError(f"line {line}: a text in quotes that does not end")
        kind = found.lastgroup or ""
        if kind != "blank":
            yield kind, found[0], line
        line += found[0].count("\n")
        at = found.end()
