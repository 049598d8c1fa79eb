"""Flax: state dicts in MessagePack, as ``flax.serialization`` writes them; read without flax.

An array is an extension with its shape, type and values; one of more than 1 GiB is a map of parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import (
    Damaged,
    Entry,
    Guard,
    Matrix,
    budget_of,
    keeps_no_order,
    read_bytes,
)
from zoo_spectra_checkpoint.formats.msgpack import Bytes, Reader
from zoo_spectra_checkpoint.narrow import widened
from zoo_spectra_checkpoint.tensors import TensorFile

ARRAY, SCALAR = 1, 3  # codes of flax's extensions
CHUNKED = "__msgpack_chunked_array__"
MAX_DIMENSIONS = 32
# Types of JAX that numpy has not: torch's name, and how they lie in the file.
_TYPES = {"bfloat16": ("bfloat16", "<u2")}
_TYPES |= {name: (name, "<u1") for name in ("float8_e4m3fn", "float8_e5m2")}
_KINDS = "fiucb"


@dataclass(frozen=True)
class _Array:
    """An array: ``places`` of its values, from first to last byte, in the order of its entries."""

    shape: tuple[int, ...]
    name: str
    stored: np.dtype[Any] | None
    places: tuple[tuple[int, int], ...]


def open_file(path: Path) -> TensorFile:
    """Open a .msgpack file of flax; its arrays give the entries, their keys joined by slashes.

    Raises FileFormatError when it is cut off or malformed, NetworkError when it has no arrays, and
    over budget.
    """
    guard = Guard(budget_of(path), f"{path}: ")
    size = path.stat().st_size
    try:
        with path.open("rb") as stream:
            reader = Reader(stream, size, guard)
            tree = reader.item()
            if stream.tell() != size:
                raise Damaged("more bytes than its values have")
            arrays = dict(_arrays(tree, reader, "", guard))
    except Damaged as error:
        raise FileFormatError(
            f"{path} is no complete file of flax ({error}); fetch or save it again"
        ) from error
    if not arrays:
        raise NetworkError(
            f"{path} is MessagePack, but has no arrays of flax; save the parameters with "
            "flax.serialization.to_bytes, or as safetensors"
        )

    def fetch(entry: Entry) -> Matrix:
        array = arrays[entry.name]
        if array.stored is None:
            raise NetworkError(
                f"{path}, {entry.name} is of the type {array.name}, which is not read; "
                "save it as float32"
            )
        values = np.empty(prod(array.shape), array.stored)
        whole, at = values.view(np.uint8), 0
        try:
            with path.open("rb") as stream:
                for start, stop in array.places:
                    stream.seek(start)
                    whole[at : at + stop - start] = read_bytes(stream, stop - start)
                    at += stop - start
        except Damaged as error:
            raise FileFormatError(f"{path}, {entry.name}: {error}; fetch it again") from error
        return widened(values, array.name).reshape(array.shape)

    entries = (Entry(name, array.shape, array.name) for name, array in arrays.items())
    held = tuple(entries)
    return TensorFile(path, held, fetch, by_names=keeps_no_order(held))


def _arrays(tree: Any, reader: Reader, at: str, guard: Guard) -> Iterator[tuple[str, _Array]]:
    """The arrays of a tree by their paths, in the file's order. Raises Damaged."""
    if isinstance(tree, Bytes):
        if tree.code in (ARRAY, SCALAR):
            yield at or "array", _array(tree, reader)
    elif isinstance(tree, dict):
        if CHUNKED in tree:
            yield at or "array", _joined(tree, reader)
            return
        for key, value in guard.each(tree.items()):
            guard.hold(len(at), "its names")
            yield from _arrays(value, reader, f"{at}/{key}" if at else key, guard)
    elif isinstance(tree, list):
        yield from _arrays(
            dict(zip(map(str, range(len(tree))), tree, strict=True)), reader, at, guard
        )


def _array(place: Bytes, reader: Reader) -> _Array:
    """An array of one piece: (shape, name of the type, values)."""
    reader.at(place.start)
    found = reader.item()
    if not isinstance(found, list) or len(found) != 3 or not isinstance(found[2], Bytes):
        raise Damaged("an array that has not shape, type and values")
    shape, name, data = found
    if data.stop != place.stop:
        raise Damaged("an array that ends elsewhere than its values")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not _whole(shape):
        raise Damaged("an array without a shape")
    if not isinstance(name, str):
        raise Damaged("an array without a type")
    called, stored = _type(name)
    if stored is not None and prod(shape) * stored.itemsize != data.stop - data.start:
        raise Damaged(f"an array of {tuple(shape)} with {data.stop - data.start:,} bytes")
    return _Array(tuple(shape), called, stored, ((data.start, data.stop),))


def _joined(tree: dict[str, Any], reader: Reader) -> _Array:
    """A large array: its shape, and its entries in parts."""
    shape, chunks = (_row(tree.get(key)) for key in ("shape", "chunks"))
    if not _whole(shape) or len(shape) > MAX_DIMENSIONS:
        raise Damaged("an array in parts without a shape")
    if not chunks or not all(isinstance(each, Bytes) and each.code == ARRAY for each in chunks):
        raise Damaged("an array in parts, some of which are none")
    parts = [_array(each, reader) for each in chunks]
    first = parts[0]
    if any(part.name != first.name or len(part.shape) != 1 for part in parts):
        raise Damaged("an array in parts of several types")
    if sum(part.shape[0] for part in parts) != prod(shape):
        raise Damaged(f"an array of {tuple(shape)} whose parts do not fill it")
    places = tuple(place for part in parts for place in part.places)
    return _Array(tuple(shape), first.name, first.stored, places)


def _row(found: Any) -> list[Any]:
    """A tuple, which flax writes as a map of its places."""
    if not isinstance(found, dict) or set(found) != {str(at) for at in range(len(found))}:
        raise Damaged("an array in parts, of which some are missing")
    return [found[str(at)] for at in range(len(found))]


def _whole(shape: list[Any]) -> bool:
    return all(type(side) is int and 0 <= side < 1 << 62 for side in shape)


def _type(name: str) -> tuple[str, np.dtype[Any] | None]:
    """Torch's name of a type, and how it lies in the file; None for one that is not read."""
    if name in _TYPES:
        called, code = _TYPES[name]
        return called, np.dtype(code)
    try:
        stored = np.dtype(name)
    except (TypeError, ValueError):
        return f"packed {name[:50]}", None
    if stored.kind not in _KINDS or stored.name != name:
        return f"packed {name[:50]}", None
    return name, stored.newbyteorder("<")
