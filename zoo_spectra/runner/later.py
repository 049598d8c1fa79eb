"""Something that is done in a thread of its own, while other things are, or with a limit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar, cast

T = TypeVar("T")


class Later(Generic[T]):
    """A call under way. Nobody waits for it at the end of the process."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._answer: T | None = None
        self._error: BaseException | None = None
        context = copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._work,), daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._answer = self._call()
        except BaseException as error:
            self._error = error

    def is_there(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> T:
        """What the call gives, or raises, once it has ended."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return cast(T, self._answer)
