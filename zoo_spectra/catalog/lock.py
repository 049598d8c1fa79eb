"""One driver, or one compaction, at a time on a local catalog.

The lock is the operating system's (flock), so it goes with its process, however that ends. On an
object store there is none.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from zoo_spectra.catalog.storage import Storage
from zoo_spectra.errors import CatalogError

# What a network filesystem without locks answers: there, as on an object store, nobody is kept out.
_UNSUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def exclusive(storage: Storage, what: str) -> Iterator[None]:
    """Hold the catalog's lock called ``what`` (run, compaction).

    Raises CatalogError, at once, while another process or thread holds it, or when the folder
    cannot be written.
    """
    if not storage.is_local:
        yield
        return
    path = storage.root / f".lock-{what}"
    try:
        # Not through a link: what it points to would be overwritten.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise CatalogError(f"{path} is a link, and a lock is a file; remove it") from error
        raise CatalogError(
            f"{path}: cannot be written: {error}; is the place yours to write?"
        ) from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise CatalogError(f"{path} is no file, and a lock is one; remove it")
        _lock(handle, path, what)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path, what: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CatalogError(
            f"another {what} is at work on {path.parent}: {_holder(handle)}. Wait until it has "
            "ended, or end it; its lock goes with it"
        ) from error
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise CatalogError(f"{path}: cannot be locked: {error}") from error
        return
    holder = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode() + b"\n", 0)
    except OSError as error:
        raise CatalogError(f"{path}: cannot be written: {error}; is there room?") from error


def _holder(handle: int) -> str:
    try:
        held = json.loads(os.pread(handle, 4096, 0))
        return f"process {held['pid']} on {held['host']}, since {held['since']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "a process that has just begun"
