"""GraphML files, read as a stream: only the nodes, the edges and what they carry are kept.

Format: Brandes et al., "GraphML progress report", GD 2001. networkx's reader holds the whole tree,
takes hours for some small files (edges numbered to collide), and only the first of several graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers.graphml_elements import GraphElements, Key, Keys, local
from zoo_spectra_connectome.readers.xml_stream import parse_xml
from zoo_spectra_connectome.settings import Settings

KEY_BYTES = 300  # of memory
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
TYPES: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("string", "yfiles"), str),
    **dict.fromkeys(("int", "integer", "long"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": lambda text: BOOLEANS[text.lower()],
}


def read(path: Path, settings: Settings) -> Adjacency:
    """A GraphML file. Raises UnsafeFileError for a DTD, which may define entities."""
    guard = Guard(budget_of(path))
    guard.hold(path.stat().st_size, "the text")
    content = path.read_bytes()
    found = GraphElements(guard, _keys(content, guard), settings.array)
    parse_xml(content, guard, found.start, found.end, found.characters)
    return found.adjacency(settings)


def _keys(content: bytes, guard: Guard) -> Keys:
    """The attributes that the file declares, before or after the graph."""
    found = _Declared(guard)
    parse_xml(content, guard, found.start, found.end, found.characters)
    return found.keys


class _Declared:
    """The keys of a file, each for what it is for: one id may stand for two, of nodes and edges."""

    def __init__(self, guard: Guard) -> None:
        self.keys: Keys = {}
        self._guard = guard
        self._open: list[str] = []
        self._key: tuple[str, str] | None = None
        self._text: list[str] | None = None

    def start(self, name: str, given: dict[str, str]) -> None:
        self._open.append(local(name))
        if self._open[1:] == ["key"]:
            self._guard.hold(KEY_BYTES, "its keys")
            self._key = given.get("for", "all"), given.get("id", "")
            made = _key(given)
            if self.keys.setdefault(self._key, made) != made:
                raise FileFormatError(f"two keys have the id {self._key[1][:40]!r}; rename one")
        elif self._open[1:] == ["key", "default"]:
            self._text = []

    def end(self, _: str) -> None:
        if self._open[1:] == ["key", "default"] and self._key is not None:
            key = self.keys[self._key]
            text, self._text = "".join(self._text or ()).strip(), None
            self._guard.hold(KEY_BYTES + len(text), "its keys")
            self.keys[self._key] = replace(key, default=key.value(text))
        self._open.pop()

    def characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def _key(given: dict[str, str]) -> Key:
    name, kind = given.get("attr.name"), given.get("attr.type", "string")
    if "yfiles.type" in given:
        name, kind = given["yfiles.type"], "yfiles"
    if name is None or kind not in TYPES:
        raise FileFormatError(
            f"key {given.get('id', '')[:40]!r} has no name, or the type {kind[:40]!r}"
        )
    return Key(name, TYPES[kind])
