"""What an adapter lists: small pointers to networks, and what it leaves out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from zoo_spectra.sources.left_out import LeftOut
from zoo_spectra.sources.network import Kind, Scalar


@dataclass(frozen=True)
class NetworkRef:
    """A small, picklable pointer to exactly one network.

    ``source`` is the canonical source string that lists this network and no other; ``identity`` is
    that without the options that only describe, where it has any (``list_networks`` sets it).
    ``shapes`` are the (p, q) of the constituents where they are known without reading weights.
    ``fingerprint`` changes when the file behind the network changes (empty: it never does).
    ``location`` is where ``load`` finds its file: an absolute path. ``coverage``: the share of the
    stored entries that are in constituents, in [0, 1], where that is known without reading weights.
    """

    source: str
    adapter: str
    name: str
    kind: Kind
    family: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    shapes: tuple[tuple[int, int], ...] | None = None
    parameters: int | None = None
    fingerprint: str = ""
    location: str = ""
    metadata: Mapping[str, Scalar] = field(default_factory=dict)
    identity: str = ""
    coverage: float | None = None

    @cached_property
    def network_id(self) -> str:
        """16 bytes of BLAKE2b of the identity, in hex: the same on every machine."""
        text = (self.identity or self.source).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Listing:
    """The networks that a source matches, and what it leaves out; ``Adapter.list`` may give one.

    ``troubles``: of several sources, why some of the networks could not be looked at, a line each.
    """

    refs: tuple[NetworkRef, ...]
    left_out: LeftOut = field(default_factory=LeftOut)
    troubles: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[NetworkRef]:
        return iter(self.refs)

    def __len__(self) -> int:
        return len(self.refs)
