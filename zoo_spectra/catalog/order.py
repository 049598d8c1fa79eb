"""Which of a network's results is shown: the one rule that views, compaction and README share.

The newest is that of the latest run, among those of one run the one that finished last, and among
those the largest ``commit_id``. A removal hides every result up to the one that it names.
"""

from __future__ import annotations

import polars as pl

# Beside network_id: what orders results. Rows before format 2 have no run, as if it were 0.
ORDER = ("run", "finished_at", "commit_id")
NARROW = ("network_id", *ORDER)
_LIMIT = ":removed"


def _by() -> list[pl.Expr]:
    return [pl.col("run").fill_null(0), pl.col("finished_at"), pl.col("commit_id")]


def newest(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The newest row of each network; it has the columns ``NARROW``."""
    ordered = frame.sort(_by(), maintain_order=True)
    return ordered.unique("network_id", keep="last", maintain_order=True)


def newest_classes(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of the newest classification."""
    by = (pl.col("run").fill_null(0), pl.col("classified_at"), pl.col("classification_id"))
    last = frame.sort(*by).select("classification_id").tail(1)
    return frame.join(last, on="classification_id", how="semi")


def is_later(suffix: str) -> pl.Expr:
    """Whether a row's result is newer than that in the columns with the suffix."""
    run, other = pl.col("run").fill_null(0), pl.col(f"run{suffix}").fill_null(0)
    when, then = pl.col("finished_at"), pl.col(f"finished_at{suffix}")
    last = pl.col("commit_id") > pl.col(f"commit_id{suffix}")
    return (run > other) | ((run == other) & ((when > then) | ((when == then) & last)))


def shown(frame: pl.LazyFrame, removed: pl.DataFrame | None) -> pl.LazyFrame:
    """Without the results that are removed; ``removed`` is of ``latest_removals``."""
    if removed is None or removed.is_empty():
        return frame
    limits = removed.lazy().select("network_id", pl.col(*ORDER).name.suffix(_LIMIT))
    beside = frame.join(limits, on="network_id", how="left", maintain_order="left")
    kept = beside.filter(pl.col(f"commit_id{_LIMIT}").is_null() | is_later(_LIMIT))
    return kept.drop([f"{column}{_LIMIT}" for column in ORDER])


def shown_classes(frame: pl.LazyFrame, removed: pl.DataFrame | None) -> pl.LazyFrame:
    """Without the networks that were removed since they were classified."""
    if removed is None or removed.is_empty():
        return frame
    limits = removed.lazy().select("network_id", "classification")
    beside = frame.join(limits, on="network_id", how="left", maintain_order="left")
    gone = pl.col("run").fill_null(0) <= pl.col("classification")
    return beside.filter(~gone.fill_null(False)).drop("classification")


def latest_removals(removals: pl.DataFrame) -> pl.DataFrame:
    """Of each network the removal that reaches furthest."""
    return newest(removals.lazy()).collect()
