"""The header of a GGUF file, checked against the file's size before anything is believed.

The package's own reader maps the file and trusts it; so this walk is ours. The layout is that of
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import IO

from zoo_spectra.sources import Damaged, Guard

MAX_TENSORS = 1 << 16
MAX_KEYS = 1 << 16
MAX_NAME = 1 << 12  # bytes of a tensor's name, or of a key
MAX_TEXT = 1 << 16  # bytes of a value that is kept
MAX_DIMENSIONS = 8
MAX_DEPTH = 8  # of arrays in arrays
ALIGNMENT = 32  # unless general.alignment says otherwise
BUFFER = 1 << 18

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS |= {12: "d"}
_TEXT, _ARRAY = 8, 9
_KEPT = 16  # entries of an array that is kept: shapes, not vocabularies

Value = str | int | float | bool | tuple[int | float | bool, ...] | None


@dataclass(frozen=True)
class Stored:
    """One tensor as the file lists it. ``shape``: outermost axis first, as numpy has it.

    ``kind`` is ggml's number of its type; ``offset`` counts from the start of the tensors' data.
    """

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(frozen=True)
class Header:
    """``values``: metadata by key, None for what is long. ``data``: where the tensors' data begin.

    ``alignment``: of each tensor, in bytes.
    """

    values: Mapping[str, Value]
    tensors: tuple[Stored, ...]
    data: int
    alignment: int


def read_header(path: Path, guard: Guard) -> Header:
    """Read what precedes the tensors. Raises Damaged, NetworkError (budget), OSError."""
    size = path.stat().st_size
    with path.open("rb", buffering=BUFFER) as stream:
        walk = _Walk(stream, size, guard)
        _check_version(walk)
        tensor_count, key_count = walk.number("Q"), walk.number("Q")
        walk.check_count(tensor_count, MAX_TENSORS, 24, "tensors")
        walk.check_count(key_count, MAX_KEYS, 13, "keys")
        values: dict[str, Value] = {}
        for _ in guard.each(range(key_count)):
            key = walk.text(MAX_NAME, "a key")
            if key in values:
                raise Damaged(f"it has the key {key[:100]!r} twice")
            values[key] = walk.value(walk.number("I"))
        tensors = tuple(walk.tensor() for _ in guard.each(range(tensor_count)))
        end = stream.tell()
    alignment = values.get("general.alignment", ALIGNMENT)
    power = type(alignment) is int and 0 < alignment <= 1 << 20 and not alignment & (alignment - 1)
    if not isinstance(alignment, int) or not power:
        raise Damaged(f"its alignment is {alignment!r}, no power of two")
    return Header(values, tensors, -(-end // alignment) * alignment, alignment)


def check_places(header: Header, sizes: Mapping[str, int], size: int) -> None:
    """Raise Damaged unless each tensor, of so many bytes, lies in the file by itself.

    ``size``: the bytes of the whole file.
    """
    places = []
    for tensor in header.tensors:
        start, length = header.data + tensor.offset, sizes[tensor.name]
        if tensor.offset % header.alignment:
            raise Damaged(f"{tensor.name}: its place is no multiple of {header.alignment}")
        if start + length > size:
            raise Damaged(
                f"{tensor.name}: it ends at byte {start + length:,}, and the file at {size:,}"
            )
        if length:
            places.append((start, start + length, tensor.name))
    for (_, end, one), (start, _, other) in pairwise(sorted(places)):
        if start < end:
            raise Damaged(f"{one} and {other} lie in one another")


class _Walk:
    """Reads a header from front to back; nothing longer than what is left of the file."""

    def __init__(self, stream: IO[bytes], size: int, guard: Guard) -> None:
        self._stream, self._size, self._guard = stream, size, guard

    def number(self, code: str) -> int:
        found: int = self._unpacked(code)
        return found

    def text(self, most: int, what: str) -> str:
        length = self.number("Q")
        if length > most:
            raise Damaged(f"{what} has {length:,} bytes, more than {most:,}")
        try:
            return self._read(length).decode()
        except UnicodeDecodeError as error:
            raise Damaged(f"{what} is no text") from error

    def value(self, kind: int, depth: int = 0) -> Value:
        """A value of metadata; long texts and arrays are passed over, and are None."""
        if kind in _SCALARS:
            found: int | float | bool = self._unpacked(_SCALARS[kind])
            return found
        if kind == _TEXT:
            return self._text_value()
        if kind != _ARRAY:
            raise Damaged(f"a value has the type {kind}, which is not known")
        if depth > MAX_DEPTH:
            raise Damaged(f"its arrays lie in one another more than {MAX_DEPTH} deep")
        inner, count = self.number("I"), self.number("Q")
        if inner in _SCALARS:
            return self._scalars(_SCALARS[inner], count)
        self.check_count(count, self._size, 8, "entries of an array")
        for _ in self._guard.each(range(count)):
            self.value(inner, depth + 1)
        return None

    def tensor(self) -> Stored:
        name = self.text(MAX_NAME, "a tensor's name")
        dimensions = self.number("I")
        if dimensions > MAX_DIMENSIONS:
            raise Damaged(f"{name[:100]} has {dimensions:,} dimensions")
        sides = struct.unpack(f"<{dimensions}Q", self._read(8 * dimensions))
        if prod(sides) >= 1 << 62 or max(sides, default=0) >= 1 << 62:
            raise Damaged(f"{name[:100]} has the sides {sides}")
        kind, offset = self.number("I"), self.number("Q")
        return Stored(name, sides[::-1], kind, offset)

    def check_count(self, count: int, most: int, least: int, what: str) -> None:
        """Refuse more things than there may be, or than the rest of the file has room for.

        ``least``: the bytes that one of them takes.
        """
        if count > most or count * least > self._left():
            raise Damaged(f"{count:,} {what} are more than such a file can hold")

    def _text_value(self) -> str | None:
        length = self.number("Q")
        if length > MAX_TEXT:
            self._skip(length)
            return None
        return self._read(length).decode("utf-8", "replace")

    def _scalars(self, code: str, count: int) -> Value:
        width = struct.calcsize(code)
        if count > _KEPT:
            self._skip(count * width)
            return None
        return struct.unpack(f"<{count}{code}", self._read(count * width))

    def _unpacked(self, code: str) -> int:
        (found,) = struct.unpack(f"<{code}", self._read(struct.calcsize(code)))
        return found  # type: ignore[no-any-return]

    def _left(self) -> int:
        return self._size - self._stream.tell()

    def _read(self, count: int) -> bytes:
        found = self._stream.read(count)
        if len(found) < count:
            raise Damaged("it ends within its header")
        return found

    def _skip(self, count: int) -> None:
        if count > self._left():
            raise Damaged("it ends within its header")
        self._stream.seek(count, io.SEEK_CUR)


def _check_version(walk: _Walk) -> None:
    if walk.number("I") != int.from_bytes(b"GGUF", "little"):
        raise Damaged("it does not begin with GGUF")
    version = walk.number("I")
    if version and not version & 0xFFFF:
        raise Damaged("its numbers are big-endian; turn them with gguf-convert-endian")
    if version not in (2, 3):
        raise Damaged(f"it is of version {version}, and 2 and 3 are read; convert the model again")
