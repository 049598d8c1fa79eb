"""What was run and what failed: the first part of the page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import polars as pl

import zoo_spectra
from zoo_spectra.catalog import Catalog
from zoo_spectra.classes import equal_weights, older_versions
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import METHOD_VERSION
from zoo_spectra.report.page.space import CURRENT, KEY, How, Space
from zoo_spectra.text import count, percent, visible

SHOWN = 20  # groups of equal weights
LOW = 0.9  # of a network's stored entries are in its constituents: below, it is said


@dataclass(frozen=True)
class Facts:
    """``lines``: what, and how it is; ``warnings``: what a reader must know before the pictures;
    ``left_out``: of matrices, reason, how many, of how many networks; ``tensors``: of stored
    tensors that are in no constituent, reason and how many; ``equal``: groups of equal weights.
    """

    lines: list[tuple[str, str]]
    warnings: list[str]
    left_out: list[tuple[str, int, int]]
    tensors: list[tuple[str, int]]
    equal: list[list[str]]

    def told(self) -> dict[str, object]:
        return asdict(self)


def facts_of(catalog: Catalog, how: How, space: Space | None) -> Facts:
    """Raises CatalogError for a catalog without networks."""
    columns = ("name", "kind", "status", "adapter", "method_version", "spectrum_kind", "skipped")
    times = ("finished_at", "run", "left_out", "coverage", "notes")
    rows = catalog.collect(catalog.networks().select(*columns, *times))
    if rows.is_empty():
        raise CatalogError(
            f"{catalog.location} has no network to report; run a job into it first, such as: "
            "zoo-spectra run SOURCE --catalog CATALOG"
        )
    ok = rows.filter(pl.col("status") == "ok")
    lines = [
        ("catalog", visible(catalog.storage.public)),
        ("networks", _ended(rows)),
        ("kinds", _counted(rows["kind"])),
        ("adapters", _counted(rows["adapter"])),
        ("method version", _counted(ok["method_version"]) or f"{METHOD_VERSION}: none"),
        ("spectra", _counted(ok["spectrum_kind"].drop_nulls())),
        ("classes", _classified(how, space)),
        ("analysed", _when(rows)),
        (
            "report",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, zoo_spectra {zoo_spectra.__version__}",
        ),
    ]
    equal, left_out = equal_weights(catalog), _left_out(catalog)
    return Facts(
        [line for line in lines if line[1]],
        _not_finite(left_out) + _warnings(catalog, how, space, rows, len(equal)),
        left_out,
        _tensors(ok["left_out"]),
        [[visible(name) for name in group] for group in equal[:SHOWN]],
    )


def _ended(rows: pl.DataFrame) -> str:
    by = Counter(rows["status"].to_list())
    told = ", ".join(f"{by.pop(each, 0):,} {each}" for each in ("ok", "failed", "quarantined"))
    other = "".join(f", {number:,} {visible(status)}" for status, number in sorted(by.items()))
    return f"{rows.height:,}: {told}{other}"


def _counted(values: pl.Series) -> str:
    by = Counter(map(str, values.to_list()))
    if len(by) == 1:
        return visible(next(iter(by)))
    return ", ".join(f"{visible(what)} ({number:,})" for what, number in by.most_common())


def _classified(how: How, space: Space | None) -> str:
    if space is None:
        return ""
    asked = f"ε = {how.accuracy:g} e-folds, {how.linkage} linkage, measure {how.measure}"
    if how.condition is not None:
        asked += f", only networks where {visible(how.condition)}"
    when = f"classified {how.at:%Y-%m-%d %H:%M} UTC" if how.at else "the defaults"
    return f"{asked} ({when})"


def _when(rows: pl.DataFrame) -> str:
    first, last = rows["finished_at"].min(), rows["finished_at"].max()
    runs = rows["run"].fill_null(0).n_unique()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return ""
    if f"{first:%Y-%m-%d %H:%M}" == f"{last:%Y-%m-%d %H:%M}":
        return f"{last:%Y-%m-%d %H:%M} UTC"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, in {count(runs, 'run')}"


def _warnings(
    catalog: Catalog, how: How, space: Space | None, rows: pl.DataFrame, equal: int
) -> list[str]:
    said = older_versions(catalog)
    ok = rows.filter(pl.col("status") == "ok")
    if space is None:
        said.append(
            "No network can be drawn: none ended ok under this version of the method"
            + (f" and meets {visible(how.condition)}." if how.condition else ".")
        )
        return said
    if how.at is None:
        said.append("The catalog is not classified: the classes here are made with the defaults.")
    said += _not_drawn(catalog, how, space)
    low = ok.filter(pl.col("coverage") < LOW).sort("coverage", "name")
    if low.height:
        name, least = low["name"][0], low["coverage"][0]
        said.append(
            f"{count(low.height, 'network')} with less than {percent(LOW)} of all stored entries "
            f"in constituents; the least is {percent(least)} ({visible(name)})."
        )
    noted = ok["notes"].drop_nulls().len()
    if noted:
        said.append(f"{count(noted, 'network')} with notes on what was guessed (column notes).")
    if equal:
        verb = "has" if equal == 1 else "have"
        said.append(f"{count(equal, 'group')} of networks {verb} equal weights.")
    return said


def _not_drawn(catalog: Catalog, how: How, space: Space) -> list[str]:
    current = catalog.collect(catalog.networks().filter(CURRENT).select(KEY))
    stored = catalog.collect(catalog.classes().select(*KEY, "class"))
    if space.label is not None:
        return _medoids(space, current, stored)
    said = []
    absent = space.networks.join(stored, on=KEY, how="anti").height
    if absent and how.at is not None:
        said.append(
            f"{count(absent, 'network')} came after the catalog was classified: the classes here "
            "have them, those in the catalog have not."
        )
    unmet = current.height - space.networks.height
    if unmet:
        verb = "is not drawn: it does" if unmet == 1 else "are not drawn: they do"
        said.append(f"{count(unmet, 'network')} {verb} not meet {visible(how.condition)}.")
    return said


def _medoids(space: Space, current: pl.DataFrame, stored: pl.DataFrame) -> list[str]:
    classes, drawn = stored["class"].n_unique(), space.networks.height
    said = [
        f"{current.height:,} networks are too many to draw one by one: the medoids of {drawn:,} "
        f"classes stand for {int(space.stands_for.sum()):,} of them, and ε cannot be moved."
    ]
    if drawn < classes:
        said.append(
            f"{count(classes - drawn, 'class', 'classes')} more are not drawn: smaller ones, or "
            "with a medoid that was removed or analysed anew since they were made."
        )
    absent = current.join(stored, on=KEY, how="anti").height
    if absent:
        said.append(f"{count(absent, 'network')} in none of these classes: classify again.")
    return said


def _left_out(catalog: Catalog) -> list[tuple[str, int, int]]:
    """Matrices that are in no ensemble, by the kind of the reason."""
    some = catalog.networks().filter(pl.col("skipped") > 0).select("commit_id", "skipped")
    networks = catalog.collect(some)
    if networks.is_empty():
        return []
    # A reason carries numbers and a shape: what counts is its kind.
    kind = pl.col("skipped").str.replace(r"\s*\(.*", "").str.replace(r"^\d+ ", "")
    skipped = catalog.spectra().filter(pl.col("skipped").is_not_null())
    grouped = skipped.group_by(kind.alias("why")).agg(
        pl.len(), pl.col("commit_id").n_unique().alias("networks")
    )
    found = catalog.collect(grouped.sort(["len", "why"], descending=[True, False]))
    if found.is_empty():
        why = "not said by a catalog without spectra"
        return [(why, int(networks["skipped"].sum()), networks.height)]
    return [(visible(why), number, of) for why, number, of in found.iter_rows()]


def _not_finite(left_out: list[tuple[str, int, int]]) -> list[str]:
    networks = sum(of for why, _, of in left_out if "non-finite" in why)
    verb = "has" if networks == 1 else "have"
    line = f"{count(networks, 'network')} {verb} non-finite matrices, which are left out."
    return [line] if networks else []


def _tensors(texts: Iterable[str | None]) -> list[tuple[str, int]]:
    total = Counter[str]()
    for text, times in Counter(texts).items():
        for reason, number in _object(text).items():
            total[visible(reason)] += number * times
    return total.most_common()


def _object(text: str | None) -> dict[str, int]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: n for key, n in found.items() if isinstance(n, int)}
