"""Classify a catalog: every `ok` network, artificial and biological, in one space."""

from __future__ import annotations

import secrets
import shlex
import warnings
from datetime import UTC, datetime

import numpy as np
import polars as pl

from zoo_spectra.catalog import Catalog, arrow_schema, is_current
from zoo_spectra.classes.equivalence import equivalence_classes
from zoo_spectra.classes.measures import points
from zoo_spectra.classes.older import older_versions
from zoo_spectra.classes.resamples import stabilities
from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_LINKAGE, DEFAULT_MEASURE, Linkage
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import MEASURES, METHOD_VERSION, Measure

IDENTITY = ("network_id", "commit_id", "name", "kind", "family")
# The columns of `networks` with what a measure compares.
CURVES = {"pooled": ["csd"], "depth": ["csd_depth"], "matched": []}


def classify(
    catalog: Catalog,
    accuracy: float = DEFAULT_ACCURACY,
    linkage: Linkage = DEFAULT_LINKAGE,
    where: str | None = None,
    measure: Measure = DEFAULT_MEASURE,
) -> pl.DataFrame:
    """Write and return the ``classes`` table: a row a network, sorted by class and name.

    ``accuracy`` ε in e-folds, ≥ 0. ``where``: only networks that meet this SQL condition over the
    table ``networks``. ``measure``: pooled curves, those of four depths, or those of constituents
    matched by name. Raises CatalogError when no network is `ok`, or meets it, or networks cannot be
    matched, and ValueError for a linkage, an accuracy or a measure that means nothing.
    """
    view = catalog.networks(where)
    networks = classifiable(catalog, view, where, measure)
    at = points(catalog, networks, measure)
    networks = networks.drop(CURVES[measure])
    found = equivalence_classes(at, accuracy, linkage)
    identity = secrets.token_hex(8)
    name, network_id = networks["name"], networks["network_id"]
    classes = networks.with_columns(
        pl.Series("class", found.label),
        pl.Series("class_size", np.bincount(found.label)[found.label]),
        name.gather(found.medoid).alias("medoid"),
        network_id.gather(found.medoid).alias("medoid_id"),
        pl.Series("medoid_distance", found.medoid_distance),
        *stabilities(catalog, view, networks, at, [found], measure),
        pl.Series("exact", found.exact),
        pl.Series("linked", found.linked),
        classification_id=pl.lit(identity),
        accuracy=pl.lit(float(accuracy)),
        linkage=pl.lit(linkage),
        measure=pl.lit(measure),
        method_version=pl.lit(METHOD_VERSION),
        classified_at=pl.lit(datetime.now(UTC)),
        run=pl.lit(catalog.last_classification() + 1),
        condition=pl.lit(where, dtype=pl.String),
    )
    schema = arrow_schema("classes")
    rows = classes.select(schema.names).to_arrow().cast(schema)
    catalog.write_table("classes", f"{identity}.parquet", rows)
    return catalog.collect(catalog.classes())


def classifiable(
    catalog: Catalog, view: pl.LazyFrame, where: str | None, measure: Measure
) -> pl.DataFrame:
    """The ok networks of this method version, in an order that does not depend on the run.

    What they are, and what the measure needs of them; ``view`` is of those that meet ``where``.
    Warns of networks of an older version, which are left out. Raises CatalogError when there is
    none, and ValueError for an unknown measure.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure must be one of {', '.join(MEASURES)}, not {measure!r}")
    columns = [*IDENTITY, "scale", "constituents", *CURVES[measure]]
    networks = catalog.collect(view.filter(is_current()).select(columns))
    if networks.is_empty():
        which = "" if where is None else f" where {where}"
        older = "".join(f" ({line})" for line in older_versions(catalog))
        raise CatalogError(
            f"{catalog.location} has no network to classify{which}{older}; run a job first, or see "
            f"what failed with: zoo-spectra show {shlex.quote(str(catalog.location))}"
        )
    for line in older_versions(catalog):
        warnings.warn(f"{catalog.location}: {line}", stacklevel=3)
    return networks.sort("name", "network_id")
