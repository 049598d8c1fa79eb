"""Matrix Market files, plain or gzipped.

Format: Boisvert, Pozo & Remington, NISTIR 5935 (1996). scipy's own reader is not used: a damaged
file can crash it, and the whole process with it (seen with scipy 1.17).
"""

from __future__ import annotations

import gzip
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes, check_count, from_edges
from zoo_spectra_connectome.settings import Settings

FIELDS = ("real", "double", "integer", "pattern")
SYMMETRIES = {"general": 0.0, "symmetric": 1.0, "skew-symmetric": -1.0}
Index = npt.NDArray[np.int64]


def read(path: Path, settings: Settings) -> Adjacency:
    """A square real matrix; a pattern counts 1 per entry; the half left out is filled in.

    Raises NetworkError, FileFormatError, and what the codec and numpy raise.
    """
    zipped = path.suffix.lower() == ".gz"
    with gzip.open(path, "rt") if zipped else path.open(encoding="utf-8") as stream:
        form, field, mirror = _banner(stream.readline(1024))
        sizes = [int(word) for word in _size_line(stream).split()]
        if len(sizes) != (3 if form == "coordinate" else 2) or min(sizes) < 0:
            raise FileFormatError(f"sizes {sizes} do not belong to a {form} matrix")
        if sizes[0] != sizes[1]:
            raise NetworkError(f"shape ({sizes[0]}, {sizes[1]}) is not square: no adjacency matrix")
        check_count(sizes[0])
        if form == "array":
            rows, columns = _array_places(sizes[0], mirror)
            values = _body(stream, len(rows), 1)[:, 0]
        else:
            body = _body(stream, sizes[2], 2 if field == "pattern" else 3)
            rows, columns = (_places(body[:, at], sizes[0]) for at in (0, 1))
            values = body[:, 2] if field != "pattern" else np.ones(len(body))
    if mirror:
        off = rows != columns
        rows, columns = np.append(rows, columns[off]), np.append(columns, rows[off])
        values = np.append(values, mirror * values[off])
    return from_edges(rows, columns, values, [str(node) for node in range(sizes[0])])


def _banner(line: str) -> tuple[str, str, float]:
    words = line.lower().split()
    if len(words) != 5 or words[:2] != ["%%matrixmarket", "matrix"]:
        raise FileFormatError("it does not begin with %%MatrixMarket matrix FORMAT FIELD SYMMETRY")
    form, field, symmetry = words[2:]
    if form not in ("coordinate", "array") or field not in FIELDS or symmetry not in SYMMETRIES:
        raise FileFormatError(f"a {form} {field} {symmetry} matrix is not one of real numbers")
    return form, field, SYMMETRIES[symmetry]


def _size_line(stream: TextIO) -> str:
    for line in stream:
        if line.strip() and not line.startswith("%"):
            return line
    raise FileFormatError("it ends before the sizes")


def _body(stream: TextIO, entries: int, width: int) -> npt.NDArray[np.float64]:
    check_bytes(8 * entries * width)
    if entries == 0:
        return np.empty((0, width))
    lines = (line for line in stream if line.strip() and not line.startswith("%"))
    first = next(lines, None)
    if first is None:
        raise FileFormatError("it ends before the entries")
    # One line more than is due is asked for, to see that there is none.
    body = np.loadtxt(islice(chain([first], lines), entries + 1), comments=None, ndmin=2)
    if body.shape != (entries, width):
        raise FileFormatError(f"{body.shape[0]} rows of {body.shape[1]}; not {entries} of {width}")
    return body


def _places(numbers: npt.NDArray[np.float64], count: int) -> Index:
    """Counted from one in the file, from zero here."""
    if not np.all((numbers >= 1) & (numbers <= count) & (numbers == np.floor(numbers))):
        raise FileFormatError(f"an entry lies outside the {count} × {count} matrix")
    return numbers.astype(np.int64) - 1


def _array_places(count: int, mirror: float) -> tuple[Index, Index]:
    """Column by column; only the lower triangle of a matrix that is mirrored."""
    check_bytes(8 * count * count)
    if mirror:
        columns, rows = np.triu_indices(count, 1 if mirror < 0 else 0)
    else:
        columns, rows = np.indices((count, count)).reshape(2, -1)
    return rows, columns
