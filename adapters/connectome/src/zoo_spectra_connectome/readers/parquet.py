"""Edge tables in Parquet files, read in parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.edges import EdgeSum, Names, named_adjacency
from zoo_spectra_connectome.rows import edge_columns, has_edge_header
from zoo_spectra_connectome.settings import Settings

PART = 1 << 18  # rows that are taken at once


def read(path: Path, settings: Settings) -> Adjacency:
    """An edge table: columns source, target and weight, by name or by position.

    A table of more than 3 columns without a weight counts 1 per row (a row a synapse).
    """
    guard = Guard(budget_of(path))
    with pq.ParquetFile(path) as file:
        header = list(file.schema_arrow.names)
        if len(header) < 2 or (len(header) > 3 and not has_edge_header(header)):
            raise NetworkError(f"no columns source and target among {', '.join(header[:8])}")
        source, target, value = edge_columns(header, settings.weight)
        wanted = [header[at] for at in (source, target, value) if at is not None]
        types = {field.name: field.type for field in file.schema_arrow}
    # As numbers into the list of distinct values: else one long text could be repeated for ever.
    texts = [name for name in wanted[:2] if _is_text(types[name])]
    edges, names = EdgeSum(guard), (Names(guard), Names(guard))
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        _check_sizes(file.metadata, wanted, guard)
        columns = [_Column(each) for each in names]
        for part in file.iter_batches(PART, columns=wanted):
            for name in wanted:
                if part.column(name).null_count:
                    raise NetworkError(f"column {name!r} has empty cells")
            rows, targets = (column.numbers(part.column(at)) for at, column in enumerate(columns))
            weights = np.ones(part.num_rows)
            if value is not None:
                weights = part.column(wanted[2]).to_numpy(zero_copy_only=False)
                if weights.dtype.kind not in "biuf":
                    raise NetworkError(
                        f"weight column {wanted[2]!r} holds {weights.dtype}, no numbers"
                    )
            edges.add(rows, targets, weights.astype(np.float64))
    return named_adjacency(edges, *names)


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)
    )


def _check_sizes(metadata: Any, wanted: list[str], guard: Guard) -> None:
    """Hold against the budget what each row group unpacks to."""
    paths = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    own = [at for at, path in enumerate(paths) if path.partition(".")[0] in wanted]
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        size = sum(group.column(at).total_uncompressed_size for at in own)
        guard.check(size, f"row group {number}")
        guard.tick()


class _Column:
    """One column of names, whose parts mostly share a list of values."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._values: Any = None
        self._numbers = np.empty(0, np.int64)  # of the values; -1 for one that was not met yet

    def numbers(self, column: Any) -> npt.NDArray[np.int64]:
        """The numbers of the names in one part, new ones as they appear."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        places = column.indices.to_numpy(zero_copy_only=False)
        if self._values is None or not self._values.equals(column.dictionary):
            self._values = column.dictionary
            self._numbers = np.full(len(self._values), -1)
        met, first = np.unique(places, return_index=True)
        new = met[self._numbers[met] < 0]
        new = new[np.argsort(first[self._numbers[met] < 0])]
        names = self._values.take(pa.array(new)).to_pylist()
        self._numbers[new] = self._names.numbers(map(str, names))
        found: npt.NDArray[np.int64] = self._numbers[places]
        return found
