"""Everything the page knows, as one text of letters, digits, +, / and =: zlib, then base64.

No name, whatever it holds, can end a script or begin an element in it. Inside are four bytes with
the length of a JSON object, the object, and after it arrays, which it describes. The smallest
differences of neighbours and bytes of one significance side by side make it short.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.method import Floats

UNKNOWN = -(1 << 15)  # in whole numbers of 16 bits
_SMALLEST = 1e-12  # below the mass of one eigenvalue, and above rounding
_KINDS = {"int16": np.int16, "int32": np.int32, "float64": np.float64}


def packed(told: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """Base64 text. ``told`` must be JSON; arrays are int16, int32 or float64."""
    places, pieces, at = {}, [], 0
    for name, values in arrays.items():
        piece = _planes(values)
        places[name] = {"kind": values.dtype.name, "shape": values.shape, "at": at}
        pieces.append(piece)
        at += len(piece)
    text = json.dumps({**told, "arrays": places}, allow_nan=False, separators=(",", ":")).encode()
    whole = len(text).to_bytes(4, "little") + text + b"".join(pieces)
    return base64.b64encode(zlib.compress(whole, 9)).decode()


def _planes(values: npt.NDArray[Any]) -> bytes:
    if values.dtype.name not in _KINDS:
        raise TypeError(f"no array of {values.dtype} can be packed")
    flat = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    if flat.dtype == np.dtype("<i2") and flat.ndim > 1:  # differences wrap, and so do their sums
        flat = np.diff(flat, axis=-1, prepend=np.zeros((*flat.shape[:-1], 1), flat.dtype))
    width = flat.dtype.itemsize
    bytes_ = np.frombuffer(flat.tobytes(), np.uint8).reshape(-1, width)
    return bytes_.T.tobytes()


def decimals(values: Floats, places: int) -> npt.NDArray[np.int16]:
    """Values as whole numbers of 10^-places, as they are shown; NaN as UNKNOWN."""
    known = np.isfinite(values)
    whole = np.rint(np.where(known, values, 0.0) * 10.0**places)
    return np.where(known, whole, UNKNOWN).astype(np.int16)


def three_digits(values: Floats) -> npt.NDArray[np.int16]:
    """Values in [0, 10) with three significant digits: m/100 · 10^-e as 1 + 900 e + m - 100.

    0 is 0, and so is what is below 10^-12; NaN is UNKNOWN.
    """
    known = np.isfinite(values)
    positive = known & (values >= _SMALLEST)
    safe = np.where(positive, values, 1.0)
    power = np.floor(np.log10(safe))
    digits = np.rint(safe / 10.0**power * 100)
    power, digits = np.where(digits > 999, power + 1, power), np.where(digits > 999, 100, digits)
    code = np.where(positive, 1 - 900 * power + digits - 100, 0)
    return np.where(known, code, UNKNOWN).astype(np.int16)
