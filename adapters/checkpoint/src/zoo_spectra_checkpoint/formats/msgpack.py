"""MessagePack, walked in the file: a tree of maps and lists, in which long bytes are only placed.

https://github.com/msgpack/msgpack/blob/master/spec.md. The library reads a whole file into memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, Any

from zoo_spectra.sources import Damaged, Guard

MAX_DEPTH = 64
MAX_TEXT = 1 << 16
ITEM_BYTES = 300  # of memory that an item of the tree may take
EVERY = 1024  # items between two looks at the clock

# By the first byte: what follows, and the bytes of its length or its value.
_LENGTHS = {
    **{0xC4 + at: ("bytes", 1 << at) for at in range(3)},
    **{0xC7 + at: ("extension", 1 << at) for at in range(3)},
    **{0xD9 + at: ("text", 1 << at) for at in range(3)},
    **{0xDC + at: ("list", 2 << at) for at in range(2)},
    **{0xDE + at: ("map", 2 << at) for at in range(2)},
}
_NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q"}
_NUMBERS |= {0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


@dataclass(frozen=True)
class Bytes:
    """Bytes in the file, from ``start`` to ``stop``. ``code``: of an extension, else -1."""

    start: int
    stop: int
    code: int = -1


class Reader:
    """A file of MessagePack. Raises Damaged for what is none, NetworkError over budget."""

    def __init__(self, stream: IO[bytes], size: int, guard: Guard) -> None:
        self._stream, self._size, self._guard = stream, size, guard
        self._count = 0

    def item(self, depth: int = 0) -> Any:
        """The next value: maps, lists, numbers, texts; bytes and extensions as ``Bytes``."""
        self._count += 1
        self._guard.hold(ITEM_BYTES, "its tree")
        if not self._count % EVERY:
            self._guard.tick()
        if depth > MAX_DEPTH:
            raise Damaged(f"more than {MAX_DEPTH} maps in one another")
        first = self._take(1)[0]
        if first < 0x80 or first >= 0xE0:
            return first if first < 0x80 else first - 0x100
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        if first in _NUMBERS:
            form = _NUMBERS[first]
            return struct.unpack(form, self._take(struct.calcsize(form)))[0]
        return self._long(*self._length(first), depth)

    def at(self, start: int) -> None:
        """Go to a place in the file."""
        self._stream.seek(start)

    def _length(self, first: int) -> tuple[str, int]:
        """What begins so, and its length."""
        if first < 0x90:
            return "map", first & 15
        if first < 0xA0:
            return "list", first & 15
        if first < 0xC0:
            return "text", first & 31
        if 0xD4 <= first <= 0xD8:
            return "extension", 1 << (first - 0xD4)
        if first not in _LENGTHS:
            raise Damaged(f"a value that begins with the byte {first}")
        what, width = _LENGTHS[first]
        return what, int.from_bytes(self._take(width), "big")

    def _long(self, what: str, length: int, depth: int) -> Any:
        if what == "map":
            self._check_left(2 * length)
            return dict(self._pair(depth) for _ in range(length))
        if what == "list":
            self._check_left(length)
            return [self.item(depth + 1) for _ in range(length)]
        if what == "text":
            if length > MAX_TEXT:
                raise Damaged(f"a text of {length:,} bytes")
            self._guard.hold(length, "its tree")
            return self._take(length).decode("utf-8", "backslashreplace")
        code = struct.unpack(">b", self._take(1))[0] if what == "extension" else -1
        self._check_left(length)
        start = self._stream.tell()
        self._stream.seek(start + length)
        return Bytes(start, start + length, code)

    def _pair(self, depth: int) -> tuple[str, Any]:
        key = self.item(depth + 1)
        if not isinstance(key, str | int):
            raise Damaged("a key that is no text")
        return str(key), self.item(depth + 1)

    def _check_left(self, size: int) -> None:
        """Each item of a map or list, and each byte, has at least a byte in the file."""
        if size > self._size - self._stream.tell():
            raise Damaged("it ends within its values")

    def _take(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) < size:
            raise Damaged("it ends within its values")
        return found
