"""Calls into plug-ins: what they raise is theirs, but what a signal raises is the caller's."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from zoo_spectra.errors import explain

WATCHED = (signal.SIGINT, signal.SIGTERM)


class Escape(RuntimeError):
    """A plug-in raised what ends a program: SystemExit, KeyboardInterrupt, another BaseException.

    Its ``__cause__`` is that.
    """


@contextmanager
def guarded() -> Iterator[None]:
    """Inside, a plug-in is at work: no exception of its own ends the program.

    An Exception comes out as it is, any other as Escape. What the handler of a signal raised
    meanwhile (Ctrl-C, or the end of a Ray worker) comes out untouched, whatever became of it.
    """
    with _noting_signals() as raised:
        try:
            yield
        except Exception:
            if raised:
                raise raised[0] from None
            raise
        except BaseException as error:
            if raised:
                raise raised[0] from None
            raise Escape(explain(error)) from error
        if raised:  # the plug-in has swallowed it
            raise raised[0]


@contextmanager
def _noting_signals() -> Iterator[list[BaseException]]:
    raised: list[BaseException] = []
    undo: list[Callable[[], None]] = []
    if threading.current_thread() is threading.main_thread():  # handlers run in no other
        undo = [_watch(number, raised) for number in WATCHED]
    try:
        yield raised
    finally:
        for each in undo:
            each()


def _watch(number: int, raised: list[BaseException]) -> Callable[[], None]:
    """Note what the handler of a signal raises; returns what puts the handler back."""
    before = signal.getsignal(number)
    if not callable(before):  # the signal is ignored, or ends the process at once
        return lambda: None

    def noting(signum: int, frame: FrameType | None) -> None:
        nonlocal before
        assert callable(before)
        signal.signal(number, before)  # as if there were no other
        try:
            before(signum, frame)
        except BaseException as error:
            raised.append(error)
            raise
        finally:
            before = signal.getsignal(number)  # which the handler may have changed
            if callable(before):
                signal.signal(number, noting)

    def undo() -> None:
        if signal.getsignal(number) is noting:
            signal.signal(number, before)

    signal.signal(number, noting)
    return undo
