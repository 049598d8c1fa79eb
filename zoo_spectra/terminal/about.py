"""What is said below every summary: what was not analysed or guessed, and equal weights."""

from __future__ import annotations

import polars as pl

from zoo_spectra import classes
from zoo_spectra.catalog import Catalog, least_read, matrices_left_out
from zoo_spectra.text import count, visible

SHOWN = 5  # groups of equal weights that are named


def said_of(catalog: Catalog) -> list[str]:
    """All of it, a line each; most important first."""
    lines = (classes.older_versions, left_out, partly_read, equal_weights)
    return [line for each in lines for line in each(catalog)]


def left_out(catalog: Catalog) -> list[str]:
    """A line on the matrices that are in no ensemble, by reason; none when there are none."""
    found = matrices_left_out(catalog)
    if not found:
        return []
    number = catalog.networks().filter(pl.col("skipped") > 0).select(pl.len())
    networks = catalog.collect(number).item()
    verb = "has" if networks == 1 else "have"
    matrices = count(sum(each.matrices for each in found), "matrix", "matrices")
    # A single reason has the numbers of the line itself.
    reasons = (
        f"{each.why} ({each.matrices:,} in {count(each.networks, 'network')})" for each in found
    )
    why = found[0].why if len(found) == 1 else ", ".join(reasons)
    return [f"{count(networks, 'network')} {verb} matrices left out: {matrices}; {why}"]


def partly_read(catalog: Catalog) -> list[str]:
    """A line on networks of which much is in no constituent, and one on what was guessed."""
    ok = catalog.networks().filter(pl.col("status") == "ok")
    rows = catalog.collect(ok.select("name", "coverage", "notes"))
    lines = [low] if (low := least_read(rows)) else []
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
