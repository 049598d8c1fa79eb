"""Ways to make files that hurt: holes, archives, bombs."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Set
from pathlib import Path

from cases import Case, of_bytes

GIGABYTE = 10**9
Table = Mapping[str, "Callable[[Path], object] | bytes"]


def cases_of(table: Table, suffix: str, read: Set[str] = frozenset()) -> list[Case]:
    """A case for each file of a table; those of ``read`` are odd, and may be read."""
    return [
        Case(
            name,
            f"a{suffix}",
            of_bytes(made) if isinstance(made, bytes) else made,
            "either" if name in read else "refused",
        )
        for name, made in table.items()
    ]


def with_hole(head: bytes, size: int) -> Callable[[Path], object]:
    """A file of so many bytes, of which only the head is there."""

    def write(path: Path) -> None:
        path.write_bytes(head)
        os.truncate(path, len(head) + size)

    return write


def array_header(shape: str, descr: str = "'<f4'", version: int = 1) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + size + text


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bomb(name: str, head: bytes, size: int, value: bytes = b"\0") -> Callable[[Path], object]:
    """A zip archive whose one member unpacks to so many bytes behind its head.

    Its packed blocks are copies of one another, and its checksum is that of nothing.
    """

    def write(path: Path) -> None:
        block = _packed(value * ((1 << 24) // len(value)))
        rest = value * ((size % (1 << 24)) // len(value))
        body = _packed(head) + block * (size >> 24) + _packed(rest) + b"\x03\x00"
        unpacked = len(head) + (size >> 24 << 24) // len(value) * len(value) + len(rest)
        path.write_bytes(_archive([name], body, unpacked, 0))

    return write


def _packed(content: bytes) -> bytes:
    """Deflated, so that more may follow and nothing before it is needed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)


def _archive(names: list[str], data: bytes, size: int, checksum: int) -> bytes:
    """A zip archive by hand: members of many names, all in one place, and deflated."""
    small = (checksum, len(data), min(size, 0xFFFFFFFF))
    large = struct.pack("<HHQ", 1, 8, size) if size > 0xFFFFFFFE else b""
    head = struct.pack("<HHHHHIII", 45, 0, 8, 0, 0, *small)
    entries = [
        b"PK\x01\x02\x2d\x00"
        + head
        + struct.pack("<HHHHHII", len(name), len(large), 0, 0, 0, 0, 0)
        + name.encode()
        + large
        for name in names
    ]
    local = b"PK\x03\x04" + head + struct.pack("<HH", 0, 0) + data
    directory = b"".join(entries)
    end = struct.pack("<HHHHIIH", 0, 0, len(names), len(names), len(directory), len(local), 0)
    return local + directory + b"PK\x05\x06" + end


def with_fields(content: bytes, **fields: int) -> bytes:
    """An archive with other fields in the directory's entry of its first member."""
    places = {"flags": (8, 2), "method": (10, 2), "crc": (16, 4), "packed": (20, 4)}
    places |= {"size": (24, 4), "offset": (42, 4)}
    changed, at = bytearray(content), content.index(b"PK\x01\x02")
    for name, value in fields.items():
        start, width = places[name]
        changed[at + start : at + start + width] = value.to_bytes(width, "little")
    return bytes(changed)


def quine(count: int) -> bytes:
    """Many members of one place: each unpacks to a megabyte of the same bytes."""
    body = array_header("(512, 512)") + bytes(1 << 20)
    data = _packed(body) + b"\x03\x00"
    names = [f"{number}.weight.npy" for number in range(count)]
    return _archive(names, data, len(body), zlib.crc32(body))
