"""Hostile safetensors files."""

from __future__ import annotations

import json
import struct
from math import prod
from typing import Any

from makers import GIGABYTE, Table, cases_of, with_hole


def safetensors(header: object, data: int = 0, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + bytes(data)


def one(shape: list[int], end: int, dtype: str = "F32", name: str = "fc.weight") -> dict[str, Any]:
    return {name: {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


def parts(tensors: dict[str, tuple[str, list[int], int]], values: bytes = b"") -> bytes:
    """Tensors by name: a type, a shape, a width; behind the header ``values``, then zeros."""
    size = sum(prod(shape) * width for _, shape, width in tensors.values())
    return safetensors(places(tensors)) + values + bytes(size - len(values))


def places(tensors: dict[str, tuple[str, list[int], int]]) -> dict[str, Any]:
    """The header of tensors that follow one another."""
    header, at = {}, 0
    for name, (dtype, shape, width) in tensors.items():
        end = at + prod(shape) * width
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, end]}
        at = end
    return header


def four_bits(state: bytes) -> bytes:
    """A layer of bitsandbytes with this for its state, which comes first."""
    return parts(
        {
            "fc.weight.quant_state.bitsandbytes__nf4": ("U8", [len(state)], 1),
            "fc.weight": ("U8", [8, 1], 1),
            "fc.weight.absmax": ("F32", [1], 4),
            "fc.weight.quant_map": ("F32", [16], 4),
        },
        state,
    )


def compressed(rows: int, columns: int) -> bytes:
    """A layer of compressed-tensors that says it has so many rows and columns."""
    return parts(
        {
            "fc.weight_shape": ("I64", [2], 8),
            "fc.weight_packed": ("I32", [4, 2], 4),
            "fc.weight_scale": ("F32", [4, 1], 4),
        },
        struct.pack("<qq", rows, columns),
    )


GPTQ = {
    "q.g_idx": ("I32", [16], 4),
    "q.qweight": ("I32", [2, 8], 4),
    "q.qzeros": ("I32", [1, 1], 4),
    "q.scales": ("F32", [1, 8], 4),
}
STATE = b'{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": %s}'
PACKED_HOLE = {
    "q.qweight": ("I32", [17_000, 16_384], 4),
    "q.qzeros": ("I32", [1, 2048], 4),
    "q.scales": ("F32", [1, 16_384], 4),
}
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
    "a state that is no JSON": four_bits(b"{"),
    "a state of brackets": four_bits(b"[" * 16_000),
    "a state of a gigabyte": four_bits(STATE % b"[1000000000, 1]"),
    "a state of a negative side": four_bits(STATE % b"[-4, -4]"),
    "a state of no numbers": four_bits(STATE % b'["4", 4]'),
    "a state whose sides overflow": four_bits(STATE % b"[1e400, 4]"),
    "a state of a million characters": four_bits(STATE % b"[4, 4]" + b" " * 1_000_000),
    "a state that is a number": four_bits(b"7"),
    "a packed weight that says it is negative": compressed(-4, -16),
    "a packed weight that says it is huge": compressed(4, 1 << 62),
    "a packed weight of nothing": compressed(4, 0),
    "inputs in a group that is not there": parts(GPTQ, struct.pack("<16i", *[7] * 16)),
    "inputs in a negative group": parts(GPTQ, struct.pack("<16i", *[-1] * 16)),
    "groups of more inputs than there are": parts(GPTQ | {"q.g_idx": ("I32", [1_000_000], 4)}),
    "a layer of no outputs": parts(
        GPTQ | {"q.qweight": ("I32", [2, 0], 4), "q.scales": ("F32", [1, 0], 4)}
    ),
    "a gigabyte of nothing that unpacks to eight": with_hole(
        safetensors(places(PACKED_HOLE)), 4 * (17_000 * 16_384 + 2048 + 16_384)
    ),
    "eight gigabytes of nothing": with_hole(
        safetensors(one([50_000, 40_000], 8 * GIGABYTE)), 8 * GIGABYTE
    ),
}
CASES = cases_of(FILES, ".safetensors", {"a name that takes for ever to match"})
