"""Hostile safetensors files."""

from __future__ import annotations

import json
from typing import Any

from makers import GIGABYTE, Table, cases_of, with_hole


def safetensors(header: object, data: int = 0, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + bytes(data)


def one(shape: list[int], end: int, dtype: str = "F32", name: str = "fc.weight") -> dict[str, Any]:
    return {name: {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


MANY = {f"{k}.weight": {"dtype": "F32", "shape": [0, 2], "data_offsets": [0, 0]} for k in range(9)}
FILES: Table = {
    "a header as long as memory": safetensors({}, length=(1 << 63) - 1),
    "a header longer than the file": safetensors(one([2, 2], 16), 16, 4000),
    "a header of 40 MB": safetensors(b"{" + b" " * 40_000_000 + b"}"),
    "deep metadata": safetensors(b'{"__metadata__":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "metadata that is a number": safetensors({"__metadata__": 1e308}),
    "a million dimensions": safetensors(one([1] * 1_000_000, 4), 4),
    "forty dimensions": safetensors(one([2, 2] + [1] * 38, 16), 16),
    "sides whose product overflows": safetensors(one([1 << 32, 1 << 32], 16), 16),
    "sides that are no numbers": safetensors(one(["2", None], 16), 16),  # type: ignore[list-item]
    "a negative side": safetensors(one([-2, -2], 16), 16),
    "a side of 400 digits": safetensors(one([10**400, 0], 0)),
    "more data than the shape": safetensors(one([2, 2], 32), 32),
    "less data than the shape": safetensors(one([4, 4], 16), 16),
    "a place beyond the end": safetensors(one([2, 2], 1 << 40), 16),
    "a type that is not known": safetensors(one([2, 2], 16, "Q7"), 16),
    "a type of four bits": safetensors(one([4, 8], 16, "F4"), 16),
    "one place for two": safetensors(one([2, 2], 16) | one([2, 2], 16, name="b.weight"), 16),
    "no tensor": safetensors({}),
    "no data": safetensors(MANY),
    "a name of a million characters": safetensors(one([2, 2], 16, name="x" * 1_000_000), 16),
    "a name that takes for ever to match": safetensors(
        one([2, 2], 16, name="norm" + "1" * 500 + "x.weight"), 16
    ),
    "a header that is a list": safetensors([1, 2, 3]),
    "a name that is half a character": safetensors(
        b'{"\\ud800.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}', 16
    ),
    "eight gigabytes of nothing": with_hole(
        safetensors(one([50_000, 40_000], 8 * GIGABYTE)), 8 * GIGABYTE
    ),
}
CASES = cases_of(FILES, ".safetensors", {"a name that takes for ever to match"})
