"""The in-memory adapter: networks that are already arrays, for notebooks and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

from blake3 import blake3

from zoo_spectra.errors import NetworkError, SourceError, nearest
from zoo_spectra.sources.matrices import Matrix, Sparse
from zoo_spectra.sources.network import (
    Constituent,
    Kind,
    Network,
    digest,
    flatten_weight,
)
from zoo_spectra.sources.ref import NetworkRef
from zoo_spectra.sources.source import Source, literal


class MemoryAdapter:
    """Networks given as ``{network name: {constituent name: array}}``.

    Arrays of more than two dimensions are flattened to (shape[0], product of the rest); arrays of
    fewer are left out. Pass it where adapters are asked for: ``zs.run(job, adapters=[adapter])``.
    """

    name = "memory"
    options: Mapping[str, str] = {}

    def __init__(
        self,
        networks: Mapping[str, Mapping[str, Matrix | Sparse]] | None = None,
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
        return network_from_arrays(
            ref.name, self._networks[ref.name], self._kind, self._family, ref.source
        )

    def _ref(self, name: str) -> NetworkRef:
        flat = [flatten_weight(a) for a in self._networks[name].values() if a.ndim >= 2]
        shapes = tuple((int(a.shape[0]), int(a.shape[1])) for a in flat)
        return NetworkRef(
            source=str(Source(self.name, literal(name))),
            adapter=self.name,
            name=name,
            kind=self._kind,
            family=self._family,
            shapes=shapes,
            parameters=sum(p * q for p, q in shapes),
            fingerprint=_fingerprint(self._networks[name]),
        )


def network_from_arrays(
    name: str,
    arrays: Mapping[str, Matrix | Sparse],
    kind: Kind = "artificial",
    family: str = "",
    source: str = "",
) -> Network:
    """A network of arrays that are there already; those of fewer than two dimensions are left out.

    Without a ``source``, that of an array in memory.
    """

    def constituents() -> Iterator[Constituent]:
        for each, array in arrays.items():
            if array.ndim >= 2:
                yield Constituent(each, flatten_weight(array))

    source = source or str(Source(MemoryAdapter.name, literal(name)))
    return Network(name, kind, constituents, family, source)


def _fingerprint(arrays: Mapping[str, Matrix | Sparse]) -> str:
    """Changes with any entry, so that an array edited in a notebook is analysed again."""
    digests = "".join(digest(name, array) for name, array in arrays.items())
    return blake3(digests.encode()).hexdigest(length=16)
