"""Networks that draws are made from: read once where they are small, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from zoo_spectra.errors import NetworkError
from zoo_spectra.method import Mixing, Original, combined_digest, mixings
from zoo_spectra.sources import Adapter, Constituent, Network, NetworkRef, digest, opened, walked

KEPT_BYTES = 256 << 20  # of a network that is kept from one of its draws to the next
PROJECTION = "->"  # in the name of a block between two regions, whose diagonal holds no loops
Pair = tuple[Constituent, Original]


@dataclass(frozen=True)
class Pairs:
    """A network, and a walk over its constituents, each with what is drawn from."""

    network: Network
    walk: Callable[[], Iterable[Pair]]


@dataclass
class Originals:
    """``digests``: of all matrices of each network, by id, as its result has it.

    The last network is kept, if it is small, and the rounds that its edges need.
    """

    adapters: Mapping[str, Adapter]
    digests: Mapping[str, str]
    _kept: dict[str, Pairs] = field(default_factory=dict, repr=False)
    _mixed: dict[str, Mapping[int, Mixing]] = field(default_factory=dict, repr=False)
    _large: set[str] = field(default_factory=set, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is kept: each worker reads for itself."""
        return {**self.__dict__, "_kept": {}, "_mixed": {}}

    def pairs(self, of: NetworkRef) -> Pairs:
        """A network. Raises NetworkError, and what its adapter raises."""
        kept = self._kept.get(of.network_id)
        if kept is not None:
            return kept
        network = opened(self.adapters[of.adapter], of)
        if of.network_id not in self._large:
            small = _small(self._walk(of, network))
            if small is not None:
                self._kept, self._mixed = {of.network_id: Pairs(network, lambda: small)}, {}
                return self._kept[of.network_id]
            self._large.add(of.network_id)
        return Pairs(network, lambda: self._walk(of, network))

    def mixed(self, of: NetworkRef, pairs: list[Pair]) -> Mapping[int, Mixing]:
        """The rounds that the edges of each constituent need. Raises NetworkError."""
        if of.network_id not in self._mixed:
            found = mixings([original for _, original in pairs], of.network_id)
            self._mixed = {of.network_id: found}
        return self._mixed[of.network_id]

    def _walk(self, of: NetworkRef, network: Network) -> Iterator[Pair]:
        """Equal matrices of an artificial network count once, so they are drawn equal, too.

        Raises NetworkError, at the end, for other matrices than those of the network's result.
        """
        seats: dict[str, int] = {}
        digests: list[str] = []
        artificial = network.kind == "artificial"
        for position, each in enumerate(walked(network, of.shapes)):
            digests.append(digest(each.matrix))
            seat = seats.setdefault(digests[-1], position) if artificial else position
            loops = not artificial and PROJECTION not in each.name
            yield each, Original(seat, each.matrix, loops)
        if combined_digest(digests) != self.digests[of.network_id]:
            raise NetworkError(
                f"{of.name} is not what it was when it was analysed: run it into the catalog again"
            )


def _small(walk: Iterator[Pair]) -> list[Pair] | None:
    """All that a walk gives, or None where that is too large to be kept."""
    found: list[Pair] = []
    size = 0
    for pair in walk:
        size += pair[0].nbytes
        if size > KEPT_BYTES:
            return None
        found.append(pair)
    return found
