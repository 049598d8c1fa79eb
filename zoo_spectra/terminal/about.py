"""What is said below every summary: networks and matrices left out, and those of equal weights."""

from __future__ import annotations

import polars as pl

from zoo_spectra import classes
from zoo_spectra.catalog import Catalog
from zoo_spectra.text import count, visible

SHOWN = 5  # groups of equal weights that are named


def left_out(catalog: Catalog) -> list[str]:
    """A line on the matrices that are in no ensemble, by reason; none when there are none."""
    some = catalog.networks().filter(pl.col("skipped") > 0).select("commit_id")
    networks = catalog.collect(some)
    if networks.is_empty():
        return []
    # A reason carries numbers and a shape: what counts is its kind.
    kind = pl.col("skipped").str.replace(r"\s*\(.*", "").str.replace(r"^\d+ ", "")
    skipped = catalog.spectra().filter(pl.col("skipped").is_not_null())
    by_reason = catalog.collect(skipped.group_by(kind.alias("why")).len().sort("len", "why"))
    reasons = ", ".join(f"{visible(why)} ({number:,})" for why, number in by_reason.iter_rows())
    matrices = count(int(by_reason["len"].sum()), "matrix", "matrices")
    verb = "has" if networks.height == 1 else "have"
    return [f"{count(networks.height, 'network')} {verb} matrices left out: {matrices}; {reasons}"]


def older_versions(catalog: Catalog) -> list[str]:
    """A line a version of the method whose results are not classified any more."""
    return classes.older_versions(catalog)


def equal_weights(catalog: Catalog) -> list[str]:
    """A line a group of networks whose weights are equal, the largest groups first."""
    groups = classes.equal_weights(catalog)
    lines = [
        f"equal weights: {', '.join(visible(name) for name in names)}" for names in groups[:SHOWN]
    ]
    more = len(groups) - SHOWN
    return [*lines, f"and {count(more, 'more group')} of equal weights"] if more > 0 else lines
