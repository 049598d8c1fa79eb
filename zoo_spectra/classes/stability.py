"""Stability of many networks at once: only the medoids that can be nearer are measured.

A medoid at least twice as far from a network's own medoid as a resample is cannot be nearer to the
resample than that (triangle inequality); and the first nearer one decides.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from zoo_spectra.method import Floats, Integers

_FIRST, _LAST = 8, 1024


def stay(resamples: Floats, own: Integers, medoid_csds: Floats) -> npt.NDArray[np.bool_]:
    """Whether no other medoid is nearer to a resample than its network's own, shape (r,).

    ``resamples``: shape (r, 129); ``own``: shape (r,), rows of ``medoid_csds``, shape (K, 129).
    Of medoids at one distance the first counts as the nearest, as ``numpy.argmin`` takes it.
    """
    stays = np.empty(len(resamples), dtype=bool)
    order = np.argsort(own, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(own[order])) + 1):
        if len(group):
            stays[group] = _stay(resamples[group], int(own[group[0]]), medoid_csds)
    return stays


def _stay(resamples: Floats, own: int, medoid_csds: Floats) -> npt.NDArray[np.bool_]:
    mine = medoid_csds[own : own + 1]
    to_mine = cdist(resamples, mine, "cityblock")[:, 0]
    between = cdist(mine, medoid_csds, "cityblock")[0]
    reach = 2 * to_mine * (1 + 1e-9)  # rounding must not make a medoid that ties look too far
    rivals = np.flatnonzero(between <= reach.max())
    rivals = rivals[rivals != own]
    rivals = rivals[np.argsort(between[rivals], kind="stable")]
    stays = np.ones(len(resamples), dtype=bool)
    at, width = 0, _FIRST
    while at < len(rivals):
        some = rivals[at : at + width]
        open_ = np.flatnonzero(stays & (reach >= between[some[0]]))
        if not len(open_):
            break
        apart = cdist(resamples[open_], medoid_csds[some], "cityblock")
        limit = to_mine[open_, None]
        lost = (apart < limit) | ((apart == limit) & (some < own))
        stays[open_[lost.any(axis=1)]] = False
        at, width = at + width, min(2 * width, _LAST)
    return stays
