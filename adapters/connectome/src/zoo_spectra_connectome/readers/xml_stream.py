"""XML as a stream of elements, without entities."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra.sources import Guard

MAX_DEPTH = 100  # of elements: groups in groups
Start = Callable[[str, dict[str, str]], object]


def parse_xml(
    content: bytes,
    guard: Guard,
    start: Start,
    end: Callable[[str], object],
    characters: Callable[[str], object] | None,
) -> None:
    """Go through XML, without entities. Raises UnsafeFileError for a DTD, FileFormatError."""
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
