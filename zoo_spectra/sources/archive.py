"""Zip archives: the directory is read once, and members are streams that end where it says.

Python's own reader parses the directory anew for each opening, lists one of any length, and knows
methods that take gigabytes to unpack; numpy and torch write stored and deflated members only.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.sources.arrays import Damaged

MAX_DIRECTORY = 64 << 20  # bytes: half a million members
PIECE = 1 << 20
BUFFER = 1 << 13  # a header is read through it, values are not
LOCAL_BYTES = 30  # of the header before a member's bytes, without its name
_LOCAL = b"PK\x03\x04"


class Archive:
    """A zip archive on disk. ``members``: by name, in the directory's order.

    ``start`` and ``size``: of one that lies inside a file, in bytes; else it is the whole file.
    Raises Damaged when it is no whole archive, OSError. It holds no file open.
    """

    def __init__(self, path: Path, start: int = 0, size: int | None = None) -> None:
        self.path, self.start = path, start
        try:
            with (
                path.open("rb", buffering=0) as raw,
                _Directory(raw, start, size) as stream,
                zipfile.ZipFile(stream) as archive,
            ):
                found = archive.infolist()
        except (OSError, Damaged, ZooSpectraError):
            raise
        except Exception as error:  # BadZipFile, and whatever decoding a damaged list raises
            raise Damaged(str(error) or "no zip archive") from error
        _check_places(found)
        self.members: Mapping[str, zipfile.ZipInfo] = {info.filename: info for info in found}

    def open(self, info: zipfile.ZipInfo, start: int = 0, check: bool = True) -> IO[bytes]:
        """A member's bytes, ``info.file_size`` of them, from ``start`` on.

        With ``check`` the checksum is compared at their end, if they were read from the first.
        Raises Damaged, here and while reading, when they are not what was promised.
        """
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.fault(info, "packed by another method than deflate")
        if info.flag_bits & 0x1:
            raise self.fault(info, "encrypted")
        stream = self.path.open("rb", buffering=0)
        try:
            stream.seek(self._place(stream, info))
            member = _Member(self, info, stream, check and not start)
            member.skip(start)
        except BaseException:
            stream.close()
            raise
        return io.BufferedReader(member, BUFFER)

    def place(self, info: zipfile.ZipInfo) -> int:
        """Where in the file a member's bytes begin. Raises Damaged, OSError."""
        with self.path.open("rb", buffering=0) as stream:
            return self._place(stream, info)

    def _place(self, stream: io.FileIO, info: zipfile.ZipInfo) -> int:
        stream.seek(self.start + info.header_offset)
        header = stream.read(LOCAL_BYTES)
        if len(header) < LOCAL_BYTES or not header.startswith(_LOCAL):
            raise self.fault(info, "not where the archive's directory says")
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:], "little")
        return stream.tell() + names

    def fault(self, info: zipfile.ZipInfo, what: str) -> Damaged:
        """The error that names the member and what is wrong with it."""
        return Damaged(f"{info.filename[:200]} is {what}")


def zip_members(path: Path) -> list[zipfile.ZipInfo]:
    """What a zip archive holds; nothing when the file is no archive, or a broken one.

    Raises OSError when the file cannot be read.
    """
    try:
        return list(Archive(path).members.values())
    except Damaged:
        return []


def _check_places(members: list[zipfile.ZipInfo]) -> None:
    """Raise Damaged for members that lie in one another: a small file could unpack to any size."""
    places = sorted((info.header_offset, info.compress_size) for info in members)
    for (start, size), (following, _) in pairwise(places):
        if start + LOCAL_BYTES + size > following:
            raise Damaged("its members lie in one another")


class _Directory(io.BufferedReader):
    """A file, or a part of one, whose directory is read in one piece, if it is not too long."""

    def __init__(self, raw: io.RawIOBase, start: int, size: int | None) -> None:
        super().__init__(raw)
        whole = super().seek(0, io.SEEK_END)
        self._start, self._end = start, whole if size is None else min(start + size, whole)
        self.seek(0)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: super().tell(), io.SEEK_END: self._end}
        return super().seek(max(self._start, base[whence] + offset)) - self._start

    def tell(self) -> int:
        return super().tell() - self._start

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._end - super().tell())
        size = left if size is None or size < 0 else min(size, left)
        if size > MAX_DIRECTORY:
            raise Damaged(f"it lists more than {MAX_DIRECTORY >> 20} MB of members")
        return super().read(size)


class _Member(io.RawIOBase):
    def __init__(
        self, archive: Archive, info: zipfile.ZipInfo, stream: io.FileIO, check: bool
    ) -> None:
        self._archive, self._info, self._stream, self._check = archive, info, stream, check
        self._left, self._packed, self._sum = info.file_size, info.compress_size, 0
        deflated = info.compress_type == zipfile.ZIP_DEFLATED
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if deflated else None
        if not deflated and self._packed != self._left:
            raise self._damaged()

    def readable(self) -> bool:
        return True

    def skip(self, count: int) -> None:
        """Leave out so many bytes: they are not read, where they are not packed."""
        if self._inflate is None and count <= self._left:
            self._stream.seek(count, io.SEEK_CUR)
            self._left -= count
            return
        piece = bytearray(min(count, PIECE))
        while count:
            found = self.readinto(memoryview(piece)[: min(count, PIECE)])
            if not found:
                raise self._damaged()
            count -= found

    def close(self) -> None:
        self._stream.close()
        super().close()

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")[: self._left]
        if not view:
            return 0
        if self._inflate is None:
            count = self._stream.readinto(view) or 0
        else:
            data = self._inflated(len(view))
            count = len(data)
            view[:count] = data
        if not count:
            raise self._damaged()
        self._left -= count
        if self._check:
            self._sum = zlib.crc32(view[:count], self._sum)
            if not self._left and self._sum != self._info.CRC:
                raise self._damaged()
        return count

    def _inflated(self, size: int) -> bytes:
        assert self._inflate is not None
        while not self._inflate.eof:
            packed = self._inflate.unconsumed_tail
            if not packed:
                packed = self._stream.read(min(max(size, BUFFER), PIECE, self._packed))
                self._packed -= len(packed)
            try:
                data = self._inflate.decompress(packed, size)
            except zlib.error as error:
                raise self._damaged() from error
            if data or not packed:
                return data
        return b""

    def _damaged(self) -> Damaged:
        return self._archive.fault(self._info, "cut off or damaged")
