"""MATLAB's files of version 4, as DSI Studio writes its connectivity: matrices one after another.

Format: *MAT-File Format*, MathWorks, chapter "Level 4". A sparse matrix is three columns.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import sparse

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, read_bytes
from zoo_spectra_connectome.adjacency import check_bytes
from zoo_spectra_connectome.readers.chosen import is_square
from zoo_spectra_connectome.readers.mat_values import Variables, lines

TYPES = ("f8", "f4", "i4", "i2", "u2", "u1")
NUMERIC, TEXT, SPARSE = 0, 1, 2
HEADER, MAX_NAME, MAX_TEXT = 20, 256, 1 << 24


def is_mat4(head: bytes) -> bool:
    """Whether a file may begin so: a type of four digits, small sides, a short name."""
    if len(head) < HEADER:
        return False
    kind, rows, columns, imaginary, name = np.frombuffer(head[:HEADER], _order(head) + "i4")
    digits = kind % 1000 < 100 and kind // 1000 in (0, 1) and kind % 10 < 3 and kind % 100 < 60
    return bool(
        digits and rows >= 0 and columns >= 0 and imaginary in (0, 1) and 0 < name < MAX_NAME
    )


def variables(path: Path, guard: Guard) -> Variables:
    """Every variable of a file. Raises FileFormatError, NetworkError beyond the budget."""
    found, size, at = Variables(), path.stat().st_size, 0
    with path.open("rb") as stream:
        while at < size:
            guard.tick()
            head = stream.read(HEADER)
            if not is_mat4(head):
                raise FileFormatError(f"byte {at}: no header of a matrix; is it cut off?")
            order = _order(head)
            kind, rows, columns, imaginary, length = map(int, np.frombuffer(head, order + "i4"))
            name = stream.read(length).split(b"\0")[0].decode("latin-1")
            dtype = np.dtype(order + TYPES[kind // 10 % 10])
            count = rows * columns * dtype.itemsize
            if stream.tell() + count * (1 + imaginary) > size:
                raise FileFormatError(f"variable {name[:40]!r} is cut off")
            check_bytes(count)
            guard.hold(count, f"variable {name[:40]}")
            values = read_bytes(stream, count).view(dtype).reshape(columns, rows).T
            stream.seek(count * imaginary, 1)
            _keep(found, name, values, kind % 10, imaginary)
            at = stream.tell()
    return found


def _order(head: bytes) -> str:
    return ">" if head[:1] == b"\0" and head[:4] != bytes(4) else "<"


def _keep(found: Variables, name: str, values: np.ndarray, kind: int, imaginary: int) -> None:
    if name in found.matrices or name in found.texts or name in found.others:
        raise FileFormatError(f"two variables are called {name[:40]!r}")
    if kind == TEXT or (values.dtype == np.uint8 and 1 in values.shape and values.size < MAX_TEXT):
        rows = ["".join(map(chr, row.astype(int) & 0xFFFF)) for row in values]
        found.texts[name] = lines(rows[0]) if len(rows) == 1 else [row.strip() for row in rows]
        found.others[name] = "text"
    elif kind == SPARSE:
        found.matrices[name] = _sparse(name, values)
    elif imaginary:
        found.others[name] = "of complex numbers"
    elif is_square(values.shape):
        found.matrices[name] = values
    else:
        found.others[name] = " × ".join(map(str, values.shape))


def _sparse(name: str, values: np.ndarray) -> sparse.csr_array:
    if values.shape[1] != 3 or len(values) < 1:
        raise FileFormatError(f"the sparse matrix {name[:40]!r} is not three columns")
    sides = int(values[-1, 0]), int(values[-1, 1])
    places = values[:-1, :2].astype(np.int64) - 1
    if len(places) and (places.min() < 0 or (places >= sides).any()):
        raise FileFormatError(f"the sparse matrix {name[:40]!r} has an entry outside it")
    return sparse.coo_array((values[:-1, 2], tuple(places.T)), shape=sides).tocsr()
