"""Sparse matrices that are too large to be made dense: by the entries that are stored."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.relation import Relation
from zoo_spectra.classes.comparing.rules import EXACT, SCALE, SMALL_CHANGE
from zoo_spectra.sources import is_sparse

WHOLE = "sparse, and too large to be looked at for more than a scale and a small change"


def by_stored_entries(one: Any, other: Any) -> Relation:
    """The relation of two sparse matrices of one shape: a scale, a small change, or not known."""
    if one.shape != other.shape or not (is_sparse(one) and is_sparse(other)):
        return Relation("unknown", WHOLE)
    if not (np.all(np.isfinite(one.data)) and np.all(np.isfinite(other.data))):
        return Relation("unknown", "non-finite entries (NaN or Inf)")
    first, second = one.astype(np.float64), other.astype(np.float64)
    norms = [float(np.linalg.norm(each.data)) for each in (first, second)]
    if not all(norms):
        return Relation("unknown", "all entries of one are zero")
    product = float(first.multiply(second).sum())
    scale = product / norms[0] ** 2
    change = float(np.linalg.norm((first - second).data)) / norms[0]
    cosine = product / (norms[0] * norms[1])
    if change == 0:
        facts = {"from": str(one.dtype), "dtype": str(other.dtype)}
        return Relation("cast", "equal numbers of two types", change, cosine, facts=facts)
    residual = float(np.linalg.norm((second - scale * first).data)) / norms[1]
    if residual <= EXACT and abs(scale - 1) > SCALE:
        told = f"one scale, {scale:.6g}"
        return Relation("rescaled", told, change, cosine, facts={"scale": scale})
    if change <= SMALL_CHANGE:
        return Relation("fine_tuned", f"changed by {change:.2g}", change, cosine)
    return Relation("unknown", WHOLE, change, cosine)
