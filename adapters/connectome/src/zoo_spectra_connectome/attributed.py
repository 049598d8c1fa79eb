"""Edges with attributes, of which one is the weight: which one is certain, or it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra.sources import Guard, Scalar
from zoo_spectra_connectome.adjacency import Adjacency, from_edges
from zoo_spectra_connectome.columns import Column, kinds_of_edges
from zoo_spectra_connectome.dialect import as_number
from zoo_spectra_connectome.edge_tables import MAX_KINDS, Kinds
from zoo_spectra_connectome.settings import NO_WEIGHT, Settings
from zoo_spectra_connectome.weights import is_weight, the_weight

EDGE_BYTES, VALUE_BYTES = 40, 40  # of memory


@dataclass
class _Column:
    """What some edges have under one name: numbers, or texts, each numbered as it is met.

    Of more than MAX_KINDS texts, others are told only to be such.
    """

    edges: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    switch: bool = False  # true and false are no strength, unless they are asked for
    with_text: array[int] = field(default_factory=lambda: array("q"))
    texts: array[int] = field(default_factory=lambda: array("q"))
    known: dict[str, int] = field(default_factory=dict)

    def add(self, edge: int, value: Any) -> None:
        number = _number(value)
        if number is not None:
            self.switch |= isinstance(value, (bool, np.bool_))
            self.edges.append(edge)
            self.values.append(number)
            return
        text = str(value)
        if len(self.known) <= MAX_KINDS:
            self.known.setdefault(text, len(self.known))
        self.with_text.append(edge)
        self.texts.append(self.known.get(text, MAX_KINDS))

    def kind_of_each(self, count: int) -> list[str]:
        """The text of each of ``count`` edges; a number is one too, and none is empty."""
        kinds = [""] * count
        for edge, value in zip(self.edges, self.values, strict=True):
            kinds[edge] = f"{value:g}"
        known = list(self.known)
        for edge, text in zip(self.with_text, self.texts, strict=True):
            kinds[edge] = known[text]
        return kinds


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
            self._columns.setdefault(str(name), _Column()).add(number, value)

    def fill(self, name: str, value: float) -> None:
        """Give all edges that lack it this value, if any edge has it at all."""
        column = self._columns.get(name)
        if column is not None and len(column.edges) + len(column.texts) < len(self):
            has = np.zeros(len(self), bool)
            has[np.array(column.edges, np.int64)] = True
            has[np.array(column.with_text, np.int64)] = True
            column.edges.extend(np.flatnonzero(~has).tolist())
            column.values.extend([value] * int((~has).sum()))

    def adjacency(self, nodes: Sequence[str], settings: Settings) -> Adjacency:
        """The network; an edge both ways twice, a loop once; parallel edges add up.

        The weight is the attribute ``weight`` of the settings, or what ``weights`` takes for it, or
        1 where edges have no numbers; kinds of edges are chosen by their ``types``. Raises
        NetworkError where that is not certain, and where some edges lack the weight.
        """
        rows, columns = np.array(self._ends, np.int64).reshape(-1, 2).T
        both = np.array(self._both, bool)
        kind, kinds, taken = self._taken(settings)
        name = self._chosen(settings.weight, kind)
        values = np.ones(len(self)) if name is None else self._weights(nodes, name, taken)
        rows, columns, values, both = rows[taken], columns[taken], values[taken], both[taken]
        mirrored = (rows != columns) & both
        made = from_edges(
            np.append(rows, columns[mirrored]),
            np.append(columns, rows[mirrored]),
            np.append(values, values[mirrored]),
            nodes,
        )
        ways = np.append(rows << 32 | columns, (columns << 32 | rows)[mirrored])
        facts: dict[str, Scalar] = {
            "form": "graph",
            "weight_column": None if name is None else name[:100],
            "rows": len(rows),
            "duplicates": len(ways) - len(np.unique(ways)),
        }
        if kinds is not None:
            facts |= {"kind_column": kind, "kinds": kinds.shown()}
        return replace(made, facts=facts)

    def _taken(self, settings: Settings) -> tuple[str | None, Kinds | None, npt.NDArray[np.bool_]]:
        """The attribute of the kinds of edges, if there is one, and which edges are taken."""
        names = list(self._columns)
        texts = [
            Column(name, bool(each.edges), frozenset(text.lower() for text in each.known))
            for name, each in self._columns.items()
        ]
        at = kinds_of_edges(texts, settings)
        if at is None:
            return None, None, np.ones(len(self), bool)
        kinds = Kinds(settings, f"edge attribute {names[at]!r}")
        found = self._columns[names[at]].kind_of_each(len(self))
        taken = np.array([kinds.takes(kind) for kind in found], bool)
        kinds.check()
        return names[at], kinds, taken

    def _weights(self, nodes: Sequence[str], name: str, taken: npt.NDArray[np.bool_]) -> Any:
        column = self._columns[name]
        values = np.full(len(self), np.nan)
        has = np.zeros(len(self), bool)
        for places in (column.edges, column.with_text):
            has[np.array(places, np.int64)] = True
        values[np.array(column.edges, np.int64)] = np.array(column.values)
        for place, text in zip(column.with_text, column.texts, strict=True):
            if taken[place]:
                said = list(column.known)[text]
                raise NetworkError(
                    f"an edge's {name[:40]} {said[:40]!r} is no real number; choose another "
                    "attribute with weight=NAME"
                )
        without = np.flatnonzero(taken & ~has)
        if len(without):
            at = 2 * int(without[0])
            ends = " to ".join(repr(nodes[end][:40]) for end in self._ends[at : at + 2])
            raise NetworkError(
                f"{len(without):,} of {int(taken.sum()):,} edges have no {name}, the first from "
                f"{ends}; give it to all, or choose another with weight=NAME"
            )
        return values

    def _chosen(self, asked: str | None, kind: str | None) -> str | None:
        known = [name for name in self._columns if name != kind]
        if asked is not None:
            if asked not in known and asked != NO_WEIGHT:
                hint = nearest(asked, known) if known else "the edges have none"
                raise NetworkError(f"no edge attribute {asked!r} for weight=; {hint}")
            return asked if asked in known else None
        exact = [name for name in known if is_weight(name)]
        if len(exact) == 1:
            return exact[0]
        numbers = [n for n in known if self._columns[n].edges and not self._columns[n].switch]
        return numbers[the_weight(numbers, alone=False)] if numbers else None


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        return as_number(value)
    if isinstance(value, (int, float, np.number, np.bool_)) and not np.iscomplexobj(value):
        return float(value)
    return None
