"""Hostile archives of numpy, as checkpoints."""

from __future__ import annotations

from good_shared import STATE, of_npz
from makers import GIGABYTE, Table, array_header, bomb, cases_of, quine, with_fields, zipped


def member(header: bytes, data: int = 0) -> bytes:
    return zipped({"fc.weight.npy": header + bytes(data)})


GOOD_NPZ = of_npz(STATE)
PACKED_NPZ = of_npz(STATE, True)
FILES: Table = {
    "a promise of terabytes": member(array_header("(1048576, 1048576)"), 100),
    "a negative side": member(array_header("(-4, -4)"), 64),
    "sides whose product overflows": member(array_header("(4294967296, 4294967296)"), 64),
    "a hundred dimensions": member(array_header(f"({'1, ' * 98}4, 4)"), 64),
    "a shape that is a text": member(array_header("'44'"), 64),
    "a header of brackets": member(array_header("(" * 5000)),
    "a header of minuses": member(array_header("-" * 60_000 + "1")),
    "a header of four gigabytes": member(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{"),
    "a header that unpacks to three gigabytes": bomb(
        "fc.weight.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xb0", 3 * GIGABYTE, b" "
    ),
    "a type with a side of its own": member(array_header("(4, 4)", "('<f4', (1000000000,))"), 64),
    "a type of fields": member(array_header("(4, 4)", "[('a', '<f4'), ('b', '<f4')]"), 128),
    "a type that is not known": member(array_header("(4, 4)", "'<q99'"), 64),
    "objects": member(array_header("(4, 4)", "'|O'"), 128),
    "a version that is not known": member(array_header("(4, 4)", version=9), 64),
    "three gigabytes packed": bomb("fc.weight.npy", array_header("(30000, 25000)"), 3 * GIGABYTE),
    "more unpacked than is said": with_fields(PACKED_NPZ, size=100),
    "less unpacked than is said": with_fields(PACKED_NPZ, size=1 << 31),
    "a checksum of another": with_fields(PACKED_NPZ, crc=1),
    "another method": with_fields(PACKED_NPZ, method=14),
    "packed by bzip2": zipped({"fc.weight.npy": array_header("(4, 4)") + bytes(64)}, 12),
    "encrypted": with_fields(GOOD_NPZ, flags=1),
    "a member beyond the end": with_fields(GOOD_NPZ, offset=1 << 31),
    "a member in the directory": with_fields(GOOD_NPZ, offset=len(GOOD_NPZ) - 30),
    "sixty thousand members of one place": quine(60_000),
    "two thousand members of one place": quine(2000),
    "no arrays": zipped({"readme.txt": b"x"}),
    "a name of sixty thousand characters": zipped(
        {"x" * 60_000 + ".npy": array_header("(4, 4)") + bytes(64)}
    ),
    "a directory of 70 MB": zipped({f"{k}{'x' * 60_000}": b"" for k in range(1200)}),
}
CASES = cases_of(FILES, ".npz")
