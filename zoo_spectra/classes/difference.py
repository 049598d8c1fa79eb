"""What differs between two states: two runs of a catalog, or two catalogs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from zoo_spectra.catalog import WHOLE, Catalog, as_of, classes_of, stacked
from zoo_spectra.method import BIN_WIDTH

LEAST = 1e-6  # e-folds; results less apart are equal but for rounding
_TOLD = ("network_id", "commit_id", "name", "source", "family", "status", "method_version")
_KEPT = (*_TOLD, "weights_digest", "csd")
NETWORKS = {
    "change": pl.String,
    "name": pl.String,
    "family": pl.String,
    "distance": pl.Float64,
    "before": pl.String,
    "after": pl.String,
    "why": pl.String,
    "source": pl.String,
    "network_id": pl.String,
}
CLASSES = pl.Schema(
    {
        "change": pl.String(),
        "class": pl.Int32(),
        "of": pl.List(pl.Int32()),
        "medoid": pl.String(),
        "networks": pl.Int64(),
    }
)


@dataclass(frozen=True)
class State:
    """``networks``: results, a row a network. ``classes``: their newest classification, if any."""

    networks: pl.DataFrame
    classes: pl.DataFrame


@dataclass(frozen=True)
class Difference:
    """``networks``: a row a network that was added, is gone, or has another result.

    ``distance``: between the old and the new curve, in e-folds; null where one has none, or they
    are of two versions of the method. ``classes``: a row a class of the second state that several
    of the first have merged into, and one of the first that was split; ``of``: the other state's.
    ``same``: networks with equal results. ``said``: what could not be compared.
    """

    networks: pl.DataFrame
    classes: pl.DataFrame
    same: int
    said: tuple[str, ...]


def state_of(catalog: Catalog, run: int | None = None) -> State:
    """A catalog as it is, or as it was after a run. Raises CatalogError as ``as_of``."""
    view = catalog.networks() if run is None else as_of(catalog, run)
    networks = catalog.collect(view.select(_KEPT))
    if run is None:
        return State(networks, catalog.collect(catalog.classes()))
    return State(networks, classes_of(catalog, networks))


def compare_states(before: State, after: State) -> Difference:
    """What has changed from one state to another. Networks are the same by ``network_id``."""
    old, new = before.networks, after.networks
    both = old.join(new, on="network_id", how="inner", suffix=":new").sort("name", "network_id")
    compared = _compared(both)
    changed = compared.filter("differs")
    gone = old.join(new, on="network_id", how="anti")
    added = new.join(old, on="network_id", how="anti")
    rows = [
        _alone(added, "added", "after"),
        _alone(gone, "gone", "before"),
        changed.with_columns(change=pl.lit("changed")).select(list(NETWORKS)),
    ]
    classes, said = _classes(before.classes, after.classes)
    return Difference(pl.concat(rows), classes, compared.height - changed.height, tuple(said))


def _alone(rows: pl.DataFrame, change: str, column: str) -> pl.DataFrame:
    told = rows.sort("name", "network_id").with_columns(
        pl.lit(change).alias("change"), pl.col("status").alias(column)
    )
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in NETWORKS.items()
               if name not in told.columns]  # fmt: skip
    return told.with_columns(missing).select(list(NETWORKS))


def _compared(both: pl.DataFrame) -> pl.DataFrame:
    """Networks of both states with their distance, and whether and why their results differ."""
    curves = WHOLE["pooled"]
    one, other = (
        both.select(curves).to_series(),
        both.select(csd="csd:new").select(curves).to_series(),
    )
    versions = both["method_version"] == both["method_version:new"]
    known = (one & other & versions).to_numpy()
    apart = np.full(both.height, np.nan)
    if known.any():
        first, second = (stacked(both[name].filter(known)) for name in ("csd", "csd:new"))
        apart[known] = np.abs(first - second).sum(axis=1) * BIN_WIDTH
    rows = both.with_columns(
        distance=pl.Series(apart).fill_nan(None), before="status", after="status:new"
    )
    why = {
        "status": pl.col("status") != pl.col("status:new"),
        "method version": pl.col("method_version") != pl.col("method_version:new"),
        "curve": pl.col("distance") > LEAST,
        "weights": pl.col("weights_digest") != pl.col("weights_digest:new"),
    }
    said = [pl.when(each).then(pl.lit(name)) for name, each in why.items()]
    rows = rows.with_columns(why=pl.concat_str(said, separator=", ", ignore_nulls=True))
    return rows.with_columns(differs=pl.col("why") != "")


def _classes(before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Classes that have merged or were split, of the networks that both states classified."""
    nothing = pl.DataFrame(schema=CLASSES)
    for which, rows in (("first", before), ("second", after)):
        if rows.is_empty():
            return nothing, [
                f"classes are not compared: the {which} state is not classified; classify it"
            ]
    said = []
    how = [rows.select("accuracy", "linkage", "measure").row(0) for rows in (before, after)]
    if how[0] != how[1]:
        told = [f"ε = {e:g}, {linkage}, {measure or 'pooled'}" for e, linkage, measure in how]
        said.append(f"classes were found in two ways: {told[0]}; then {told[1]}")
    columns = ["network_id", "class", "medoid"]
    both = before.select(columns).join(after.select(columns), on="network_id", suffix=":new")
    merged = _joined(both, "merged", "class:new", "class", "medoid:new")
    split = _joined(both, "split", "class", "class:new", "medoid")
    return pl.concat([nothing, merged, split]), said


def _joined(both: pl.DataFrame, change: str, own: str, others: str, medoid: str) -> pl.DataFrame:
    """The classes of one state whose networks are in several of the other."""
    groups = both.group_by(own).agg(
        pl.col(others).unique().sort().alias("of"), pl.col(medoid).first(), pl.len().alias("n")
    )
    several = groups.filter(pl.col("of").list.len() > 1).sort(own)
    return several.select(
        change=pl.lit(change),
        **{"class": pl.col(own).cast(pl.Int32)},
        of=pl.col("of").cast(pl.List(pl.Int32)),
        medoid=pl.col(medoid),
        networks=pl.col("n").cast(pl.Int64),
    )
