"""Eigenvalues of a symmetric matrix, by LAPACK: in two stages where that is faster.

``dsyevd`` spends half its time in matrix-vector products, which wait for memory. Reducing to a
band first and to tridiagonal form then (Haidar, Ltaief & Dongarra, SC'11) does more arithmetic, but
in matrix-matrix products: faster for large orders, and the more so beside other busy cores
(``benchmarks/speed/stages.py``). numpy does not offer it, but the OpenBLAS inside its wheels does.
Both routines are called there, since numpy keeps Python's lock up to order 500 and would let no
second thread work; where they are missing, numpy is called.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_info

Floats = npt.NDArray[np.float64]
Routine = Literal["dsyevd", "dsyevd_2stage"]
# From these orders on two stages are faster: where BLAS has one thread, and where it has more.
TWO_STAGE_ORDER = 2048
THREADED_TWO_STAGE_ORDER = 3072
_COLUMN_MAJOR = 102


def symmetric_eigenvalues(matrix: Floats) -> Floats:
    """Eigenvalues of a symmetric (N, N) float64 matrix, which is lost: shape (N,), ascending.

    Both routines are backward stable: an error of a few eps · λ_max, whatever the eigenvalue's
    size. Raises numpy.linalg.LinAlgError when LAPACK does not converge.
    """
    return eigenvalues_by(faster_routine(len(matrix), _threads()), matrix)


def faster_routine(order: int, threads: int) -> Routine:
    """The faster one for a matrix of this order, where BLAS has so many threads."""
    least = TWO_STAGE_ORDER if threads == 1 else THREADED_TWO_STAGE_ORDER
    return "dsyevd_2stage" if order >= least else "dsyevd"


def eigenvalues_by(name: Routine, matrix: Floats) -> Floats:
    """``symmetric_eigenvalues`` by a given routine; by numpy's where its OpenBLAS has none."""
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


def _threads() -> int:
    """Threads of numpy's OpenBLAS now; 1 where there is none to ask."""
    count = _function("scipy_openblas_get_num_threads64_")
    return 1 if count is None else int(count())


@cache
def _routine(name: Routine) -> Callable[..., int] | None:
    """LAPACKE's routine with 64-bit integers."""
    function: Any = _function(f"scipy_LAPACKE_{name}64_")
    if function is not None:
        integer, pointer, char = ctypes.c_int64, ctypes.c_void_p, ctypes.c_char
        function.argtypes = (ctypes.c_int, char, char, integer, pointer, integer, pointer)
        function.restype = integer
    return function  # type: ignore[no-any-return]


@cache
def _function(symbol: str) -> Any:
    """A function of the OpenBLAS that numpy has loaded; None where that has no such symbol."""
    for library in threadpool_info():
        if library["internal_api"] == "openblas":
            function = getattr(ctypes.CDLL(library["filepath"]), symbol, None)
            if function is not None:
                return function
    return None
