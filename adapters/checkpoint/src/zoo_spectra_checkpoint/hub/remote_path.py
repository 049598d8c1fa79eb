"""A path whose file lies on the hub: what opens it in Python reads it by range.

So the readers of zip archives (PyTorch's, numpy's) take one tensor at a time from there too. What
is small comes in blocks, which are kept for a while: a directory and its pickle are read in bits.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path, PosixPath
from typing import IO, Any

from zoo_spectra_checkpoint.hub.asking import HubFile
from zoo_spectra_checkpoint.seekable import Seekable

BLOCK = 1 << 16
KEPT = 8  # blocks


class RemotePath(PosixPath):
    """Made by ``remote_path``. Paths that are derived from it are ordinary ones, of no file."""

    _file: HubFile | None = None

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        if self._file is None:
            raise FileNotFoundError(f"{self} is on the hub")
        return os.stat_result((stat.S_IFREG | 0o444, 0, 0, 1, 0, 0, self._file.size, 0, 0, 0))

    def is_file(self, **_: Any) -> bool:
        return self._file is not None

    def open(self, mode: str = "r", buffering: int = -1, *_: Any, **__: Any) -> IO[Any]:  # type: ignore[override]
        if self._file is None or mode != "rb":
            raise FileNotFoundError(f"{self} is on the hub")
        raw: Any = RemoteBytes(self._file, self._blocks)
        return raw if buffering == 0 else io.BufferedReader(raw, BLOCK)

    @property
    def _blocks(self) -> dict[int, bytes]:
        blocks: dict[int, bytes] = self.__dict__.setdefault("blocks", {})
        return blocks


def remote_path(file: HubFile, head: bytes) -> Path:
    """The path of a file on the hub that begins with ``head``; its text is for messages."""
    path = RemotePath(file.where)
    path._file = file
    if len(head) == min(BLOCK, file.size):
        path._blocks[0] = head
    return path


class RemoteBytes(Seekable):
    """The bytes of a file on the hub, from any place on."""

    def __init__(self, file: HubFile, blocks: dict[int, bytes]) -> None:
        super().__init__(file.size)
        self._file, self._blocks = file, blocks

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._file.size - self._at))
        done = 0
        while done < count:
            piece = self._piece(self._at, count - done)
            view[done : done + len(piece)] = piece
            done += len(piece)
            self._at += len(piece)
        return count

    def _piece(self, at: int, most: int) -> memoryview:
        """Some of the bytes from a place on: of a block that is kept, or all of a long piece."""
        number, inside = divmod(at, BLOCK)
        if number not in self._blocks:
            if most >= BLOCK:
                return memoryview(self._file.read(at, at + most).data)
            start = number * BLOCK
            data = self._file.read(start, min(start + BLOCK, self._file.size)).tobytes()
            while len(self._blocks) >= KEPT:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[number] = data
        return memoryview(self._blocks[number])[inside : inside + most]
