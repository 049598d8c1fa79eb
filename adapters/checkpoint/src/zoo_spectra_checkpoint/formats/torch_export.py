"""torch.export's archives (.pt2): the weights beside a program, which is not read.

The layout since torch 2.8 has the bytes of each tensor in a member of its own, and a table in JSON
that says their shapes; the one before has a PyTorch file inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Archive, Guard
from zoo_spectra_checkpoint.formats.torch_checks import broken
from zoo_spectra_checkpoint.formats.torch_tensors import Dense, Fault, Storage, stored_type, view_of

INNER = ("serialized_state_dict.pt", "serialized_state_dict.json")  # before 2.8; in 2.1
TABLE = "_weights_config.json"
WEIGHTS = "data/weights/"
COMPILED = ("data/aotinductor/", "data/executorch/", "data/mtia/")
MAX_TABLE = 32 << 20  # bytes: a hundred thousand tensors
# torch._export.serde.schema.ScalarType
_TYPES = {1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32"}
_TYPES |= {8: "float64", 9: "complex32", 10: "complex64", 11: "complex128", 12: "bool"}
_TYPES |= {13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn", 30: "float8_e5m2"}
_TYPES |= {34: "uint32", 35: "uint64"}
_STRIDED = 7


def folder_of(members: Mapping[str, Any]) -> str | None:
    """What the names in an archive of this kind begin with; None when it is none."""
    for name in members:
        before, found, _ = name.partition(WEIGHTS)
        if found and (not before or before.endswith("/")) and before.count("/") < 2:
            return before
    for name in members:
        for part in COMPILED:
            if part in name and name.partition(part)[0].count("/") < 2:
                return name.partition(part)[0]
    return None


def tables(archive: Archive, folder: str, guard: Guard) -> dict[str, dict[str, Dense]]:
    """The tensors of each model of an archive, by the model's name and theirs.

    Raises FileFormatError for a table that is none, NetworkError for a compiled program.
    """
    path = archive.path
    start = f"{folder}{WEIGHTS}"
    found: dict[str, dict[str, Dense]] = {}
    for member, info in archive.members.items():
        if not member.startswith(start) or not member.endswith(TABLE):
            continue
        guard.check(min(info.file_size, MAX_TABLE + 1) * 8, "its table of weights")
        if info.file_size > MAX_TABLE:
            raise broken(path, f"a table of {info.file_size:,} bytes")
        with archive.open(info) as stream:
            found[member[len(start) : -len(TABLE)]] = _table(path, stream.read(), archive, start)
    if not found:
        raise NetworkError(
            f"{path} holds a compiled program, whose weights are not kept by name; save the "
            "network with torch.export.save, or its state_dict()"
        )
    return found


def _table(path: Path, text: bytes, archive: Archive, start: str) -> dict[str, Dense]:
    try:
        rows = json.loads(text)["config"]
        return {str(name): _tensor(row, archive, start) for name, row in rows.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Fault) as error:
        said = str(error) if isinstance(error, Fault) else "its table of weights is none"
        raise broken(path, said) from error


def _tensor(row: Any, archive: Archive, start: str) -> Dense:
    if row["use_pickle"]:
        raise Fault("a tensor that is kept as a pickle")
    meta = row["tensor_meta"]
    if meta["layout"] != _STRIDED:
        raise Fault("a tensor that is not laid out in strides")
    dtype = _TYPES.get(meta["dtype"])
    if dtype is None:
        raise Fault(f"a tensor of the unknown type {meta['dtype']!r}")
    shape, strides = ([_whole(side) for side in meta[what]] for what in ("sizes", "strides"))
    key = row["path_name"]
    info = archive.members.get(f"{start}{key}") if isinstance(key, str) else None
    if info is None:
        raise Fault(f"{str(key)[:100]!r} is not there")
    size = stored_type(dtype).itemsize
    storage = Storage(key, dtype, size, info.file_size // size)
    return view_of(storage, _whole(meta["storage_offset"]), shape, strides, dtype)


def _whole(number: Any) -> Any:
    """A number, or one of a graph: ``{"as_int": 3}``."""
    return number["as_int"] if isinstance(number, dict) else number


def older(archive: Archive) -> tuple[int, int] | None:
    """Where the PyTorch file in an archive of the older layout begins, and its size.

    None when it is of another layout. Raises FileFormatError when it is packed.
    """
    path = archive.path
    info = next((archive.members[name] for name in INNER if name in archive.members), None)
    if info is None:
        return None
    if info.compress_type:
        raise FileFormatError(
            f"{path} is an archive of torch.export whose weights are compressed, which is not "
            "read; save it again with torch.export.save"
        )
    return archive.place(info), info.file_size
