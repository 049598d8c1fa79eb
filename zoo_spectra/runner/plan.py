"""What is left to do: the networks of a job's sources that the catalog does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from zoo_spectra.catalog import Catalog, is_current
from zoo_spectra.errors import UnlistedError
from zoo_spectra.method import Settings
from zoo_spectra.runner.refresh import is_described
from zoo_spectra.runner.tasks import Task, finish_task, result_id, tasks_of
from zoo_spectra.sources import (
    Adapters,
    LeftOut,
    Listing,
    NetworkRef,
    adapter_of,
    listing,
)

DESCRIBED = ("source", "name", "family", "metadata", "described")


@dataclass(frozen=True)
class Plan:
    """The networks asked for: those still to be analysed, and how many are done already.

    ``renamed`` are those of the done ones whose rows say something else of them: another source
    string, name, family or metadata.
    """

    todo: tuple[NetworkRef, ...]
    done: int
    renamed: tuple[NetworkRef, ...] = ()


def expand(sources: Iterable[str], adapters: Adapters | None = None) -> list[NetworkRef]:
    """Every network that the sources match, each once. Raises SourceError, AdapterError."""
    return list(gather(sources, adapters))


def gather(sources: Iterable[str], adapters: Adapters | None = None) -> Listing:
    """The same, with what the sources leave out.

    Raises UnlistedError where the only one cannot be looked at.
    """
    texts, opened = tuple(sources), dict(adapters or {})
    found: dict[str, NetworkRef] = {}
    left_out, troubles = LeftOut(), list[str]()
    for text in texts:
        name = text.partition(":")[0]
        if name not in opened:  # to look for plug-ins takes 15 ms
            opened[name] = adapter_of(text)
        try:
            matched = listing(text, opened)
        except UnlistedError as error:
            if len(texts) == 1 or not isinstance(error.ref, NetworkRef):
                raise
            matched = Listing((error.ref,))  # whose load says the same: a failed row
            troubles.append(str(error))
        left_out += matched.left_out
        for ref in matched:
            found.setdefault(ref.network_id, ref)
    return Listing(tuple(found.values()), left_out, tuple(troubles))


def plan(
    refs: Sequence[NetworkRef],
    catalog: Catalog,
    settings: Settings,
    retry_quarantined: bool = False,
) -> Plan:
    """Split ``refs`` by what the catalog has: done means ok, from this file and these settings.

    A result whose spectra are not all there any more is not done. A failed network is tried again;
    a quarantined one only with ``retry_quarantined``.
    """
    finished = _is_ok(settings)
    if not retry_quarantined:
        finished = finished | (pl.col("status") == "quarantined")
    found = catalog.networks().filter(finished).select("network_id", "fingerprint", *DESCRIBED)
    have = {row["network_id"]: row for row in catalog.collect(found).iter_rows(named=True)}
    for network_id in catalog.incomplete()["network_id"]:
        have.pop(network_id, None)
    todo, renamed = [], []
    for ref in refs:
        row = have.get(ref.network_id)
        if row is None or row["fingerprint"] != ref.fingerprint:
            todo.append(ref)
        elif not is_described(row, ref):
            renamed.append(ref)
    return Plan(tuple(todo), len(refs) - len(todo), tuple(renamed))


def is_done(ref: NetworkRef, catalog: Catalog, settings: Settings) -> bool:
    """Whether the catalog has an `ok` row of this network, from this file and these settings."""
    this = (pl.col("network_id") == ref.network_id) & (pl.col("fingerprint") == ref.fingerprint)
    found = catalog.networks().filter(this & _is_ok(settings)).select("network_id")
    return catalog.collect(found).height > 0


def tasks_left(refs: Iterable[NetworkRef], catalog: Catalog, settings: Settings) -> list[Task]:
    """The tasks of networks; of split ones only the shares that are not committed yet."""
    left: list[Task] = []
    for ref in refs:
        tasks = tasks_of(ref)
        if tasks[0].kind == "share":
            have = set(catalog.pieces(result_id(ref, settings))["position"])
            tasks = [task for task in tasks if not set(task.positions) <= have]
            tasks = tasks or [finish_task(ref.network_id)]
        left += tasks
    return left


def _is_ok(settings: Settings) -> pl.Expr:
    return (
        is_current()
        & (pl.col("realisations") == settings.realisations)
        & (pl.col("exact_limit") == settings.exact_limit)
    )
