"""Hostile arrays of numpy, as connectomes."""

from __future__ import annotations

import numpy as np
from good_shared import MATRIX, npy
from makers import Table, array_header, cases_of, with_hole


def square(side: int, dtype: str = "<f8") -> bytes:
    return array_header(f"({side}, {side})", f"'{dtype}'")


FILES: Table = {
    "a promise of exabytes": square(10**9) + bytes(800),
    "a promise of gigabytes": square(20_000) + bytes(800),
    "sides whose product overflows": square(1 << 32) + bytes(800),
    "four gigabytes of nothing": with_hole(square(22_360), 22_360**2 * 8),
    "a terabyte of nothing": with_hole(square(350_000), 350_000**2 * 8),
    "a negative side": square(-5) + bytes(800),
    "no dimension": array_header("()") + bytes(8),
    "a hundred dimensions": array_header(f"({'1, ' * 98}5, 5)", "'<f8'") + bytes(200),
    "a header of brackets": array_header("[" * 5000),
    "a header of four gigabytes": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
    "complex": npy(MATRIX * 1j),
    "dates": npy(np.zeros((4, 4), "M8[s]")),
    "texts": npy(np.full((4, 4), "x")),
    "fields": npy(np.zeros((4, 4), "<f8,<f8")),
    "empty items": array_header("(1000000, 1000000)", "'|V0'"),
    "a type with a side of its own": array_header("(4, 4)", "('<f8', (4,))") + bytes(512),
    "objects": array_header("(4, 4)", "'|O'") + bytes(128),
    "a pickle": b"\x80\x02cos\nmkdir\nX\x07\x00\x00\x00witness\x85R.",
}
CASES = cases_of(FILES, ".npy")
