"""All distances of a catalog, in blocks of rows: the matrix is never in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial.distance import cdist

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes.classify import classifiable
from zoo_spectra.classes.matched import lists_of_names, points_by_name
from zoo_spectra.classes.measures import points
from zoo_spectra.defaults import DEFAULT_MEASURE, Measure
from zoo_spectra.method import BIN_WIDTH, Floats

ENTRIES = 1 << 22  # distances of one block


@dataclass(frozen=True)
class Matrix:
    """``networks``: name, source, network_id of n rows. ``at``: their points, shape (n, W).

    ``has``: shape (n, M), which network has which name, where constituents are matched.
    """

    networks: pl.DataFrame
    at: Floats
    has: npt.NDArray[np.bool_] | None

    def blocks(self) -> Iterator[Floats]:
        """The rows of the matrix, some at once, shape (≤ n, n), in e-folds.

        NaN where two networks share no name.
        """
        rows = max(1, ENTRIES // len(self.at))
        for start in range(0, len(self.at), rows):
            some = slice(start, start + rows)
            apart: Floats = cdist(self.at[some], self.at, "cityblock") * BIN_WIDTH
            yield apart if self.has is None else self._by_pair(apart, self.has, some)

    def _by_pair(self, apart: Floats, has: npt.NDArray[np.bool_], some: slice) -> Floats:
        """Means over the names of each pair, not of all networks: as two networks are compared."""
        own = has.astype(np.float32)
        shared = own[some] @ own.T
        size = has.sum(axis=1)
        union = size[some, None] + size - shared
        found: Floats = np.where(shared > 0, apart * (has.shape[1] / np.maximum(union, 1)), np.nan)
        return found


def distances_of(
    catalog: Catalog, measure: Measure = DEFAULT_MEASURE, where: str | None = None
) -> Matrix:
    """The distance matrix of the catalog's networks, by name.

    A network that cannot be matched (without spectra, with a name twice) has NaN. Errors as
    ``classify``.
    """
    networks = classifiable(catalog, catalog.networks(where), where, measure)
    source = catalog.networks().select("network_id", "commit_id", "source")
    networks = networks.join(
        catalog.collect(source), on=["network_id", "commit_id"], how="left", maintain_order="left"
    )
    if measure != "matched":
        return Matrix(_named(networks), points(catalog, networks, measure), None)
    lists = lists_of_names(catalog, networks)
    twice = lists.filter(lists.is_duplicated())["at"].unique()
    lists = lists.filter(~pl.col("at").is_in(twice.implode()))
    has, at = points_by_name(catalog, networks, lists)
    return Matrix(_named(networks), at, has)


def _named(networks: pl.DataFrame) -> pl.DataFrame:
    return networks.select("name", "source", "network_id")
