"""Edge lists as text: a row an edge, its ends and perhaps a weight, a kind, a direction."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.columns import Column, Layout, has_ends, layout
from zoo_spectra_connectome.dialect import as_number, is_missing
from zoo_spectra_connectome.edge_tables import (
    EdgeTable,
    Kinds,
    facts_of_layout,
    fault_of_id,
    is_undirected,
)
from zoo_spectra_connectome.edges import Names
from zoo_spectra_connectome.readers.tables_of_else import OneOfEach
from zoo_spectra_connectome.rows import Table
from zoo_spectra_connectome.settings import Settings

PART = 1 << 17  # rows that are taken at once


def read_edges(table: Table, settings: Settings, sure: bool, guard: Guard) -> Adjacency:
    """An edge list; without a weight each row counts 1. Nodes are those it names.

    ``sure``: whether it was said that it is one. Raises NetworkError, FileFormatError.
    """
    header = header_of(table, settings)
    names = header or [str(at) for at in range(1, len(table.sample[-1]) + 1)]
    if table.dialect.trailing and len(names) == 2 and settings.weight is None:
        raise NetworkError(
            "each row ends in an empty cell, so its weights may be missing; say weight=none where "
            "each row counts 1"
        )
    found = layout(_columns(table, names, header is not None), settings)
    reading = _Reading(table, found, names, settings, guard)
    reading.told = header is not None and found.named
    rows = table.rows()
    if header is not None:
        next(rows)
    for row in rows:
        reading.take(row)
    made = reading.finished()
    if header is None and settings.header is None:
        reading.check_first(table.sample[0])
    if header is not None and settings.header is None and not found.named:
        reading.check_header(header)
    if not (sure or found.named):
        reading.other.check(len(names))
    return made


def header_of(table: Table, settings: Settings) -> list[str] | None:
    """The first row, if it is beyond doubt a header; R leaves out the heading of row names."""
    first, width = table.sample[0], len(table.sample[-1])
    if len(first) == width - 1:
        if settings.header is False:
            raise FileFormatError(f"row 1 has {len(first)} cells where the others have {width}")
        return ["", *first]
    return first if _is_header(first, table, settings) else None


def _is_header(first: list[str], table: Table, settings: Settings) -> bool:
    rest = table.sample[1:]
    if settings.header is not None:
        return settings.header
    said = {settings.source, settings.target, settings.weight, settings.type} - {None}
    numbered = {str(at) for at in range(1, len(first) + 1)}
    if has_ends(first) or (said and said & set(first) and not said <= numbered):
        return True
    text = len(first) > 2 and any(
        _is_text(first[at], table)
        and rest
        and all(as_number(row[at], table.dialect.decimal) is not None for row in rest)
        for at in range(2, len(first))
    )
    return text and not all(cell.isdigit() for cell in first[:2])


def _is_text(cell: str, table: Table) -> bool:
    return as_number(cell, table.dialect.decimal) is None and not is_missing(cell)


def _columns(table: Table, names: Sequence[str], headed: bool) -> list[Column]:
    """What the first rows hold, column by column."""
    body = table.sample[headed:]
    found = []
    for at, name in enumerate(names):
        texts = {row[at].lower() for row in body if _is_text(row[at], table)}
        number = any(as_number(row[at], table.dialect.decimal) is not None for row in body)
        found.append(Column(name, number or not texts, frozenset(texts)))
    return found


class _Reading:
    """The rows of an edge list, taken one by one."""

    def __init__(
        self,
        table: Table,
        found: Layout,
        names: Sequence[str],
        settings: Settings,
        guard: Guard,
    ) -> None:
        self._table, self._layout, self._columns = table, found, names
        self._decimal = table.dialect.decimal
        self._kinds = (
            None if found.kinds is None else Kinds(settings, f"column {names[found.kinds]!r}")
        )
        self._edges, self._names = EdgeTable(guard), Names(guard)
        self._known: set[str] = set()
        self._ends: list[str] = []
        self._weights, self._undirected = array("d"), array("b")
        self.other = OneOfEach()
        self.told = False  # whether a header says that these are edges: then nothing is compared

    def take(self, row: list[str]) -> None:
        """Take an edge. Raises FileFormatError, NetworkError with the line."""
        found = self._layout
        if found.kinds is not None and self._kinds and not self._kinds.takes(row[found.kinds]):
            return
        for at in (found.source, found.target):
            if row[at] not in self._known:
                self._new(row[at], at)
        value = 1.0 if found.weight is None else self._weight(row[found.weight], found.weight)
        if not self.told:
            self.other.take(row[found.source], row[found.target])
        self._ends += (row[found.source], row[found.target])
        self._weights.append(value)
        if found.direction is not None:
            self._undirected.append(is_undirected(row[found.direction]))
        if len(self._weights) == PART:
            self._flush()

    def finished(self) -> Adjacency:
        """The network, and what was understood."""
        self._flush()
        if self._kinds is not None:
            self._kinds.check()
        made = self._edges.adjacency(self._names, self._names)
        facts = {**facts_of_layout(self._columns, self._layout, self._kinds), **made.facts}
        return replace(made, facts=facts)

    def check_header(self, header: Sequence[str]) -> None:
        """Refuse a first row that was taken for a header and has the name of a node."""
        met = [header[at] for at in (self._layout.source, self._layout.target)]
        met = [name for name in met if name in self._known]
        if met:
            raise FileFormatError(
                f"row 1: weight {header[self._layout.weight or -1]!r} is no number, and {met[0]!r} "
                "is a node, so this is no header"
            )

    def check_first(self, first: Sequence[str]) -> None:
        """Refuse a first row of text whose names stand in no other row: it may be a header."""
        ends = first[self._layout.source], first[self._layout.target]
        at = self._layout.weight
        if (
            at is not None
            and first[at : at + 1]
            and as_number(first[at], self._decimal) is not None
        ):
            return
        if not any(end.isdigit() for end in ends) and not self.other.again(*ends):
            raise FileFormatError(
                f"row 1 ({', '.join(cell[:40] for cell in first)}) may be a header, for its names "
                "stand in no other row; say header=true or header=false"
            )

    def _flush(self) -> None:
        numbers = self._names.numbers(self._ends).reshape(-1, 2)
        undirected = None
        if self._layout.direction is not None:
            undirected = np.array(self._undirected, dtype=bool)
        self._edges.add(numbers[:, 0], numbers[:, 1], np.array(self._weights), undirected)
        self._ends, self._weights, self._undirected = [], array("d"), array("b")

    def _new(self, name: str, at: int) -> None:
        fault = fault_of_id(name, self._decimal)
        if fault is not None:
            raise FileFormatError(
                f"{self._place(at)}: an edge without a source or a target: {fault}; "
                f"{self._table.shown()}"
            )
        self._known.add(name)

    def _weight(self, cell: str, at: int) -> float:
        value = as_number(cell, self._decimal)
        if value is None or value != value:
            missing = " (a missing entry)" if is_missing(cell) else ""
            raise FileFormatError(f"{self._place(at)}: weight {cell!r} is no number{missing}")
        return value

    def _place(self, at: int) -> str:
        return f"line {self._table.line}, column {at + 1}"
