"""FlatBuffers, read where they lie: tables and vectors, each offset checked against the file.

The library of Google wants the whole file in memory, and checks no offset.
https://flatbuffers.dev/internals
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from zoo_spectra.sources import Damaged, Guard

WINDOW = 1 << 16  # bytes that are read at a time
MAX_TEXT = 1 << 16
EVERY = 1024  # values between two looks at the clock


class Buffer:
    """A file of FlatBuffers. Raises Damaged for what is none, NetworkError over budget."""

    def __init__(self, stream: IO[bytes], size: int, guard: Guard) -> None:
        self.size, self.guard = size, guard
        self._stream = stream
        self._at, self._data = 0, b""
        self._steps = 0

    def root(self) -> Table:
        """The table that the file is."""
        return Table(self, self.number(0, "<I"))

    def number(self, at: int, form: str) -> Any:
        """A number by struct's name of its form."""
        return struct.unpack(form, self.take(at, struct.calcsize(form)))[0]

    def take(self, at: int, size: int) -> bytes:
        """So many bytes, few."""
        self._steps += 1
        if not self._steps % EVERY:
            self.guard.tick()
        if at < 0 or at + size > self.size:
            raise Damaged("an offset that leads out of the file")
        if at < self._at or at + size > self._at + len(self._data):
            self._stream.seek(at)
            self._at, self._data = at, self._stream.read(max(size, WINDOW))
        found = self._data[at - self._at : at - self._at + size]
        if len(found) < size:
            raise Damaged("it was cut off while in use")
        return found


class Table:
    """A table at a place of the file; its fields are known by their numbers."""

    def __init__(self, buffer: Buffer, at: int) -> None:
        self._buffer, self._at = buffer, at
        fields = at - buffer.number(at, "<i")
        size = buffer.number(fields, "<H")
        self._fields = buffer.take(fields, min(size, 256))

    def _place(self, field: int) -> int:
        """Where a field lies; 0 where the table has it not."""
        known = self._fields[4 + 2 * field : 6 + 2 * field]
        offset = int.from_bytes(known, "little")
        return self._at + offset if len(known) == 2 and offset else 0

    def number(self, field: int, form: str, default: int = 0) -> int:
        """A number; ``default`` where it is not written."""
        place = self._place(field)
        return int(self._buffer.number(place, form)) if place else default

    def vector(self, field: int, width: int) -> tuple[int, int]:
        """Where the items of a vector begin, and how many they are, of so many bytes each."""
        place = self._place(field)
        if not place:
            return 0, 0
        start = place + self._buffer.number(place, "<I")
        count = self._buffer.number(start, "<I")
        if start + 4 + count * width > self._buffer.size:
            raise Damaged("a vector that ends outside the file")
        return start + 4, count

    def numbers(self, field: int, dtype: str) -> list[Any]:
        """The numbers of a vector."""
        form = np.dtype(dtype)
        start, count = self.vector(field, form.itemsize)
        self._buffer.guard.hold(64 * count, "its graph")
        found: list[Any] = np.frombuffer(
            self._buffer.take(start, count * form.itemsize), form
        ).tolist()
        return found

    def text(self, field: int) -> str:
        """A text; bytes that are no UTF-8 are shown."""
        start, count = self.vector(field, 1)
        if count > MAX_TEXT:
            raise Damaged(f"a text of {count:,} bytes")
        self._buffer.guard.hold(count, "its graph")
        return self._buffer.take(start, count).decode("utf-8", "backslashreplace")

    def table(self, field: int) -> Table | None:
        """A table in this one."""
        place = self._place(field)
        return Table(self._buffer, place + self._buffer.number(place, "<I")) if place else None

    def tables(self, field: int) -> Iterator[Table]:
        """The tables of a vector."""
        start, count = self.vector(field, 4)
        for at in range(start, start + 4 * count, 4):
            yield Table(self._buffer, at + self._buffer.number(at, "<I"))
