"""Safetensors files, read without torch (bfloat16 has no numpy type of its own)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Entry, Matrix, is_hole, keeps_no_order
from zoo_spectra_checkpoint.narrow import EIGHT_BITS, widened
from zoo_spectra_checkpoint.tensors import TensorFile

_NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "BOOL": "bool"}
_NAMES |= {f"I{n}": f"int{n}" for n in (8, 16, 32, 64)}
_NAMES |= {f"U{n}": f"uint{n}" for n in (8, 16, 32, 64)}
_NAMES |= {"C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}
_NAMES |= {"F8_E8M0": "float8_e8m0fnu"}
_NAMES |= {f"F8_{kind}FNUZ": f"float8_{kind.lower()}fnuz" for kind in ("E4M3", "E5M2")}
MAX_HEADER = 32 << 20  # bytes: a quarter of a million tensors
MAX_DIMENSIONS = 32
_STORED = {"bfloat16": "<u2", "complex64": "<c8", **dict.fromkeys(EIGHT_BITS, "u1")}


def open_file(path: Path) -> TensorFile:
    """Open a safetensors file; its header gives the entries, in the order of their data.

    Raises FileFormatError when the header does not describe the file.
    """
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
    if length > MAX_HEADER:
        raise FileFormatError(
            f"{path} is no complete safetensors file: a header of {length:,} bytes, more than "
            f"{MAX_HEADER:,}; fetch it again, or save it in parts"
        )
    try:
        with safe_open(path, "numpy"):  # checks the header against the file's length
            pass
    except SafetensorError as error:
        raise FileFormatError(
            f"{path} is no complete safetensors file: {error}; fetch it again"
        ) from error
    with path.open("rb") as stream:
        stream.seek(8)
        header = json.loads(stream.read(length))
    header.pop("__metadata__", None)
    if max((len(info["shape"]) for info in header.values()), default=0) > MAX_DIMENSIONS:
        raise FileFormatError(f"{path} has a tensor of more than {MAX_DIMENSIONS} dimensions")
    start = {name: 8 + length + info["data_offsets"][0] for name, info in header.items()}

    def fetch(entry: Entry) -> Matrix:
        stored = stored_type(entry)
        shape = entry.shape if entry.place is None else entry.shape[1:]
        count = int(np.prod(shape, dtype=np.int64))
        size = count * stored.itemsize
        with path.open("rb", buffering=0) as stream:
            place = stream.seek(start[entry.name] + (entry.place or 0) * size)
            hole = is_hole(stream.fileno(), place, size)
            flat = np.zeros(count, stored) if hole else np.fromfile(stream, stored, count)
        if flat.size != count:
            raise FileFormatError(f"{path}, {entry.name}: the file was cut off while in use")
        return widened(flat, entry.dtype).reshape(shape)

    entries = tuple(replace(entry, apart=True) for entry in entries_of(header))
    return TensorFile(path, entries, fetch, by_names=keeps_no_order(entries))


def entries_of(header: Mapping[str, Any]) -> tuple[Entry, ...]:
    """The tensors of a header, without its ``__metadata__``, in the order of their data."""
    return tuple(
        Entry(name, tuple(header[name]["shape"]), _torch_name(header[name]["dtype"]))
        for name in sorted(header, key=lambda name: (header[name]["data_offsets"][0], name))
    )


def stored_type(entry: Entry) -> np.dtype[Any]:
    """How the elements of a tensor lie in a file; those of a packed type have none (TypeError)."""
    return np.dtype(_STORED.get(entry.dtype) or entry.dtype).newbyteorder("<")


def _torch_name(code: str) -> str:
    return _NAMES.get(code) or f"packed {code}"
