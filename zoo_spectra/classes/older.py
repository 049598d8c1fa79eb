"""Results of another version of the method: never classified with newer ones, and said."""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog import Catalog, is_old_estimate
from zoo_spectra.method import METHOD_VERSION
from zoo_spectra.text import count


def older_versions(catalog: Catalog) -> list[str]:
    """How many `ok` networks are left out: a line a method version before this one, and one of
    those that were estimated in an older way.
    """
    older = (pl.col("status") == "ok") & (pl.col("method_version") < METHOD_VERSION)
    rows = catalog.networks().filter(older).group_by("method_version").len()
    found = catalog.collect(rows.sort("method_version"))
    lines = [
        f"{count(number, 'network')} of method version {version} {_left_out(number)}"
        for version, number in found.iter_rows()
    ]
    current = (pl.col("status") == "ok") & (pl.col("method_version") == METHOD_VERSION)
    old = catalog.networks().filter(current & is_old_estimate()).select("network_id")
    if number := catalog.collect(old).height:
        lines.append(
            f"{count(number, 'network')} estimated without an error of the CSD {_left_out(number)}"
        )
    return lines


def _left_out(number: int) -> str:
    return f"{'is' if number == 1 else 'are'} left out; run the job again"
