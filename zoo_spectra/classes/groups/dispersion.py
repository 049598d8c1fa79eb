"""Whether groups are spread differently: an analysis of variance of distances to the centroids.

Anderson, Biometrics 62, 245 (2006), PERMDISP. A difference of spread would pass for one of place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_spectra.classes.groups.model import Model, residuals
from zoo_spectra.classes.groups.permanova import permanovas
from zoo_spectra.classes.groups.shuffles import Shuffles
from zoo_spectra.method import Floats


@dataclass(frozen=True)
class Dispersion:
    """``f`` ≥ 0; ``p_value`` in (0, 1]; NaN where all distances are equal.

    ``distance``: of each unit to its group's centroid, shape (n,), in e-folds, ≥ 0.
    """

    f: float
    p_value: float
    distance: Floats


def dispersion(inner: Floats, model: Model, shuffles: Shuffles) -> Dispersion:
    """Of inner products G, shape (n, n).

    Squared distances to the centroid are those along axes of positive eigenvalues less those along
    axes of negative ones; below zero they count as zero. They are divided by 1 - h, h the unit's
    leverage (1/n_g without covariates), since a group of few pulls its centroid near.
    """
    squared = np.diag(residuals(inner, model.reduced, model.added)) / (1 - model.leverage)
    distance = np.sqrt(np.maximum(squared, 0.0))
    centred = distance - distance.mean()
    (found,) = permanovas([np.outer(centred, centred)], model, shuffles)
    return Dispersion(found.pseudo_f, found.p_value, distance)
