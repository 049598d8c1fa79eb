"""Hostile GGUF files, made byte by byte."""

from __future__ import annotations

import struct

from makers import GIGABYTE, Table, cases_of, with_hole

F32, Q8_0, Q4_K = 0, 8, 12
U32, TEXT, ARRAY = 4, 8, 9


def text(content: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(content) if length is None else length) + content


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def tensor(
    name: bytes = b"output.weight",
    sides: tuple[int, ...] = (8, 4),
    kind: int = F32,
    offset: int = 0,
    dimensions: int | None = None,
) -> bytes:
    count = len(sides) if dimensions is None else dimensions
    return (
        text(name)
        + struct.pack("<I", count)
        + struct.pack(f"<{len(sides)}Q", *sides)
        + struct.pack("<IQ", kind, offset)
    )


def gguf(
    tensors: list[bytes] | bytes = b"",
    keys: list[bytes] | bytes = b"",
    data: int = 0,
    counts: tuple[int, int] | None = None,
    version: int = 3,
) -> bytes:
    found = len(tensors) if isinstance(tensors, list) else 1, len(keys)
    head = b"GGUF" + struct.pack("<IQQ", version, *(counts or found))
    head += b"".join(keys) if isinstance(keys, list) else keys
    head += b"".join(tensors) if isinstance(tensors, list) else tensors
    return head + bytes(-len(head) % 32) + bytes(range(1, 33)) * (data // 32)


def many(count: int, same: bool = False) -> list[bytes]:
    return [tensor(b"%d.weight" % k, (8, 4), offset=0 if same else 128 * k) for k in range(count)]


NESTED = struct.pack("<IQ", ARRAY, 1)
ONE = [tensor()]
FILES: Table = {
    "a million tensors": gguf(many(1_000_000, True), data=128),
    "a count of tensors as large as it can be": gguf(ONE, data=128, counts=((1 << 64) - 1, 0)),
    "a count of keys as large as it can be": gguf(ONE, data=128, counts=(1, (1 << 64) - 1)),
    "a count of both that overflows": gguf(ONE, data=128, counts=(1 << 63, 1 << 63)),
    "a key of a gigabyte that is not there": gguf(
        ONE, [text(b"k", GIGABYTE) + struct.pack("<II", U32, 1)], 128
    ),
    "a key of a gigabyte, a hole": with_hole(
        b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, GIGABYTE), 2 * GIGABYTE
    ),
    "a name of a gigabyte, a hole": with_hole(
        b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, GIGABYTE), 2 * GIGABYTE
    ),
    "a value of a gigabyte that is not there": gguf(
        ONE, [key(b"k", TEXT, text(b"v", GIGABYTE))], 128
    ),
    "a length of a text that is negative": gguf(
        ONE, [key(b"k", TEXT, text(b"v", (1 << 64) - 1))], 128
    ),
    "arrays in arrays": gguf(ONE, [key(b"k", ARRAY, NESTED * 100_000)], 128),
    "an array longer than the file": gguf(
        ONE, [key(b"k", ARRAY, struct.pack("<IQ", U32, 1 << 62))], 128
    ),
    "an array of texts longer than the file": gguf(
        ONE, [key(b"k", ARRAY, struct.pack("<IQ", TEXT, 1 << 60))], 128
    ),
    "a billion empty texts, a hole": with_hole(
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text(b"k") + struct.pack("<IIQ", 9, 8, 10**9),
        8 * GIGABYTE,
    ),
    "a type of a value that is not known": gguf(ONE, [key(b"k", 13, bytes(8))], 128),
    "a key twice": gguf(ONE, [key(b"k", U32, bytes(4))] * 2, 128),
    "a key that is no text": gguf(ONE, [key(b"\xff\xfe", U32, bytes(4))], 128),
    "an alignment of zero": gguf(ONE, [key(b"general.alignment", U32, bytes(4))], 128),
    "an alignment of three": gguf(ONE, [key(b"general.alignment", U32, struct.pack("<I", 3))], 128),
    "an alignment that is a text": gguf(ONE, [key(b"general.alignment", TEXT, text(b"32"))], 128),
    "an alignment of two gigabytes": gguf(
        ONE, [key(b"general.alignment", U32, struct.pack("<I", 1 << 31))], 128
    ),
    "a place beyond the end": gguf([tensor(offset=1 << 40)], data=128),
    "a place that is negative": gguf([tensor(offset=(1 << 64) - 32)], data=128),
    "a place that is not aligned": gguf([tensor(offset=4)], data=160),
    "less data than the shape": gguf(ONE, data=96),
    "one place for two": gguf(many(2, True), data=128),
    "two that overlap": gguf([tensor(), tensor(b"b.weight", offset=64)], data=192),
    "one name for two": gguf([tensor(), tensor(offset=128)], data=256),
    "sides whose product overflows": gguf([tensor(sides=(1 << 32, 1 << 32))], data=128),
    "a side as large as it can be": gguf([tensor(sides=((1 << 64) - 1, 1))], data=128),
    "a side of nothing beside a huge one": gguf([tensor(sides=(0, 1 << 61))], data=128),
    "a billion dimensions": gguf([tensor(dimensions=1_000_000_000)], data=128),
    "forty dimensions": gguf([tensor(sides=(2,) * 5 + (1,) * 35)], data=128),
    "rows that are no whole blocks": gguf([tensor(sides=(48, 4), kind=Q8_0)], data=256),
    "a type that is not known": gguf([tensor(kind=999)], data=128),
    "a type that was taken away": gguf([tensor(kind=31)], data=128),
    "a type that is not undone": gguf([tensor(sides=(256, 2), kind=15)], data=608),
    "a name that is no text": gguf([tensor(b"\xff\xfe.weight")], data=128),
    "a name of four thousand characters": gguf([tensor(b"x" * 4000)], data=128),
    "a name longer than there may be": gguf([tensor(b"x" * 5000)], data=128),
    "no tensor": gguf([], [key(b"k", U32, bytes(4))]),
    "version one": gguf(ONE, data=128, version=1),
    "version four": gguf(ONE, data=128, version=4),
    "the other order of bytes": gguf(ONE, data=128, version=3 << 24),
    "the second part of many": gguf(
        ONE,
        [
            key(b"split.no", U32, struct.pack("<I", 1)),
            key(b"split.count", U32, struct.pack("<I", 4_000_000_000)),
        ],
        128,
    ),
    "scales that do not fit": gguf([tensor(), tensor(b"output.scale", (3,), offset=128)], data=160),
    "experts whose scales are as many as it likes": gguf(
        [tensor(sides=(8, 4, 2)), tensor(b"output.scale", (8, 4), offset=256)], data=384
    ),
    "eight gigabytes of nothing": with_hole(gguf([tensor(sides=(50_000, 40_000))]), 8 * GIGABYTE),
    "a shape that is said to be another": gguf(
        [tensor(b"fc.weight")],
        [
            key(
                b"comfy.gguf.orig_shape.fc.weight",
                ARRAY,
                struct.pack("<IQ4I", U32, 4, *[1 << 31] * 4),
            )
        ],
        128,
    ),
    "keys and values that do not fit": gguf(
        [
            tensor(b"blk.0.attn_k_b.weight", (4, 2, 2)),
            tensor(b"blk.0.attn_v_b.weight", (4, 2, 2), offset=64),
        ],
        data=128,
    ),
}
CASES = cases_of(FILES, ".gguf", {"a shape that is said to be another"})
