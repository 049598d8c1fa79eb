"""Eigenvalues of a symmetric matrix: numpy's LAPACK, in two stages where that is faster.

``dsyevd`` spends half its time in matrix-vector products, which wait for memory. Reducing to a
band first and to tridiagonal form then (Haidar, Ltaief & Dongarra, SC'11) does more arithmetic, but
in matrix-matrix products: faster from an order of about 2,800 on. numpy does not offer it, but the
OpenBLAS inside its wheels has it; where that is missing, numpy's own route is taken at every order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_info

Floats = npt.NDArray[np.float64]
TWO_STAGE_ORDER = 2816
_COLUMN_MAJOR = 102
_SYMBOL = "scipy_LAPACKE_dsyevd_2stage64_"


def symmetric_eigenvalues(matrix: Floats) -> Floats:
    """Eigenvalues of a symmetric (N, N) float64 matrix: shape (N,), ascending.

    Both routes are backward stable: an error of a few eps · λ_max, whatever the eigenvalue's size.
    Only the lower triangle is read. Raises numpy.linalg.LinAlgError when LAPACK does not converge.
    """
    solve = _two_stage() if len(matrix) >= TWO_STAGE_ORDER else None
    if solve is None:
        return np.asarray(np.linalg.eigvalsh(matrix), dtype=np.float64)
    return _solved(solve, matrix)


def _solved(solve: Callable[..., int], matrix: Floats) -> Floats:
    # Row-major and lower is column-major and upper; LAPACK overwrites what it is given.
    work = np.array(matrix, dtype=np.float64, order="C")
    values = np.empty(len(work))
    order = len(work)
    info = solve(_COLUMN_MAJOR, b"N", b"U", order, work.ctypes.data, order, values.ctypes.data)
    if info:
        raise np.linalg.LinAlgError(f"Eigenvalues did not converge (dsyevd_2stage: {info})")
    return values


@cache
def _two_stage() -> Callable[..., int] | None:
    """LAPACKE's dsyevd_2stage with 64-bit integers, from the OpenBLAS that numpy has loaded."""
    for library in threadpool_info():
        if library["internal_api"] == "openblas":
            function = getattr(ctypes.CDLL(library["filepath"]), _SYMBOL, None)
            if function is not None:
                integer, pointer, char = ctypes.c_int64, ctypes.c_void_p, ctypes.c_char
                function.argtypes = (ctypes.c_int, char, char, integer, pointer, integer, pointer)
                function.restype = integer
                return function  # type: ignore[no-any-return]
    return None
