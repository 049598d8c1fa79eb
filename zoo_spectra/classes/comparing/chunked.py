"""Entries of two matrices side by side, a few at a time: large ones are never widened whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_spectra.method import Floats

CHUNK = 1 << 16  # entries: two of them in float64 stay in a core's cache


def chunks(one: Any, other: Any) -> Iterator[tuple[Floats, Floats]]:
    """Runs of entries of two real arrays of one shape, row by row, as float64; shape (n,) each."""
    flat, beside = one.reshape(-1), other.reshape(-1)
    for start in range(0, flat.size, CHUNK):
        yield chunk(flat, start), chunk(beside, start)


def chunk(flat: Any, start: int) -> Floats:
    """The run of (n,) that starts there, as float64; what is beyond its range is infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(flat[start : start + CHUNK], dtype=np.float64)
