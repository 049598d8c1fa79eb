"""Bytes of a known size that are read from any place on, wherever they lie."""

from __future__ import annotations

import io


class Seekable(io.RawIOBase):
    """A raw file of ``size`` bytes at the place ``_at``; whoever inherits adds ``readinto``."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("a place before the beginning of the file")
        self._at = start + offset
        return self._at
