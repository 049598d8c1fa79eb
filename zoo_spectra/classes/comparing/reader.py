"""The matrices of a network by their places: a walk that is begun again where it has to be."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from zoo_spectra.classes.comparing.rules import KEPT_BYTES
from zoo_spectra.classes.comparing.walking import Desk, walk_of
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Constituent, Network


class Reader:
    """A network whose constituents are asked for one by one, mostly in order.

    Those that a walk passes by are kept, up to half a gigabyte, the newest; what is asked for again
    beyond that is read again.
    """

    def __init__(self, network: Network, desk: Desk) -> None:
        self._network, self._desk = network, desk
        self._walk: Iterator[Constituent] = iter(())
        self._next = 0
        self._ended = True
        self._kept: OrderedDict[int, Constituent] = OrderedDict()
        self._bytes = 0

    def __call__(self, at: int) -> Constituent:
        """The constituent at a place. Raises NetworkError when it is not there any more."""
        if at in self._kept:
            return self._kept[at]
        if at < self._next or self._ended:
            self._walk, self._next, self._ended = walk_of(self._network, self._desk), 0, False
        for constituent in self._walk:
            self._next += 1
            self._keep(self._next - 1, constituent)
            if self._next > at:
                return constituent
        raise NetworkError(
            f"{self._network.name}: has only {self._next} constituents where it had more before; "
            "the file has changed meanwhile: compare again"
        )

    def _keep(self, at: int, constituent: Constituent) -> None:
        self._kept[at] = constituent
        self._bytes += constituent.nbytes
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= gone.nbytes
