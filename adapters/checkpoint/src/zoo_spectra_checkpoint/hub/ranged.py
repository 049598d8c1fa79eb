"""A safetensors file read where it lies: its header, then one tensor at a time, by HTTP range."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Entry, Matrix, keeps_no_order
from zoo_spectra_checkpoint.formats import MAX_NAME
from zoo_spectra_checkpoint.formats.safetensors import (
    MAX_DIMENSIONS,
    MAX_HEADER,
    entries_of,
    stored_type,
)
from zoo_spectra_checkpoint.hub.asking import HubFile
from zoo_spectra_checkpoint.narrow import widened
from zoo_spectra_checkpoint.tensors import TensorFile, reading

FIRST = 1 << 15  # bytes of a first look: most headers, and never much more than one


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file of ``size`` bytes that begins so is one: the header's length, then JSON."""
    return head[8:9] == b"{" and 8 + int.from_bytes(head[:8], "little") <= size


def open_ranged(file: HubFile, head: bytes) -> TensorFile:
    """Open a safetensors file that begins with ``head``; what more its header has is fetched.

    Raises FileFormatError when the header does not describe the file, NetworkError.
    """
    path = Path(file.where)
    with reading(path):
        length = int.from_bytes(head[:8], "little")
        if length > MAX_HEADER:
            raise FileFormatError(f"{path}: a header of {length:,} bytes, more than {MAX_HEADER:,}")
        data = 8 + length
        rest = file.read(len(head), data).tobytes() if len(head) < data else b""
        header = _checked(json.loads((head + rest)[8:data]), file.size - data)
        entries = entries_of(header)
        start = {name: data + info["data_offsets"][0] for name, info in header.items()}
        _check_sizes(entries, header)

    def fetch(entry: Entry) -> Matrix:
        with reading(path):
            stored = stored_type(entry)
            shape = entry.shape if entry.place is None else entry.shape[1:]
            size = prod(shape) * stored.itemsize
            begin = start[entry.name] + (entry.place or 0) * size
            flat = file.read(begin, begin + size).view(stored)
            return widened(flat, entry.dtype).reshape(shape)

    apart = tuple(replace(entry, apart=True) for entry in entries)
    return TensorFile(path, apart, fetch, by_names=keeps_no_order(apart))


def _checked(header: Any, size: int) -> dict[str, Any]:
    """A header whose tensors fill ``size`` bytes without gaps. Raises ValueError."""
    if not isinstance(header, dict):
        raise ValueError("its header is no table")
    header.pop("__metadata__", None)
    for name, info in header.items():
        if not isinstance(info, dict) or not isinstance(info.get("dtype"), str):
            raise ValueError(f"{name[:200]} has no type")
        for what, least in (("shape", 0), ("data_offsets", 2)):
            numbers = info.get(what)
            if not isinstance(numbers, list) or len(numbers) < least:
                raise ValueError(f"{name[:200]} has no {what}")
            if not all(type(each) is int and 0 <= each < 1 << 62 for each in numbers):
                raise ValueError(f"{name[:200]}: {what} of other things than whole numbers")
        if len(info["shape"]) > MAX_DIMENSIONS or len(name) > MAX_NAME:
            raise ValueError(f"{name[:200]}: too many dimensions, or too long a name")
    at = 0
    for begin, end in sorted(tuple(info["data_offsets"][:2]) for info in header.values()):
        if begin != at or end < begin:
            raise ValueError("its tensors overlap, or leave gaps")
        at = end
    if at != size:
        raise ValueError(f"its tensors are {at:,} bytes, and {size:,} follow its header")
    return header


def _check_sizes(entries: tuple[Entry, ...], header: dict[str, Any]) -> None:
    """Raise ValueError for a tensor whose bytes do not fit its shape, where its type is known."""
    for entry in entries:
        if entry.dtype.startswith("packed"):
            continue
        begin, end = header[entry.name]["data_offsets"][:2]
        if end - begin != prod(entry.shape) * stored_type(entry).itemsize:
            raise ValueError(f"{entry.name[:200]}: {end - begin:,} bytes for {entry.shape}")
