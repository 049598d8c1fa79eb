"""Whether groups are spread differently: an analysis of variance of distances to the centroids.

The statistic is that of Anderson, Biometrics 62, 245 (2006), PERMDISP. A difference of spread would
pass for one of place. Networks are shuffled, with centroids found anew each time: shuffling the
distances alone, as is usual, finds a difference among random halves of a population in two clumps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.groups.model import Model
from zoo_spectra.classes.groups.shuffles import Orders, Shuffles, blocks
from zoo_spectra.method import Floats

_ENTRIES = 1 << 20  # of a block of shuffled designs
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
    for some in blocks(len(shuffled), len(left) * (model.groups + 2), _ENTRIES):
        order = shuffles.order[some]
        shuffled[some] = _shares(_distances(left, model, order), model, order)
    f = share / model.added.shape[1] / ((1 - share) / model.free) if share < 1 else np.nan
    return Dispersion(f, shuffles.p_value(share, shuffled), distance[0])


def _distances(left: Floats, model: Model, order: Orders) -> Floats:
    """Of each unit to its centroid under each order of the design, shape (b, n)."""
    simple = model.reduced.shape[1] == 1
    squared = _by_group(left, model, order) if simple else _by_model(left, model, order)
    leverage = model.leverage[order]
    found: Floats = np.sqrt(np.maximum(squared, 0.0) / (1 - leverage))
    return found


def _by_group(left: Floats, model: Model, order: Orders) -> Floats:
    """G_ii - 2 Σ_j G_ij / n_g + Σ_jk G_jk / n_g² over the unit's group, shape (b, n)."""
    label = model.label[order]
    found = np.broadcast_to(np.diag(left), label.shape).copy()
    for each in range(model.groups):
        own = label == each
        size = int(own[0].sum())
        if size > len(left) // 16:
            sums = own.astype(np.float64) @ left
            middle = (sums * own).sum(axis=1, keepdims=True) / size**2
            found += own * (middle - 2 / size * sums)
            continue
        units = np.nonzero(own)[1].reshape(len(order), size)
        inner = left.ravel().take(units[:, :, None] * len(left) + units[:, None, :])
        sums = inner.sum(axis=2)
        middle = sums.sum(axis=1, keepdims=True) / size**2
        rows = np.arange(len(order))[:, None]
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
    added = _squares(distance, model.added[order])
    rest = (distance**2).sum(axis=1) - _squares(distance, model.reduced[order])
    found: Floats = np.divide(added, rest, out=np.zeros_like(added), where=rest > 0)
    return found


def _squares(values: Floats, columns: Floats) -> Floats:
    found: Floats = (np.einsum("bi,biq->bq", values, columns) ** 2).sum(axis=1)
    return found
