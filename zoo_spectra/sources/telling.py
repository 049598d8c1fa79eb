"""Who is told how a long listing goes: ``with tell(print): list_networks(…)``.

A listing passes through a plug-in, whose ``list`` knows nothing of it; so it is a context variable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

EVERY = 2.0  # seconds between two words

Say = Callable[[str], None]
Item = TypeVar("Item")

_TOLD: ContextVar[Say | None] = ContextVar("told", default=None)


@contextmanager
def tell(say: Say) -> Iterator[None]:
    """While inside, ``say`` gets a line every two seconds of a listing that takes longer."""
    token = _TOLD.set(say)
    try:
        yield
    finally:
        _TOLD.reset(token)


@dataclass
class Pulse:
    """The pace of something that takes long: ``if pulse.due(): pulse.say(…)``."""

    _next: float = field(default_factory=lambda: time.monotonic() + EVERY)

    def due(self) -> bool:
        """Whether it is time for a word."""
        return time.monotonic() >= self._next

    def say(self, line: str) -> None:
        """Tell whoever listens, if anybody does."""
        self._next = time.monotonic() + EVERY
        say = _TOLD.get()
        if say is not None:
            say(line)


def counted(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items; tells with how many of them ``what`` is done, where that takes long."""
    pulse = Pulse()
    for number, item in enumerate(items):
        if pulse.due():
            pulse.say(f"{what} {number:,} of {len(items):,}")
        yield item
