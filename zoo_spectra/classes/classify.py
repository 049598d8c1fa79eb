"""Classify a catalog: every `ok` network, artificial and biological, in one space."""

from __future__ import annotations

import secrets
import shlex
from datetime import UTC, datetime

import numpy as np
import polars as pl

from zoo_spectra.catalog import Catalog, arrow_schema
from zoo_spectra.classes.equivalence import Classes, equivalence_classes
from zoo_spectra.classes.stability import stay
from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_LINKAGE, Linkage
from zoo_spectra.errors import CatalogError
from zoo_spectra.method import METHOD_VERSION, S_EDGES, Floats

# Networks whose resamples are in memory at once: 32 curves of 129 float64 each, 68 MB together.
CHUNK = 2048


def classify(
    catalog: Catalog,
    accuracy: float = DEFAULT_ACCURACY,
    linkage: Linkage = DEFAULT_LINKAGE,
    where: str | None = None,
) -> pl.DataFrame:
    """Write and return the ``classes`` table: a row a network, sorted by class and name.

    ``accuracy`` ε in e-folds, ≥ 0. ``where``: only networks that meet this SQL condition over the
    table ``networks``. Raises CatalogError when no network is `ok`, or meets it, and ValueError for
    a linkage or an accuracy that means nothing.
    """
    view = catalog.networks(where)
    networks = _classifiable(catalog, view, where)
    csds = _curves(networks["csd"])
    networks = networks.drop("csd")
    found = equivalence_classes(csds, accuracy, linkage)
    identity = secrets.token_hex(8)
    name, network_id = networks["name"], networks["network_id"]
    classes = networks.with_columns(
        pl.Series("class", found.label),
        pl.Series("class_size", np.bincount(found.label)[found.label]),
        name.gather(found.medoid).alias("medoid"),
        network_id.gather(found.medoid).alias("medoid_id"),
        pl.Series("medoid_distance", found.medoid_distance),
        _stabilities(catalog, view, networks, csds, found),
        pl.Series("exact", found.exact),
        classification_id=pl.lit(identity),
        accuracy=pl.lit(float(accuracy)),
        linkage=pl.lit(linkage),
        method_version=pl.lit(METHOD_VERSION),
        classified_at=pl.lit(datetime.now(UTC)),
        run=pl.lit(catalog.last_classification() + 1),
        condition=pl.lit(where, dtype=pl.String),
    )
    schema = arrow_schema("classes")
    rows = classes.select(schema.names).to_arrow().cast(schema)
    catalog.write_table("classes", f"{identity}.parquet", rows)
    return catalog.collect(catalog.classes())


def _classifiable(catalog: Catalog, view: pl.LazyFrame, where: str | None) -> pl.DataFrame:
    """The ok networks of this method version, in an order that does not depend on the run."""
    networks = catalog.collect(
        view.filter(
            (pl.col("status") == "ok") & (pl.col("method_version") == METHOD_VERSION)
        ).select("network_id", "commit_id", "name", "kind", "family", "csd")
    )
    if networks.is_empty():
        which = "" if where is None else f" where {where}"
        raise CatalogError(
            f"{catalog.location} has no network to classify{which}; run a job first, or see what "
            f"failed with: zoo-spectra show {shlex.quote(str(catalog.location))}"
        )
    odd = networks.filter(pl.col("csd").list.len().fill_null(0) != len(S_EDGES))
    if odd.height:
        raise CatalogError(
            f"{catalog.location} holds a curve that is none, of {odd['name'][0]!r}; another "
            "program has written it: remove that network, and run the job again"
        )
    return networks.sort("name", "network_id")


def _stabilities(
    catalog: Catalog, view: pl.LazyFrame, networks: pl.DataFrame, csds: Floats, found: Classes
) -> pl.Series:
    """The stability of each network, in [0, 1]; null where there was one constituent only.

    The resamples are read once, some networks at a time: all of them may not fit memory.
    """
    medoids = np.unique(found.medoid)
    own = np.searchsorted(medoids, found.medoid)
    places = networks.select("network_id").with_row_index("at")
    values = np.full(networks.height, np.nan)
    for batch in catalog.batches(view.select("network_id", "csd_resamples"), CHUNK):
        read = batch.join(places, on="network_id")
        counts = read["csd_resamples"].list.len().fill_null(0).cast(pl.Int64).to_numpy()
        full = counts > 0
        if not full.any():
            continue
        at, counts = read["at"].to_numpy()[full], counts[full]
        curves = _curves(read["csd_resamples"].filter(full).explode())
        stays = stay(curves, np.repeat(own[at], counts), csds[medoids])
        starts = np.cumsum(counts) - counts
        values[at] = np.add.reduceat(stays.astype(np.float64), starts) / counts
    return pl.Series("stability", values).fill_nan(None)


def _curves(lists: pl.Series) -> Floats:
    """A column of curves as an array, shape (n, 129)."""
    flat = lists.explode().to_numpy().astype(np.float64, copy=False)
    return flat.reshape(-1, len(S_EDGES))
