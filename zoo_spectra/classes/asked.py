"""Which network is meant: one of a catalog, by its name, or a source that is analysed here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from zoo_spectra.catalog import Asked, Catalog, asked_of
from zoo_spectra.errors import CatalogError, SourceError, ZooSpectraError, nearest
from zoo_spectra.method import Spectrum, analyze
from zoo_spectra.sources import Adapters, list_networks, load, parse_source
from zoo_spectra.text import visible

Say = Callable[[str], None]
LEAST_ID = 6  # characters of an id that name a network


def asked_for(
    what: Any, catalogs: Sequence[Catalog], say: Say = lambda _: None, extra: Adapters | None = None
) -> Asked:
    """A name, source or id in one of the catalogs; else a source, which is analysed.

    Or what ``analyze`` takes, or its Spectrum. ``say`` is told what is analysed; ``extra`` are
    adapters that are not installed. Raises CatalogError for a name that several networks have, or
    none; SourceError and NetworkError as ``load`` and ``analyze`` do.
    """
    if not isinstance(what, str):
        return _of_spectrum(what if isinstance(what, Spectrum) else analyze(what, digests=True))
    rows = _named(what, catalogs)
    if len({row["network_id"] for _, row in rows}) > 1:
        names = ", ".join(
            f"{visible(row['source'])} in {at.storage.file()}" for at, row in rows[:5]
        )
        raise CatalogError(
            f"{what!r} names {len(rows)} networks ({names}); say which by its source"
        )
    if rows and not _changed(what, rows[0][1], extra):
        # The same network may have failed in one catalog and not in another.
        at, row = min(rows, key=lambda each: each[1]["status"] != "ok")
        return asked_of(at, at.network(row["network_id"]))
    try:
        parse_source(what)
    except SourceError:
        raise _unknown(what, catalogs) from None
    say(f"{what} is analysed here")
    network = load(what, extra)
    identity = (network.identity or network.source).encode("utf-8", "surrogatepass")
    found = _of_spectrum(analyze(network, digests=True))
    return Asked(found.spectrum, _hashed(identity), found.parameters, found.weights_digest)


def _of_spectrum(spectrum: Spectrum) -> Asked:
    """Of no identity, so that no row is its own."""
    parameters = sum(c.shape[0] * c.shape[1] for c in spectrum.used)
    return Asked(spectrum, "", parameters, spectrum.weights_digest)


def _hashed(identity: bytes) -> str:
    return hashlib.blake2b(identity, digest_size=16).hexdigest()


def _named(what: str, catalogs: Sequence[Catalog]) -> list[tuple[Catalog, dict[str, Any]]]:
    """The rows that are called so, of all catalogs."""
    match = (pl.col("name") == what) | (pl.col("source") == what)
    if len(what) >= LEAST_ID:
        match |= pl.col("network_id").str.starts_with(what)
    columns = ("name", "source", "network_id", "status", "fingerprint")
    return [
        (at, row)
        for at in catalogs
        for row in at.collect(at.networks().select(columns).filter(match)).iter_rows(named=True)
    ]


def _changed(what: str, row: Mapping[str, Any], extra: Adapters | None) -> bool:
    """Whether a source was named whose file is another one than when it was analysed."""
    if what != row["source"] or not row["fingerprint"]:
        return False
    try:
        refs = list_networks(what, extra)
    except ZooSpectraError:
        return False  # the file is gone, and the row is what there is
    return len(refs) == 1 and refs[0].fingerprint != row["fingerprint"]


def _unknown(what: str, catalogs: Sequence[Catalog]) -> CatalogError:
    names = [
        name
        for at in catalogs
        for name in at.collect(at.networks().select("name"))["name"].to_list()
    ]
    places = ", ".join(at.storage.file() for at in catalogs)
    return CatalogError(
        f"no network {what!r} in {places}, and no source (ADAPTER:PATTERN, like timm:resnet18); "
        f"{nearest(what, names)}"
    )
