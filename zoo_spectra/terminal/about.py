"""What is said below every summary: what was not analysed or guessed, and equal weights."""

from __future__ import annotations

import polars as pl

from zoo_spectra import classes
from zoo_spectra.catalog import Catalog
from zoo_spectra.text import count, percent, visible

SHOWN = 5  # groups of equal weights that are named
LOW = 0.9  # of a network's stored entries are in its constituents: below, it is said


def said_of(catalog: Catalog) -> list[str]:
    """All of it, a line each; most important first."""
    lines = (classes.older_versions, left_out, partly_read, equal_weights)
    return [line for each in lines for line in each(catalog)]


def left_out(catalog: Catalog) -> list[str]:
    """A line on the matrices that are in no ensemble, by reason; none when there are none."""
    some = catalog.networks().filter(pl.col("skipped") > 0).select("commit_id", "skipped")
    networks = catalog.collect(some)
    if networks.is_empty():
        return []
    # A reason carries numbers and a shape: what counts is its kind.
    kind = pl.col("skipped").str.replace(r"\s*\(.*", "").str.replace(r"^\d+ ", "")
    skipped = catalog.spectra().filter(pl.col("skipped").is_not_null())
    told = skipped.group_by(kind.alias("why")).agg(
        pl.len().alias("matrices"), pl.col("commit_id").n_unique().alias("networks")
    )
    by_reason = catalog.collect(told.sort("matrices", "why"))
    reasons = ", ".join(
        f"{visible(why)} ({matrices:,} in {count(some, 'network')})"
        for why, matrices, some in by_reason.iter_rows()
    )
    reasons = reasons or "a catalog without spectra does not say why"
    matrices = count(int(networks["skipped"].sum()), "matrix", "matrices")
    verb = "has" if networks.height == 1 else "have"
    return [f"{count(networks.height, 'network')} {verb} matrices left out: {matrices}; {reasons}"]


def partly_read(catalog: Catalog) -> list[str]:
    """A line on networks of which much is in no constituent, and one on what was guessed."""
    ok = catalog.networks().filter(pl.col("status") == "ok")
    rows = catalog.collect(ok.select("name", "coverage", "notes"))
    lines = []
    low = rows.filter(pl.col("coverage") < LOW).sort("coverage", "name")
    if low.height:
        name, least, _ = low.row(0)
        lines.append(
            f"{count(low.height, 'network')} with less than {percent(LOW)} of all stored entries "
            f"in constituents; the least is {percent(least)} ({visible(name)})"
        )
    noted = rows.filter(pl.col("notes").is_not_null())
    if noted.height:
        kind = pl.col("notes").str.split("; ").list.eval(pl.element().str.replace(r" \(.*", ""))
        kinds = noted.select(kind.alias("note")).explode("note").group_by("note").len()
        said = ", ".join(f"{visible(n)} ({k:,})" for n, k in kinds.sort("len", "note").iter_rows())
        lines.append(f"{count(noted.height, 'network')} with notes: {said}")
    return lines


def equal_weights(catalog: Catalog) -> list[str]:
    """A line a group of networks whose weights are equal, the largest groups first."""
    groups = classes.equal_weights(catalog)
    lines = [
        f"equal weights: {', '.join(visible(name) for name in names)}" for names in groups[:SHOWN]
    ]
    more = len(groups) - SHOWN
    return [*lines, f"and {count(more, 'more group')} of equal weights"] if more > 0 else lines
