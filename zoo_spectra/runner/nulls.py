"""Draws of null models: networks of a catalog as what is drawn from, and a run over their draws."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, get_args

import polars as pl

from zoo_spectra.catalog import Catalog, is_current, nulls_place
from zoo_spectra.defaults import DEFAULT_DRAWS, NULL_MODELS, NullModel
from zoo_spectra.errors import CatalogError, NetworkError, nearest
from zoo_spectra.runner.drawn import NAME, DrawnAdapter
from zoo_spectra.runner.drive import Stop
from zoo_spectra.runner.job import Job
from zoo_spectra.runner.originals import Originals
from zoo_spectra.runner.plan import gather
from zoo_spectra.runner.run import Progress, Silent, Summary, run
from zoo_spectra.runner.work import Receipt
from zoo_spectra.sources import Adapter, Adapters, NetworkRef, get_adapter
from zoo_spectra.text import count, visible

LEAST_DRAWS, MOST_DRAWS = 2, 100_000
_COLUMNS = ("network_id", "name", "source", "fingerprint", "weights_digest", "exact_limit")


@dataclass(frozen=True)
class Drawing:
    """How draws went: of which networks, by id, and of each run over them its summary.

    There is a run for each exact limit of the networks' results.
    """

    network_ids: tuple[str, ...]
    summaries: tuple[Summary, ...]

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop, and draws are left for the next run."""
        return any(each.stopped for each in self.summaries)

    @property
    def problems(self) -> list[Receipt]:
        """The draws that did not end ok."""
        return [receipt for each in self.summaries for receipt in each.problems]


@dataclass(frozen=True)
class _Asked:
    """A network that is drawn from, and its row in the catalog."""

    ref: NetworkRef
    row: dict[str, Any]


def check_model(model: str) -> None:
    """Raise NetworkError for a null model that there is not."""
    if model not in get_args(NullModel):
        lines = "".join(f"\n  {name}: {about}" for name, about in NULL_MODELS.items())
        raise NetworkError(f"no null model {model!r}; {nearest(model, NULL_MODELS)}{lines}")


def make_nulls(
    catalog: Catalog | str | PathLike[str],
    networks: Iterable[str] = (),
    *,
    model: str,
    draws: int = DEFAULT_DRAWS,
    where: str | None = None,
    workers: int | None = None,
    address: str | None = None,
    in_process: bool = False,
    retry_quarantined: bool = False,
    adapters: Iterable[Adapter] = (),
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Drawing:
    """Draw networks of a catalog anew by a null model, until each has ``draws`` of them.

    ``networks``: names in the catalog, or sources; none: all of it, or those that meet ``where``,
    an SQL condition. Draws that are there are not made again. The other arguments are those of
    ``run``. Raises NetworkError for an unknown model or number of draws, CatalogError for a network
    that is not in the catalog, has no result there, or has changed since, and what ``run`` raises.
    """
    check_model(model)
    if not LEAST_DRAWS <= draws <= MOST_DRAWS:
        raise NetworkError(
            f"{draws:,} draws: give {LEAST_DRAWS} to {MOST_DRAWS:,}; p is never below 1/(1 + draws)"
        )
    opened = catalog if isinstance(catalog, Catalog) else Catalog(str(catalog))
    extra = {adapter.name: adapter for adapter in adapters}
    told = progress or Silent()
    texts = list(networks)
    if texts and where is not None:
        raise NetworkError("name networks, or choose them by a condition: not both")
    asked = _asked(opened, texts, where, extra, told)
    used = {name: get_adapter(name, extra) for name in {each.ref.adapter for each in asked}}
    limits: dict[int, list[_Asked]] = defaultdict(list)
    for each in asked:
        limits[each.row["exact_limit"]].append(each)
    summaries = []
    for limit, those in sorted(limits.items()):
        adapter = DrawnAdapter(
            {each.ref.network_id: each.ref for each in those},
            Originals(used, {e.ref.network_id: e.row["weights_digest"] or "" for e in those}),
            limit,
        )
        ids = sorted(each.ref.network_id for each in those)
        job = Job(
            sources=tuple(f"{NAME}:{each}?draws={draws}&model={model}" for each in ids),
            catalog=nulls_place(str(opened.location)),
            exact_limit=limit,
        )
        summaries.append(
            run(
                job,
                workers=workers,
                address=address,
                in_process=in_process,
                retry_quarantined=retry_quarantined,
                adapters=[adapter],
                progress=told,
                stop=stop,
            )
        )
        if summaries[-1].stopped:
            break
    return Drawing(tuple(each.ref.network_id for each in asked), tuple(summaries))


def _asked(
    catalog: Catalog, texts: Sequence[str], where: str | None, extra: Adapters, progress: Progress
) -> list[_Asked]:
    """The networks to draw from, each once. Raises CatalogError and SourceError."""
    if not texts:
        every = catalog.networks(where).select(*_COLUMNS, ok=is_current())
        rows = catalog.collect(every.sort("name", "network_id"))
        good = rows.filter("ok")
        if good.is_empty():
            those = "" if where is None else f" that meets {visible(where)}"
            raise CatalogError(f"{catalog.storage.file()} has no network with a result{those}")
        if left := rows.height - good.height:
            progress.say(f"left out: {count(left, 'network')} without a result of this method")
        return _listed(catalog, good.to_dicts(), extra)
    ids = list(dict.fromkeys(each for text in texts for each in _named(catalog, text, extra)))
    return _listed(catalog, _rows(catalog, ids), extra)


def _named(catalog: Catalog, text: str, extra: Adapters) -> list[str]:
    """The ids of the networks that a name or a source means, all in the catalog."""
    this = (pl.col("name") == text) | (pl.col("source") == text)
    narrow = catalog.networks().select("network_id", "name", "source")
    if ":" not in text or catalog.collect(narrow.filter(this)).height:
        return [catalog.network(text)["network_id"]]  # or an error with a hint
    refs = gather([text], extra)
    known = set(catalog.collect(narrow)["network_id"])
    missing = [ref for ref in refs if ref.network_id not in known]
    if missing:
        raise CatalogError(
            f"{visible(missing[0].source)} is not in {catalog.storage.file()}: first run it there: "
            f"zoo-spectra run {shlex.quote(text)} --catalog {shlex.quote(catalog.storage.public)}"
        )
    return [ref.network_id for ref in refs]


def _rows(catalog: Catalog, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Their rows, in that order. Raises CatalogError for one without a result."""
    these = catalog.networks().filter(pl.col("network_id").is_in(list(ids)))
    found = catalog.collect(these.select(*_COLUMNS, "status", ok=is_current()))
    rows = {row["network_id"]: row for row in found.iter_rows(named=True)}
    for row in rows.values():
        if not row["ok"]:
            raise CatalogError(
                f"{visible(row['name'])} has no result of this version of the method in "
                f"{catalog.storage.file()} (it ended {row['status']}): run it again: zoo-spectra "
                f"run {shlex.quote(row['source'])} --catalog "
                f"{shlex.quote(catalog.storage.public)}"
            )
    return [rows[each] for each in ids]


def _listed(catalog: Catalog, rows: Sequence[dict[str, Any]], extra: Adapters) -> list[_Asked]:
    """The references of rows, as they are now. Raises CatalogError for one that has changed."""
    refs = {ref.network_id: ref for ref in gather([row["source"] for row in rows], extra)}
    found = []
    for row in rows:
        ref = refs.get(row["network_id"])
        if ref is None or ref.fingerprint != row["fingerprint"]:
            raise CatalogError(
                f"{visible(row['name'])} has changed since it was analysed: run it into "
                f"{catalog.storage.file()} again"
            )
        found.append(_Asked(replace(ref, name=row["name"]), row))
    return found
