"""Pajek's .net: vertices, then arcs and edges as lists, or a matrix.

Format: de Nooy, Mrvar & Batagelj, *Exploratory Social Network Analysis with Pajek*. Arcs are
directed, edges are not; a line without a value has the value 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError, nearest
from zoo_spectra.sources import Guard, Scalar, budget_of
from zoo_spectra_connectome.adjacency import Adjacency, Numbered, check_count, from_edges
from zoo_spectra_connectome.dialect import as_number, read_lines
from zoo_spectra_connectome.edges import NAME_BYTES, EdgeSum
from zoo_spectra_connectome.settings import Settings

_WORD = re.compile(r'"([^"]*)"|(\S+)')
_RELATION = re.compile(r'\*(\w+)\s*(?::\s*(\d+))?\s*(?:"([^"]*)")?\s*')
SKIPPED = ("*network", "*vector", "*partition")
PART = 1 << 16  # lines that are taken at once


def read(path: Path, settings: Settings) -> Adjacency:
    """The network of a file; of several relations the one that ``array`` names or numbers.

    Raises FileFormatError, NetworkError for several relations, several networks, and in time.
    """
    guard = Guard(budget_of(path))
    network = _Network(guard, settings.array)
    text = _decoded(path, guard)
    for number, line in enumerate(guard.each(text), 1):
        bare = line.strip()
        if not bare or bare.startswith("%"):
            continue
        try:
            network.line(bare)
        except (ValueError, IndexError) as error:
            raise FileFormatError(f"line {number}: {bare[:60]!r} is not what it should be") from (
                error
            )
        except NetworkError as error:
            raise type(error)(f"line {number}: {error}") from error
    return network.adjacency()


def _decoded(path: Path, guard: Guard) -> list[str]:
    guard.hold(3 * path.stat().st_size, "the text")
    encoding = "utf-8-sig"
    try:
        with path.open(encoding=encoding) as stream:
            return list(guard.each(read_lines(stream)))
    except UnicodeDecodeError:  # what Pajek wrote before it knew UTF-8
        with path.open(encoding="latin-1") as stream:
            return list(guard.each(read_lines(stream)))


class _Network:
    """What has been read of a network so far. Nodes are numbered from 1 in the file."""

    def __init__(self, guard: Guard, chosen: str | None) -> None:
        self._guard, self._chosen = guard, chosen
        self._names: list[str] = []
        self._count = -1
        self._section: Callable[[str], None] | None = None
        self._relations: dict[str, dict[str, None]] = {}
        self._relation = "1"
        self._sums: dict[str, EdgeSum] = {}
        self._waiting: list[tuple[int, int, float]] = []
        self._row = 0

    def line(self, text: str) -> None:
        """Take one line, a heading or what is below it."""
        if text.startswith("*"):
            self._heading(text)
        elif self._section is None:
            raise FileFormatError(f"{text[:60]!r} before any *Vertices")
        else:
            self._section(text)

    def adjacency(self) -> Adjacency:
        if self._count < 0:
            raise FileFormatError("not a whole Pajek file (it has no *Vertices); write it again")
        if self._section == self._matrix and self._row not in (0, self._count):
            raise FileFormatError(f"its matrix has {self._row} rows for {self._count} vertices")
        check_count(self._count)
        self._take()
        names = [f"{key} {next(iter(said))}".strip() for key, said in self._relations.items()]
        chosen = next(iter(self._relations), "1")
        if self._chosen is not None:
            fitting = [k for k, said in self._relations.items() if self._chosen in {k, *said}]
            if len(fitting) != 1:
                raise NetworkError(f"no relation {self._chosen!r}; {nearest(self._chosen, names)}")
            (chosen,) = fitting
        elif len(self._relations) > 1:
            raise NetworkError(
                f"it has {len(self._relations)} relations ({', '.join(names[:8])}); choose one "
                "with array=NUMBER"
            )
        sums = self._sums.get(chosen) or EdgeSum(self._guard)
        unique = len(set(self._names)) == self._count
        made = from_edges(*sums.summed(), self._names if unique else Numbered(self._count))
        facts: dict[str, Scalar] = {"form": "graph", "named": unique}
        if self._relations:
            facts["array"] = f"{chosen} {next(iter(self._relations[chosen]))}".strip()[:100]
        return replace(made, facts=facts)

    def _heading(self, text: str) -> None:
        word = text.split()[0].lower().rstrip(":")
        if word.startswith("*vertices"):
            self._vertices(text)
        elif word in SKIPPED and self._count < 0:
            self._section = None
        elif word in _SECTIONS:
            self._begin(word, text)
        else:
            raise FileFormatError(f"{text[:40]!r} is not read; save one network a file")

    def _vertices(self, text: str) -> None:
        if self._count >= 0:
            raise FileFormatError("a second network; save one a file")
        words = text.split()
        if len(words) > 2:
            raise FileFormatError("a network of two modes is no square matrix")
        self._count = int(words[1])
        check_count(self._count)
        self._guard.hold(NAME_BYTES * self._count, "its vertices")
        self._names = [str(at + 1) for at in range(self._count)]
        self._section = self._vertex

    def _begin(self, word: str, text: str) -> None:
        if self._count < 0:
            raise FileFormatError(f"{text[:40]!r} before *Vertices")
        found = _RELATION.fullmatch(text)
        if found is None:
            raise FileFormatError(f"{text[:60]!r} is not a heading that is known")
        self._take()
        self._relation = str(int(found[2])) if found[2] else "1"
        label = found[3] or ""
        known = self._relations.setdefault(self._relation, {label: None})
        known[label] = None
        self._sums.setdefault(self._relation, EdgeSum(self._guard))
        self._section = getattr(self, _SECTIONS[word])
        self._row = 0

    def _vertex(self, text: str) -> None:
        words = _words(text)
        at = self._place(words[0])
        if "[" in text.rpartition('"')[2]:
            raise NetworkError("it is dynamic (vertices in time); save one moment of it")
        if len(words) > 1:
            self._names[at] = words[1]

    def _arc(self, text: str) -> None:
        self._pair(text, False)

    def _edge(self, text: str) -> None:
        self._pair(text, True)

    def _pair(self, text: str, both: bool) -> None:
        words = _words(text)
        if "[" in text.rpartition('"')[2]:
            raise NetworkError("it is dynamic (lines in time); save one moment of it")
        first, last = self._place(words[0]), self._place(words[1])
        value = as_number(words[2]) if len(words) > 2 else 1.0
        if value is None:
            raise FileFormatError(f"the value {words[2][:40]!r} of a line is no number")
        self._add(first, last, value, both)

    def _arcs(self, text: str) -> None:
        self._list(text, False)

    def _edges(self, text: str) -> None:
        self._list(text, True)

    def _list(self, text: str, both: bool) -> None:
        first, *others = (self._place(word) for word in text.split())
        for last in others:
            self._add(first, last, 1.0, both)

    def _matrix(self, text: str) -> None:
        values = [number for word in text.split() if (number := as_number(word)) is not None]
        if len(values) != self._count or self._row >= self._count:
            raise FileFormatError(
                f"row {self._row + 1} of the matrix has {len(values)} values for "
                f"{self._count} vertices"
            )
        for at, value in enumerate(values):
            if value:
                self._waiting.append((self._row, at, value))
        self._row += 1
        if len(self._waiting) >= PART:
            self._take()

    def _add(self, first: int, last: int, value: float, both: bool) -> None:
        self._waiting.append((first, last, value))
        if both and first != last:
            self._waiting.append((last, first, value))
        if len(self._waiting) >= PART:
            self._take()

    def _take(self) -> None:
        if self._waiting:
            rows, columns, values = zip(*self._waiting, strict=True)
            self._waiting = []
            self._sums[self._relation].add(
                np.array(rows, np.int64), np.array(columns, np.int64), np.array(values, np.float64)
            )

    def _place(self, word: str) -> int:
        number = int(word) if word.isascii() and word.isdigit() else 0
        if not 1 <= number <= self._count:
            raise FileFormatError(f"vertex {word[:20]} of {self._count}")
        return number - 1


def _words(text: str) -> list[str]:
    return [quoted or bare for quoted, bare in _WORD.findall(text)]


_SECTIONS: Mapping[str, str] = {
    "*arcs": "_arc",
    "*edges": "_edge",
    "*arcslist": "_arcs",
    "*edgeslist": "_edges",
    "*matrix": "_matrix",
}
