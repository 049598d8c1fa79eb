"""Draws of null models: a catalog inside the catalog, and its view beside the networks drawn from.

Each draw is a network of ``CATALOG/nulls``, written and resumed as every other. What it is drawn
from is in its metadata, and its fingerprint is the digest of that network's matrices: draws of
what a network was before, or of another exact limit, are not shown.
"""

from __future__ import annotations

import polars as pl

from zoo_spectra.catalog.schema import polars_schema
from zoo_spectra.catalog.tables import Tables
from zoo_spectra.method import BIN_WIDTH

TABLE = "nulls"
_FACTS = {
    "of_id": pl.String,
    "model": pl.String,
    "draw": pl.Int64,
    "rounds": pl.Int64,
    "in_place": pl.Float64,
    "strength_agreement": pl.Float64,
}
_SAME = ["of_id", "fingerprint", "exact_limit"]


def place_of(location: str) -> str:
    """The location of the catalog of draws: a folder, or a URI, inside that of a catalog."""
    path, question, options = location.partition("?") if "://" in location else (location, "", "")
    return f"{path.rstrip('/')}/{TABLE}{question}{options}"


def nothing() -> pl.LazyFrame:
    """The view of a catalog without draws."""
    return pl.LazyFrame(schema=polars_schema(TABLE))


def draws(tables: Tables, inner: Tables) -> pl.LazyFrame:
    """A row a draw, of the networks that ``tables`` shows, with the matrices that they have now."""
    of = tables.networks().select(
        of_id="network_id",
        network="name",
        fingerprint=pl.col("weights_digest").fill_null(""),
        exact_limit="exact_limit",
        own="csd",
    )
    schema = polars_schema(TABLE)
    own = [name for name in schema if name not in {"network_id", "network", "distance", "draw_id"}]
    facts = pl.Struct(_FACTS)
    drawn = (
        inner.networks()
        .select(
            "network_id",
            "metadata",
            "fingerprint",
            "exact_limit",
            *(c for c in own if c not in _FACTS),
        )
        .with_columns(pl.col("metadata").str.json_decode(facts).alias(":facts"))
        .drop("metadata")
        .unnest(":facts")
    )
    joined = drawn.rename({"network_id": "draw_id"}).join(of, on=_SAME)
    away = (pl.col("csd") - pl.col("own")).list.eval(pl.element().abs()).list.sum() * BIN_WIDTH
    return joined.with_columns(distance=away).select(
        pl.col("of_id" if name == "network_id" else name).cast(kind).alias(name)
        for name, kind in schema.items()
    )
