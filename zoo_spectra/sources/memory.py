"""The in-memory adapter: networks that are already arrays, for notebooks and tests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from zoo_spectra.errors import NetworkError, SourceError, nearest
from zoo_spectra.sources.network import Constituent, Kind, Matrix, Network, flatten_weight
from zoo_spectra.sources.ref import NetworkRef
from zoo_spectra.sources.source import Source


class MemoryAdapter:
    """Networks given as ``{network name: {constituent name: array}}``.

    Arrays of more than two dimensions are flattened to (shape[0], product of the rest); arrays of
    fewer are left out. Pass it where adapters are asked for: ``zs.run(job, adapters=[adapter])``.
    """

    name = "memory"
    options: Mapping[str, str] = {}

    def __init__(
        self,
        networks: Mapping[str, Mapping[str, Matrix]] | None = None,
        kind: Kind = "artificial",
        family: str = "",
    ) -> None:
        self._networks = {name: dict(arrays) for name, arrays in (networks or {}).items()}
        self._kind: Kind = kind
        self._family = family

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        """The networks whose name matches the glob ``pattern``. Raises SourceError on none."""
        names = [name for name in self._networks if fnmatchcase(name, pattern)]
        if not names:
            raise SourceError(f"memory:{pattern} matches none; {nearest(pattern, self._networks)}")
        return [self._ref(name) for name in names]

    def load(self, ref: NetworkRef) -> Network:
        """Open one network. Raises NetworkError when it is not there."""
        if ref.name not in self._networks:
            raise NetworkError(f"memory: no network {ref.name!r}")
        arrays = self._networks[ref.name]

        def constituents() -> Iterator[Constituent]:
            for name, array in arrays.items():
                if array.ndim >= 2:
                    yield Constituent(name, flatten_weight(array))

        return Network(ref.name, self._kind, constituents, self._family, ref.source)

    def _ref(self, name: str) -> NetworkRef:
        flat = [flatten_weight(a) for a in self._networks[name].values() if a.ndim >= 2]
        shapes = tuple((int(a.shape[0]), int(a.shape[1])) for a in flat)
        return NetworkRef(
            source=str(Source(self.name, name)),
            adapter=self.name,
            name=name,
            kind=self._kind,
            family=self._family,
            shapes=shapes,
            parameters=sum(p * q for p, q in shapes),
            fingerprint=_digest(self._networks[name]),
        )


def _digest(arrays: Mapping[str, Matrix]) -> str:
    """Changes with any entry, so that an array edited in a notebook is analysed again."""
    digest = hashlib.blake2b(digest_size=16)
    for name, array in arrays.items():
        head = f"{name}{array.shape}{array.dtype.str}".encode("utf-8", "surrogatepass")
        digest.update(head + array.tobytes())
    return digest.hexdigest()
