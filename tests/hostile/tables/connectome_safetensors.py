"""Hostile safetensors files."""

from __future__ import annotations

import json

import numpy as np
from good_connectome import sparse_safetensors
from good_shared import MATRIX
from makers import Table, cases_of, with_hole
from safetensors.numpy import save


def made(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def one(shape: object, offsets: object, kind: object = "F64", data: bytes = bytes(32)) -> bytes:
    return made({"a": {"dtype": kind, "shape": shape, "data_offsets": offsets}}, data)


def csr(**changes: object) -> bytes:
    arrays = {"data": np.ones(2), "indices": np.array([1, 0]), "indptr": np.array([0, 1, 2])}
    return save({name: np.array(values) for name, values in (arrays | changes).items()})


HUGE = one([40_000, 40_000], [0, 40_000**2 * 8], data=b"")
FILES: Table = {
    "a header of exabytes": b"\xff" * 8 + b"{}",
    "a header of 30 MB": made(b'{"a":' + b"[" * 30_000_000),
    "a list": made([]),
    "a number": made(b"5"),
    "a tensor that is a number": made({"a": 5}),
    "no shape": made({"a": {"dtype": "F64", "data_offsets": [0, 8]}}),
    "a shape below zero": one([-2, -2], [0, 32]),
    "a shape of fractions": one([2.0, 2.0], [0, 32]),
    "a shape that is a text": one("22", [0, 32]),
    "offsets that go back": one([2, 2], [32, 0]),
    "offsets beyond": one([2, 2], [900, 932]),
    "offsets of another size": one([2, 2], [0, 31]),
    "three offsets": one([2, 2], [0, 32, 32]),
    "a type that is not known": one([2, 2], [0, 32], "F99"),
    "a type that is a list": one([2, 2], [0, 32], ["F64"]),
    "12 gigabytes that are holes": with_hole(HUGE, 40_000**2 * 8),
    "two matrices": save({"a": MATRIX, "b": MATRIX}),
    "no matrix": save({"a": np.ones(3)}),
    "a stack": save({"a": np.ones((2, 3, 3))}),
    "indices beyond": csr(indices=[1, 7]),
    "indices before": csr(indices=[1, -7]),
    "indices of fractions": csr(indices=[1.0, 0.0]),
    "pointers that go back": csr(indptr=[0, 5, 2]),
    "pointers beyond": csr(indptr=[0, 1, 1 << 40]),
    "pointers in a table": csr(indptr=[[0, 1], [1, 2]]),
    "fewer data": csr(data=[1.0]),
    "a shape of exabytes": csr(shape=[1 << 40, 1 << 40]),
    "a shape of less": csr(shape=[1, 1]),
    "cut within the indices": sparse_safetensors()[:-30],
}
CASES = cases_of(FILES, ".safetensors")
