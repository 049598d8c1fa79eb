"""Networks in the plane, by classical scaling of their distances.

Torgerson, Psychometrika 17, 401 (1952); of many networks by landmarks, whose plane the others are
placed in by their distances to them (de Silva and Tenenbaum, Stanford 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.spatial.distance import cdist

from zoo_spectra.method import BIN_WIDTH, Floats

WHOLE, LANDMARKS = 2500, 1000  # networks that are scaled all at once; of more, as many as this
_ROWS = 2048


@dataclass(frozen=True)
class Plane:
    """``place``: shape (n, 2), in e-folds. ``held``: the plane's share of all positive eigenvalues
    of the doubly centred squared distances, in [0, 1]. ``landmarks``: how many were scaled.
    """

    place: Floats
    held: float
    landmarks: int


def plane_of(points: Floats) -> Plane:
    """The plane of n ≥ 1 networks at ``points``, shape (n, W), whose L1 times Δs is a distance."""
    count = len(points)
    chosen = np.arange(count)
    if count > WHOLE:
        chosen = np.linspace(0, count - 1, LANDMARKS).astype(np.int64)
    marks = points[chosen]
    squared = _distances(marks, marks) ** 2
    mean = squared.mean(axis=0)
    centred = -(squared - mean - mean[:, None] + mean.mean()) / 2
    values, vectors = eigh(centred)
    positive = float(values[values > 0].sum())
    axes, spread = vectors[:, :-3:-1], np.maximum(values[:-3:-1], 0.0)
    # Rounding alone is no axis: it would be drawn as large as any other.
    spread = np.where(spread > 1e-12 * max(positive, 1e-300), spread, 0.0)
    back = np.divide(axes, np.sqrt(spread), out=np.zeros_like(axes), where=spread > 0)
    place = np.zeros((count, 2))
    for start in range(0, count, _ROWS):
        apart = _distances(points[start : start + _ROWS], marks) ** 2
        place[start : start + _ROWS, : back.shape[1]] = -(apart - mean) @ back / 2
    far = np.abs(place).argmax(axis=0)
    place *= np.where(place[far, [0, 1]] < 0, -1.0, 1.0)
    held = float(spread.sum() / positive) if positive > 0 else 1.0
    return Plane(place, held, len(chosen))


def _distances(one: Floats, other: Floats) -> Floats:
    found: Floats = cdist(one, other, "cityblock") * BIN_WIDTH
    return found
