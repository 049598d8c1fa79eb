"""The adapter contract, and how adapters are found (entry points ``zoo_spectra.adapters``)."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from zoo_spectra.errors import (
    AdapterError,
    SourceError,
    UnlistedError,
    ZooSpectraError,
    explain,
    nearest,
)
from zoo_spectra.sources.guard import guarded
from zoo_spectra.sources.left_out import LeftOut
from zoo_spectra.sources.network import Network
from zoo_spectra.sources.places import resolve
from zoo_spectra.sources.ref import Listing, NetworkRef
from zoo_spectra.sources.source import Source, check_options, literal, parse_source
from zoo_spectra.sources.validation import checked_network, validated

GROUP = "zoo_spectra.adapters"
KNOWN_PLUGINS = {name: name for name in ("timm", "connectome", "checkpoint")}
KNOWN_PLUGINS["hf"] = "checkpoint[hub]"


@runtime_checkable
class Adapter(Protocol):
    """What a plug-in implements. ``options`` maps each option's name to one line of help.

    It may also have ``describing``, a set of option names: those that say what a network is called
    and belongs to, and change none of its matrices. They are no part of a network's identity.
    """

    name: str
    options: Mapping[str, str]

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        """The networks that match. Cheap: reads no weights. Raises SourceError on no match.

        UnlistedError where the one that is named cannot be looked at.
        """
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
        return _usable(extra[name], f"adapter {name!r}")
    entries = _entries()
    if name not in entries:
        if name in KNOWN_PLUGINS:
            package = f"'zoo-spectra-{KNOWN_PLUGINS[name]}'"
            raise SourceError(f"adapter {name!r} is not installed; pip install {package}")
        raise SourceError(f"unknown adapter {name!r}; {nearest(name, {*entries, *(extra or ())})}")
    where = f"adapter {name!r} ({entries[name].value})"
    try:
        with guarded():
            made = entries[name].load()()
    except Exception as error:
        raise AdapterError(f"{where} is broken: {error}; reinstall or remove it") from error
    return _usable(made, where)


def _usable(made: object, where: str) -> Adapter:
    if not isinstance(made, Adapter):
        raise AdapterError(f"{where} has no list and load")
    options = made.options
    if not isinstance(options, Mapping) or not all(isinstance(key, str) for key in options):
        raise AdapterError(f"{where}: options is no mapping of names to a line of help")
    return made


def adapter_of(text: str) -> Adapter:
    """The installed adapter that a source string names. Raises SourceError, AdapterError."""
    try:
        return get_adapter(parse_source(text).adapter)
    except SourceError as error:
        raise SourceError(f"{error}{_about_paths(text)}") from error


def list_networks(text: str, extra: Adapters | None = None) -> list[NetworkRef]:
    """Every network that a source string matches, in the adapter's order.

    ``extra`` adds adapters that are not installed, by name. Raises SourceError, AdapterError.
    """
    return list(listing(text, extra))


def listing(text: str, extra: Adapters | None = None) -> Listing:
    """The same, with what the source leaves out: files of other formats, links to nothing."""
    try:
        source = parse_source(text)
        adapter = get_adapter(source.adapter, extra)
        check_options(source.adapter, source.options, adapter.options)
        found = _either_way(adapter, source, text)
    except UnlistedError:
        raise
    except SourceError as error:
        raise SourceError(f"{error}{_about_paths(text)}{_about_question_marks(text)}") from error
    if not found.refs:
        raise SourceError(f"{text!r} matches nothing; check the pattern with: zoo-spectra ls")
    return found


def listed(adapter: Adapter, pattern: str, options: Mapping[str, str]) -> Listing:
    """What an adapter lists, checked, with the identity of each network.

    Raises AdapterError for whatever it raises but our own.
    """
    describing: frozenset[str] = frozenset()
    try:
        with guarded():
            describing = frozenset(getattr(adapter, "describing", ()))
            found = adapter.list(pattern, options)
            refs = [_identified(ref, describing) for ref in validated(found, adapter.name)]
            left_out = getattr(found, "left_out", None)
    except UnlistedError as error:
        (error.ref,) = [
            _identified(ref, describing) for ref in validated([error.ref], adapter.name)
        ]
        raise
    except ZooSpectraError:
        raise
    except Exception as error:
        raise AdapterError(
            f"adapter {adapter.name!r} fails to list {pattern!r}: {explain(error)}; that is a "
            "fault of the adapter"
        ) from error
    return Listing(tuple(refs), left_out if isinstance(left_out, LeftOut) else LeftOut())


def _identified(ref: NetworkRef, describing: Collection[str]) -> NetworkRef:
    if not describing or "?" not in ref.source:
        return ref
    identity = str(parse_source(ref.source).without(describing))
    return ref if identity == ref.source else replace(ref, identity=identity)


def _either_way(adapter: Adapter, source: Source, text: str) -> Listing:
    """As percent escapes say; where that matches nothing, as it was typed (``50%20off.npz``)."""
    try:
        return listed(adapter, source.pattern, source.options)
    except SourceError:
        typed = Source(source.adapter, text.partition(":")[2].partition("?")[0], source.options)
        if typed == source:
            raise
        try:
            return listed(adapter, typed.pattern, typed.options)
        except SourceError:
            pass
        raise


def _about_paths(text: str) -> str:
    """A hint where a source is the path of a file or folder, without what reads it."""
    path = os.path.expanduser(text)
    if "\0" in text or not os.path.exists(path):
        return ""
    write = [str(Source(name, literal(text))) for name in ("checkpoint", "connectome")]
    kind = "folder" if os.path.isdir(path) else "file"
    return (
        f"; it is a {kind} that is there: write {shlex.quote(write[0])} for weights, "
        f"{shlex.quote(write[1])} for a connectome"
    )


def _about_question_marks(text: str) -> str:
    """A hint where a file is called what stands before, and perhaps after, the first ``?``."""
    adapter, _, rest = text.partition(":")
    for end in [at for at, sign in enumerate(f"{rest}?") if sign == "?"][1:]:
        if os.path.isfile(resolve(rest[:end])):
            name = Source(adapter, literal(rest[:end]))
            return f"; a ? begins the options, and there is a file of that name: write {name}"
    return ""


def load(text: str, extra: Adapters | None = None) -> Network:
    """Open the one network that a source string names. Raises SourceError when it names more."""
    refs = list_networks(text, extra)
    if len(refs) > 1:
        names = ", ".join(ref.name for ref in refs[:3])
        raise SourceError(f"{text!r} matches {len(refs)} networks ({names}…); name one of them")
    return opened(get_adapter(refs[0].adapter, extra), refs[0])


def opened(adapter: Adapter, ref: NetworkRef) -> Network:
    """What an adapter loads, checked. Raises NetworkError, and what the adapter raises."""
    with guarded():
        return checked_network(adapter.load(ref), ref)
