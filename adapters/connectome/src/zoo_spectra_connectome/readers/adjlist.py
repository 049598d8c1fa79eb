"""Adjacency lists of networkx, in one line a node or in several (multi-line).

``a b c``: from a to b and c. Multi-line: ``a 2``, and then two lines with a neighbour each, and the
attributes of the edge in braces. Blanks delimit; what follows ``#`` is a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency, is_number
from zoo_spectra_connectome.attributed import AttributedEdges
from zoo_spectra_connectome.dialect import open_text, read_lines
from zoo_spectra_connectome.edges import NAME_BYTES
from zoo_spectra_connectome.readers.literals import attributes_of
from zoo_spectra_connectome.readers.ordered import by_number
from zoo_spectra_connectome.settings import Settings

Line = tuple[int, str]  # its number in the file
LINE_BYTES = 150  # of memory, beside its characters


def read(path: Path, settings: Settings) -> Adjacency:
    """A directed network; ``directed=false`` mirrors what lists each undirected edge once.

    Raises FileFormatError, also for a file that may be of either kind.
    """
    guard = Guard(budget_of(path))
    lines: list[Line] = []
    with open_text(path) as stream:
        for number, line in enumerate(guard.each(read_lines(stream)), 1):
            bare = line.partition("#")[0].strip() if "{" not in line else line.strip()
            if bare and not bare.startswith("#"):
                guard.hold(LINE_BYTES + len(bare), "its lines")
                lines.append((number, bare))
    graph = _Graph(guard)
    if _is_multiline(path, lines):
        _read_multiline(lines, graph)
    else:
        for number, line in lines:
            if "{" in line:
                raise FileFormatError(
                    f"line {number} has attributes in braces, and the lines before it are none of "
                    "a multi-line adjacency list; write it with networkx.write_multiline_adjlist"
                )
            source, *targets = line.split()
            graph.add(source, ((target, {}) for target in targets))
    return by_number(graph.edges.adjacency(list(graph.places), settings))


class _Graph:
    def __init__(self, guard: Guard) -> None:
        self.edges, self.places = AttributedEdges(guard), dict[str, int]()
        self._guard = guard

    def add(self, source: str, targets: Iterator[tuple[str, dict[str, object]]]) -> None:
        first, known = self.place(source), len(self.places)
        for target, attributes in targets:
            self.edges.add(first, self.place(target), False, attributes)
        self._guard.tick()
        self._guard.hold(NAME_BYTES * (len(self.places) - known), "the names of its nodes")

    def place(self, name: str) -> int:
        return self.places.setdefault(name, len(self.places))


def _is_multiline(path: Path, lines: Sequence[Line]) -> bool:
    """Raises FileFormatError for what can be read either way."""
    braces = any("{" in line for _, line in lines)
    if braces or path.name.lower().endswith(".multiline_adjlist"):
        return True
    if not _counts(lines):
        return False
    raise FileFormatError(
        "it may be an adjacency list or a multi-line one (a node and the number of lines that "
        "follow it); call it .multiline_adjlist if it is that, else write it as an edge list"
    )


def _counts(lines: Sequence[Line]) -> bool:
    """Whether each node is followed by as many lines of one word as it says."""
    at = 0
    while at < len(lines):
        words = lines[at][1].split()
        if len(words) != 2 or not is_number(words[1]) or len(words[1]) > 9:
            return False
        stop = at + 1 + int(words[1])
        if stop > len(lines) or any(len(line.split()) > 1 for _, line in lines[at + 1 : stop]):
            return False
        at = stop
    return bool(lines)


def _read_multiline(lines: Sequence[Line], graph: _Graph) -> None:
    at = 0
    while at < len(lines):
        number, line = lines[at]
        words = line.split()
        if len(words) != 2 or not is_number(words[1]) or len(words[1]) > 9:
            raise FileFormatError(
                f"line {number}: {line[:60]!r} is not a node and the number of its neighbours"
            )
        stop = at + 1 + int(words[1])
        if stop > len(lines):
            raise FileFormatError(
                f"line {number}: {words[0][:40]!r} has {words[1]} neighbours, and the file ends "
                f"after {len(lines) - at - 1}; is it cut off?"
            )
        graph.add(words[0], map(_neighbour, lines[at + 1 : stop]))
        at = stop


def _neighbour(line: Line) -> tuple[str, dict[str, object]]:
    number, text = line
    name, brace, rest = text.partition("{")
    if len(name.split()) != 1:
        raise FileFormatError(
            f"line {number}: {text[:60]!r} is not one neighbour with attributes in braces"
        )
    return name.strip(), attributes_of(brace + rest, f"line {number}") if brace else {}
