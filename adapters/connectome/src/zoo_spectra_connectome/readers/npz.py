"""A matrix in an archive of numpy or scipy, .npz."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from zoo_spectra.errors import FileFormatError, NetworkError, nearest
from zoo_spectra.sources import Archive, Guard, budget_of, read_array
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes, check_matrix
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.readers.npy import checked_header, read_square
from zoo_spectra_connectome.settings import Settings

SPARSE_KEYS = {"format", "shape", "data"}  # what scipy.sparse.save_npz always writes
Part = Callable[[str], npt.NDArray[Any]]


def read(path: Path, settings: Settings) -> Adjacency:
    """A sparse matrix of scipy.sparse.save_npz, or one array of an archive (option ``array``).

    Raises NetworkError when the archive has several arrays and none is chosen.
    """
    array, guard = settings.array, Guard(budget_of(path))
    archive = Archive(path)
    members = {name.removesuffix(".npy"): info for name, info in archive.members.items()}
    check_bytes(sum(info.file_size for info in members.values()))

    def part(name: str) -> npt.NDArray[Any]:
        with archive.open(members[name]) as stream:
            return read_array(stream, checked_header(stream, members[name].file_size, guard))

    if array is None and set(members) >= SPARSE_KEYS:
        return network_of(_sparse(part), None, settings)
    if array is not None and array not in members:
        raise NetworkError(f"no array {array!r}; {nearest(array, members)}")
    if array is None and len(members) != 1:
        raise NetworkError(
            f"{len(members)} arrays ({', '.join(list(members)[:8])}); choose one with array=NAME"
        )
    name = next(iter(members)) if array is None else array
    with archive.open(members[name]) as stream:
        return network_of(read_square(stream, members[name].file_size, guard), None, settings, name)


def _sparse(part: Part) -> Any:
    """The matrix that scipy saved, its indices checked: scipy does not look whether they lie
    inside, and wrong ones would crash.
    """
    form, shape, data = part("format"), part("shape"), part("data")
    name = form.item() if form.ndim == 0 else b""
    name = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)
    if shape.shape != (2,) or shape.dtype.kind not in "iu":
        raise FileFormatError("its shape is no pair of numbers")
    sides = int(shape[0]), int(shape[1])
    check_matrix(sides, data.dtype)
    if name == "coo":
        return _coordinates(part("row"), part("col"), data, sides)
    if name == "dia":
        return _diagonals(_whole(part("offsets")), data, sides)
    if name not in ("csr", "csc", "bsr"):
        raise FileFormatError(f"a sparse matrix of the format {name[:20]!r}")
    made = {"csr": sparse.csr_array, "csc": sparse.csc_array, "bsr": sparse.bsr_array}[name]
    matrix = made((data, _whole(part("indices")), _whole(part("indptr"))), shape=sides)
    matrix.check_format(full_check=True)
    return matrix


def _whole(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise FileFormatError(f"its indices are {numbers.dtype} of the shape {numbers.shape}")
    return numbers


def _coordinates(rows: Any, columns: Any, data: Any, sides: tuple[int, int]) -> Any:
    if data.ndim != 1 or not len(_whole(rows)) == len(_whole(columns)) == len(data):
        raise FileFormatError("its rows, columns and data differ in number")
    for places, side in zip((rows, columns), sides, strict=True):
        if len(places) and (places.min() < 0 or places.max() >= side):
            raise FileFormatError(f"an entry lies outside the {sides[0]} × {sides[1]} matrix")
    return sparse.coo_array((data, (rows.astype(np.int64), columns.astype(np.int64))), shape=sides)


def _diagonals(offsets: Any, data: Any, sides: tuple[int, int]) -> Any:
    """Entry (i, j) is ``data[k, j]`` where j - i is the k-th offset."""
    if data.ndim != 2 or len(offsets) != len(data) or len(set(offsets.tolist())) != len(offsets):
        raise FileFormatError("its diagonals and their offsets do not fit")
    columns = np.broadcast_to(np.arange(data.shape[1]), data.shape)
    rows = columns - offsets.astype(np.int64)[:, None]
    inside = (rows >= 0) & (rows < sides[0]) & (columns < sides[1])
    return _coordinates(rows[inside], columns[inside], data[inside], sides)
