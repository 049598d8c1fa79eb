"""A catalog in a few lines."""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog.tables import Tables
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.text import count, sparkline, visible

_BARS = 120  # classes in a picture


def told(tables: Tables) -> tuple[str, list[float]]:
    """What it holds, in lines, and the sizes of its largest classes; what is wrong, if it is."""
    first = f"Catalog {visible(tables.storage.public)}"
    try:
        kinds = tables.networks().group_by("kind", "status").len().sort("kind", "status")
        networks = tables.collect(kinds)
        columns = ("class", "class_size", "accuracy", "linkage", "measure")
        classes = tables.collect(tables.classes().select(columns).unique("class").sort("class"))
    except (ZooSpectraError, OSError, pl.exceptions.PolarsError) as error:
        return f"{first}\n  cannot be read now: {visible(error)}", []
    ended = ", ".join(f"{n:,} {kind} {status}" for kind, status, n in networks.iter_rows())
    lines = [
        first,
        f"  {count(int(networks['len'].sum()), 'network')}" + (f": {ended}" if ended else ""),
    ]
    if classes.is_empty():
        return "\n".join([*lines, "  not classified"]), []
    sizes = classes["class_size"].to_list()
    _, _, accuracy, linkage, measure = classes.row(0)
    how = f"ε = {accuracy:g}, {linkage} linkage, {measure or 'pooled'}"
    lines.append(f"  {count(len(sizes), 'class', 'classes')} at {how}: sizes {sparkline(sizes)}")
    return "\n".join(lines), sizes[:_BARS]
