"""The adapter contract, and how adapters are found (entry points ``zoo_spectra.adapters``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from zoo_spectra.errors import AdapterError, SourceError, nearest
from zoo_spectra.sources.network import Kind, Network, Scalar
from zoo_spectra.sources.source import check_options, parse_source

GROUP = "zoo_spectra.adapters"
KNOWN_PLUGINS = ("timm", "connectome", "checkpoint")


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
        return hashlib.blake2b(self.source.encode(), digest_size=16).hexdigest()


@runtime_checkable
class Adapter(Protocol):
    """What a plug-in implements. ``options`` maps each option's name to one line of help."""

    name: str
    options: Mapping[str, str]

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        """The networks that match. Cheap: reads no weights. Raises SourceError on no match."""
        ...

    def load(self, ref: NetworkRef) -> Network:
        """Open one network. Raises NetworkError (here or while walking the constituents)."""
        ...


def _entries() -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        other = found.get(entry.name)
        if other is not None and other.value != entry.value:
            raise AdapterError(
                f"two plug-ins claim the adapter name {entry.name!r}: {other.value} and "
                f"{entry.value}; uninstall one of them"
            )
        found[entry.name] = entry
    return found


Adapters = Mapping[str, Adapter]


def adapter_names() -> list[str]:
    """The names of the installed adapters, sorted; nothing is imported."""
    return sorted(_entries())


def get_adapter(name: str, extra: Adapters | None = None) -> Adapter:
    """One adapter: from ``extra`` if it is there, else the installed plug-in, imported now.

    Raises SourceError when unknown, AdapterError when broken.
    """
    if extra and name in extra:
        return extra[name]
    entries = _entries()
    if name not in entries:
        if name in KNOWN_PLUGINS:
            raise SourceError(f"adapter {name!r} is not installed; pip install zoo-spectra-{name}")
        raise SourceError(f"unknown adapter {name!r}; {nearest(name, {*entries, *(extra or ())})}")
    where = f"adapter {name!r} ({entries[name].value})"
    try:
        made = entries[name].load()()
    except Exception as error:
        raise AdapterError(f"{where} is broken: {error}; reinstall or remove it") from error
    if not isinstance(made, Adapter):
        raise AdapterError(f"{where} has no list and load")
    return made


def list_networks(text: str, extra: Adapters | None = None) -> list[NetworkRef]:
    """Every network that a source string matches, in the adapter's order.

    ``extra`` adds adapters that are not installed, by name. Raises SourceError, AdapterError.
    """
    source = parse_source(text)
    adapter = get_adapter(source.adapter, extra)
    check_options(source.adapter, source.options, adapter.options)
    refs = list(adapter.list(source.pattern, source.options))
    if not refs:
        raise SourceError(f"{text!r} matches nothing; check the pattern with: zoo-spectra ls")
    return refs


def load(text: str, extra: Adapters | None = None) -> Network:
    """Open the one network that a source string names. Raises SourceError when it names more."""
    refs = list_networks(text, extra)
    if len(refs) > 1:
        names = ", ".join(ref.name for ref in refs[:3])
        raise SourceError(f"{text!r} matches {len(refs)} networks ({names}…); name one of them")
    return get_adapter(refs[0].adapter, extra).load(refs[0])
