"""Matrix Market files, plain or gzipped.

Format: Boisvert, Pozo & Remington, NISTIR 5935 (1996). scipy's own reader is not used: a damaged
file can crash it, and the whole process with it (seen with scipy 1.17).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import (
    Adjacency,
    Dense,
    Numbered,
    check_bytes,
    check_count,
    from_edges,
)
from zoo_spectra_connectome.dialect import open_text, read_lines
from zoo_spectra_connectome.edges import EdgeSum
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.settings import Settings

FIELDS = ("real", "double", "integer", "unsigned-integer", "pattern")
SYMMETRIES = {"general": 0.0, "symmetric": 1.0, "skew-symmetric": -1.0}
PART = 1 << 16  # lines that are parsed at once
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


def read(path: Path, settings: Settings) -> Adjacency:
    """A square real matrix; a pattern counts 1 per entry; the half left out is filled in.

    Raises NetworkError, FileFormatError, and what the codec and numpy raise.
    """
    guard = Guard(budget_of(path))
    with open_text(path) as stream:
        form, field, mirror = _banner(stream.readline(1024))
        lines = (line for line in guard.each(read_lines(stream)) if _is_data(line))
        sizes = [int(word) for word in next(lines, "").split()]
        if not sizes:
            raise FileFormatError("it ends before the sizes")
        if len(sizes) != (3 if form == "coordinate" else 2) or min(sizes) < 0:
            raise FileFormatError(f"sizes {sizes} do not belong to a {form} matrix")
        if sizes[0] != sizes[1]:
            raise NetworkError(f"shape ({sizes[0]}, {sizes[1]}) is not square: no adjacency matrix")
        check_count(sizes[0])
        if form == "array":
            return _network(_array(lines, sizes[0], mirror, guard), mirror, settings)
        width = 2 if field == "pattern" else 3
        edges = EdgeSum(guard)
        for part in _body(lines, sizes[2], width):
            rows, columns = (_places(part[:, at], sizes[0]) for at in (0, 1))
            values = part[:, 2] if width == 3 else np.ones(len(part))
            edges.add(rows, columns, values)
    rows, columns, values = edges.summed()
    if mirror:
        rows, columns, values = _mirrored(rows, columns, values, mirror)
    made = from_edges(rows, columns, values, Numbered(sizes[0]))
    return _network(made.matrix, mirror, settings)


def _network(matrix: Any, mirror: float, settings: Settings) -> Adjacency:
    """A matrix whose banner says that it is symmetric is whole, whatever it looks like."""
    told = replace(settings, symmetry=settings.symmetry or "none") if mirror else settings
    return network_of(matrix, None, told)


def _mirrored(
    rows: Index, columns: Index, values: Floats, mirror: float
) -> tuple[Index, Index, Floats]:
    """Both halves of a matrix of which the file has one. Raises FileFormatError if it has both."""
    off = rows != columns
    pairs = np.minimum(rows, columns)[off] << 32 | np.maximum(rows, columns)[off]
    if len(np.unique(pairs)) < len(pairs):
        raise FileFormatError(
            "its banner says that half of the matrix is stored, and entries are on both sides of "
            "the diagonal; write it as general"
        )
    if mirror < 0 and values[~off].any():
        raise FileFormatError("its banner says skew-symmetric, and its diagonal is not zero")
    whole = np.append(rows, columns[off]), np.append(columns, rows[off])
    return *whole, np.append(values, mirror * values[off])


def _is_data(line: str) -> bool:
    return not line.startswith("%") and not line.isspace()


def _banner(line: str) -> tuple[str, str, float]:
    words = line.lower().split()
    if len(words) != 5 or words[:2] != ["%%matrixmarket", "matrix"]:
        raise FileFormatError("it does not begin with %%MatrixMarket matrix FORMAT FIELD SYMMETRY")
    form, field, symmetry = words[2:]
    if form not in ("coordinate", "array") or field not in FIELDS or symmetry not in SYMMETRIES:
        raise FileFormatError(f"a {form} {field} {symmetry} matrix is not one of real numbers")
    return form, field, SYMMETRIES[symmetry]


def _body(lines: Iterator[str], entries: int, width: int) -> Iterator[Floats]:
    """The entries, in parts. Raises FileFormatError when they are fewer or more than promised."""
    check_bytes(8 * entries * width)
    found = 0
    while part := list(islice(lines, PART)):
        body = np.loadtxt(part, comments=None, ndmin=2)
        found += len(body)
        if body.shape[1] != width or found > entries:
            raise FileFormatError(f"{found:,} rows of {body.shape[1]}; not {entries:,} of {width}")
        yield body
    if found == 0 and entries:
        raise FileFormatError("it ends before the entries")
    if found != entries:
        raise FileFormatError(f"{found:,} rows of {width}; not {entries:,} of {width}")


def _places(numbers: npt.NDArray[np.float64], count: int) -> Index:
    """Counted from one in the file, from zero here."""
    if not np.all((numbers >= 1) & (numbers <= count) & (numbers == np.floor(numbers))):
        raise FileFormatError(f"an entry lies outside the {count} × {count} matrix")
    return numbers.astype(np.int64) - 1


def _array(lines: Iterator[str], count: int, mirror: float, guard: Guard) -> Dense:
    """Column by column; only the lower triangle of a matrix that is mirrored."""
    check_bytes(8 * count * count)
    half = count * (count + 1) // 2 - (count if mirror < 0 else 0)
    values: list[Floats] = []  # memory only for what has been read
    for part in _body(lines, half if mirror else count * count, 1):
        guard.hold(2 * part.nbytes, "a matrix")
        values.append(part[:, 0])
    flat = np.concatenate(values)
    if not mirror:
        return flat.reshape(count, count).T.copy()
    matrix, at = np.zeros((count, count)), 0
    for column in range(count):
        first = column + (1 if mirror < 0 else 0)
        below = flat[at : at + count - first]
        at += len(below)
        matrix[column, first:] = mirror * below
        matrix[first:, column] = below
    return matrix
