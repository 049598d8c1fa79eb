"""Equivalents that cost less than a network, beside what one would take without spectra."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from zoo_spectra.catalog import Asked, Catalog, described, measured
from zoo_spectra.classes.costs import check_column, costs, own_cost
from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_MEASURE, DEFAULT_NEAREST, Measure

_KEY = ["network_id", "commit_id"]
BY_SIZE, BY_FAMILY = "nearest in parameters", "nearest in parameters, same family"
Pick = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class Cheaper:
    """What was found. ``cost``: of the network itself. ``equivalents``: networks within ε.

    ``cheaper``: how many of them cost less. ``rows``: the cheapest first, and after them the
    baselines, with ``role``, ``cost``, ``saved`` (1 - cost / own cost), ``equivalent`` (within ε)
    and ``frontier`` (no equivalent is as cheap and nearer, or as near and cheaper; null for
    baselines) beside the columns of ``nearest``. ``left_out``: how many networks, and why.
    """

    cost: float
    equivalents: int
    cheaper: int
    rows: pl.DataFrame
    left_out: dict[str, int]


def cheaper_than(
    asked: Asked,
    catalogs: list[Catalog],
    by: str = "parameters",
    results: str | Path | None = None,
    accuracy: float = DEFAULT_ACCURACY,
    measure: Measure = DEFAULT_MEASURE,
    where: str | None = None,
    k: int = DEFAULT_NEAREST,
) -> Cheaper:
    """The networks within ε of one that cost less, cheapest first, at most k, and two baselines.

    ``by``: a column of numbers of ``results``, a CSV that is joined by name (``costs.py``), or of
    the catalogs. The baselines are the network that costs less and is nearest in the number of
    parameters, and that of its family; of equals the first name. Raises CatalogError where a cost
    is not known, and as ``nearest``; ValueError for an ε or a k that means nothing.
    """
    if not 0 <= accuracy < float("inf") or k < 1:
        raise ValueError(f"the accuracy ε must be a number ≥ 0, and k ≥ 1, not {accuracy} and {k}")
    table = check_column(catalogs, by, results)
    cost = own_cost(asked, catalogs, by, table)
    left_out, pieces = Counter[str](), []
    for at, catalog in enumerate(catalogs):
        found = measured(catalog, asked, measure, where)
        priced = found.rows.join(costs(catalog, by, table), on=_KEY, how="left")
        unknown = priced.filter(pl.col("cost").is_null())
        left_out.update(found.left_out)
        left_out.update(Counter(unknown["why"].to_list()))
        pieces.append(priced.with_columns(at=pl.lit(at), catalog=pl.lit(str(catalog.location))))
    every = pl.concat(pieces)
    near = every.filter(pl.col(measure) <= accuracy)
    less = every.filter(pl.col("cost") < cost).sort("cost", measure, "name", *_KEY)
    within = less.filter(pl.col(measure) <= accuracy)
    chosen = pl.concat(
        [
            _frontier(within, measure).with_columns(role=pl.lit("equivalent")).head(k),
            _nearest_in_size(less, asked).with_columns(role=pl.lit(BY_SIZE)),
            _nearest_in_size(_of_family(less, asked), asked).with_columns(role=pl.lit(BY_FAMILY)),
        ],
        how="diagonal",
    )
    rows = _told(chosen, asked, catalogs).with_columns(
        saved=1 - pl.col("cost") / cost, equivalent=pl.col(measure) <= accuracy
    )
    return Cheaper(cost, near.height, within.height, rows, dict(left_out))


def _frontier(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Rows by cost and distance: whether each is nearer than all before it."""
    before = pl.col(measure).cum_min().shift(1)
    return rows.with_columns(frontier=(pl.col(measure) < before).fill_null(True))


def _nearest_in_size(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """One row, or none. The distance has no say: this is what one knows without spectra."""
    apart = (pl.col("parameters") / asked.parameters).log().abs()
    return rows.sort(apart, "name", "source").head(1)


def _of_family(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    return rows.filter((pl.col("family") == asked.spectrum.family) & (pl.col("family") != ""))


def _told(chosen: pl.DataFrame, asked: Asked, catalogs: list[Catalog]) -> pl.DataFrame:
    """The rows in their order, with all distances and classes."""
    if chosen.is_empty():
        catalogs = catalogs[:1]
    own = ["role", "cost", "frontier", "catalog"]
    numbered = chosen.with_row_index("order")
    pieces = []
    for at, catalog in enumerate(catalogs):
        some = numbered.filter(pl.col("at") == at)
        full = described(catalog, asked, some)
        pieces.append(pl.concat([full, some.select("order", *own)], how="horizontal"))
    told = pl.concat(pieces).sort("order").drop("order")
    return told.select("role", *[name for name in told.columns if name != "role"])
