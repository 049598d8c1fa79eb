"""Results of another version of the method: never classified with newer ones, and said."""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog import Catalog
from zoo_spectra.method import METHOD_VERSION
from zoo_spectra.text import count


def older_versions(catalog: Catalog) -> list[str]:
    """A line a method version before this one: how many of its `ok` networks are left out."""
    older = (pl.col("status") == "ok") & (pl.col("method_version") < METHOD_VERSION)
    rows = catalog.networks().filter(older).group_by("method_version").len()
    found = catalog.collect(rows.sort("method_version"))
    return [
        f"{count(number, 'network')} of method version {version} "
        f"{'is' if number == 1 else 'are'} left out; run the job again"
        for version, number in found.iter_rows()
    ]
