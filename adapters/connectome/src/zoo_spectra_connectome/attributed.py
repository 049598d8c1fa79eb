"""Edges with attributes, of which one is the weight: which one is certain, or it is asked for."""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency, from_edges
from zoo_spectra_connectome.rows import as_number

WEIGHT, ONES = "weight", "1"
# An attribute of such a name is how strong an edge is; a length, a year or an id is not.
STRENGTH = re.compile(
    r"(?i)weight|count|number|strength|fib(er|re)|stream|synap|connectivity|corr|(^|_)(n|num|fa)$"
)
EDGE_BYTES, VALUE_BYTES = 40, 40  # of memory
MAX_SHOWN = 8


@dataclass
class _Column:
    """The numbers that some edges have under one name; ``text``: the first value that is none."""

    edges: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    text: Any = None
    texts: int = 0
    switch: bool = False  # true and false are no strength, unless they are asked for


class AttributedEdges:
    """The edges of a graph as they come, between nodes that have numbers."""

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard
        self._ends, self._both = array("q"), array("b")
        self._columns: dict[str, _Column] = {}

    def __len__(self) -> int:
        return len(self._both)

    def add(self, first: int, last: int, both: bool, attributes: Mapping[Any, Any]) -> None:
        """An edge from node ``first`` to ``last``, or ``both`` ways. Raises beyond the budget."""
        number = len(self._both)
        if self._guard is not None:
            self._guard.hold(EDGE_BYTES + VALUE_BYTES * len(attributes), "its edges")
        self._ends.extend((first, last))
        self._both.append(both)
        for name, value in attributes.items():
            column = self._columns.setdefault(str(name), _Column())
            found = _number(value)
            if found is None:
                column.text = value if not column.texts else column.text
                column.texts += 1
            else:
                column.switch |= isinstance(value, (bool, np.bool_))
                column.edges.append(number)
                column.values.append(found)

    def fill(self, name: str, value: float) -> None:
        """Give all edges that lack it this value, if any edge has it at all."""
        column = self._columns.get(name)
        if column is not None and len(column.edges) + column.texts < len(self):
            has = np.zeros(len(self), bool)
            has[np.array(column.edges, np.int64)] = True
            column.edges.extend(np.flatnonzero(~has).tolist())
            column.values.extend([value] * int((~has).sum()))

    def adjacency(self, nodes: Sequence[str], weight: str | None) -> Adjacency:
        """The network; an edge both ways twice, a loop once; parallel edges add up.

        ``weight``: the attribute, "1" to count each edge once, or None: ``weight``, or the only
        number that edges have if its name says a strength; 1 where edges have no numbers at all.
        Raises NetworkError where that is not certain, and where some edges lack it.
        """
        rows, columns = np.array(self._ends, np.int64).reshape(-1, 2).T
        values = self._weights(nodes, weight)
        mirrored = (rows != columns) & np.array(self._both, bool)
        return from_edges(
            np.append(rows, columns[mirrored]),
            np.append(columns, rows[mirrored]),
            np.append(values, values[mirrored]),
            nodes,
        )

    def _weights(self, nodes: Sequence[str], asked: str | None) -> Any:
        name = self._chosen(asked)
        if name is None:
            return np.ones(len(self))
        column = self._columns[name]
        if column.texts:
            raise NetworkError(
                f"an edge's {name[:40]} {str(column.text)[:40]!r} is no real number; choose "
                "another attribute with weight=NAME"
            )
        if len(column.edges) < len(self):
            has = np.zeros(len(self), bool)
            has[np.array(column.edges, np.int64)] = True
            at = 2 * int(np.argmin(has))
            ends = " to ".join(repr(nodes[end][:40]) for end in self._ends[at : at + 2])
            raise NetworkError(
                f"{int((~has).sum()):,} of {len(self):,} edges have no {name}, the first from "
                f"{ends}; give it to all, or choose another with weight=NAME"
            )
        values = np.empty(len(self))
        values[np.array(column.edges, np.int64)] = np.array(column.values)
        return values

    def _chosen(self, asked: str | None) -> str | None:
        known = self._columns
        if asked is not None:
            if asked not in known and asked != ONES:
                hint = nearest(asked, known) if known else "the edges have none"
                raise NetworkError(f"no edge attribute {asked!r} for weight=; {hint}")
            return asked if asked in known else None
        if WEIGHT in known:
            return WEIGHT
        numbers = [n for n, each in known.items() if each.edges and not each.switch]
        if not numbers:
            return None
        if len(numbers) == 1 and STRENGTH.search(numbers[0]):
            return numbers[0]
        shown = ", ".join(name[:40] for name in numbers[:MAX_SHOWN])
        raise NetworkError(
            f"its edges have numbers ({shown}) and none of them is called weight; choose one with "
            "weight=NAME, or weight=1 to count each edge once"
        )


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return as_number(value)
    if isinstance(value, (int, float, np.number, np.bool_)) and not np.iscomplexobj(value):
        return float(value)
    return None
