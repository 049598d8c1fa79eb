"""The in-memory adapter: networks that are already arrays, for notebooks and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from blake3 import blake3

from zoo_spectra.errors import NetworkError, SourceError, nearest
from zoo_spectra.sources.mapping import Values, plain_values, read_mapping
from zoo_spectra.sources.matrices import Matrix, Sparse
from zoo_spectra.sources.network import Constituent, Kind, Network, digest, flatten_weight
from zoo_spectra.sources.ref import NetworkRef
from zoo_spectra.sources.source import Source, literal


class MemoryAdapter:
    """Networks given as ``{network name: {name: array or torch tensor}}``.

    Which of them are constituents, and in what shape, is what it would be of a file that holds
    them under these names; of kind ``biological`` all with two or more dimensions are, as they are.
    Pass it where adapters are asked for: ``zs.run(job, adapters=[adapter])``.
    """

    name = "memory"
    options: Mapping[str, str] = {}

    def __init__(
        self,
        networks: Mapping[str, Mapping[str, Matrix | Sparse]] | None = None,
        kind: Kind = "artificial",
        family: str = "",
    ) -> None:
        self._networks = {name: plain_values(arrays) for name, arrays in (networks or {}).items()}
        self._kind: Kind = kind
        self._family = family

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        """The networks whose name matches the glob ``pattern``. Raises SourceError on none."""
        names = [name for name in self._networks if fnmatchcase(name, pattern)]
        if not names:
            raise SourceError(f"memory:{pattern} matches none; {nearest(pattern, self._networks)}")
        return [self._ref(name) for name in names]

    def load(self, ref: NetworkRef) -> Network:
        """Open one network. Raises NetworkError when it is not there, or cannot be read."""
        if ref.name not in self._networks:
            raise NetworkError(f"memory: no network {ref.name!r}")
        return network_from_arrays(
            ref.name, self._networks[ref.name], self._kind, self._family, ref.source
        )

    def _ref(self, name: str) -> NetworkRef:
        shapes = self._shapes(name)
        return NetworkRef(
            source=str(Source(self.name, literal(name))),
            adapter=self.name,
            name=name,
            kind=self._kind,
            family=self._family,
            shapes=shapes,
            parameters=None if shapes is None else sum(p * q for p, q in shapes),
            fingerprint=_fingerprint(self._networks[name], name),
        )

    def _shapes(self, name: str) -> tuple[tuple[int, int], ...] | None:
        """The (p, q) of the constituents; None where the network is refused, as ``load`` says."""
        if self._kind == "biological":
            return tuple(_flat(a.shape) for a in self._networks[name].values() if len(a.shape) > 1)
        try:
            return read_mapping(self._networks[name], name).shapes
        except NetworkError:
            return None


def network_from_arrays(
    name: str,
    arrays: Mapping[str, Any],
    kind: Kind = "artificial",
    family: str = "",
    source: str = "",
) -> Network:
    """A network of arrays or torch tensors that are there already, by the rule of a file of them.

    Without a ``source``, that of an array in memory. Raises NetworkError for what is packed or not
    understood. Of kind ``biological``: all with two or more dimensions, as they are.
    """
    source = source or str(Source(MemoryAdapter.name, literal(name)))
    values = plain_values(arrays)
    fetch = Values(values, name)
    if kind == "biological":

        def walk() -> Iterator[Constituent]:
            for each, array in values.items():
                if len(array.shape) >= 2:
                    yield Constituent(each, flatten_weight(fetch(each)))

        return Network(name, kind, walk, family, source)
    reading = read_mapping(values, name)
    return reading.network(lambda: reading.constituents(fetch), name, kind, family, source)


def _flat(shape: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = int(shape[0]), 1
    for side in shape[1:]:
        columns *= int(side)
    return rows, columns


def _fingerprint(arrays: Mapping[str, Any], where: str) -> str:
    """Changes with any entry or name, so that an array edited in a notebook is analysed again."""
    fetch = Values(arrays, where)
    hashed = blake3()
    for name in arrays:
        hashed.update(f"{len(name)}:{name}{digest(fetch(name))}".encode("utf-8", "surrogatepass"))
    return hashed.hexdigest(length=16)
