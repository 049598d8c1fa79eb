"""A catalog's rows back to what the method computed: nothing is analysed again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np
import polars as pl

from zoo_spectra.catalog.tables import Tables
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import (
    METHOD_VERSION,
    S_EDGES,
    ConstituentSpectrum,
    Floats,
    GapRatio,
    Spectrum,
    Tail,
)
from zoo_spectra.text import visible

Row = Mapping[str, Any]
_CONJUGATE = ("coe", "cue", "cse")


def constituents_of(rows: pl.DataFrame) -> list[ConstituentSpectrum]:
    """Rows of ``spectra`` back to spectra, in the frame's order."""
    lists = ("eigenvalues", "weights", "probe")
    told = rows.drop(lists).iter_rows(named=True)
    return [
        ConstituentSpectrum(
            name=row["constituent"],
            shape=(row["rows"], row["columns"]),
            eigenvalues=np.array(eigenvalues, dtype=np.float64),
            skipped=row["skipped"],
            weights=None if weights is None else np.array(weights, dtype=np.float64),
            probe=None if probe is None else np.array(probe, dtype=np.int64),
            steps_error=row["steps_error"],
            gap_ratio=_gap_ratio(row),
            digest=row["digest"],
        )
        for row, eigenvalues, weights, probe in zip(
            told, *(rows[name] for name in lists), strict=True
        )
    ]


def spectra_of(tables: Tables, row: Row) -> pl.DataFrame:
    """The rows of ``spectra`` of one `ok` network, by position; none in a catalog without spectra.

    Raises CatalogError where some of them are lost.
    """
    own = [pl.col(key) == row[key] for key in ("network_id", "commit_id")]
    found = tables.collect(tables.spectra().filter(own)).sort("position")
    due = row["constituents"] + row["skipped"]
    if found.height != due and (found.height or tables.holds_spectra):
        raise CatalogError(
            f"{tables.storage.file()} holds {found.height} of the {due} spectra of "
            f"{visible(row['name'])}: a part is lost; run the job again"
        )
    return found


def spectrum_of(tables: Tables, row: Row) -> Spectrum:
    """The Spectrum that a row of ``networks`` was made of.

    Curves that are stored in single precision come back in it: resamples and realisations. Raises
    CatalogError for a network that did not end `ok` or is of another version of the method, and
    where its spectra are lost.
    """
    check_sound(tables, row)
    rows = spectra_of(tables, row)
    return Spectrum(
        name=row["name"],
        kind=row["kind"],
        family=row["family"],
        source=row["source"],
        constituents=tuple(constituents_of(rows)),
        scale=row["scale"],
        null_mass=row["null_mass"],
        density=np.array(row["density"]),
        density_se=None if row["density_se"] is None else np.array(row["density_se"]),
        csd=np.array(row["csd"]),
        csd_error=row["csd_error"],
        csd_depth=_curves(row["csd_depth"]),
        csd_fluctuation={k: np.array(row[f"csd_fluctuation_{k}"]) for k in _CONJUGATE},
        csd_realisations={k: _curves(row[f"csd_realisations_{k}"]) for k in _CONJUGATE},
        csd_resamples=_curves(row["csd_resamples"]),
        tail=_tail(row),
        gap_ratio=_gap_ratio(row),
        metadata=json.loads(row["metadata"]),
        left_out=json.loads(row["left_out"] or "{}"),
        coverage=row["coverage"],
        notes=tuple((row["notes"] or "").split("; ")) if row["notes"] else (),
    )


def check_sound(tables: Tables, row: Row) -> None:
    """Raise CatalogError for a row that has no result of this version of the method."""
    name, place = visible(row["name"]), tables.storage.file()
    if row["status"] != "ok":
        raise CatalogError(
            f"{name} has no spectrum in {place}: its analysis ended {row['status']} "
            f"({row['reason']}); mend that and run the job again"
        )
    if row["method_version"] != METHOD_VERSION:
        raise CatalogError(
            f"{name} in {place} is of method version {row['method_version']}, and this is "
            f"{METHOD_VERSION}: run the job again"
        )
    if row["spectrum_kind"] == "slq" and row["csd_error"] is None:
        raise CatalogError(
            f"{name} in {place} was estimated without an error of its CSD: run the job again"
        )
    if len(row["csd"] or ()) != len(S_EDGES) or not row["csd_depth"]:
        raise CatalogError(
            f"{name} in {place} has no curve; another program has written it: remove that network, "
            "and run the job again"
        )


def _curves(lists: list[list[float]] | None) -> Floats:
    return np.array(lists or [], dtype=np.float64).reshape(-1, len(S_EDGES))


def _tail(row: Row) -> Tail:
    fitted = ("decay_rate", "decay_rate_se", "vanishing_location")
    return Tail(
        mass=row["tail_mass"],
        count=row["tail_count"],
        law=row["tail_law"],
        law_ratio=row["tail_law_ratio"],
        law_p_value=row["tail_law_p_value"],
        **{name: row[name] for name in fitted},
    )


def _gap_ratio(row: Row) -> GapRatio | None:
    """Infinite deviations, of ratios that are all the same, are no number in a table."""
    if row["gap_ratio"] is None:
        return None
    deviation = row["universality_deviation"]
    return GapRatio(
        row["gap_ratio"],
        row["gap_ratio_se"],
        row["universality"],
        inf if deviation is None else deviation,
    )
