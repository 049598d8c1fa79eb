"""Protocol buffers, walked in the file: what is long is passed over, and not read.

The library of Google reads a whole message into memory, and a model is one message.
https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo_spectra.sources import Damaged, Guard, budget_of

VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
WINDOW = 1 << 16  # bytes that are read at a time
MAX_TEXT = 1 << 16
MAX_VARINT = 10  # bytes
HEAD = 2 * MAX_VARINT  # a key and a number, or a key and a length
MAX_FIELDS = 1000  # that are looked at to tell what a file is
EVERY = 1024  # fields between two looks at the clock


class Field(NamedTuple):
    """A field of a message: the number in it, or where its bytes lie (``value`` to ``stop``)."""

    number: int
    kind: int
    value: int
    stop: int


class Wire:
    """A file of protocol buffers. Raises Damaged for what is none, NetworkError over budget."""

    def __init__(self, stream: IO[bytes], guard: Guard) -> None:
        self._stream, self._guard = stream, guard
        self._at, self._data = 0, b""
        self._steps = 0

    def fields(self, start: int, stop: int) -> Iterator[Field]:
        """The fields of the message that lies from ``start`` to ``stop``."""
        at = start
        while at < stop:
            self._steps += 1
            if not self._steps % EVERY:
                self._guard.tick()
            data = self._from(at, HEAD)[: stop - at]
            key, used = _varint(data, 0)
            number, kind = key >> 3, key & 7
            if kind == VARINT:
                value, used = _varint(data, used)
                at = end = at + used
            elif kind == BYTES:
                size, used = _varint(data, used)
                value = at + used
                at = end = value + size
            elif kind in (EIGHT_BYTES, FOUR_BYTES):
                value = at + used
                at = end = value + (8 if kind == EIGHT_BYTES else 4)
            else:
                raise Damaged(f"a field of the kind {kind}, which is not known")
            if not number or at > stop:
                raise Damaged("a field that ends outside its message")
            yield Field(number, kind, value, end)

    def short(self, field: Field) -> bytes:
        """The bytes of a short field."""
        size = field.stop - field.value
        if field.kind != BYTES or size > MAX_TEXT:
            raise Damaged(f"a text of {size:,} bytes")
        found = self._from(field.value, size)[:size]
        if len(found) < size:
            raise Damaged("it ends within a text")
        return found

    def text(self, field: Field) -> str:
        """The text of a short field; bytes that are no UTF-8 are shown."""
        return self.short(field).decode("utf-8", "backslashreplace")

    def numbers(self, field: Field) -> list[int]:
        """The integers of a repeated field: the one in it, or all that are packed in it."""
        if field.kind == VARINT:
            return [signed(field.value)]
        data = np.frombuffer(self.short(field), np.uint8)
        return [int(number) for number in varints(data)]

    def _from(self, at: int, size: int) -> bytes:
        """At least ``size`` bytes from ``at`` on, where the file has them."""
        if at < self._at or at + size > self._at + len(self._data):
            self._stream.seek(at)
            self._at, self._data = at, self._stream.read(max(size, WINDOW))
        first = at - self._at
        return self._data[first : first + size]


def has_field(path: Path, number: int) -> bool:
    """Whether a file is a message that has a field of that number, all of them whole."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        try:
            fields = Wire(stream, Guard(budget_of(path))).fields(0, size)
            return any(each.number == number for each in islice(fields, MAX_FIELDS))
        except Damaged:
            return False


def signed(value: int) -> int:
    """A number of 64 bits as it is meant."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def varints(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """The packed integers in some bytes. Raises Damaged when the last of them is cut off."""
    ends = np.flatnonzero(data < 128)
    if (ends[-1] + 1 if ends.size else 0) != data.size:
        raise Damaged("it ends within a number")
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
    lengths = ends - starts + 1
    longest = int(lengths.max(initial=0))
    if longest > MAX_VARINT:
        raise Damaged(f"a number of {longest} bytes")
    values = np.zeros(ends.size, np.uint64)
    for place in range(longest):
        there = lengths > place
        part = data[starts[there] + place] & np.uint8(127)
        values[there] |= part.astype(np.uint64) << np.uint64(7 * place)
    return values.view(np.int64)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift >= 7 * MAX_VARINT:
            break
    raise Damaged("a number that does not end")
