"""What an adapter lists: small pointers to networks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from zoo_spectra.sources.network import Kind, Scalar


@dataclass(frozen=True)
class NetworkRef:
    """A small, picklable pointer to exactly one network.

    ``source`` is the canonical source string that lists this network and no other.
    ``shapes`` are the (p, q) of the constituents where they are known without reading weights.
    ``fingerprint`` changes when the file behind the network changes (empty: it never does).
    ``location`` is where ``load`` finds it when ``source`` is relative: an absolute path.
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

    @property
    def network_id(self) -> str:
        """16 bytes of BLAKE2b of the source, in hex: the same on every machine."""
        text = self.source.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16).hexdigest()
