"""HDF5 files, read within themselves: no link to another file, no data of one, no filter of others.

Datasets are found without reading any; they are told by where their headers lie, which is the order
in which they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import Guard, Matrix
from zoo_spectra_checkpoint.seekable import Seekable

MAX_DEPTH = 64  # of groups in groups
MAX_CHUNK = 1 << 30  # bytes, unpacked
OBJECT_BYTES = 2000  # of memory that a group or dataset may take
MAX_TEXT = 64 << 20  # of an attribute
_FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 6: "scaleoffset", 32000: "lzf"}
_SHUFFLED = {1, 2, 3, 32000}  # those that give back what was put in, and are always there


@dataclass(frozen=True)
class Dataset:
    """A dataset: its path, shape and type, ``note`` (Keras' name of a type) and its place."""

    path: str
    shape: tuple[int, ...]
    dtype: Any
    note: str
    address: int


@dataclass(frozen=True)
class Contents:
    """What a file holds: datasets in the order in which they were written, ``tied`` further names.

    ``names``: the attribute ``name`` of groups, by path. ``marked``: the attribute ``layer_names``
    of groups, by path, without texts where they are not of one length. ``config``: the attribute
    ``model_config``.
    """

    datasets: tuple[Dataset, ...]
    names: dict[str, str]
    marked: dict[str, tuple[str, ...]]
    config: str
    tied: int


@contextmanager
def opened(path: Path, stream: Callable[[], IO[bytes]] | None) -> Iterator[Any]:
    """An HDF5 file: ``path`` itself, or what ``stream`` opens inside it.

    Raises NetworkError without h5py, FileFormatError for what HDF5 cannot open.
    """
    try:
        import h5py
    except ImportError as error:
        raise NetworkError(
            f"{path} is a file of Keras, which needs h5py; "
            "pip install 'zoo-spectra-checkpoint[keras]'"
        ) from error
    place: Any = str(path) if stream is None else stream()
    try:
        file = h5py.File(place, "r", locking=False) if stream is None else h5py.File(place, "r")
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise broken(path, " ".join(str(error).split())[:200]) from error
    try:
        yield file
    finally:
        file.close()


def contents(path: Path, file: Any, guard: Guard) -> Contents:
    """All datasets of an open file. Raises UnsafeFileError for what lies outside it, Damaged."""
    walk = _Walk(path, guard)
    try:
        walk.group(file, "", 0)
    except (RuntimeError, KeyError, OSError, ValueError, TypeError) as error:
        raise broken(path, " ".join(str(error).split())[:200]) from error
    found = sorted(walk.datasets, key=lambda each: each.address)
    return Contents(tuple(found), walk.names, walk.marked, walk.config, walk.tied)


def values(path: Path, file: Any, dataset: Dataset) -> Matrix:
    """The values of one dataset, as stored. Raises FileFormatError."""
    try:
        found: Matrix = file[dataset.path][()]
    except (RuntimeError, KeyError, OSError, ValueError, TypeError) as error:
        said = " ".join(str(error).split())[:200]
        raise broken(path, f"{dataset.path[:200]}: {said}") from error
    return found


def broken(path: Path, what: str) -> FileFormatError:
    """The error of a file that is cut off or damaged."""
    return FileFormatError(f"{path} is no complete HDF5 file ({what}); fetch or save it again")


class _Walk:
    def __init__(self, path: Path, guard: Guard) -> None:
        import h5py

        self._h5 = h5py
        self.path, self.guard = path, guard
        self.datasets: list[Dataset] = []
        self.names: dict[str, str] = {}
        self.marked: dict[str, tuple[str, ...]] = {}
        self.config = ""
        self.tied = 0
        self._seen: set[int] = set()

    def group(self, group: Any, at: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise broken(self.path, f"more than {MAX_DEPTH} groups in one another")
        self.attributes(group, at)
        for name in group:
            self.guard.tick()
            self.guard.hold(OBJECT_BYTES + len(name), "its table of contents")
            inner = f"{at}/{name}" if at else name
            self.check_link(group, name, inner)
            found = group[name]
            address = self._h5.h5o.get_info(found.id).addr
            if address in self._seen:
                self.tied += isinstance(found, self._h5.Dataset)
                continue
            self._seen.add(address)
            if isinstance(found, self._h5.Group):
                self.group(found, inner, depth + 1)
            elif isinstance(found, self._h5.Dataset):
                self.dataset(found, inner, address)

    def attributes(self, group: Any, at: str) -> None:
        if "layer_names" in group.attrs or "layer_names0" in group.attrs:
            self.marked[at] = self.texts(group, "layer_names")
        if "name" in group.attrs and at.rpartition("/")[2] == "vars":
            self.names[at] = self.text(group, "name")[:1000]
        if not at and "model_config" in group.attrs:
            self.config = self.text(group, "model_config")

    def text(self, thing: Any, name: str) -> str:
        """An attribute that is one text; nothing when it is not."""
        place = thing.attrs.get_id(name)
        if place.shape != () or place.get_storage_size() > MAX_TEXT:
            return ""
        found = thing.attrs[name]
        if isinstance(found, bytes):
            return found.decode("utf-8", "backslashreplace")
        return found if isinstance(found, str) else ""

    def texts(self, thing: Any, name: str) -> tuple[str, ...]:
        """An attribute that is a row of texts of one length; nothing when it is not.

        Texts of any length are not read: many of them may be one that is long.
        """
        if name not in thing.attrs:
            return ()
        place = thing.attrs.get_id(name)
        if place.dtype.kind != "S" or place.get_storage_size() > MAX_TEXT:
            return ()
        return tuple(text.decode("utf-8", "backslashreplace") for text in thing.attrs[name].flat)

    def check_link(self, group: Any, name: str, path: str) -> None:
        link = group.get(name, getlink=True)
        if isinstance(link, self._h5.ExternalLink):
            raise UnsafeFileError(
                f"{self.path}, {path[:200]} is a link into another file, {link.filename[:200]!r}, "
                "which is not followed; copy what it names into this file"
            )
        if not isinstance(link, self._h5.HardLink):
            raise NetworkError(
                f"{self.path}, {path[:200]} is a soft link, which Keras does not write and this "
                "adapter does not follow; save the weights again"
            )

    def dataset(self, found: Any, path: str, address: int) -> None:
        where = f"{self.path}, {path[:200]}"
        created = found.id.get_create_plist()
        if found.is_virtual or created.get_external_count():
            raise UnsafeFileError(
                f"{where} has its values in another file, which is not read; "
                "copy them into this one"
            )
        shape, dtype = found.shape, found.dtype
        if shape is None:
            return  # of no values at all
        self.check_filters(created, where)
        size = prod(shape) * dtype.itemsize
        if found.chunks is not None and prod(found.chunks) * dtype.itemsize > MAX_CHUNK:
            raise NetworkError(f"{where} is packed in pieces of gigabytes; save it again")
        if found.chunks is not None or len(shape) < 2:
            pass
        elif found.id.get_storage_size() < size:
            raise broken(self.path, f"{path[:200]} has not the values that it promises")
        if size and len(shape) > 1 and not found.id.get_storage_size():
            raise broken(self.path, f"{path[:200]} was created, and its values never written")
        note = self.text(found, "dtype") if "dtype" in found.attrs else ""
        self.datasets.append(Dataset(path, tuple(map(int, shape)), dtype, note, address))

    def check_filters(self, created: Any, where: str) -> None:
        for number in range(created.get_nfilters()):
            code = created.get_filter(number)[0]
            if code not in _SHUFFLED:
                raise NetworkError(
                    f"{where} is packed by the filter {_FILTERS.get(code, code)}, which is not "
                    "read; save it with gzip or unpacked"
                )


class Window(Seekable):
    """A member of an archive as a file in which one can go back; ``at(start)`` opens it there."""

    def __init__(self, at: Callable[[int], IO[bytes]], size: int) -> None:
        super().__init__(size)
        self._open = at

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._size - self._at)]
        if not view:
            return 0
        with self._open(self._at) as stream:
            count: int = stream.readinto(view)  # type: ignore[attr-defined]
        self._at += count
        return count
