"""Edge tables in Arrow's own files: Feather, of version 2, and IPC files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers.columnar import (
    SAMPLE,
    is_text,
    layout_of,
    read_parts,
    wanted_columns,
)
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """An edge table; which columns are what is told from their names. Raises NetworkError."""
    guard = Guard(budget_of(path))
    with pa.OSFile(str(path)) as stream:
        file = pa.ipc.open_file(stream)
        schema = file.schema
        texts = [at for at, kind in enumerate(schema.types) if is_text(kind)]
        sample = _first(path, texts, guard)
        found = layout_of(schema, sample, settings)
    names = list(schema.names)
    wanted = wanted_columns(names, found)
    places = sorted(names.index(name) for name in wanted)
    return read_parts(_parts(path, places, guard), names, found, settings, guard)


def _first(path: Path, places: list[int], guard: Guard) -> Any:
    if places:
        for part in _parts(path, places, guard):
            return part.slice(0, SAMPLE)
    return pa.RecordBatch.from_arrays([], names=[])


def _parts(path: Path, places: list[int], guard: Guard) -> Iterator[Any]:
    """The record batches, of some columns, each looked through before it is used."""
    options = pa.ipc.IpcReadOptions(included_fields=places)
    with pa.OSFile(str(path)) as stream:
        file = pa.ipc.open_file(stream, options=options)
        for number in range(file.num_record_batches):
            part = file.get_batch(number)
            guard.check(part.nbytes, f"record batch {number}")
            try:
                part.validate(full=True)
            except pa.ArrowInvalid as error:
                raise FileFormatError(f"record batch {number} is damaged ({error})") from error
            yield part
