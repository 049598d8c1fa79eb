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
BY_COST, BY_FAMILY = "nearest in cost", "nearest in cost, same family"
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
    the catalogs. The baselines are what one would take without spectra at the cost of the cheapest
    equivalent (where there is none, at the network's own): the other network, of those that cost
    less, that is nearest in cost to it, and the one of the network's family; of equals the first by
    name. Raises CatalogError where a cost is not known, and as ``nearest``; ValueError for an ε or
    a k that means nothing.
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
    beside, kin = _beside(less, within, cost), pl.col("family") == asked.spectrum.family
    chosen = pl.concat(
        [
            _frontier(within, measure).with_columns(role=pl.lit("equivalent")).head(k),
            beside.head(1).with_columns(role=pl.lit(BY_COST)),
            beside.filter(kin & (pl.col("family") != ""))
            .head(1)
            .with_columns(role=pl.lit(BY_FAMILY)),
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


def _beside(less: pl.DataFrame, within: pl.DataFrame, cost: float) -> pl.DataFrame:
    """The others that cost less, by cost: nearest to that of the cheapest equivalent.

    The distance has no say. Another seed of that equivalent is no other choice: what is of its
    family and has as many parameters is left out.
    """
    for family, parameters, least in within.select("family", "parameters", "cost").head(1).rows():
        cost = least
        twin = (pl.col("family") == family) & (pl.col("parameters") == parameters)
        less = less.filter(~twin)
    return less.sort((pl.col("cost") / cost).log().abs(), "name", "source")


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
