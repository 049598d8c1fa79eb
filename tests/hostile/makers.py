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
    """A zip archive whose one member unpacks to so many bytes behind its head."""

    def write(path: Path) -> None:
        piece = value * ((1 << 24) // len(value))
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(name, "w", force_zip64=True) as member,
        ):
            member.write(head)
            for _ in range(size >> 24):
                member.write(piece)
            member.write(piece[: size % (1 << 24)])

    return write


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
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(body) + packed.flush()
    sizes = struct.pack("<III", zlib.crc32(body), len(data), len(body))
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", 0, 0)
    entries = []
    for number in range(count):
        name = f"{number}.weight.npy".encode()
        entries.append(
            b"PK\x01\x02"
            + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0)
            + sizes
            + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
            + name
        )
    directory = b"".join(entries)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(local) + len(data), 0)
    return local + data + directory + b"PK\x05\x06" + end
