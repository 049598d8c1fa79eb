"""Which results hold an estimate of an older way: one that does not say how far it is off."""

from __future__ import annotations

import polars as pl


def is_old_estimate() -> pl.Expr:
    """Of rows of ``networks``: such a result is redone by the next run, and not classified."""
    return ((pl.col("spectrum_kind") == "slq") & pl.col("csd_error").is_null()).fill_null(False)
