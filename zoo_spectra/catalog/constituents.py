"""The curves of each network's constituents, out of the catalog's spectra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from zoo_spectra.catalog.tables import Tables
from zoo_spectra.method import ALL_ZERO, Floats, Integers, constituent_curves

# Constituents whose eigenvalues are in memory at once: 64 kB each at the largest order.
ROWS = 1024
_KEY = ["network_id", "commit_id"]


@dataclass(frozen=True)
class Curves:
    """Some constituents of one network, the row ``at`` of those asked for, in no order.

    ``position``: shape (k,), places in the network; ``names``; ``curves``: F_l at the network's
    σ, shape (k, 129).
    """

    at: int
    position: Integers
    names: list[str]
    curves: Floats


def named(catalog: Tables, networks: pl.DataFrame) -> pl.LazyFrame:
    """Rows of `spectra` by which ``networks`` can be matched, ``at``: the row in ``networks``.

    A matrix that is all zero is one of them, as all null; what is skipped otherwise is not.
    """
    kept = pl.col("skipped").is_null() | (pl.col("skipped") == ALL_ZERO)
    places = networks.select(*_KEY, "scale").with_row_index("at")
    return catalog.spectra().filter(kept).join(places.lazy(), on=_KEY)


def read_curves(catalog: Tables, networks: pl.DataFrame) -> Iterator[Curves]:
    """The curves of the constituents that are in each network's ensemble, piece by piece."""
    rows = named(catalog, networks).filter(pl.col("skipped").is_null())
    columns = ("at", "scale", "position", "constituent", "order", "eigenvalues", "weights")
    for batch in catalog.batches(rows.select(columns), ROWS):
        for some in batch.partition_by("at"):
            weights = [None if each is None else each.to_numpy() for each in some["weights"]]
            yield Curves(
                int(some["at"][0]),
                some["position"].to_numpy().astype(np.int64),
                some["constituent"].to_list(),
                constituent_curves(
                    [each.to_numpy() for each in some["eigenvalues"]],
                    weights,
                    some["order"].to_list(),
                    float(some["scale"][0]),
                ),
            )
