"""How many list values a Parquet file says it holds, read from its footer and its pages' heads.

A list of 10⁹ equal numbers takes some hundred bytes, and one row of it the memory of all: no reader
can be told to take less than a row. What a footer says of it is not what a page may hold, and
pyarrow's ``.column()`` of a damaged footer ends the process, so both are read here: Thrift's
compact protocol (parquet.thrift: FileMetaData, PageHeader), as far as it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_DEEPEST = 24
_HEAD_BYTES = 1 << 16  # of a page's head: statistics of long texts are in it
MOST_PAGES = 100_000


class Thrift:
    """Values of Thrift's compact protocol: structs are dicts by field number.

    Raises ValueError or IndexError for what is none.
    """

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._signed()
            # The type of a truth is its value.
            fields[number] = kind == 1 if kind in (1, 2) else self._value(kind, depth + 1)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if kind in (4, 5, 6):
            return self._signed()
        if kind == 8:
            return self._taken(self._varint())
        if kind in (9, 10):
            head = self._byte()
            size = head >> 4 if head >> 4 != 15 else self._varint()
            return [self._value(head & 15, depth + 1) for _ in self._counted(size)]
        if kind == 11:
            kinds = self._byte() if (size := self._varint()) else 0
            for _ in self._counted(size):
                self._value(kinds >> 4, depth + 1)
                self._value(kinds & 15, depth + 1)
            return None
        if kind == 12:
            return self.struct(depth + 1)
        if kind in (1, 2, 3, 7):
            return self._taken(8 if kind == 7 else 1)
        raise ValueError(f"a value of kind {kind}")

    def _counted(self, size: int) -> range:
        if size > len(self.content):  # each takes a byte at least
            raise ValueError(f"{size} values in {len(self.content)} bytes")
        return range(size)

    def _byte(self) -> int:
        self.at += 1
        return self.content[self.at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")
        return value | byte << shift

    def _signed(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)

    def _taken(self, size: int) -> bytes:
        if size > len(self.content) - self.at:
            raise ValueError("it ends within a value")
        self.at += size
        return self.content[self.at - size : self.at]


def list_values(source: Any) -> list[int]:
    """The values in lists of each row group of an open Parquet file: what its pages say.

    Raises ValueError for a file whose footer or pages cannot be read, or of too many pages. The
    file is at its beginning afterwards.
    """
    try:
        size = source.size()
        source.seek(max(0, size - 8))
        length = int.from_bytes(source.read(8)[:4], "little")
        if length > size - 8:
            raise ValueError("its footer is longer than itself")
        source.seek(size - 8 - length)
        groups = Thrift(source.read(length)).struct()[4]
        chunks = [[column[3] for column in group[1]] for group in groups]
        return [
            sum(sum(_pages(source, chunk)) for chunk in group if len(chunk[3]) > 1)
            for group in chunks
        ]
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"its footer or a page's head is damaged: {error}") from error
    finally:
        source.seek(0)


def _pages(source: Any, chunk: dict[int, Any]) -> Iterator[int]:
    """The values of each data page of a column chunk."""
    at = min(chunk[9], chunk.get(11, chunk[9]) or chunk[9])
    end = at + chunk[7]
    if not 0 <= at <= end <= source.size():
        raise ValueError("a column lies outside the file")
    for _ in range(MOST_PAGES):
        if at >= end:
            return
        source.seek(at)
        head = Thrift(source.read(min(_HEAD_BYTES, end - at)))
        page = head.struct()
        if page[3] < 0:
            raise ValueError("a page of less than no bytes")
        if data := page.get(5) or page.get(8):
            yield max(0, data[1])
        at += head.at + page[3]
    raise ValueError(f"a column of more than {MOST_PAGES:,} pages")
