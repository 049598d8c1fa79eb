"""What is left to do: the networks of a job's sources that the catalog does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from zoo_spectra.adapter import Adapters, NetworkRef, list_networks
from zoo_spectra.analysis import Settings
from zoo_spectra.catalog import Catalog
from zoo_spectra.spectrum import METHOD_VERSION

# A network of unknown shapes costs as much as one of medium size.
UNKNOWN_COST = 2e10


@dataclass(frozen=True)
class Plan:
    """The networks asked for: those still to be analysed, and how many are done already."""

    todo: tuple[NetworkRef, ...]
    done: int


def cost(ref: NetworkRef) -> float:
    """Floating point operations of one network: Σ 2 N² M + 4/3 N³ over its constituents.

    N and M are the smaller and the larger side. An estimate for scheduling and progress only.
    """
    if ref.shapes is None:
        return UNKNOWN_COST
    pairs = [(float(min(shape)), float(max(shape))) for shape in ref.shapes]
    return sum(2 * n * n * m + 4 / 3 * n**3 for n, m in pairs)


def expand(sources: Iterable[str], adapters: Adapters | None = None) -> list[NetworkRef]:
    """Every network that the sources match, each once. Raises SourceError, AdapterError."""
    found: dict[str, NetworkRef] = {}
    for text in sources:
        for ref in list_networks(text, adapters):
            found.setdefault(ref.network_id, ref)
    return list(found.values())


def plan(refs: Sequence[NetworkRef], catalog: Catalog, settings: Settings) -> Plan:
    """Split ``refs`` by what the catalog has: done means ok, from this file and these settings.

    A failed network is tried again; a quarantined one is not.
    """
    current = (
        catalog.networks()
        .filter(
            (pl.col("status") == "quarantined")
            | (
                (pl.col("status") == "ok")
                & (pl.col("realisations") == settings.realisations)
                & (pl.col("exact_limit") == settings.exact_limit)
                & (pl.col("method_version") == METHOD_VERSION)
            )
        )
        .select("network_id", "fingerprint")
        .collect()
    )
    have = dict(current.iter_rows())
    todo = tuple(ref for ref in refs if have.get(ref.network_id) != ref.fingerprint)
    return Plan(todo, len(refs) - len(todo))
