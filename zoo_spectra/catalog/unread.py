"""What of a catalog's networks is in no ensemble: matrices left out, and entries of files."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from zoo_spectra.catalog.tables import Tables
from zoo_spectra.text import count, percent, visible

LOW = 0.9  # of a network's stored entries are in its constituents: below, it is said
NOT_SAID = "a catalog without spectra does not say why"


class LeftOut(NamedTuple):
    """Matrices of one kind of reason: how many, of how many networks."""

    why: str
    matrices: int
    networks: int


def matrices_left_out(tables: Tables) -> list[LeftOut]:
    """By the kind of the reason, the commonest first. In a catalog without spectra a single one."""
    some = tables.networks().filter(pl.col("skipped") > 0).select("commit_id", "skipped")
    networks = tables.collect(some)
    if networks.is_empty():
        return []
    # A reason carries numbers and a shape: what counts is its kind.
    kind = pl.col("skipped").str.replace(r"\s*\(.*", "").str.replace(r"^\d+ ", "")
    skipped = tables.spectra().filter(pl.col("skipped").is_not_null())
    told = skipped.group_by(kind.alias("why")).agg(
        pl.len(), pl.col("commit_id").n_unique().alias("networks")
    )
    found = tables.collect(told.sort(["len", "why"], descending=[True, False]))
    if found.is_empty():
        return [LeftOut(NOT_SAID, int(networks["skipped"].sum()), networks.height)]
    return [LeftOut(visible(why), number, of) for why, number, of in found.iter_rows()]


def least_read(rows: pl.DataFrame) -> str:
    """A line on `ok` networks of which much is in no constituent; empty where there is none.

    ``rows`` has ``name`` and ``coverage``.
    """
    low = rows.filter(pl.col("coverage") < LOW).sort("coverage", "name")
    if low.is_empty():
        return ""
    name, least = low["name"][0], low["coverage"][0]
    return (
        f"{count(low.height, 'network')} with less than {percent(LOW)} of all stored entries in "
        f"constituents; the least is {percent(least)} ({visible(name)})"
    )
