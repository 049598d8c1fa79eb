"""PERMANOVA: how much of the squared distances lies between groups.

Anderson, Austral Ecology 26, 32 (2001); with covariates McArdle and Anderson, Ecology 82, 290
(2001). Shuffled are the residuals of what is allowed for (Freedman and Lane, J. Bus. Econ. Stat. 1,
292, 1983); with strata alone, or nothing, that is shuffling the networks themselves, and exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.grouping.model import Model, gower, residuals
from zoo_spectra.classes.grouping.shuffles import Orders, Shuffles, blocks
from zoo_spectra.method import Floats

_ENTRIES = 1 << 20  # of a block of shuffled designs
# Members of a group, as a share of all, up to which adding their pairs is quicker than a product.
_FEW = 0.12
_SMALL = 256  # units, up to which all matrices are multiplied at once
# Of a sum of squares, relative to the squares that it was made of: rounding.
_NOTHING = 1e-14


@dataclass(frozen=True)
class Permanova:
    """``pseudo_f`` ≥ 0; ``r2``: the groups' share of all squares, in [0, 1] but for non-Euclidean
    distances; ``p_value`` in (0, 1]. NaN where all distances are zero; ``pseudo_f`` also where
    those within groups are.
    """

    pseudo_f: float
    r2: float
    p_value: float


NOTHING = Permanova(np.nan, np.nan, np.nan)


def permanova(distances: Floats, model: Model, shuffles: Shuffles) -> Permanova:
    """Of distances, shape (n, n), in the order of the model's units."""
    return permanovas([gower(distances)], model, shuffles)[0]


def permanovas(inner: Sequence[Floats], model: Model, shuffles: Shuffles) -> list[Permanova]:
    """Of several matrices of inner products G, shape (n, n) each, under the same shuffles."""
    left = [residuals(each, model.reduced) for each in inner]
    sums = [float(np.trace(each)) for each in left]
    sound = [
        at for at, (rest, each) in enumerate(zip(sums, inner, strict=True))
        if rest > _NOTHING * float(np.abs(each).sum())
    ]  # fmt: skip
    found = [NOTHING] * len(inner)
    shuffled = shares([left[at] for at in sound], model, shuffles.order)
    for at, values in zip(sound, shuffled, strict=True):
        between = float(np.sum((left[at] @ model.added) * model.added))
        within = sums[at] - between
        f = between / model.added.shape[1] / (within / model.free) if within > 0 else np.nan
        p_value = shuffles.p_value(between / sums[at], values)
        found[at] = Permanova(f, between / float(np.trace(inner[at])), p_value)
    return found


def shares(left: Sequence[Floats], model: Model, order: Orders) -> list[Floats]:
    """Of each matrix of residual inner products, the groups' share in each shuffle, (P,) each.

    The share of what is not explained by what is allowed for: it rises with pseudo-F.
    """
    if model.reduced.shape[1] == 1 and len(left) == 1:
        return [_by_group(left[0], model, order)]
    sums = [float(np.trace(each)) for each in left]
    found = [np.empty(len(order)) for _ in left]
    # Of few units, hat matrices are made whole: see `_explained`.
    entries = max(model.added.size, len(model.label) ** 2 if len(model.label) <= _SMALL else 0)
    for some in blocks(len(order), entries, _ENTRIES):
        added = _explained(left, model.added, order[some])
        # Strata stay what they are in every shuffle, and residuals have no means there.
        reduced = _explained(left, model.reduced, order[some]) if model.covariates else added
        for at, total in enumerate(sums):
            rest = total - reduced[at] if model.covariates else total
            found[at][some] = added[at] / rest
    return found


def _explained(left: Sequence[Floats], columns: Floats, order: Orders) -> list[Floats]:
    """tr(Qᵀ G Q) for Q's rows in each order, shape (b,) for each G."""
    size, rank = columns.shape
    shuffled = columns[order]  # b × n × q
    if len(left) > rank and size <= _SMALL:
        # The sum over G times Q Qᵀ, entry by entry: one product for all G at once.
        hats = (shuffled @ shuffled.transpose(0, 2, 1)).reshape(len(order), -1)
        return list(np.stack([each.ravel() for each in left]) @ hats.T)
    flat = np.ascontiguousarray(shuffled.transpose(1, 0, 2)).reshape(size, -1)
    return [
        np.einsum("ij,ij->j", each @ flat, flat).reshape(len(order), -1).sum(axis=1)
        for each in left
    ]


def _by_group(inner: Floats, model: Model, order: Orders) -> Floats:
    """Σ_g (1/n_g) Σ_{i,j ∈ g} G_ij / tr G: without strata and covariates."""
    size, total = len(inner), float(np.trace(inner))
    members = [np.flatnonzero(model.label == each) for each in range(model.groups)]
    found = np.zeros(len(order))
    large = [each for each in members if len(each) > _FEW * size]
    for some in blocks(len(order), size, _ENTRIES):
        labels = model.label[order[some]]
        for each in large:
            own = (labels == model.label[each[0]]).T.astype(np.float64)
            found[some] += np.einsum("ij,ij->j", inner @ own, own) / len(each)
    small = [each for each in members if len(each) <= _FEW * size]
    if small:
        where = np.argsort(order, axis=1).astype(np.int32)  # who has each row of the design
        flat = inner.ravel()
        for each in small:
            for some in blocks(len(order), len(each) ** 2, _ENTRIES):
                units = where[some][:, each]
                pairs = units[:, :, None] * np.int64(size) + units[:, None, :]
                found[some] += flat.take(pairs).sum(axis=(1, 2)) / len(each)
    return found / total
