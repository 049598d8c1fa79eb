"""Pickles of torch by hand: what they call is written down, and not called here."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from makers import zipped


class Call:
    """Pickled as a call of a function; nothing is called here."""

    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.function, self.arguments, self.state = function, arguments, state

    def __reduce__(self) -> Any:
        told = self.function, self.arguments
        return told if self.state is None else (*told, self.state)


class Stored:
    """A storage: ``count`` elements under a name."""

    def __init__(self, key: str, count: Any, kind: Any = torch.FloatStorage) -> None:
        self.pid = ("storage", kind, key, "cpu", count)


class Pickler(pickle.Pickler):
    def persistent_id(self, value: object) -> Any:
        return value.pid if isinstance(value, Stored) else None


def pickled(state: object) -> bytes:
    stream = io.BytesIO()
    Pickler(stream, 2).dump(state)
    return stream.getvalue()


def torch_zip(content: bytes, method: int = zipfile.ZIP_STORED, **storages: bytes) -> bytes:
    parts = {f"a/data/{key.removeprefix('s')}": data for key, data in storages.items()}
    return zipped(
        {"a/data.pkl": content, "a/byteorder": b"little", "a/version": b"3\n"} | parts, method
    )


def weight(value: Any, **storages: bytes) -> bytes:
    return torch_zip(pickled({"fc.weight": value}), **storages)


UTILS: Any = torch._utils
NO_HOOKS: OrderedDict[str, Any] = OrderedDict()


def view(offset: Any, shape: Any, strides: Any, count: Any = 16, key: str = "0") -> Call:
    return Call(
        UTILS._rebuild_tensor_v2, Stored(key, count), offset, shape, strides, False, NO_HOOKS
    )


def numbers(values: list[int], key: str, shape: tuple[int, ...] | None = None) -> Call:
    shape = shape or (len(values),)
    strides = tuple(int(np.prod(shape[at + 1 :])) for at in range(len(shape)))
    stored = Stored(key, len(values), torch.LongStorage)
    return Call(UTILS._rebuild_tensor_v2, stored, 0, shape, strides, False, NO_HOOKS)


def compressed(
    layout: torch.layout,
    pointers: list[int],
    others: list[int],
    shape: tuple[int, ...],
    values: tuple[int, ...] | None = None,
) -> bytes:
    """A sparse tensor of 1s, with such indices."""
    sides = values or (len(others),)
    count = int(np.prod(sides))
    strides = tuple(int(np.prod(sides[at + 1 :])) for at in range(len(sides)))
    data = (numbers(pointers, "1"), numbers(others, "2"), view(0, sides, strides, count), shape)
    return weight(
        Call(UTILS._rebuild_sparse_tensor, layout, data),
        s0=np.ones(count, np.float32).tobytes(),
        s1=np.array(pointers, np.int64).tobytes(),
        s2=np.array(others, np.int64).tobytes(),
    )


def coordinates(
    rows: list[int],
    columns: list[int],
    shape: tuple[int, ...],
    *coalesced: bool,
    values: tuple[int, ...] | None = None,
) -> bytes:
    places = [*rows, *columns]
    sides = values or (len(rows),)
    strides = tuple(int(np.prod(sides[at + 1 :])) for at in range(len(sides)))
    count = int(np.prod(sides))
    indices = numbers(places, "1", (2, len(rows)))
    data = (indices, view(0, sides, strides, count), shape, *coalesced)
    return weight(
        Call(UTILS._rebuild_sparse_tensor, torch.sparse_coo, data),
        s0=np.ones(count, np.float32).tobytes(),
        s1=np.array(places, np.int64).tobytes(),
    )


def nested(times: int, inner: bytes, wrap: bytes) -> bytes:
    """A pickle that does the same to its result again and again."""
    return b"\x80\x02" + inner + wrap * times + b"."


def doubled(times: int, of: bytes = b"\x86") -> bytes:
    """Each step a pair of the step before, twice: 2^times in all."""
    steps = b"".join(b"q" + bytes((k,)) + b"h" + bytes((k,)) + of for k in range(times))
    return b"\x80\x02)" + steps


def state_of(value: bytes) -> bytes:
    """A pickle of a dict whose ``fc.weight`` is what a pickle pushes."""
    return b"\x80\x02}X\x09\x00\x00\x00fc.weight" + value + b"s."


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def chain(times: int) -> dict[str, Any]:
    """Dicts that lead to one another, twice each: 2^times ways."""
    inner: dict[str, Any] = {}
    for _ in range(times):
        inner = {"a": inner, "b": inner}
    return inner


def deep(times: int) -> bytes:
    """A model in a model in a model."""
    start = b"}X\x05\x00\x00\x00model"
    return b"\x80\x02" + start * times + b"N" + b"s" * times + b"."


def old_torch(state: object, keys: object, tail: bytes) -> bytes:
    parts = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    return b"".join(map(pickle.dumps, parts)) + pickled(state) + pickle.dumps(keys, 2) + tail


def old_view(count: Any, part: Any = None) -> Call:
    stored = Stored("0", count)
    stored.pid = (*stored.pid, part)
    return Call(UTILS._rebuild_tensor_v2, stored, 0, (4, 4), (4, 1), False, NO_HOOKS)


class Runs:
    """Unpickling this makes a folder beside the file: ``witness``."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("witness",)


def quantised(*parameters: Any) -> bytes:
    stored = Stored("0", 16, torch.QInt8Storage)
    call = Call(UTILS._rebuild_qtensor, stored, 0, (4, 4), (4, 1), parameters, False, NO_HOOKS)
    return weight(call, s0=bytes(16), s1=bytes(32))


FLOATS = np.ones(16, np.float32).tobytes()
CSR, CSC, BSR, BSC = torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc
