"""Walks over constituents, read ahead of whoever looks at them, in one thread for all walks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from zoo_spectra.errors import NetworkError, ZooSpectraError, explain
from zoo_spectra.sources import Constituent, Network, guarded, walked
from zoo_spectra.text import visible

T = TypeVar("T")


class Desk:
    """A thread that reads. One for all: adapters may have state of their own, as torch's seed.

    Nobody waits for it at the end of the process.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (job := self._asked.get()) is not None:
            job()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """What a call will give or raise, after those that were asked for before."""
        future: Future[T] = Future()

        def job() -> None:
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)

        self._asked.put(job)
        return future

    def close(self) -> None:
        """End the thread, after what it was asked for."""
        self._asked.put(None)


@contextmanager
def desk() -> Iterator[Desk]:
    """A thread that reads, until the end of the block."""
    made = Desk()
    try:
        yield made
    finally:
        made.close()


def walk_of(network: Network, desk: Desk) -> Iterator[Constituent]:
    """The constituents, checked, in order; copies, each read while the one before is looked at.

    Whatever an adapter raises is the network's fault: raises NetworkError, and our own errors as
    they are.
    """
    walk = walked(network, None)

    def step() -> Constituent | None:
        with guarded():
            found = next(walk, None)
        # Whoever reads may use one buffer for all.
        return None if found is None else Constituent(found.name, found.matrix.copy())

    coming = desk.submit(step)
    while (found := _answer(network, coming)) is not None:
        coming = desk.submit(step)
        yield found


def _answer(network: Network, coming: Future[Constituent | None]) -> Constituent | None:
    try:
        return coming.result()
    except ZooSpectraError:
        raise
    except Exception as error:
        said = f"{visible(network.name)} cannot be read: {explain(error)}"
        raise NetworkError(said) from error
