"""Edge lists of networkx: two nodes, and the attributes of their edge in braces."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from pathlib import Path

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.attributed import AttributedEdges
from zoo_spectra_connectome.dialect import COMMENTS, open_text, read_lines
from zoo_spectra_connectome.edges import NAME_BYTES
from zoo_spectra_connectome.readers.literals import attributes_of
from zoo_spectra_connectome.readers.ordered import by_number
from zoo_spectra_connectome.settings import Settings

MARKS = ("\t", ",", ";", "|")
HEAD = 1 << 16  # characters in which the first edge is looked for
_EDGE = re.compile(r"[^{}]*\S[\s,;|][^{}]*\{.*\}\s*", re.DOTALL)


def has_braces(path: Path) -> bool:
    """Whether the first row of a text ends in braces. Raises OSError."""
    try:
        with open_text(path) as stream:
            head = stream.read(HEAD)
    except (FileFormatError, EOFError, zlib.error):  # the reader of tables says what is wrong
        return False
    for line in head.splitlines():
        if line.strip() and not line.lstrip().startswith(COMMENTS):
            return _EDGE.fullmatch(line) is not None
    return False


def read_braces(path: Path, settings: Settings) -> Adjacency:
    """The edges of a list that ``networkx.write_edgelist`` wrote, directed, with their weights.

    The delimiter is what stands before the braces: a tab, comma, semicolon or bar, else blanks.
    Raises FileFormatError, NetworkError.
    """
    for option in ("source", "target", "delimiter", "decimal", "header"):
        if getattr(settings, option) is not None:
            raise NetworkError(f"{option}= is for tables, and its rows end in attributes in braces")
    if settings.form == "adjacency":
        raise FileFormatError("its rows end in attributes in braces: it is no adjacency matrix")
    guard = Guard(budget_of(path))
    edges, places = AttributedEdges(guard), dict[str, int]()
    with open_text(path) as stream:
        for number, line in enumerate(guard.each(read_lines(stream)), 1):
            if not line.strip() or line.lstrip().startswith(COMMENTS):
                continue
            before, brace, rest = line.partition("{")
            ends = split_ends(before)
            if not brace or len(ends) != 2 or not all(ends):
                raise FileFormatError(
                    f"line {number}: {line.strip()[:60]!r} is not two nodes and attributes in "
                    "braces, as the lines before it are"
                )
            known = len(places)
            first, last = (places.setdefault(end, len(places)) for end in ends)
            guard.hold(NAME_BYTES * (len(places) - known), "the names of its nodes")
            edges.add(first, last, False, attributes_of(brace + rest, f"line {number}"))
    return replace(by_number(edges.adjacency(list(places), settings)), implied=True)


def split_ends(text: str) -> list[str]:
    """The cells before the braces; what stands right before them is the delimiter."""
    bare = text.strip(" \r\n")
    if bare[-1:] not in MARKS:
        return bare.split()
    return [cell.strip() for cell in bare[:-1].split(bare[-1])]
