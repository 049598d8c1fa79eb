"""What was run and what failed: the first part of the page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import polars as pl

import zoo_spectra
from zoo_spectra.catalog import Catalog, LeftOut, matrices_left_out
from zoo_spectra.classes import equal_weights
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import METHOD_VERSION
from zoo_spectra.report.page.said import not_finite, warnings_of
from zoo_spectra.report.page.space import How, Space
from zoo_spectra.text import count, visible

SHOWN = 20  # groups of equal weights


@dataclass(frozen=True)
class Facts:
    """``lines``: what, and how it is; ``warnings``: what a reader must know before the pictures;
    ``left_out``: of matrices, reason, how many, of how many networks; ``tensors``: of stored
    tensors that are in no constituent, reason and how many; ``equal``: groups of equal weights.
    """

    lines: list[tuple[str, str]]
    warnings: list[str]
    left_out: list[LeftOut]
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
    equal, left_out = equal_weights(catalog), matrices_left_out(catalog)
    return Facts(
        [line for line in lines if line[1]],
        not_finite(left_out) + warnings_of(catalog, how, space, rows, len(equal)),
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
    merged = int((space.tree.height <= how.accuracy).sum()) if space.label is None else 0
    number = count(space.networks.height - merged, "class", "classes")
    asked = f"ε = {how.accuracy:g} e-folds, {how.linkage} linkage, measure {how.measure}"
    asked = f"{number} at {asked}" if space.label is None else f"medoids of {number} at {asked}"
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
