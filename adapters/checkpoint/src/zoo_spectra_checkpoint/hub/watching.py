"""Work that waits for others, watched: it goes on, or it is given up.

A socket's own timeout begins anew with each byte, and none covers the look-up of a name; so the
work is done in a thread, and whoever wants its result looks whether bytes come.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

PATIENCE = 5.0  # seconds between two looks
LEAST = 50_000  # bytes that come in that time, or all of them

T = TypeVar("T")


class Stalled(Exception):
    """Too little came, for too long."""


@dataclass
class Progress:
    """``bytes`` that have come; ``given_up``: nobody waits for more."""

    bytes: int = 0
    given_up: bool = False


def watched(work: Callable[[Progress], T], seconds: float | None = None) -> T:
    """What ``work`` returns or raises; it counts bytes, and ends when it is given up.

    Raises Stalled when fewer than ``LEAST`` bytes come in ``PATIENCE`` seconds; with ``seconds``
    only when it takes longer than that.
    """
    progress, done = Progress(), threading.Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(progress))
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name="hub", daemon=True).start()
    seen = 0
    try:
        while not done.wait(seconds or PATIENCE):
            if seconds or progress.bytes - seen < LEAST:
                raise Stalled
            seen = progress.bytes
    finally:
        progress.given_up = True
    if errors:
        raise errors[0]
    return results[0]
