"""Classes by accuracy: what each ε of a ladder would give, from one tree."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import numpy as np
import numpy.typing as npt
import polars as pl

from zoo_spectra.catalog import Catalog
from zoo_spectra.classes.equivalence import Classes, cut
from zoo_spectra.classes.pairs import pairs_of
from zoo_spectra.classes.resamples import stabilities
from zoo_spectra.classes.silhouette import silhouettes
from zoo_spectra.defaults import (
    DEFAULT_ACCURACY,
    DEFAULT_LINKAGE,
    DEFAULT_MEASURE,
    Linkage,
    Measure,
)
from zoo_spectra.method import Floats

STEPS = 20
LEAST = 1e-6  # e-folds; networks less apart are equal but for rounding


def sweep(
    catalog: Catalog,
    linkage: Linkage = DEFAULT_LINKAGE,
    measure: Measure = DEFAULT_MEASURE,
    where: str | None = None,
) -> pl.DataFrame:
    """A row for each ε of a ladder, ascending; nothing is written to the catalog.

    The ladder is 20 accuracies from the lowest merge of the tree to the highest, evenly on a
    logarithmic scale, rounded up to three digits, and the default ε. Columns: ``accuracy``;
    ``classes``; ``largest``, its members; ``singletons``, networks alone; ``mixed``, classes with
    both artificial and biological members; ``silhouette``, mean over networks, in [-1, 1] (null for
    one class, or none of two); ``stability``, mean over networks that have one; ``best``, true at
    the highest silhouette. Errors as ``classify``, and CatalogError above 20,000 networks.
    """
    pairs = pairs_of(catalog, measure, where)
    networks, at, condensed = pairs.networks, pairs.at, pairs.condensed
    tree = pairs.tree(linkage)
    accuracies = ladder(tree[:, 2])
    found = [cut(tree, condensed, accuracy) for accuracy in accuracies]
    stable = stabilities(catalog, catalog.networks(where), networks, at, found, measure)
    biological = (networks["kind"] == "biological").to_numpy()
    rows = pl.DataFrame([_counts(classes, biological) for classes in found]).with_columns(
        pl.Series("accuracy", accuracies),
        pl.Series("silhouette", silhouettes(at, [each.label for each in found]), pl.Float64),
        pl.Series("stability", [each.mean() for each in stable], pl.Float64),
    )
    rows = rows.select("accuracy", pl.exclude("accuracy"))
    best = rows["silhouette"].arg_max()
    return rows.with_columns(best=pl.int_range(pl.len()) == (-1 if best is None else best))


def ladder(heights: Floats) -> list[float]:
    """Accuracies from the lowest merge that is not of equal networks to the highest, ascending."""
    apart = heights[heights >= LEAST]
    if not len(apart):
        return [DEFAULT_ACCURACY]
    low, high = apart.min(), apart.max()
    rungs = np.geomspace(low, high, STEPS).clip(low, high)  # rounding may leave the range
    return sorted({DEFAULT_ACCURACY, *(_rounded_up(float(rung)) for rung in rungs)})


def _rounded_up(value: float) -> float:
    """To three digits, so that ``classify`` at what is printed gives what is printed."""
    exact = Decimal(value)
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), ROUND_CEILING))


def _counts(classes: Classes, biological: npt.NDArray[np.bool_]) -> dict[str, int]:
    sizes = np.bincount(classes.label)[1:]
    share = np.bincount(classes.label, biological)[1:] / sizes
    return {
        "classes": len(sizes),
        "largest": int(sizes[0]),
        "singletons": int(np.sum(sizes == 1)),
        "mixed": int(np.sum((share > 0) & (share < 1))),
    }
