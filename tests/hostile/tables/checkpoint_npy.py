"""Hostile single arrays, as checkpoints."""

from __future__ import annotations

from good_shared import MATRIX, npy
from makers import GIGABYTE, Table, array_header, cases_of, with_hole

FILES: Table = {
    "a promise of terabytes": array_header("(1048576, 1048576)") + bytes(100),
    "a negative side": array_header("(-4, -4)") + bytes(64),
    "sides whose product overflows": array_header("(4294967296, 4294967296)") + bytes(64),
    "a hundred dimensions": array_header(f"({'1, ' * 98}4, 4)") + bytes(64),
    "a header of brackets": array_header("(" * 5000),
    "a header of minuses": array_header("-" * 60_000 + "1"),
    "a header of four gigabytes": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
    "a type with a side of its own": array_header("(4, 4)", "('<f4', (1000000000,))") + bytes(64),
    "a type of fields": array_header("(4, 4)", "[('a', '<f4'), ('b', '<f4')]") + bytes(128),
    "empty items": array_header("(1000000, 1000000)", "'|V0'"),
    "void of two bytes": array_header("(4, 4)", "'|V2'") + bytes(32),
    "void of one byte, as eight-bit floats are stored": array_header("(4, 4)", "'<V1'") + bytes(16),
    "objects": array_header("(4, 4)", "'|O'") + bytes(128),
    "a version that is not known": array_header("(4, 4)", version=9) + bytes(64),
    "two arrays": npy(MATRIX) * 2,
    "integers": npy((100 * MATRIX).astype("<i4").repeat(40, 0).repeat(40, 1)),
    "complex numbers": npy(MATRIX * 1j),
    "texts": npy(MATRIX.astype("U8")),
    "one side": npy(MATRIX[0]),
    "no side": npy(MATRIX[0, 0]),
    "nothing": npy(MATRIX[:0]),
    "eight gigabytes of nothing": with_hole(array_header("(50000, 40000)"), 8 * GIGABYTE),
}
CASES = cases_of(FILES, ".npy")
