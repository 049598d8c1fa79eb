"""Networks of a catalog against their draws of null models: is this CSD beyond what these give?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from zoo_spectra.catalog import WHOLE, Catalog, is_current, stacked
from zoo_spectra.method import METHOD_VERSION, beyond

_CURVE = pl.List(pl.Float64)
AGAINST: Mapping[str, Any] = {
    "network": pl.String,
    "model": pl.String,
    "draws": pl.Int64,
    "distance": pl.Float64,
    "scatter": pl.Float64,
    "units": pl.Float64,
    "p_value": pl.Float64,
    "floor": pl.Float64,
    "scale_ratio": pl.Float64,
    "scale_z": pl.Float64,
    "not_ok": pl.Int64,
    "rounds": pl.Int64,
    "in_place": pl.Float64,
    "strength_agreement": pl.Float64,
    "note": pl.String,
    "network_id": pl.String,
    "mean": _CURVE,
    "sd": _CURVE,
    "z": _CURVE,
}
_FACTS = ("rounds", "in_place", "strength_agreement")
FEW = "fewer than 2 draws ended ok"


def against_nulls(
    catalog: Catalog, networks: Iterable[str] | None = None, model: str | None = None
) -> pl.DataFrame:
    """A row a network and null model, of all draws that are there: the columns of ``AGAINST``.

    ``networks``: ids, by default all. ``distance``: d of the network to the mean curve of its
    draws, ``scatter`` the draws' own, in e-folds; ``units``: distance / scatter (null: scatter 0).
    ``p_value``: how often a draw is as far, at least ``floor`` = 1/(1 + draws). ``scale_ratio``:
    σ over the draws' geometric mean, ``scale_z`` the same in units of their scatter. ``not_ok``:
    draws that did not end ok. ``rounds`` (the most), ``in_place`` (mean) and ``strength_agreement``
    (the least) are of the draws. ``mean``, ``sd`` and ``z``: curves at the 129 edges, z null where
    sd is 0. Numbers are null where fewer than 2 draws ended ok. See docs/nulls.md.
    """
    view = catalog.nulls()
    if model is not None:
        view = view.filter(pl.col("model") == model)
    own = catalog.networks().filter(is_current() & WHOLE["pooled"])
    if networks is not None:
        wanted = list(networks)
        view = view.filter(pl.col("network_id").is_in(wanted))
        own = own.filter(pl.col("network_id").is_in(wanted))
    draws = catalog.collect(view)
    curves = catalog.collect(own.select("network_id", "csd", "scale"))
    known = {row["network_id"]: row for row in curves.iter_rows(named=True)}
    rows = [
        _row(group, known[str(network_id)])
        for (network_id, _), group in draws.group_by("network_id", "model", maintain_order=True)
        if network_id in known
    ]
    return pl.DataFrame(rows, schema=dict(AGAINST)).sort("network", "network_id", "model")


def _row(draws: pl.DataFrame, network: Mapping[str, Any]) -> dict[str, Any]:
    sound = (pl.col("status") == "ok") & (pl.col("method_version") == METHOD_VERSION)
    good = draws.filter(sound & WHOLE["pooled"]).sort("draw")
    first = draws.row(0, named=True)
    notes = {note for text in good["notes"].drop_nulls() for note in text.split("; ")}
    row: dict[str, Any] = {
        **{key: first[key] for key in ("network", "model", "network_id")},
        "draws": good.height,
        "not_ok": draws.height - good.height,
        **dict(zip(_FACTS, good.select(_facts()).row(0), strict=True)),
        "note": "; ".join(sorted(notes)) or None,
    }
    if good.height < 2:
        reasons = draws["reason"].drop_nulls().unique(maintain_order=True).to_list()
        return {**row, "note": "; ".join([FEW, *reasons[:1]])}
    found = beyond(
        np.array(network["csd"]), network["scale"], stacked(good["csd"]), good["scale"].to_numpy()
    )
    return {
        **row,
        **{name: getattr(found, name) for name in AGAINST if hasattr(found, name)},
        "mean": found.mean.tolist(),
        "sd": found.sd.tolist(),
        "z": [value if np.isfinite(value) else None for value in found.z.tolist()],
    }


def _facts() -> list[pl.Expr]:
    rounds, in_place, agreement = map(pl.col, _FACTS)
    return [rounds.max(), in_place.mean(), agreement.min()]
