"""Edge tables whose columns have types (Parquet, Arrow), read in parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Guard
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.columns import Column, Layout, layout
from zoo_spectra_connectome.edge_tables import (
    EdgeTable,
    Kinds,
    facts_of_layout,
    fault_of_id,
    is_undirected,
)
from zoo_spectra_connectome.edges import Names
from zoo_spectra_connectome.settings import Settings

PART = 1 << 18  # rows that are taken at once
SAMPLE = 1000  # rows by which columns of text are understood


def layout_of(schema: Any, sample: Any, settings: Settings) -> Layout:
    """What the columns hold; ``sample``: the first rows of the columns of text, a record batch."""
    columns = []
    names, looked_at = Counter(schema.names), set(sample.schema.names)
    for name, kind in zip(schema.names, schema.types, strict=True):
        values = frozenset[str]()
        if is_text(kind) and names[name] == 1 and name in looked_at:
            found = pc.unique(sample.column(name)).to_pylist()
            values = frozenset(str(each).lower() for each in found if each not in (None, ""))
        number = is_number(kind) or pa.types.is_null(kind) or (is_text(kind) and not values)
        columns.append(Column(name, number, values))
    return layout(columns, settings)


def is_text(kind: Any) -> bool:
    """Whether a column is of text, as it is or by a list of its values."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def is_number(kind: Any) -> bool:
    """Whether a column is of numbers that could be weights."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def wanted_columns(names: Sequence[str], found: Layout) -> list[str]:
    """The names of the columns that are read, each once. Raises NetworkError for a name twice."""
    places = (found.source, found.target, found.weight, found.kinds, found.direction)
    wanted = list(dict.fromkeys(names[at] for at in places if at is not None))
    for name in wanted:
        if names.count(name) > 1:
            raise NetworkError(f"several columns are called {name!r}; rename all but one")
    return wanted


def read_parts(
    parts: Iterable[Any], names: Sequence[str], found: Layout, settings: Settings, guard: Guard
) -> Adjacency:
    """The network of record batches that have the columns of a layout. Raises NetworkError."""
    kinds = None if found.kinds is None else Kinds(settings, f"column {names[found.kinds]!r}")
    edges, nodes = EdgeTable(guard), (Names(guard), Names(guard))
    ends = [_Ends(each) for each in nodes]
    for part in parts:
        guard.tick()
        if kinds is not None and found.kinds is not None:
            part = part.filter(_chosen(part.column(names[found.kinds]), kinds))
        if not part.num_rows:
            continue
        rows, targets = (
            each.numbers(_whole(part, names[at]), names[at])
            for each, at in zip(ends, (found.source, found.target), strict=True)
        )
        weights = np.ones(part.num_rows)
        if found.weight is not None:
            weights = _weights(_whole(part, names[found.weight]), names[found.weight])
        undirected = None
        if found.direction is not None:
            column = _whole(part, names[found.direction])
            undirected = _by_value(column, lambda value: is_undirected(str(value)))
        edges.add(rows, targets, weights, undirected)
    if kinds is not None:
        kinds.check()
    made = edges.adjacency(*nodes)
    return replace(made, facts={**facts_of_layout(names, found, kinds), **made.facts})


def _whole(part: Any, name: str) -> Any:
    column = part.column(name)
    if column.null_count:
        raise NetworkError(f"column {name!r} has {column.null_count} empty cells (missing entries)")
    return column


def _weights(column: Any, name: str) -> npt.NDArray[np.float64]:
    if not is_number(column.type) and not pa.types.is_boolean(column.type):
        raise NetworkError(f"weight column {name!r} holds {column.type}, no numbers")
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    weights: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    if np.isnan(weights).any():
        raise NetworkError(f"weight column {name!r} has missing entries (nan)")
    return weights


def _chosen(column: Any, kinds: Kinds) -> Any:
    if column.null_count:
        column = column.cast(pa.string()) if not is_text(column.type) else column
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        column = column.fill_null("")
    return pa.array(_by_value(column, lambda value: kinds.takes(_text(value))))


def _by_value(column: Any, says: Any) -> npt.NDArray[np.bool_]:
    """What is said of each cell, asked once for each value that is met."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    places = encoded.indices.to_numpy(zero_copy_only=False)
    said = np.zeros(len(encoded.dictionary), dtype=bool)
    met, first = np.unique(places, return_index=True)
    for at in met[np.argsort(first)]:
        said[at] = says(encoded.dictionary[int(at)].as_py())
    found: npt.NDArray[np.bool_] = said[places]
    return found


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class _Ends:
    """One column of names, whose parts mostly share a list of values."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._values: Any = None
        self._numbers = np.empty(0, np.int64)  # of the values; -1 for one that was not met yet

    def numbers(self, column: Any, name: str) -> npt.NDArray[np.int64]:
        """The numbers of the names in one part, new ones as they appear. Raises NetworkError."""
        if not pa.types.is_dictionary(column.type):
            if not (is_text(column.type) or pa.types.is_integer(column.type)):
                raise NetworkError(
                    f"column {name!r} holds {column.type} and no ids (ids are names or whole "
                    "numbers); say which columns do with source= and target="
                )
            column = column.dictionary_encode()
        places = column.indices.to_numpy(zero_copy_only=False)
        if self._values is None or not self._values.equals(column.dictionary):
            self._values = column.dictionary
            self._numbers = np.full(len(self._values), -1)
        met, first = np.unique(places, return_index=True)
        new = met[self._numbers[met] < 0]
        new = new[np.argsort(first[self._numbers[met] < 0])]
        names = list(map(_text, self._values.take(pa.array(new)).to_pylist()))
        for each in names:
            fault = fault_of_id(each)
            if fault is not None:
                raise NetworkError(f"column {name!r} of the ends: {fault[:200]}")
        self._numbers[new] = self._names.numbers(names)
        found: npt.NDArray[np.int64] = self._numbers[places]
        return found
