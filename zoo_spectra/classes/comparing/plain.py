"""Matrices that say nothing of where they come from: zeros, constants, identities, Fourier's."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.rules import BESIDE, REST, ROWS, SILENT, WAVES
from zoo_spectra.sources import entries, is_sparse

GLANCE = 1 << 12  # entries that tell most matrices from plain ones


def is_plain(matrix: Any) -> bool:
    """Whether entries (p, q) are so simple that networks of no relation have the same.

    All are one number; or none of a row but one is other than zero, and those are one number up to
    sign, as in an identity and in the kernels that begin as one; or all rows are sines and cosines,
    windowed or not, as front ends of speech have them.
    """
    values = entries(matrix)
    if values.size == 0:
        return True
    if not is_sparse(matrix) and _are_waves(values):
        return True
    if not (_of_one_number(values.reshape(-1)[:GLANCE]) and _of_one_number(values)):
        return False
    if is_sparse(matrix):
        return bool(np.max(np.diff(matrix.indptr)) <= 1)
    first = values.reshape(-1)[0]
    return bool(np.all(values == first)) or bool(np.max(np.count_nonzero(values, axis=-1)) <= 1)


def _of_one_number(values: Any) -> bool:
    """Whether all entries but zeros are one number, up to sign."""
    sizes = np.abs(values)
    return bool(np.all((sizes == 0) | (sizes == np.max(sizes))))


def _are_waves(values: Any) -> bool:
    """Whether each row is one frequency, and neighbouring rows are not all the same one."""
    p, q = values.shape
    if values.dtype.kind != "f" or p < ROWS or q < WAVES:
        return False
    few = values[:: max(1, p // ROWS)]  # tell most that are none
    return _each_a_wave(few) and _each_a_wave(values)


def _each_a_wave(rows: Any) -> bool:
    rows = rows.astype(np.float64)
    largest = float(np.max(np.abs(rows)))
    if not np.isfinite(largest) or not largest:
        return False
    power = np.abs(np.fft.rfft(rows / largest * np.hanning(rows.shape[1]), axis=1)) ** 2
    total = power.sum(axis=1)
    heard = total > SILENT * total.max()
    power, total = power[heard], total[heard]
    at = power.argmax(axis=1)
    near = np.abs(np.arange(power.shape[1]) - at[:, None]) <= BESIDE
    held = np.sum(power * near, axis=1)
    return len(np.unique(at)) > len(at) / 4 and bool(np.all(held >= (1 - REST) * total))
