"""Hostile CIFTI files."""

from __future__ import annotations

import struct

from good_connectome import of_pconn
from makers import Table, cases_of, with_hole

GOOD = of_pconn()


def with_dims(*dims: int) -> bytes:
    return GOOD[:16] + struct.pack("<8q", *dims) + GOOD[80:]


def at(place: int, form: str, value: float) -> bytes:
    packed = struct.pack(form, value)
    return GOOD[:place] + packed + GOOD[place + len(packed) :]


def xml(old: bytes, new: bytes) -> bytes:
    """Another XML of the same length."""
    assert old in GOOD
    assert len(new) <= len(old)
    return GOOD.replace(old, new.ljust(len(old)), 1)


FILES: Table = {
    "a trillion parcels": with_dims(6, 1, 1, 1, 1, 1 << 40, 1 << 40, 1),
    "sides below zero": with_dims(6, 1, 1, 1, 1, -5, -5, 1),
    "sides of other length": with_dims(6, 1, 1, 1, 1, 5, 4, 1),
    "four dimensions": with_dims(4, 5, 5, 1, 1, 1, 1, 1),
    "a hundred dimensions": with_dims(100, 1, 1, 1, 1, 5, 5, 1),
    "time as well": with_dims(7, 1, 1, 1, 1, 5, 5, 9),
    "a type that is not known": at(12, "<h", 999),
    "values beyond": at(168, "<q", 1 << 40),
    "values before": at(168, "<q", -9),
    "values within the header": at(168, "<q", 100),
    "an extension beyond": at(544, "<i", 1 << 30),
    "an extension below zero": at(544, "<i", -16),
    "30 gigabytes that are holes": with_hole(
        with_dims(6, 1, 1, 1, 1, 60_000, 60_000, 1), 60_000**2 * 8
    ),
    "a DTD": xml(b'<CIFTI Version="2.0">', b"<!DOCTYPE a []><a>"),
    "no XML": GOOD.replace(b"<", b" "),
    "not parcels": GOOD.replace(b"CIFTI_INDEX_TYPE_PARCELS", b"CIFTI_INDEX_TYPE_SCALARS"),
    "no names": GOOD.replace(b"Name=", b"Nbme="),
    "cut within the header": GOOD[:300],
    "the other order": GOOD[:4][::-1] + GOOD[4:],
}
CASES = cases_of(FILES, ".pconn.nii")
