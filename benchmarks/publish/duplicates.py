"""Are networks of equal spectra, in a catalog without digests, equal in their weights, too?

Each network of each group of `zoo-spectra duplicates`, up to so many parameters, is made again from
its source.

python -m benchmarks.publish.duplicates CATALOG [MOST_PARAMETERS]
"""

from __future__ import annotations

import hashlib
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import polars as pl
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from benchmarks.common import show
from zoo_spectra.classes import duplicates_of
from zoo_spectra.sources import digest


def weights(source: str) -> str:
    """One digest of all matrices of a network, whatever their order and names."""
    with threadpool_limits(1):
        digests = sorted(digest(each.matrix) for each in zs.load(source).constituents())
    return hashlib.blake2b("".join(digests).encode(), digest_size=16).hexdigest()


def main(catalog: str, most: int = sys.maxsize) -> None:
    rows = duplicates_of(zs.Catalog(catalog)).rows.filter(relation="equal_spectra")
    some = rows.filter(pl.col("parameters").max().over("group") <= most)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = some.with_columns(weights=pl.Series(list(pool.map(weights, some["source"]))))
    groups = found.group_by("group", maintain_order=True).agg("name", pl.col("weights").n_unique())
    other = groups.filter(pl.col("weights") > 1)
    table = [
        ("in the catalog", str(rows["group"].n_unique()), str(rows.height)),
        ("made again", str(groups.height), str(some.height)),
        ("of equal weights", str(groups.height - other.height), ""),
    ]
    show(f"Groups of equal spectra in {catalog}", ("", "groups", "networks"), table)
    for names in other["name"]:
        print("other weights:", ", ".join(names))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
