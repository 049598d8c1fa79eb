"""Hostile files of MATLAB, of versions 4, 5 and 7.3."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from good_connectome import of_mat, of_matlab73
from good_shared import MATRIX
from makers import Table, cases_of

HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def variable(kind: int, shape: tuple[int, ...], *parts: bytes, name: bytes = b"a") -> bytes:
    dims = struct.pack(f"<{len(shape)}i", *shape)
    inside = element(6, struct.pack("<II", kind, 0)) + element(5, dims) + element(1, name)
    return element(14, inside + b"".join(parts))


def doubles(*values: float) -> bytes:
    return element(9, struct.pack(f"<{len(values)}d", *values))


def ints(*values: int) -> bytes:
    return element(5, struct.pack(f"<{len(values)}i", *values))


def packed(content: bytes) -> bytes:
    data = zlib.compress(content)
    return struct.pack("<II", 15, len(data)) + data


def bomb(path: Path) -> None:
    """Four gigabytes of zeros in four megabytes."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 24)
    head = struct.pack("<II", 14, 0xFFFFFFF0)
    data = packer.compress(head) + b"".join(packer.compress(block) for _ in range(256))
    data += packer.flush()
    path.write_bytes(HEAD + struct.pack("<II", 15, len(data)) + data)


def nested(depth: int) -> bytes:
    inner = variable(6, (2, 2), doubles(0, 1, 2, 3))
    for _ in range(depth):
        inner = variable(1, (1, 1), inner)
    return HEAD + inner


OK = doubles(0, 1, 2, 3)
SPARSE = (ints(1, 0), ints(0, 1, 2), doubles(1, 2))
FILES: Table = {
    "four gigabytes packed": bomb,
    "an object": HEAD + variable(3, (1, 1)),
    "a function": HEAD + variable(16, (1, 1)),
    "an object of later": HEAD + variable(17, (1, 1)),
    "an object beside a matrix": of_mat(a=MATRIX) + variable(3, (1, 1), name=b"o"),
    "a function in a cell": HEAD + variable(1, (1, 1), variable(16, (1, 1))),
    "a shape of exabytes": HEAD + variable(6, ((1 << 31) - 1, (1 << 31) - 1), OK),
    "a shape of gigabytes": HEAD + variable(6, (20_000, 20_000), OK),
    "a shape below zero": HEAD + variable(6, (-2, -2), OK),
    "a shape of one": HEAD + variable(6, (4,), OK),
    "a shape of a thousand": HEAD + variable(6, (1,) * 1000, OK),
    "more numbers": HEAD + variable(6, (2, 2), doubles(*range(9))),
    "numbers of no type": HEAD + variable(6, (2, 2), element(77, bytes(32))),
    "a class of no name": HEAD + variable(99, (2, 2), OK),
    "longer than the file": HEAD + struct.pack("<II", 14, 1 << 30) + bytes(64),
    "cells a thousand deep": nested(1000),
    "a cell of two billion": HEAD + variable(1, (1 << 30, 2)),
    "a structure of two billion": HEAD
    + variable(2, (1 << 30, 2), ints(8), element(1, b"a".ljust(8, b"\0"))),
    "a structure of names without length": HEAD + variable(2, (1, 1), ints(0), element(1, b"a")),
    "sparse indices beyond": HEAD + variable(5, (2, 2), ints(1, 9), *SPARSE[1:]),
    "sparse indices before": HEAD + variable(5, (2, 2), ints(1, -9), *SPARSE[1:]),
    "sparse starts beyond": HEAD + variable(5, (2, 2), SPARSE[0], ints(0, 1, 99), SPARSE[2]),
    "sparse starts that go back": HEAD + variable(5, (2, 2), SPARSE[0], ints(0, 2, 1), SPARSE[2]),
    "fewer sparse starts": HEAD + variable(5, (2, 2), SPARSE[0], ints(2), SPARSE[2]),
    "sparse of a billion": HEAD + variable(5, (1 << 30, 1 << 30), *SPARSE),
    "complex numbers": of_mat(a=MATRIX * 1j),
    "two matrices": of_mat(a=MATRIX, b=MATRIX),
    "a stack": of_mat(a=np.ones((3, 3, 4))),
    "the same name twice": HEAD + variable(6, (2, 2), OK) * 2,
    "packed in packed": HEAD + packed(packed(variable(6, (2, 2), OK))),
    "a packed one cut off": HEAD + packed(variable(6, (2, 2), OK))[:-9],
    "a million small variables": HEAD + variable(6, (1, 1), doubles(1)) * 200_000,
    "the order of no machine": of_mat(a=MATRIX).replace(b"\0\1IM", b"\0\1XX", 1),
    "text": b"# Created by Octave\n# name: a\n# type: matrix\n",
    "version 4 of gigabytes": struct.pack("<5i", 0, 20_000, 20_000, 0, 2) + b"a\0" + bytes(64),
    "version 4 of sparse beyond": struct.pack("<5i", 2, 2, 3, 0, 2)
    + b"a\0"
    + np.array([[9, 9, 1], [2, 2, 0.0]]).T.tobytes(),
    "version 7.3 cut off": of_matlab73()[:1500],
    "version 7.3 without its inside": of_matlab73()[:512],
}
CASES = cases_of(FILES, ".mat")
