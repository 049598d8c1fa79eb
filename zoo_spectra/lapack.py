"""Eigenvalues of a symmetric matrix, by LAPACK: in two stages where that is faster.

``dsyevd`` spends half its time in matrix-vector products, which wait for memory. Reducing to a
band first and to tridiagonal form then (Haidar, Ltaief & Dongarra, SC'11) does more arithmetic, but
in matrix-matrix products: faster from an order of about 2,000 on, and the more so beside other busy
cores (``benchmarks/stages.py``). numpy does not offer it, but the OpenBLAS inside its wheels does.
Both routines are called there, since numpy keeps Python's lock up to order 500 and would let no
second thread work; where they are missing, numpy is called.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_info

Floats = npt.NDArray[np.float64]
TWO_STAGE_ORDER = 2048
_COLUMN_MAJOR = 102


def symmetric_eigenvalues(matrix: Floats) -> Floats:
    """Eigenvalues of a symmetric (N, N) float64 matrix, which is lost: shape (N,), ascending.

    Both routines are backward stable: an error of a few eps · λ_max, whatever the eigenvalue's
    size. Raises numpy.linalg.LinAlgError when LAPACK does not converge.
    """
    name = "dsyevd_2stage" if len(matrix) >= TWO_STAGE_ORDER else "dsyevd"
    solve = _routine(name)
    if solve is None:
        return np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64)
    # LAPACK works in the matrix itself, which saves a copy.
    work = np.require(matrix, np.float64, ("C", "W"))
    order, values = len(work), np.empty(len(work))
    info = solve(_COLUMN_MAJOR, b"N", b"L", order, work.ctypes.data, order, values.ctypes.data)
    if info:
        raise np.linalg.LinAlgError(f"Eigenvalues did not converge ({name}: {info})")
    return values


@cache
def _routine(name: str) -> Callable[..., int] | None:
    """LAPACKE's routine with 64-bit integers, from the OpenBLAS that numpy has loaded."""
    for library in threadpool_info():
        if library["internal_api"] == "openblas":
            symbol = f"scipy_LAPACKE_{name}64_"
            function = getattr(ctypes.CDLL(library["filepath"]), symbol, None)
            if function is not None:
                integer, pointer, char = ctypes.c_int64, ctypes.c_void_p, ctypes.c_char
                function.argtypes = (ctypes.c_int, char, char, integer, pointer, integer, pointer)
                function.restype = integer
                return function  # type: ignore[no-any-return]
    return None
