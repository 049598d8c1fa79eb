"""Floating-point types that numpy does not have, as float32: bfloat16, and those of eight bits."""

from __future__ import annotations

from functools import cache
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.sources import ArrayHeader, read_array

# Bits of the exponent, and its bias. Those of ``fnuz`` have neither infinities nor a negative zero.
EIGHT_BITS = {"float8_e4m3fn": (4, 7), "float8_e5m2": (5, 15)}
EIGHT_BITS |= {"float8_e4m3fnuz": (4, 8), "float8_e5m2fnuz": (5, 16)}


def widened(stored: npt.NDArray[Any], dtype: str) -> npt.NDArray[Any]:
    """The values of torch's type ``dtype`` from its bits; those of other types as they are."""
    if dtype == "bfloat16":  # the upper half of a float32
        wide = stored.astype("<u4")
        wide <<= 16
        return wide.view("<f4")
    return _table(dtype)[stored] if dtype in EIGHT_BITS else stored


def array_values(stream: IO[bytes], header: ArrayHeader) -> npt.NDArray[Any]:
    """The values of one of numpy's files behind its header. Raises Damaged on too few."""
    stored = read_array(stream, header)
    return widened(stored.view("<u2"), "bfloat16") if header.name == "bfloat16" else stored


@cache
def _table(dtype: str) -> npt.NDArray[np.float32]:
    """The value of each of the 256 patterns of bits."""
    exponent_bits, bias = EIGHT_BITS[dtype]
    fraction_bits = 7 - exponent_bits
    bits = np.arange(256)
    exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1)
    fraction = (bits & ((1 << fraction_bits) - 1)) / (1 << fraction_bits)
    normal = exponent > 0
    size = np.ldexp(fraction + normal, np.maximum(exponent, 1) - bias)
    if dtype == "float8_e4m3fn":  # no infinity; all ones are no number
        size[(bits & 0x7F) == 0x7F] = np.nan
    elif dtype.endswith("fnuz"):
        size[0x80] = np.nan
    else:
        top = exponent == (1 << exponent_bits) - 1
        size[top] = np.where(fraction[top] == 0, np.inf, np.nan)
    values: npt.NDArray[np.float32] = np.where(bits & 0x80, -size, size).astype(np.float32)
    return values
