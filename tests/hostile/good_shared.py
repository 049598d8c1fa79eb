"""What a good file is, and the numbers that are in all of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from attack import digest

from zoo_spectra.sources import Constituent

CHECKPOINT, CONNECTOME = "checkpoint", "connectome"


@dataclass(frozen=True)
class Good:
    """A good file: ``data`` is what is mutated, ``pack`` makes the file of it.

    ``whole``: whether every part of it counts, so that a shorter file is a broken one.
    """

    name: str
    file: str
    data: bytes
    expected: str
    pack: Callable[[bytes], bytes] = bytes
    options: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True

    @property
    def content(self) -> bytes:
        return self.pack(self.data)


def random_numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


STATE = {
    "fc.weight": random_numbers(6, 5),
    "conv.weight": random_numbers(4, 3, 2, 2),
    "fc.bias": random_numbers(6),
}
MATRIX = np.array(
    [[0, 2, 0, 0, 1.5], [3, 0, 0, 4, 0], [0, 0, 1, 0, 0], [0, 7, 0, 0, 2], [1, 0, 0, 5, 0]]
)
ADJACENCY = digest([Constituent("adjacency", MATRIX)])


def of_npz(state: Mapping[str, np.ndarray], packed: bool = False) -> bytes:
    stream = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(stream, **state)
    return stream.getvalue()


def member(archive: bytes, name: str) -> bytes:
    """A member of a zip archive whose name ends so."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(next(each for each in opened.namelist() if each.endswith(name)))


def with_member(
    archive: bytes, name: str, content: bytes, method: int = zipfile.ZIP_STORED
) -> bytes:
    """The archive with another content of a member, and a checksum that is right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(stream, "w") as new:
        for each in old.namelist():
            new.writestr(each, content if each.endswith(name) else old.read(each))
    return stream.getvalue()


def zipped_member(name: str, file: str, archive: bytes, inner: str, expected: str) -> Good:
    """A file whose member ``inner`` is mutated."""
    data = member(archive, inner)
    return Good(name, file, data, expected, lambda data: with_member(archive, inner, data))


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()
