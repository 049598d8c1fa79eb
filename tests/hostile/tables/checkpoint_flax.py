"""Hostile files of flax: MessagePack by hand, and arrays that are none."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
from good_checkpoint import of_flax
from good_shared import STATE
from makers import GIGABYTE, Table, cases_of, with_hole

from flax_files import flax_file, packed_array

GOOD = of_flax()
WEIGHT = STATE["fc.weight"]


def of_array(inside: bytes, code: int = 1) -> bytes:
    packed: bytes = msgpack.packb({"fc": {"kernel": msgpack.ExtType(code, inside)}})
    return packed


def array(shape: Any, name: Any = "float32", data: Any = bytes(16), *more: Any) -> bytes:
    return of_array(msgpack.packb((shape, name, data, *more), use_bin_type=True))


def parts(shape: Any, chunks: Any, mark: Any = True) -> bytes:
    tree = {"__msgpack_chunked_array__": mark, "shape": shape, "chunks": chunks}
    return flax_file({"fc": {"kernel": tree}})


def big(length: int, kind: int = 0xC9) -> bytes:
    """The head of an extension (or of something else) of so many bytes."""
    return b"\x81\xa6kernel" + bytes([kind]) + length.to_bytes(4, "big")


HALF = WEIGHT.reshape(-1)[:15]
SIDES = {"0": 6, "1": 5}
FILES: Table = {
    "a promise of terabytes": array((1 << 20, 1 << 20)),
    "sides whose product overflows": array((1 << 32, 1 << 32)),
    "sides of no number": array(("2", 2)),
    "a negative side": array((-2, -2)),
    "a side of true": array((True, 4)),
    "a million dimensions": array([1] * 1_000_000, data=bytes(4)),
    "forty dimensions": array([2, 2] + [1] * 38),
    "a shape that is a number": array(4),
    "less data than the shape": array((4, 4)),
    "more data than the shape": array((1, 2)),
    "data that is a text": array((2, 2), data="x" * 16),
    "data that is a list": array((2, 2), data=[0] * 16),
    "a type that is not known": array((4, 4), "int4"),
    "a type of objects": array((2, 1), "object"),
    "a type of fields": array((2, 1), "f4,f4"),
    "a type of another name": array((2, 2), "<f4"),
    "a type that is a number": array((2, 2), 4),
    "a type of a thousand characters": array((2, 2), "f" * 1000),
    "complex numbers": array((1, 2), "complex64"),
    "two things": of_array(msgpack.packb(((2, 2), "float32"))),
    "four things": array((2, 2), "float32", bytes(16), 1),
    "an array that is a number": of_array(msgpack.packb(7)),
    "an array of nothing": of_array(b""),
    "an array behind an array": of_array(packed_array(WEIGHT) * 2),
    "an array in an array": of_array(msgpack.packb(((2, 2), "float32", msgpack.ExtType(1, b"")))),
    "an extension of another code": of_array(packed_array(WEIGHT), 9),
    "parts that do not fill it": parts(SIDES, {"0": HALF}),
    "parts that are too many": parts(SIDES, {str(at): HALF for at in range(3)}),
    "parts of which one is missing": parts(SIDES, {"0": HALF, "2": HALF}),
    "parts of two types": parts(SIDES, {"0": HALF, "1": HALF.astype("f8")}),
    "parts of two dimensions": parts(SIDES, {"0": WEIGHT}),
    "parts that are numbers": parts(SIDES, {"0": 1, "1": 2}),
    "parts in parts": parts(SIDES, {"0": {"__msgpack_chunked_array__": True}}),
    "no parts": parts(SIDES, {}),
    "parts without a shape": parts(None, {"0": HALF, "1": HALF}),
    "parts of terabytes": parts({"0": 1 << 20, "1": 1 << 20}, {"0": HALF}),
    "an extension beyond the file": big(1 << 31),
    "bytes beyond the file": big(1 << 31, 0xC6),
    "a text beyond the file": big(1 << 31, 0xDB),
    "a text of a megabyte": big(1 << 20, 0xDB) + b"x" * (1 << 20),
    "a list beyond the file": big(1 << 31, 0xDD),
    "a map beyond the file": big(1 << 31, 0xDF),
    "a byte that is never used": b"\x81\xa6kernel\xc1",
    "a key that is a list": b"\x81\x91\x01\x01",
    "maps without end": b"\x81\xa1a" * 100_000,
    "lists without end": b"\x81\xa1a" + b"\x91" * 100_000,
    "three million numbers": big(3_000_000, 0xDD) + bytes(3_000_000),
    "two million maps": big(2_000_000, 0xDD) + b"\x80" * 2_000_000,
    "no arrays": flax_file({"a": 1, "b": {"c": "text"}}),
    "two trees": GOOD * 2,
    "arrays of no weight": flax_file({"a": np.arange(7)}),
    "a name of a million characters": flax_file({"x" * 1_000_000: WEIGHT}),
    "a name of two thousand characters": flax_file({"x" * 2000: WEIGHT}),
    "eight gigabytes of nothing": with_hole(
        b"\x81\xa1a\xc9" + (4 * GIGABYTE + 20).to_bytes(4, "big") + b"\x01\x93\x92"
        b"\xcd\x80\x00\xcd\x77\x36\xa7float32\xc6" + (4 * GIGABYTE).to_bytes(4, "big"),
        4 * GIGABYTE,
    ),
}
CASES = cases_of(FILES, ".msgpack")
