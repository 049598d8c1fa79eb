"""All networks of a catalog that can be compared at once, and their distances."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from scipy.cluster.hierarchy import linkage as link

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes.classify import classifiable
from zoo_spectra.classes.equivalence import EXACT_LIMIT, condensed_distances
from zoo_spectra.classes.measures import points
from zoo_spectra.defaults import DEFAULT_MEASURE, LINKAGES, Linkage, Measure
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import Floats


@dataclass(frozen=True)
class Pairs:
    """``networks``: n ≥ 2 rows, by name. ``at``: their points, shape (n, W).

    ``condensed``: the distances of all pairs, shape (n (n - 1) / 2,), in e-folds.
    """

    networks: pl.DataFrame
    at: Floats
    condensed: Floats

    def tree(self, linkage: Linkage) -> Floats:
        """The linkage tree, as scipy gives it, heights in e-folds. Raises ValueError."""
        if linkage not in LINKAGES:
            raise ValueError(f"linkage must be one of {', '.join(LINKAGES)}, not {linkage!r}")
        found: Floats = link(self.condensed, linkage)
        return found


def pairs_of(
    catalog: Catalog, measure: Measure = DEFAULT_MEASURE, where: str | None = None
) -> Pairs:
    """The networks that ``classify`` would sort. Errors as it has.

    CatalogError also above 20,000 networks, and for one alone.
    """
    networks = classifiable(catalog, catalog.networks(where), where, measure)
    if networks.height > EXACT_LIMIT:
        raise CatalogError(
            f"{networks.height:,} networks are too many for all their distances at once: choose at "
            f"most {EXACT_LIMIT:,} with --where"
        )
    if networks.height == 1:
        raise CatalogError(
            f"{networks['name'][0]!r} is the only network there is: distances need two"
        )
    at = points(catalog, networks, measure)
    return Pairs(networks, at, condensed_distances(at))
