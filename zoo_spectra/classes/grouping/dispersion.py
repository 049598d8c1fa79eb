"""Whether groups are spread differently: an analysis of variance of distances to the centroids.

The statistic is that of Anderson, Biometrics 62, 245 (2006), PERMDISP. A difference of spread would
pass for one of place. Networks are shuffled, with centroids found anew each time: shuffling the
distances alone, as is usual, finds a difference among random halves of a population in two clumps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.grouping.model import Model
from zoo_spectra.classes.grouping.shuffles import Orders, Shuffles, blocks
from zoo_spectra.method import Floats, Integers

_ENTRIES = 1 << 20  # of a block of shuffled designs
# Members of a group, as a share of all, up to which adding their pairs is quicker than a product.
_FEW = 0.06
_EQUAL = 1e-9  # relative; distances that differ by less are equal but for rounding


@dataclass(frozen=True)
class Dispersion:
    """``f`` ≥ 0, NaN if infinite; ``p_value`` in (0, 1]; NaN where all distances are equal.

    ``distance``: of each unit to its group's centroid, shape (n,), in e-folds, ≥ 0.
    """

    f: float
    p_value: float
    distance: Floats


def dispersion(left: Floats, model: Model, shuffles: Shuffles) -> Dispersion:
    """Of inner products of the residuals of what is allowed for, shape (n, n).

    Squared distances to the centroid are those along axes of positive eigenvalues less those along
    axes of negative ones; below zero they count as zero. They are divided by 1 - h, h the unit's
    leverage (1/n_g without covariates), since a group of few pulls its centroid near.
    """
    own = np.arange(len(left), dtype=np.int32)[None]
    distance = _distances(left, model, own)
    if np.ptp(distance) <= _EQUAL * max(float(distance.max()), 1e-300):
        return Dispersion(np.nan, np.nan, distance[0])
    share = float(_shares(distance, model, own)[0])
    shuffled = np.empty(len(shuffles.order))
    columns = 1 if _is_simple(model) else model.reduced.shape[1] + model.added.shape[1]
    for some in blocks(len(shuffled), 4 * len(left) * columns, _ENTRIES):
        order = shuffles.order[some]
        shuffled[some] = _shares(_distances(left, model, order), model, order)
    f = share / model.added.shape[1] / ((1 - share) / model.free) if share < 1 else np.nan
    return Dispersion(f, shuffles.p_value(share, shuffled), distance[0])


def _is_simple(model: Model) -> bool:
    """Whether nothing but the mean is allowed for."""
    allowed: int = model.reduced.shape[1]
    return allowed == 1


def _distances(left: Floats, model: Model, order: Orders) -> Floats:
    """Of each unit to its centroid under each order of the design, shape (b, n)."""
    simple = _is_simple(model)
    squared = _by_group(left, model, order) if simple else _by_model(left, model, order)
    found: Floats = np.sqrt(np.maximum(squared, 0.0) / (1 - model.leverage[order]))
    return found


def _members(model: Model, order: Orders) -> list[Integers]:
    """The units of each group under each order, shape (b, n_g)."""
    where = np.argsort(order, axis=1)  # who has each row of the design
    return [where[:, model.label == each] for each in range(model.groups)]


def _by_group(left: Floats, model: Model, order: Orders) -> Floats:
    """G_ii - 2 Σ_j G_ij / n_g + Σ_jk G_jk / n_g² over the unit's group, shape (b, n)."""
    found = np.broadcast_to(np.diag(left), order.shape).copy()
    rows = np.arange(len(order))[:, None]
    for units in _members(model, order):
        size = units.shape[1]
        if size > _FEW * len(left):
            own = np.zeros(order.shape)
            own[rows, units] = 1.0
            sums = np.take_along_axis(own @ left, units, axis=1)
        else:
            sums = np.empty(units.shape)
            for some in blocks(len(order), size**2, _ENTRIES):
                few = units[some]
                inner = left.ravel().take(few[:, :, None] * len(left) + few[:, None, :])
                sums[some] = inner.sum(axis=2)
        middle = sums.sum(axis=1, keepdims=True) / size**2
        found[rows, units] += middle - 2 / size * sums
    return found


def _by_model(left: Floats, model: Model, order: Orders) -> Floats:
    """The diagonal of (I - QQᵀ) G (I - QQᵀ) for the rows of Q in each order, shape (b, n)."""
    columns = np.hstack([model.reduced, model.added])
    size, rank = columns.shape
    flat = columns[order].transpose(1, 0, 2).reshape(size, -1)
    product = (left @ flat).reshape(size, -1, rank).transpose(1, 0, 2)
    shuffled = columns[order]
    inner = shuffled.transpose(0, 2, 1) @ product
    crossed = np.einsum("biq,biq->bi", shuffled, product)
    squared = np.einsum("biq,biq->bi", shuffled @ inner, shuffled)
    found: Floats = np.diag(left) - 2 * crossed + squared
    return found


def _shares(distance: Floats, model: Model, order: Orders) -> Floats:
    """The groups' share of the squares of distances, (b, n), not otherwise explained: (b,)."""
    total = (distance**2).sum(axis=1)
    if _is_simple(model):
        mean = distance.sum(axis=1) ** 2 / distance.shape[1]
        rows = np.arange(len(order))[:, None]
        sums = [(distance[rows, units].sum(axis=1), units.shape[1])
                for units in _members(model, order)]  # fmt: skip
        added, rest = sum(each**2 / size for each, size in sums) - mean, total - mean
    else:
        added = _squares(distance, model.added[order])
        rest = total - _squares(distance, model.reduced[order])
    found: Floats = np.divide(added, rest, out=np.zeros_like(total), where=rest > 0)
    return found


def _squares(values: Floats, columns: Floats) -> Floats:
    found: Floats = (np.einsum("bi,biq->bq", values, columns) ** 2).sum(axis=1)
    return found
