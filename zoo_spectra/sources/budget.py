"""What reading one file may take: bytes that it unpacks to, and seconds of CPU.

A small file can declare any size, and a compressed one can hold it. So each reader holds what a
file declares against a budget before it takes the memory, and what it does while it goes on. The
budget grows with what the file has on the disk: what is really there may be read.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from zoo_spectra.errors import NetworkError

BYTES = 3 << 29  # 1.5 GiB for any file: a dense matrix of 14,189² in float64
RATIO = 16  # and for larger ones so many times their bytes on the disk
TOTAL = 4  # times its bytes, of a file that is read piece by piece
SECONDS = 8.0
SECONDS_PER_MB = 2.0
EVERY = 1024  # steps between two looks at the clock

T = TypeVar("T")


@dataclass(frozen=True)
class Budget:
    """``bytes`` of memory, and ``seconds`` of CPU time of the thread that reads."""

    bytes: int = BYTES
    seconds: float = SECONDS


def budget_of(*paths: Path) -> Budget:
    """The budget of one file, in so many parts. Raises OSError when it cannot be looked at."""
    stored = sum(map(stored_bytes, paths))
    return Budget(max(BYTES, RATIO * stored), SECONDS + SECONDS_PER_MB * stored / 1e6)


def stored_bytes(path: Path) -> int:
    """What a file has on the disk: its size without its holes, which cost whoever made it nothing.

    Raises OSError.
    """
    size = path.stat().st_size
    if size <= BYTES // RATIO:  # too small for its holes to matter
        return size
    with path.open("rb", buffering=0) as stream:
        try:
            return _data_bytes(stream.fileno(), size)
        except OSError:  # this file system knows no holes
            return size


def _data_bytes(handle: int, size: int) -> int:
    found = at = 0
    while at < size:
        try:
            start = os.lseek(handle, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # from here on it is one hole
                break
            raise
        at = os.lseek(handle, start, os.SEEK_HOLE)
        found += at - start
    return found


def is_hole(handle: int, start: int, size: int) -> bool:
    """Whether so many bytes of an open file are a hole: zeros that need not be read.

    The file's position stays.
    """
    before = os.lseek(handle, 0, os.SEEK_CUR)
    try:
        return os.lseek(handle, start, os.SEEK_DATA) >= start + size
    except OSError as error:  # ENXIO: nothing but a hole up to the end
        return error.errno == errno.ENXIO and start + size <= os.fstat(handle).st_size
    finally:
        os.lseek(handle, before, os.SEEK_SET)


class Guard:
    """Counts what reading one file takes, and stops it with a NetworkError that names the budget.

    ``where`` begins the messages.
    """

    def __init__(self, budget: Budget, where: str = "") -> None:
        self.budget = budget
        self.held = 0
        self._where = where
        self._started = time.thread_time()

    def hold(self, size: int, what: str = "what it unpacks to") -> None:
        """Count ``size`` bytes more that are, or will be, held in memory until the file is read."""
        self.check(self.held + size, what)
        self.held += size

    def check(self, size: int, what: str, times: int = 1) -> None:
        """Refuse ``size`` bytes for a while, without counting them; or ``times`` as many."""
        allowed = times * self.budget.bytes
        if size > allowed:
            raise NetworkError(
                f"{self._where}{what} takes {size / 2**30:,.1f} GiB, more than the "
                f"{allowed / 2**30:.1f} GiB that a file of its size may unpack to; if it is no "
                "damaged file, save it uncompressed, in a binary format, or in parts"
            )

    def check_total(self, size: int) -> None:
        """Refuse a file whose pieces, each of which is read by itself, are ``size`` bytes."""
        self.check(size, "what it declares", TOTAL)

    def tick(self) -> None:
        """Look at the clock: at the end of each piece of work whose size the file decides."""
        if time.thread_time() - self._started > self.budget.seconds:
            raise NetworkError(
                f"{self._where}not read after {self.budget.seconds:,.0f} s of work, the most that "
                "a file of its size may take; if it is no damaged file, save it without its "
                "comments and blank lines, or in a binary format"
            )

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items as they are, with a look at the clock every 1,024."""
        for number, item in enumerate(items):
            if not number % EVERY:
                self.tick()
            yield item
