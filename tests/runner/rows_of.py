"""Comparing catalogs row for row, but for what a run measures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

import zoo_spectra as zs

# What a run measures, and what is new with every commit; all else must not depend on the run.
OF_THE_RUN = (
    "commit_id", "attempts", "seconds", "load_seconds", "peak_memory", "finished_at", "versions",
    "host", "pid", "worker", "ray_log", "traceback", "run",
)  # fmt: skip
OF_THE_PIECE = ("commit_id", "seconds", "load_seconds", "peak_memory")


def rows_of(catalog: Path | str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Networks and spectra in a fixed order."""
    opened = zs.Catalog(catalog)
    networks = opened.networks().drop(OF_THE_RUN).sort("network_id").collect()
    spectra = opened.spectra().drop(OF_THE_PIECE).sort("network_id", "position").collect()
    return networks, spectra


def assert_same_rows(catalog: Path | str, undisturbed: Path) -> None:
    """Equal row for row, but for rounding by another number of BLAS threads."""
    for found, expected in zip(rows_of(catalog), rows_of(undisturbed), strict=True):
        assert expected.height
        assert_frame_equal(found, expected, rel_tol=1e-9, abs_tol=1e-12)
