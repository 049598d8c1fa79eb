"""The definition of a stability, one network at a time: what the product must agree with."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from zoo_spectra.method.spectrum import Floats


def stability(resamples: Floats, medoid_csds: Floats, own: int) -> float:
    """How often a network stays with its medoid when its constituents are resampled, in [0, 1].

    ``resamples``: shape (B, 129), CSD of B bootstrap resamples of the network's constituents;
    ``medoid_csds``: shape (K, 129), as classified; ``own``: row of the network's own medoid. A
    resample stays when no other medoid is nearer.
    """
    nearest = np.argmin(cdist(resamples, medoid_csds, "cityblock"), axis=1)
    return float(np.mean(nearest == own))
