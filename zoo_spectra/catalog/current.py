"""Which results count: `ok` ones of this version of the method, but estimates of an older way."""

from __future__ import annotations

import polars as pl

from zoo_spectra.method import METHOD_VERSION


def is_current() -> pl.Expr:
    """Of rows of ``networks``: a result that is compared and drawn."""
    ok, version = pl.col("status") == "ok", pl.col("method_version") == METHOD_VERSION
    return ok & version & ~is_old_estimate()


def is_old_estimate() -> pl.Expr:
    """Of rows of ``networks``: an estimate that does not say how far it is off.

    It is redone by the next run, and not classified.
    """
    return ((pl.col("spectrum_kind") == "slq") & pl.col("csd_error").is_null()).fill_null(False)
