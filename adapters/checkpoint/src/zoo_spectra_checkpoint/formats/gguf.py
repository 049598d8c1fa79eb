"""GGUF files of llama.cpp and its like: every type that the package gguf dequantises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Damaged, Entry, Guard, Matrix, budget_of, is_hole, read_bytes
from zoo_spectra_checkpoint.formats.gguf_header import Header, Stored, check_places, read_header
from zoo_spectra_checkpoint.formats.gguf_names import parent_like, settings
from zoo_spectra_checkpoint.narrow import widened
from zoo_spectra_checkpoint.tensors import TensorFile

PIECE = 1 << 20  # entries that are dequantised at a time
_PART = re.compile(r".+[-_.](?P<number>[0-9]+)[-_.]of[-_.](?P<total>[0-9]+)(\.\w+)+")
# Types that are no blocks: numpy's, and torch's name of it.
_PLAIN = {
    "F64": ("<f8", "float64"),
    "F32": ("<f4", "float32"),
    "F16": ("<f2", "float16"),
    "BF16": ("<u2", "bfloat16"),
    "I8": ("<i1", "int8"),
    "I16": ("<i2", "int16"),
    "I32": ("<i4", "int32"),
    "I64": ("<i8", "int64"),
}


@dataclass(frozen=True)
class _Kind:
    """A type of ggml: ``entries`` of a block take ``bytes``; torch's name of what it holds.

    ``dequantise`` takes whole blocks in one row of bytes; None for a plain type.
    """

    name: str
    entries: int
    bytes: int
    dtype: str
    dequantise: Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]] | None = None


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies: its first byte in the file, its shape there, and its type.

    ``scale``: the name of the tensor that multiplies it.
    """

    start: int
    shape: tuple[int, ...]
    kind: _Kind
    scale: str | None = None


def open_file(path: Path) -> TensorFile:
    """Open a GGUF file: its header gives the entries, each with its outermost axis first.

    Raises FileFormatError when the header does not describe the file or names a type that is not
    known; NetworkError for a part of a split network under another name, and without the package.
    """
    if find_spec("gguf") is None:
        raise NetworkError(
            f"{path} is a GGUF file, which the package gguf reads; "
            "pip install 'zoo-spectra-checkpoint[gguf]'"
        )
    guard = Guard(budget_of(path), f"{path}: ")
    try:
        header = read_header(path, guard)
        places = _places(header, path.stat().st_size)
    except Damaged as error:
        raise FileFormatError(
            f"{path} is no complete GGUF file ({error}); fetch or convert it again"
        ) from error
    _check_part(path, header.values)
    entries = tuple(
        Entry(name, _shape(header, stored), places[name].kind.dtype, apart=True)
        for name, stored in zip(places, header.tensors, strict=True)
    )

    def fetch(entry: Entry) -> Matrix:
        with path.open("rb") as stream:
            try:
                return _values(stream, entry, places)
            except Damaged as error:
                raise FileFormatError(f"{path}, {entry.name}: {error}") from error

    return TensorFile(path, entries, fetch, settings=settings(header.values))


def _places(header: Header, size: int) -> dict[str, _Place]:
    """Where each tensor lies, by the name that the rule knows it by, in the file's order."""
    kinds = {stored.name: _kind(stored) for stored in header.tensors}
    if len(kinds) < len(header.tensors):
        raise Damaged("it has two tensors of one name")
    sizes = {
        stored.name: prod(stored.shape) // kinds[stored.name].entries * kinds[stored.name].bytes
        for stored in header.tensors
    }
    check_places(header, sizes, size)
    names = {stored.name: parent_like(stored.name) for stored in header.tensors}
    if len(set(names.values())) < len(names):
        raise Damaged("it has two tensors of one name, but for .weight behind it")
    return {
        names[stored.name]: _Place(
            header.data + stored.offset,
            stored.shape,
            kinds[stored.name],
            names.get(stored.name.removesuffix("weight") + "scale"),
        )
        for stored in header.tensors
    }


def _kind(stored: Stored) -> _Kind:
    kind = _known_kind(stored.kind)
    if kind is None:
        raise Damaged(
            f"{stored.name[:200]} has the type number {stored.kind}, which the package gguf does "
            "not know; a newer one may"
        )
    if prod(stored.shape) and (stored.shape or (1,))[-1] % kind.entries:
        raise Damaged(
            f"{stored.name[:200]}, {stored.shape}: its rows are no whole blocks of {kind.name}"
        )
    return kind


@cache
def _known_kind(number: int) -> _Kind | None:
    """The type of ggml's number; None where the package does not know it."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import dequantize

    try:
        kind = GGMLQuantizationType(number)
        entries, size = GGML_QUANT_SIZES[kind]
    except (ValueError, KeyError):
        return None
    if kind.name in _PLAIN:
        return _Kind(kind.name, entries, size, _PLAIN[kind.name][1])
    undo = partial(dequantize, qtype=kind)
    try:
        undo(np.ones((1, size), np.uint8))
    except NotImplementedError:
        return _Kind(kind.name, entries, size, f"packed to {kind.name}")
    return _Kind(kind.name, entries, size, "float32", undo)


def _shape(header: Header, stored: Stored) -> tuple[int, ...]:
    """The shape that a tensor had before its axes were joined to fill blocks (ComfyUI)."""
    said = header.values.get(f"comfy.gguf.orig_shape.{stored.name}")
    if isinstance(said, tuple) and all(type(side) is int and side >= 0 for side in said):
        sides = tuple(int(side) for side in said)
        if prod(sides) == prod(stored.shape):
            return sides
    return stored.shape


def _values(stream: IO[bytes], entry: Entry, places: Mapping[str, _Place]) -> Matrix:
    place = places[entry.name]
    shape = entry.shape if entry.place is None else entry.shape[1:]
    count = prod(shape)
    values = _read(stream, place, (entry.place or 0) * count, count).reshape(shape)
    if place.scale is None:
        return values
    scale = places[place.scale]
    scales = _read(stream, scale, 0, prod(scale.shape)).astype(np.float32)
    if scales.size not in (1, *entry.shape[:1]):
        raise Damaged(f"{scales.size:,} scales for the shape {entry.shape}; convert it again")
    if entry.place is not None and scales.size > 1:
        scales = scales[entry.place]
    values = values.astype(np.float32, copy=False)
    values *= scales.reshape(-1, *(1,) * (values.ndim - 1))
    return values


def _read(stream: IO[bytes], place: _Place, first: int, count: int) -> npt.NDArray[Any]:
    """``count`` entries from the ``first`` on, flat. Raises Damaged where the file was cut off."""
    kind = place.kind
    if first % kind.entries or count % kind.entries:
        return _read(stream, place, 0, prod(place.shape))[first : first + count]
    stream.seek(place.start + first // kind.entries * kind.bytes)
    if kind.dequantise is None:
        if is_hole(stream.fileno(), stream.tell(), count * kind.bytes):
            flat = np.zeros(count, _PLAIN[kind.name][0])
        else:
            flat = read_bytes(stream, count * kind.bytes).view(_PLAIN[kind.name][0])
        return widened(flat, kind.dtype)
    values = np.zeros(count, np.float32)
    if is_hole(stream.fileno(), stream.tell(), count // kind.entries * kind.bytes):
        return values
    for at in range(0, count, PIECE):
        piece = min(PIECE, count - at)
        blocks = read_bytes(stream, piece // kind.entries * kind.bytes)
        if blocks.any():  # zeros stand for zeros in every type
            with np.errstate(all="ignore"):
                values[at : at + piece] = kind.dequantise(blocks[None]).reshape(-1)
    return values


def _check_part(path: Path, values: Mapping[str, object]) -> None:
    """Refuse a part of a split network that its name does not show: it would pass for the whole."""
    number, total = values.get("split.no"), values.get("split.count")
    if not isinstance(number, int) or not isinstance(total, int) or total < 2:
        return
    match = _PART.fullmatch(path.name)
    if match is None or (int(match["number"][:9]), int(match["total"][:9])) != (number + 1, total):
        raise NetworkError(
            f"{path} is part {number + 1} of {total} of one network; give all parts the names that "
            f"the splitter gave them, NAME-{number + 1:05d}-of-{total:05d}.gguf"
        )
