"""GraphML files, read as a stream: only the nodes, the edges and what they carry are kept.

Format: Brandes et al., "GraphML progress report", GD 2001. Read as networkx reads it, whose own
reader holds the whole tree, and takes hours for some small files (edges numbered to collide).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.parsers import expat

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError, nearest
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers.graphml_elements import GraphElements, Keys, local
from zoo_spectra_connectome.settings import Settings

MAX_DEPTH = 100  # of elements: groups in groups
KEY_BYTES = 300  # of memory
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
TYPES: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("string", "yfiles"), str),
    **dict.fromkeys(("int", "integer", "long"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": lambda text: BOOLEANS[text.lower()],
}
Start = Callable[[str, dict[str, str]], object]


def read(path: Path, settings: Settings) -> Adjacency:
    """A GraphML file. Raises UnsafeFileError for a DTD, which may define entities."""
    guard = Guard(budget_of(path))
    guard.hold(path.stat().st_size, "the text")
    content = path.read_bytes()
    weight = settings.weight or "weight"
    found = GraphElements(guard, weight, _keys(content, guard))
    _parse(content, guard, found.start, found.end, found.characters)
    if settings.weight is not None and weight not in found.carried:
        raise NetworkError(f"no edge attribute {weight!r}; {nearest(weight, found.carried)}")
    return found.adjacency()


def _keys(content: bytes, guard: Guard) -> Keys:
    """The attributes that the file declares, before or after the graph: by id, name and type."""
    keys: Keys = {}
    depth = 0

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 2 and local(name) == "key":
            guard.hold(KEY_BYTES, "its keys")
            keys[given.get("id", "")] = _key(given)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    _parse(content, guard, start, end, None)
    return keys


def _key(given: dict[str, str]) -> tuple[str, Callable[[str], Any]]:
    name, kind = given.get("attr.name"), given.get("attr.type", "string")
    if "yfiles.type" in given:
        name, kind = given["yfiles.type"], "yfiles"
    if name is None or kind not in TYPES:
        raise FileFormatError(
            f"key {given.get('id', '')[:40]!r} has no name, or the type {kind[:40]!r}"
        )
    return name, TYPES[kind]


def _parse(
    content: bytes,
    guard: Guard,
    start: Start,
    end: Callable[[str], object],
    characters: Callable[[str], object] | None,
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = seen = 0

    def started(name: str, given: dict[str, str]) -> None:
        nonlocal depth, seen
        depth += 1
        seen += 1
        if depth > MAX_DEPTH:
            raise FileFormatError(f"its elements are nested more than {MAX_DEPTH} deep")
        if not seen % 1024:
            guard.tick()
        start(name, given)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    if characters is not None:
        parser.CharacterDataHandler = characters
    parser.Parse(content, True)  # at once: in pieces, a long token would be looked at for each


def _refuse(*_: object) -> None:
    raise UnsafeFileError("it has a DTD or entities, which can fill the memory; remove the DOCTYPE")
