"""Safetensors: a dense matrix, or a sparse one in three arrays (values, indices, pointers)."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of, read_bytes
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.readers.chosen import chosen, is_square
from zoo_spectra_connectome.readers.compressed import ROLES, compressed
from zoo_spectra_connectome.settings import Settings

MAX_HEADER = 32 << 20
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?", "U8": "u1", "I8": "i1"}
TYPES |= {f"{sign}{8 * size}": f"<{sign.lower()}{size}" for sign in "IU" for size in (2, 4, 8)}
Tensor = tuple[str, tuple[int, ...], int, int]  # type, shape, start and stop in the file


def read(path: Path, settings: Settings) -> Adjacency:
    """The one matrix, or that of the option ``array``: a tensor, or the beginning of the three.

    Raises NetworkError where there are several, FileFormatError.
    """
    guard = Guard(budget_of(path))
    tensors, form = _header(path, guard)
    sparse = _triples(tensors)
    square, others = dict[str, tuple[int, ...]](), dict[str, str]()
    parts = {f"{prefix}{name}" for prefix, names in sparse.items() for name in (*names, "shape")}
    for name, (kind, shape, _, _) in tensors.items():
        if name not in parts and kind in TYPES and is_square(shape):
            square[name] = shape
        elif name not in parts:
            others[name] = f"{kind}, {' × '.join(map(str, shape))}"
    with path.open("rb") as stream:

        def values(name: str) -> Any:
            kind, shape, start, stop = tensors[name]
            if kind not in TYPES:
                raise FileFormatError(f"{name[:40]} is of the type {kind[:20]}; save float32")
            check_bytes(stop - start)
            guard.hold(stop - start, name[:40])
            stream.seek(start)
            return read_bytes(stream, stop - start).view(TYPES[kind]).reshape(shape)

        for prefix, names in sparse.items():
            label = prefix.rstrip("._/") or "matrix"
            square[label] = _shape(prefix, names, tensors, values)
        name = chosen(square, others, settings.array)
        for prefix, names in sparse.items():
            if (prefix.rstrip("._/") or "matrix") == name:
                arrays = {each: values(prefix + each) for each in names}
                return network_of(compressed(arrays, square[name], form), None, settings, name)
        return network_of(values(name), None, settings, name)


def _header(path: Path, guard: Guard) -> tuple[dict[str, Tensor], str]:
    """The tensors of a file, and the form of sparse ones (csr where it says nothing)."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(MAX_HEADER, size - 8):
            raise FileFormatError(f"a header of {length:,} bytes is not one of safetensors")
        guard.hold(20 * length, "its header")
        header = json.loads(stream.read(length).decode("utf-8"))
    if not isinstance(header, dict):
        raise FileFormatError("its header is no table of tensors")
    said = header.pop("__metadata__", None)
    form = said.get("format") if isinstance(said, dict) else None
    tensors: dict[str, Tensor] = {}
    for name, given in guard.each(header.items()):
        kind, shape, (start, stop) = given["dtype"], given["shape"], given["data_offsets"]
        if not all(isinstance(n, int) and n >= 0 for n in (*shape, start, stop)):
            raise FileFormatError(f"tensor {name[:40]!r} has no shape or place")
        width = np.dtype(TYPES[kind]).itemsize if kind in TYPES else 0
        if 8 + length + stop > size or (width and stop - start != prod(shape) * width):
            raise FileFormatError(f"tensor {name[:40]!r} is not where the header says")
        tensors[name] = str(kind), tuple(shape), 8 + length + start, 8 + length + stop
    return tensors, "csc" if form == "csc" else "csr"


def _triples(tensors: dict[str, Tensor]) -> dict[str, frozenset[str]]:
    """The beginnings of names that have the three arrays of a sparse matrix."""
    found: dict[str, frozenset[str]] = {}
    for role in ROLES:
        last = next(
            name for name in role if name.endswith(("indptr", "crow_indices", "ccol_indices"))
        )
        for name in tensors:
            if name.endswith(last):
                prefix = name[: -len(last)]
                if all(prefix + each in tensors for each in role):
                    found[prefix] = role
    return found


def _shape(prefix: str, names: frozenset[str], tensors: dict[str, Tensor], values: Any) -> Any:
    given = prefix + "shape"
    if given in tensors and tensors[given][1] == (2,) and tensors[given][0] in ("I64", "I32"):
        return tuple(map(int, values(given)))
    last = next(name for name in names if name.endswith(("ptr", "crow_indices", "ccol_indices")))
    shape = tensors[prefix + last][1]
    side = shape[0] - 1 if len(shape) == 1 else 0
    return side, side
