"""Networks of equal weights under different identities: said, and never merged.

A checkpoint saved twice, a file and a copy of it: each counts in every class and statistic.
"""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog import Catalog


def equal_weights(catalog: Catalog) -> list[tuple[str, ...]]:
    """The groups of `ok` networks whose ``weights_digest`` is the same, the largest first.

    Names, in order; a name that several networks of the catalog have is replaced by their sources.
    The digest covers the constituents' shapes, types and entries, and not their names and order,
    which are not the same in every format of files. Raises CatalogError for a damaged part.
    """
    ok = pl.col("status") == "ok"
    narrow = catalog.networks().filter(ok).select("name", "source", "weights_digest")
    rows = catalog.collect(narrow.drop_nulls("weights_digest"))
    alone = pl.col("name").is_unique()
    shown = rows.with_columns(pl.when(alone).then("name").otherwise("source").alias("shown"))
    groups = (
        shown.group_by("weights_digest")
        .agg(pl.col("shown").sort())
        .filter(pl.col("shown").list.len() > 1)
    )
    found = [tuple(group) for group in groups["shown"].to_list()]
    return sorted(found, key=lambda group: (-len(group), group))
