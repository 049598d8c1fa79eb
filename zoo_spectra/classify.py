"""Classify a catalog: every `ok` network, artificial and biological, in one space."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import numpy as np
import polars as pl

from zoo_spectra.catalog import Catalog
from zoo_spectra.equivalence import (
    DEFAULT_ACCURACY,
    Linkage,
    equivalence_classes,
    stability,
)
from zoo_spectra.errors import CatalogError
from zoo_spectra.spectrum import METHOD_VERSION, Floats


def classify(
    catalog: Catalog, accuracy: float = DEFAULT_ACCURACY, linkage: Linkage = "average"
) -> pl.DataFrame:
    """Write and return the ``classes`` table: a row a network, sorted by class and name.

    ``accuracy`` ε in e-folds, ≥ 0. Raises CatalogError when no network is `ok`, and
    ValueError for a linkage or an accuracy that means nothing.
    """
    networks = _classifiable(catalog)
    csds: Floats = np.array(networks["csd"].to_list(), dtype=np.float64)
    found = equivalence_classes(csds, accuracy, linkage)
    sizes = np.bincount(found.label)
    names, ids = networks["name"].to_list(), networks["network_id"].to_list()
    now = datetime.now(UTC)
    identity = secrets.token_hex(8)
    stable = _stabilities(networks["csd_resamples"], csds, found.label, found.medoid)
    rows = [
        {
            **{key: row[key] for key in ("network_id", "commit_id", "name", "kind", "family")},
            "classification_id": identity,
            "class": int(found.label[at]),
            "class_size": int(sizes[found.label[at]]),
            "medoid": names[found.medoid[at]],
            "medoid_id": ids[found.medoid[at]],
            "medoid_distance": float(found.medoid_distance[at]),
            "stability": stable[at],
            "accuracy": accuracy,
            "linkage": linkage,
            "method_version": METHOD_VERSION,
            "classified_at": now,
        }
        for at, row in enumerate(networks.drop("csd", "csd_resamples").iter_rows(named=True))
    ]
    catalog.write_part("classes", f"{identity}.parquet", rows)
    return catalog.collect(catalog.classes())


def _classifiable(catalog: Catalog) -> pl.DataFrame:
    """The ok networks of this method version, in an order that does not depend on the run."""
    networks = catalog.collect(
        catalog.networks()
        .filter((pl.col("status") == "ok") & (pl.col("method_version") == METHOD_VERSION))
        .select("network_id", "commit_id", "name", "kind", "family", "csd", "csd_resamples")
        .sort("name", "network_id")
    )
    if networks.is_empty():
        raise CatalogError(
            f"{catalog.location} has no network to classify; run a job first, or see what failed "
            f"with: zoo-spectra show {catalog.location}"
        )
    return networks


def _stabilities(
    resamples: pl.Series, csds: Floats, label: np.ndarray, medoid: np.ndarray
) -> list[float | None]:
    """The stability of each network; None where there was one constituent only."""
    medoids = np.unique(medoid)
    own = np.searchsorted(medoids, medoid)
    values: list[float | None] = []
    for at in range(len(label)):
        curves = np.array(resamples[at].to_list(), dtype=np.float64)
        values.append(stability(curves, csds[medoids], int(own[at])) if curves.size else None)
    return values
