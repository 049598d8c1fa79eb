"""An edge table as it is read: ids that are names, kinds that are chosen, edges that are summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import NetworkError, nearest
from zoo_spectra.sources import Guard, Scalar
from zoo_spectra_connectome.adjacency import Adjacency, from_matrix
from zoo_spectra_connectome.columns import DIRECTIONS, SWITCHES, Layout
from zoo_spectra_connectome.dialect import as_number, is_missing
from zoo_spectra_connectome.edges import EdgeSum, Names, named_adjacency
from zoo_spectra_connectome.settings import ALL_KINDS, Settings
from zoo_spectra_connectome.symmetry import symmetrised

Index = npt.NDArray[np.int64]
MAX_KINDS = 1000


def fault_of_id(name: str, decimal: str = ".") -> str | None:
    """Why a cell names no node: it is missing, or a number that is none of the whole numbers."""
    if name.isdigit():
        return None
    if is_missing(name):
        return f"{name!r} stands for a missing entry"
    if name[0] in "+-.0123456789niNI" and as_number(name, decimal) is not None:
        return f"{name!r} is a number and no id (ids are names or whole numbers)"
    return None


class Kinds:
    """Which kinds of edges are taken, and which there are.

    ``where``: what holds them, for messages: ``column 'type'``.
    """

    def __init__(self, settings: Settings, where: str) -> None:
        self._where, self._chosen = where, settings.types
        self.met: dict[str, None] = {}

    def takes(self, kind: str) -> bool:
        """Whether an edge of this kind is one of the network's."""
        if kind not in self.met:
            if len(self.met) == MAX_KINDS:
                raise NetworkError(
                    f"{self._where} holds more than {MAX_KINDS} kinds of edges; name "
                    "another with type=, or rename it"
                )
            self.met[kind] = None
            if self._chosen is None and len(self.met) > 1:
                known = ", ".join(repr(each[:40]) for each in self.met)
                raise NetworkError(
                    f"{self._where} holds several kinds of edges ({known}, …); "
                    f"types={ALL_KINDS} sums them, types=A takes one, types=A+B sums some, "
                    "types=A,B makes a network of each"
                )
        return self._chosen in (None, (ALL_KINDS,)) or kind in (self._chosen or ())

    def shown(self) -> str:
        """The kinds that were met, for the network's row."""
        return ", ".join(kind[:40] for kind in list(self.met)[:20])

    def check(self) -> None:
        """Raise NetworkError when a kind was chosen that no edge has."""
        for kind in self._chosen or ():
            if kind not in self.met and self._chosen != (ALL_KINDS,):
                raise NetworkError(
                    f"no edge of kind {kind!r} in {self._where}; " + nearest(kind, self.met)
                )


class EdgeTable:
    """The edges of a table so far; those that it calls undirected are kept apart."""

    def __init__(self, guard: Guard) -> None:
        self._sums = EdgeSum(guard), EdgeSum(guard)
        self._rows = 0

    def add(
        self,
        rows: Index,
        columns: Index,
        weights: npt.NDArray[np.float64],
        undirected: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Take a part of the edges; ``undirected``: which of them are."""
        self._rows += len(weights)
        if undirected is None:
            self._sums[0].add(rows, columns, weights)
            return
        for number, part in enumerate((~undirected, undirected)):
            self._sums[number].add(rows[part], columns[part], weights[part])

    def adjacency(self, sources: Names, targets: Names) -> Adjacency:
        """The network. ``facts``: how many rows repeat the two ends of another."""
        found = [named_adjacency(each, sources, targets) for each in self._sums]
        distinct = sum(len(each.summed()[2]) for each in self._sums)
        facts: dict[str, Scalar] = {"rows": self._rows, "duplicates": self._rows - distinct}
        whole = found[0]
        if len(self._sums[1].summed()[2]):
            both = symmetrised(found[1])
            matrix = both.matrix + found[0].matrix
            whole = from_matrix(matrix, both.nodes)
            facts["undirected_rows"] = True
        return replace(whole, implied=True, facts=facts)


def is_undirected(value: str) -> bool:
    """What a cell of a column of directions says. Raises NetworkError."""
    said = {**DIRECTIONS, **SWITCHES}.get(value.lower())
    if said is None:
        raise NetworkError(f"{value[:40]!r} is neither Directed nor Undirected")
    return not said


def facts_of_layout(
    names: Sequence[str], layout: Layout, kinds: Kinds | None
) -> Mapping[str, Scalar]:
    """What was understood of the columns, for the row."""
    facts: dict[str, Scalar] = {
        "form": "edges",
        "columns": ", ".join(name[:40] for name in names[:20]),
        "source_column": names[layout.source][:100],
        "target_column": names[layout.target][:100],
        "weight_column": None if layout.weight is None else names[layout.weight][:100],
    }
    if layout.kinds is not None and kinds is not None:
        facts["kind_column"] = names[layout.kinds][:100]
        facts["kinds"] = kinds.shown()
    return facts
