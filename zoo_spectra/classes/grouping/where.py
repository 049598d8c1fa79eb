"""Where groups differ: PERMANOVA of each constituent's own curves, corrected for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from scipy.spatial.distance import pdist, squareform

from zoo_spectra.classes.grouping.model import Model, gower
from zoo_spectra.classes.grouping.permanova import Permanova, permanovas
from zoo_spectra.classes.grouping.shuffles import Shuffles
from zoo_spectra.method import BIN_WIDTH, S_EDGES, Floats

MOST_WORK = 1e12  # multiplications
_ENTRIES = 1 << 24  # of matrices in memory at once
CONSTITUENTS = {
    "constituent": pl.String, "networks": pl.Int64, "pseudo_f": pl.Float64, "r2": pl.Float64,
    "p_value": pl.Float64, "q_value": pl.Float64,
}  # fmt: skip


def work(names: int, model: Model, shuffles: Shuffles) -> float:
    """Multiplications that ``where_of`` would take."""
    size, added = model.added.shape
    return float(names * size * size * added * len(shuffles.order))


def where_of(
    names: Sequence[str],
    has: Sequence[int],
    points: Floats,
    mean: Callable[[Floats], Floats],
    model: Model,
    shuffles: Shuffles,
) -> pl.DataFrame:
    """A row a constituent, the least p-value first, then the largest R².

    ``points``: those of networks matched by M names, shape (r, M · 129); ``mean`` makes of them
    points of units; ``has``: how many networks have each name, (M,). ``q_value``: Benjamini
    and Hochberg, J. R. Stat. Soc. B 57, 289 (1995). Null where a constituent is equal everywhere.
    """
    curves = points.reshape(len(points), len(names), len(S_EDGES)) * len(names)
    found: list[Permanova] = []
    step = max(1, _ENTRIES // len(model.label) ** 2)
    for start in range(0, len(names), step):
        some = range(start, min(start + step, len(names)))
        inner = [
            gower(squareform(pdist(mean(curves[:, at]), "cityblock")) * BIN_WIDTH) for at in some
        ]
        found += permanovas(inner, model, shuffles)
    p_values = np.array([each.p_value for each in found])
    q_values = np.full(len(names), np.nan)
    tested = np.isfinite(p_values)
    if tested.any():
        from scipy.stats import false_discovery_control  # it takes a second to import

        q_values[tested] = false_discovery_control(p_values[tested])
    frame = pl.DataFrame(
        {
            "constituent": list(names),
            "networks": list(has),
            "pseudo_f": [each.pseudo_f for each in found],
            "r2": [each.r2 for each in found],
            "p_value": p_values,
            "q_value": q_values,
        },
        schema=CONSTITUENTS,
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
    order = ["p_value", "r2", "constituent"]
    return frame.sort(order, descending=[False, True, False], nulls_last=True)
