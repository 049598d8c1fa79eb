"""Hostile archives of numpy and scipy, as connectomes."""

from __future__ import annotations

import zipfile

import numpy as np
from good_connectome import saved_sparse
from good_shared import MATRIX, npy, of_npz, with_member
from makers import Table, array_header, bomb, cases_of, quine, with_fields, zipped
from scipy import sparse


def square(side: int) -> bytes:
    return array_header(f"({side}, {side})", "'<f8'")


CSR = saved_sparse(sparse.csr_array(MATRIX))
BSR = saved_sparse(sparse.bsr_array(np.eye(6), blocksize=(2, 2)))
DIA = saved_sparse(sparse.dia_array(np.eye(6)))
COO = saved_sparse(sparse.coo_array(MATRIX))


def changed(archive: bytes, name: str, values: object, dtype: str | None = None) -> bytes:
    return with_member(archive, f"{name}.npy", npy(np.array(values, dtype)))


FILES: Table = {
    "four gigabytes packed": bomb("a.npy", square(22_360), 22_360**2 * 8),
    "two gigabytes packed": bomb("a.npy", square(15_500), 15_500**2 * 8, b"\0\0\0\0\0\0\xf0?"),
    "a promise of gigabytes": zipped({"a.npy": square(20_000) + bytes(99)}),
    "more unpacked than is said": with_fields(of_npz({"a": MATRIX}, True), size=60),
    "a checksum of another": with_fields(of_npz({"a": MATRIX}, True), crc=9),
    "packed by another method": zipped({"a.npy": npy(MATRIX)}, zipfile.ZIP_LZMA),
    "encrypted": with_fields(of_npz({"a": MATRIX}), flags=1),
    "sixty thousand members of one place": quine(60_000),
    "two arrays": of_npz({"a": MATRIX, "b": MATRIX}),
    "a member that is no array": zipped({"a.npy": b"x" * 99}),
    "an array of three dimensions": of_npz({"a": np.ones((3, 3, 3))}),
    "objects": zipped({"a.npy": array_header("(4, 4)", "'|O'") + bytes(128)}),
    "indices beyond": changed(CSR, "indices", [2_000_000_000] * 9, "i4"),
    "indices before": changed(CSR, "indices", [-9] * 9, "i4"),
    "indices that are fractions": changed(CSR, "indices", [0.5] * 9),
    "fewer indices": changed(CSR, "indices", [0], "i4"),
    "pointers beyond": changed(CSR, "indptr", [0, 1 << 30, 3, 4, 6, 9], "i4"),
    "pointers that go back": changed(CSR, "indptr", [0, 5, 2, 8, 3, 9], "i4"),
    "pointers that begin before": changed(CSR, "indptr", [-5, 2, 4, 5, 7, 9], "i4"),
    "too few pointers": changed(CSR, "indptr", [0, 9], "i4"),
    "pointers in a table": changed(CSR, "indptr", [[0, 1], [2, 9]], "i4"),
    "a shape of exabytes": changed(CSR, "shape", [1 << 40, 1 << 40]),
    "a shape of a billion": changed(CSR, "shape", [10**9, 10**9]),
    "a smaller shape": changed(CSR, "shape", [2, 2]),
    "a shape that is negative": changed(CSR, "shape", [-5, -5]),
    "a shape of three": changed(CSR, "shape", [5, 5, 5]),
    "a shape of fractions": changed(CSR, "shape", [5.0, 5.0]),
    "a format that is not known": changed(CSR, "format", b"lil"),
    "a format that is a number": changed(CSR, "format", 7),
    "formats in a list": changed(CSR, "format", [b"csr", b"csc"]),
    "data of complex numbers": changed(CSR, "data", [1j] * 9),
    "fewer data": changed(CSR, "data", [1.0]),
    "another format's arrays": changed(CSR, "format", b"coo"),
    "blocks beyond": changed(BSR, "indices", [0, 1, 99_999], "i4"),
    "blocks that do not fit": changed(BSR, "data", np.ones((3, 4, 4))),
    "blocks without a side": changed(BSR, "data", np.ones((3, 0, 0))),
    "blocks of one dimension": changed(BSR, "data", np.ones(3)),
    "diagonals twice": changed(changed(DIA, "offsets", [0, 0], "i4"), "data", np.ones((2, 6))),
    "more offsets than diagonals": changed(DIA, "offsets", [0, 1, 2], "i4"),
    "diagonals of one dimension": changed(DIA, "data", np.ones(6)),
    "coordinates beyond": changed(COO, "row", [1 << 30] * 9, "i4"),
    "coordinates before": changed(COO, "col", [-1] * 9, "i4"),
    "fewer coordinates": changed(COO, "col", [1], "i4"),
}
CASES = cases_of(FILES, ".npz")
