"""Each pair of groups: PERMANOVA of the two alone, with Holm's correction (Holm 1979)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from zoo_spectra.classes.grouping.model import model_of
from zoo_spectra.classes.grouping.permanova import NOTHING, permanova
from zoo_spectra.classes.grouping.shuffles import shuffles_of
from zoo_spectra.errors import DesignError
from zoo_spectra.method import Floats, Integers

MOST = 20  # groups whose pairs are tested
PAIRS = {
    "one": pl.String, "other": pl.String, "one_size": pl.Int64, "other_size": pl.Int64,
    "pseudo_f": pl.Float64, "r2": pl.Float64, "p_value": pl.Float64, "p_holm": pl.Float64,
    "least_p_value": pl.Float64,
}  # fmt: skip


def pairs_of(
    distances: Floats,
    groups: Sequence[str],
    label: Integers,
    stratum: Integers | None,
    covariates: Floats | None,
    permutations: int,
    seed: int,
) -> pl.DataFrame:
    """A row a pair, by the names of groups; null where the two cannot be told from the rest.

    None of more than 20 groups. ``distances``: shape (n, n), in e-folds.
    """
    rows: list[dict[str, Any]] = []
    if len(groups) <= MOST:
        for one, other in combinations(range(len(groups)), 2):
            two = np.flatnonzero((label == one) | (label == other))
            found, least = NOTHING, np.nan
            try:
                model = model_of(
                    (label[two] == other).astype(np.int64),
                    None if stratum is None else np.unique(stratum[two], return_inverse=True)[1],
                    None if covariates is None else covariates[two],
                )
                shuffles = shuffles_of(model, permutations, seed)
                found, least = (
                    permanova(distances[np.ix_(two, two)], model, shuffles),
                    shuffles.least,
                )
            except DesignError:
                pass  # the two never meet, or nothing is left: a row without numbers
            rows.append({
                "one": groups[one], "other": groups[other],
                "one_size": int((label == one).sum()), "other_size": int((label == other).sum()),
                "pseudo_f": found.pseudo_f, "r2": found.r2, "p_value": found.p_value,
                "least_p_value": least,
            })  # fmt: skip
    frame = pl.DataFrame(rows, schema=PAIRS)
    p_holm = pl.Series("p_holm", holm(frame["p_value"].to_numpy()), pl.Float64)
    return frame.with_columns(p_holm).with_columns(pl.col(pl.Float64).fill_nan(None))


def holm(p_values: Floats) -> Floats:
    """Holm's step-down p-values, Scand. J. Stat. 6, 65 (1979); NaN stays, and does not count."""
    found = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(np.isfinite(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    steps = p_values[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return found
