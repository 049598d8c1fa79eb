"""HDF5, and MATLAB's version 7.3, which is HDF5: the one matrix of a file, read within the file.

No link to another file is followed, nor any filter that is not HDF5's own.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.readers.chosen import chosen, is_square, naming
from zoo_spectra_connectome.readers.compressed import ROLES, compressed
from zoo_spectra_connectome.readers.mat_values import refuse_object
from zoo_spectra_connectome.settings import Settings

MAX_DEPTH, MAX_CHUNK, OBJECT_BYTES = 32, 1 << 30, 2000
MAX_TEXTS = 64 << 20  # bytes that a list of texts may take at most
FILTERS = {1, 2, 3, 32000}  # deflate, shuffle, checksums, lzf: they are always there
PLAIN: tuple[str, ...] = ("double", "single", "logical", "char", "cell", "struct")
PLAIN += tuple(f"{sign}int{size}" for sign in ("", "u") for size in (8, 16, 32, 64))


def read(path: Path, settings: Settings) -> Adjacency:
    """The one square dataset or sparse group of a file, or that of the option ``array``."""
    return read_hdf5(path, settings, Guard(budget_of(path)))


def read_hdf5(path: Path, settings: Settings, guard: Guard) -> Adjacency:
    """The same, of a file of MATLAB 7.3 too, whose datasets are stored by columns.

    Raises NetworkError without h5py and where there are several matrices, UnsafeFileError for what
    lies outside the file and for objects of MATLAB, FileFormatError.
    """
    try:
        import h5py
    except ImportError as error:
        raise NetworkError("HDF5 needs h5py; pip install 'zoo-spectra-connectome[hdf5]'") from error
    with h5py.File(str(path), "r", locking=False) as file:
        walk = _Walk(h5py, file, guard)
        walk.group(file, "", 0)
        name = chosen(walk.square, walk.others, settings.array)
        found = file[walk.paths[name]]
        is_sparse = isinstance(found, h5py.Group)
        matrix = walk.sparse(found, name) if is_sparse else walk.dense(found)
        _check_axes(walk, walk.paths[name])
        names = naming(walk.texts(matrix.shape[0]), matrix.shape[0], name)
    return network_of(matrix, names, settings, name)


def _check_axes(walk: _Walk, path: str) -> None:
    """The names of rows and columns, as pandas writes them, are to be the same."""
    owner = path.rpartition("/")[0]
    names = [f"{owner}/axis{at}".lstrip("/") for at in (0, 1)]
    axes = [walk.listed[name][()] for name in names if name in walk.listed]
    told = len(axes) == 2 and all(axis.dtype.kind in "iuS" for axis in axes)
    if told and not np.array_equal(*axes):
        raise FileFormatError("its rows and columns have different names, or another order")


class _Walk:
    """What a file holds, found without reading a value."""

    def __init__(self, h5py: Any, file: Any, guard: Guard) -> None:
        self._h5, self._file, self._guard = h5py, file, guard
        self.square: dict[str, tuple[int, ...]] = {}
        self.others: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        self.listed: dict[str, Any] = {}
        self._seen: set[int] = set()

    def group(self, group: Any, at: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise FileFormatError(f"more than {MAX_DEPTH} groups in one another")
        for name in group:
            self._guard.tick()
            self._guard.hold(OBJECT_BYTES + len(name), "its table of contents")
            inner = f"{at}/{name}" if at else name
            if inner == "#refs#":  # what cells of MATLAB hold
                continue
            link = group.get(name, getlink=True)
            if isinstance(link, self._h5.ExternalLink):
                raise UnsafeFileError(
                    f"{inner[:100]} is a link into another file, which is not followed; copy what "
                    "it names into this one"
                )
            if isinstance(link, self._h5.SoftLink):
                self.others[inner] = "a link"
                continue
            found = group[name]
            self._check_class(found, inner)
            address = self._h5.h5o.get_info(found.id).addr
            if address in self._seen:
                continue
            self._seen.add(address)
            if isinstance(found, self._h5.Dataset):
                self._dataset(found, inner)
            elif isinstance(found, self._h5.Group):
                self._inner_group(found, inner, depth)

    def _inner_group(self, found: Any, path: str, depth: int) -> None:
        shape = self._sparse_shape(found)
        if shape is None:
            self.group(found, path, depth + 1)
        elif is_square(shape):
            self.square[path], self.paths[path] = shape, path
        else:
            self.others[path] = f"sparse, {shape}"

    def _check_class(self, found: Any, path: str) -> None:
        if "MATLAB_class" not in found.attrs:
            return
        kind = found.attrs["MATLAB_class"]
        kind = kind.decode("latin-1") if isinstance(kind, bytes) else str(kind)
        if kind not in PLAIN or "MATLAB_object_decode" in found.attrs:
            what = "a function" if kind == "function_handle" else "an object"
            raise refuse_object(path, what)

    def _dataset(self, found: Any, path: str) -> None:
        kind = found.dtype.kind
        shape = tuple(map(int, found.shape or ()))
        if "MATLAB_empty" in found.attrs or found.shape is None:
            self.others[path] = "empty"
        elif self._is_text(found):
            self.listed[path] = found
            self.others[path] = "text"
        elif kind in "biuf" and is_square(shape):
            self.square[path], self.paths[path] = shape, path
        elif kind in "iu" and len(shape) == 1:
            self.listed[path] = found
            self.others[path] = f"{shape[0]} numbers"
        else:
            self.others[path] = f"{found.dtype}, {' × '.join(map(str, shape))}"[:100]

    def _is_text(self, found: Any) -> bool:
        if found.dtype.kind == "S" or self._h5.check_string_dtype(found.dtype) is not None:
            return len(found.shape) == 1
        return str(_class(found)) in ("char", "cell")

    def _sparse_shape(self, group: Any) -> tuple[int, ...] | None:
        if "MATLAB_sparse" in group.attrs:
            columns = len(group["jc"]) - 1 if "jc" in group else 0
            return int(group.attrs["MATLAB_sparse"]), columns
        names = frozenset(group)
        if not any(role <= names for role in ROLES):
            return None
        for given in (group.attrs.get("shape"), group.attrs.get("h5sparse_shape")):
            if given is not None and len(given) == 2:
                return int(given[0]), int(given[1])
        if "shape" in names and group["shape"].shape == (2,):
            return tuple(map(int, group["shape"][()]))
        pointers = next(
            name for name in ("indptr", "crow_indices", "ccol_indices") if name in names
        )
        side = group[pointers].shape[0] - 1
        return side, side

    def dense(self, found: Any) -> Any:
        """The values of a dataset; those of MATLAB are stored by columns."""
        self.check(found)
        values = found[()]
        return values.T if _class(found) is not None else values

    def sparse(self, group: Any, name: str) -> Any:
        """The matrix of a group of arrays."""
        from zoo_spectra_connectome.readers.mat5 import csc

        parts = {key: group[key] for key in group if isinstance(group[key], self._h5.Dataset)}
        for part in parts.values():
            self.check(part)
        shape = self.square[name]
        if "MATLAB_sparse" in group.attrs:
            if "data" not in parts:
                return csc(name, np.empty(0), np.empty(0, np.int64), parts["jc"][()], shape)
            return csc(name, parts["data"][()], parts["ir"][()], parts["jc"][()], shape)
        form = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", ""))
        form = form.decode("latin-1") if isinstance(form, bytes) else str(form)
        arrays = {key: part[()] for key, part in parts.items()}
        return compressed(arrays, shape, "csc" if "csc" in form else "csr")

    def check(self, found: Any) -> None:
        """Raise for values that are not in the file, or take too much."""
        created = found.id.get_create_plist()
        where = found.name[:100]
        if found.is_virtual or created.get_external_count():
            raise UnsafeFileError(
                f"{where} has its values in another file, which is not read; copy them into this"
            )
        for number in range(created.get_nfilters()):
            if created.get_filter(number)[0] not in FILTERS:
                raise NetworkError(f"{where} is packed by a filter that is not read; use gzip")
        size = prod(found.shape) * found.dtype.itemsize
        if found.chunks is not None and prod(found.chunks) * found.dtype.itemsize > MAX_CHUNK:
            raise NetworkError(f"{where} is packed in pieces of gigabytes; save it again")
        if size and not found.id.get_storage_size():
            raise FileFormatError(f"{where} was created, and its values never written")
        check_bytes(size)
        self._guard.hold(size, where)
        self._guard.tick()

    def texts(self, count: int) -> dict[str, list[str]]:
        """The lists of so many texts, if reading them is cheap whatever they are."""
        found: dict[str, list[str]] = {}
        for path, dataset in self.listed.items():
            if dataset.dtype.kind not in "iu" or _class(dataset) == "char":
                said = self._list(dataset, count)
                if said is not None:
                    found[path] = said
        return found

    def _list(self, found: Any, count: int) -> list[str] | None:
        # A text of any length lies elsewhere in the file, and many may be the same long one.
        each = found.dtype.itemsize if found.dtype.kind in "Siu" else self._file.id.get_filesize()
        if prod(found.shape) * each > MAX_TEXTS or not found.id.get_storage_size():
            return None
        self.check(found)
        if _class(found) == "char":
            rows = found[()].T if len(found.shape) == 2 else found[()].reshape(1, -1)
            return ["".join(map(chr, row.astype(np.uint32) & 0xFFFF)).strip() for row in rows]
        if _class(found) == "cell":
            return self._cells(found, count)
        if found.shape != (count,):
            return None
        return [t.decode("utf-8", "replace") if isinstance(t, bytes) else str(t) for t in found[()]]

    def _cells(self, found: Any, count: int) -> list[str] | None:
        if prod(found.shape) != count or self._h5.check_ref_dtype(found.dtype) is None:
            return None
        texts: list[str] = []
        for reference in found[()].reshape(-1):
            each = self._file[reference] if reference else None
            if each is None or _class(each) != "char" or prod(each.shape) > 1 << 16:
                return None
            self.check(each)
            texts.append("".join(map(chr, each[()].reshape(-1).astype(np.uint32) & 0xFFFF)))
        return texts


def _class(found: Any) -> str | None:
    kind = found.attrs.get("MATLAB_class")
    return kind.decode("latin-1") if isinstance(kind, bytes) else kind
