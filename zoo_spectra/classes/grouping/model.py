"""The linear model that a design is: what is allowed for first, and the groups after it.

Allowed for are the mean, the strata (each has a mean of its own) and the covariates; the groups are
what they add to these (type I, sequential). McArdle and Anderson, Ecology 82, 290 (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.errors import DesignError
from zoo_spectra.method import Floats, Integers

RANK = 1e-9  # relative; below, a column says nothing that those before do not
ALONE = 1 - 1e-9  # leverage of a unit that alone decides a coefficient


@dataclass(frozen=True)
class Model:
    """n units in k groups. ``label`` and ``stratum``: shape (n,), from 0.

    ``reduced``: orthonormal columns of what is allowed for, shape (n, a); ``added``: those that the
    groups add, shape (n, k - 1). ``covariates``: whether there are any.
    """

    label: Integers
    stratum: Integers
    reduced: Floats
    added: Floats
    covariates: bool

    @property
    def groups(self) -> int:
        """k."""
        return len(np.unique(self.label))

    @property
    def free(self) -> int:
        """Degrees of freedom of what is left, ≥ 1."""
        used: int = self.reduced.shape[1] + self.added.shape[1]
        return len(self.label) - used

    @property
    def leverage(self) -> Floats:
        """Of each unit in the whole model, shape (n,), in [0, 1)."""
        found: Floats = (self.reduced**2).sum(axis=1) + (self.added**2).sum(axis=1)
        return found


def model_of(
    label: Integers, stratum: Integers | None = None, covariates: Floats | None = None
) -> Model:
    """The model of n units; ``covariates``: shape (n, c), finite.

    Raises DesignError where the groups cannot be told from what is allowed for, or nothing is left
    to measure them by.
    """
    size = len(label)
    strata = np.zeros(size, dtype=np.int64) if stratum is None else stratum
    columns = [np.ones((size, 1)), indicators(strata)]
    if covariates is not None:
        centred = covariates - covariates.mean(axis=0)
        columns.append(centred / np.maximum(np.abs(centred).max(axis=0, initial=0), 1e-300))
    reduced = basis(np.hstack(columns))
    groups = indicators(label)
    added = basis(groups - reduced @ (reduced.T @ groups), np.sqrt(len(label)))
    wanted = groups.shape[1] - 1
    if added.shape[1] < wanted:
        raise DesignError(
            "the groups cannot be told from what is allowed for (--within, --adjust): some of them "
            "never meet in a stratum, or a covariate is constant in each of them; leave that "
            "column out, or choose groups that can be compared with --where"
        )
    found = Model(label, strata, reduced, added, covariates is not None)
    if found.free < 1:
        raise DesignError(
            f"{size} units are too few for {wanted + 1} groups and what is allowed for: nothing is "
            "left to measure them by; allow for less, or add networks"
        )
    return found


def indicators(label: Integers) -> Floats:
    """A column a value, shape (n, k)."""
    found: Floats = (label[:, None] == np.unique(label)).astype(np.float64)
    return found


def basis(columns: Floats, size: float | None = None) -> Floats:
    """Orthonormal columns of the same span, shape (n, rank); ``size``: what rounding is part of."""
    left, values, _ = np.linalg.svd(columns, full_matrices=False)
    least = RANK * (values.max(initial=0.0) if size is None else size)
    found: Floats = left[:, values > least]
    return found


def gower(distances: Floats) -> Floats:
    """G = -½ J D² J of distances, shape (n, n): inner products around the mean (Gower 1966)."""
    squared = distances**2
    mean = squared.mean(axis=0)
    found: Floats = -(squared - mean - mean[:, None] + mean.mean()) / 2
    return found


def residuals(inner: Floats, *fitted: Floats) -> Floats:
    """Inner products of what is left after orthonormal columns, (I - QQᵀ) G (I - QQᵀ)."""
    left = inner
    for columns in fitted:
        left = left - columns @ (columns.T @ left)
        left = left - (left @ columns) @ columns.T
    return left
