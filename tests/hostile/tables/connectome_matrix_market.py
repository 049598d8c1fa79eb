"""Hostile Matrix Market files, plain and gzipped."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from good_connectome import mtx
from makers import GIGABYTE, Table, cases_of

ARRAY = "%%MatrixMarket matrix array real general\n"
COORDINATES = "%%MatrixMarket matrix coordinate real general\n"


def gzipped(head: str, piece: bytes, size: int) -> Callable[[Path], object]:
    """A gz file of a head, and of a piece again and again, to so many bytes."""

    def write(path: Path) -> None:
        block = piece * ((1 << 22) // len(piece))
        packed = gzip.compress(block)  # members that follow one another are one file
        path.write_bytes(gzip.compress(head.encode()) + packed * (size // len(block)))

    return write


MATRIX_MARKET: Table = {
    "70 bytes of 22,000 by 22,000": (ARRAY + "22000 22000\n").encode(),
    "70 bytes of a billion": (ARRAY + "1000000000 1000000000\n").encode(),
    "a symmetric array of gigabytes": (
        ARRAY.replace("general", "symmetric") + "22000 22000\n1\n"
    ).encode(),
    "ten million nodes": (COORDINATES + "10000000 10000000 1\n1 1 1\n").encode(),
    "a billion nodes": (COORDINATES + "1000000000 1000000000 0\n").encode(),
    "a billion entries": (COORDINATES + "9 9 1000000000\n1 1 1\n").encode(),
    "entries beyond numbers": (COORDINATES + f"9 9 {10**30}\n1 1 1\n").encode(),
    "sizes of 5,000 digits": f"{COORDINATES}{'9' * 5000} {'9' * 5000} 1\n".encode(),
    "sizes below zero": (COORDINATES + "-3 -3 1\n").encode(),
    "sizes that are texts": (COORDINATES + "a b c\n").encode(),
    "a banner without an end": b"%%MatrixMarket" + b"x" * 20_000_000,
    "a place beyond": (COORDINATES + "3 3 1\n99999999999999999999 1 1\n").encode(),
    "a place that is no number": (COORDINATES + "3 3 1\nnan 1 1\n").encode(),
    "a place at infinity": (COORDINATES + "3 3 1\ninf 1 1\n").encode(),
    "more entries than are said": (mtx() + "1 1 1\n").encode(),
    "entries of many columns": (COORDINATES + "3 3 1\n" + "1 " * 1_000_000).encode(),
    "a quote": (COORDINATES + '3 3 1\n"1 1 1\n').encode(),
    "comments": b"%%MatrixMarket matrix coordinate real general\n" + b"%\n" * 1_000_000,
}
MATRIX_MARKET_GZ: Table = {
    "comments to three gigabytes": gzipped(COORDINATES, b"% c\n", 3 * GIGABYTE),
    "blank lines to three gigabytes": gzipped(COORDINATES, b"\n", 3 * GIGABYTE),
    "blanks to three gigabytes": gzipped(COORDINATES, b" ", 3 * GIGABYTE),
    "a line of three gigabytes": gzipped(COORDINATES, b"7", 3 * GIGABYTE),
    "comments behind the sizes": gzipped(COORDINATES + "3 3 1\n", b"%\n", 3 * GIGABYTE),
    "entries to three gigabytes": gzipped(
        COORDINATES + "20000 20000 160000000\n", b"1 1 1\n", 3 * GIGABYTE
    ),
    "values to three gigabytes": gzipped(ARRAY + "22000 22000\n", b"1\n", 3 * GIGABYTE),
    "ones to a gigabyte": gzipped(ARRAY + "20000 20000\n", b"1\n", GIGABYTE),
    "a million empty members": gzip.compress(b"") * 200_000,
    "gz in gz": gzip.compress(gzip.compress(mtx().encode())),
    "a checksum of another": gzip.compress(mtx().encode())[:-8] + bytes(8),
    "a name without an end": b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 5_000_000,
}
CASES = [*cases_of(MATRIX_MARKET, ".mtx"), *cases_of(MATRIX_MARKET_GZ, ".mtx.gz")]
