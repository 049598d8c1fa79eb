"""Numbers of a few bits, several to a word, and scales that are shared by groups of them.

What is unpacked is much larger than what is stored: it is made piece by piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.matrices import Matrix

PIECE = 1 << 22  # entries that are unpacked at a time
WORD = 32  # bits
FLOATS = ("float", "bfloat")  # how the names of plain types begin
CURE = "dequantise it with its library (in transformers, model.dequantize()) and save it again"
Refuse = Callable[[str], NetworkError]


def refused(table: Table, name: str, scheme: str) -> NetworkError:
    """The error of a tensor that is packed by a scheme, or a variant of one, not undone here."""
    return table.refuse(name, f"is {scheme}; {CURE}")


def configuration(table: Table) -> Mapping[str, Any]:
    """What the configuration beside the file says of its quantisation; nothing without one."""
    found = table.settings.get("quantization_config")
    return found if isinstance(found, dict) else {}


def unpacked(words: Matrix, bits: int, axis: int) -> npt.NDArray[np.int32]:
    """The numbers in words of 32 bits, the lowest bits first, along an axis of a matrix."""
    shifts = np.arange(0, WORD // bits * bits, bits, dtype=np.int32)
    signed = np.asarray(words).astype(np.int32, copy=False)
    wide = (np.expand_dims(signed, axis + 1) >> shifts.reshape((-1,) + (1,) * (1 - axis))) & (
        (1 << bits) - 1
    )
    shape = list(signed.shape)
    shape[axis] *= len(shifts)
    return wide.reshape(shape)


def pieces(count: int, width: int) -> Iterator[slice]:
    """Slices of ``count`` rows of so many entries, of about PIECE entries each."""
    step = max(1, PIECE // max(1, width))
    for start in range(0, count, step):
        yield slice(start, min(count, start + step))


def groups_of(count: int, groups: int, given: Matrix | None, refuse: Refuse) -> Matrix:
    """The group of each of ``count`` inputs: as ``given``, else in equal runs.

    Raises NetworkError for a group that is not there.
    """
    if given is None:
        return np.arange(count) // (count // groups)
    found = given.reshape(-1).astype(np.int64)
    if found.size != count or found.min(initial=0) < 0 or found.max(initial=0) >= groups:
        raise refuse(f"has inputs in groups that are none of its {groups}; save it again")
    return found
