"""Arrays and torch tensors by name, in memory: their table of contents, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo_spectra.sources.effective import Entry, Reading, read
from zoo_spectra.sources.matrices import Matrix, is_sparse
from zoo_spectra.sources.torch_layers import packed_layer, plain_tensors
from zoo_spectra.sources.torch_module import is_tensor, stored_dtype, tensor_array, tensor_identity


def plain_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same by name: torch tensors and sparse matrices as they are, all else as arrays.

    Packed layers of torch's quantisation come apart into their tensors; mappings inside (flax) are
    paths.
    """
    found: dict[str, Any] = {}
    for key, each in given.items():
        name = str(key)
        if isinstance(each, Mapping):
            found |= {f"{name}/{inner}": part for inner, part in plain_values(each).items()}
        elif packed_layer(name) is not None or type(each).__name__ == "ScriptObject":
            found |= plain_tensors({name: each})
        else:
            found[name] = each if is_tensor(each) or is_sparse(each) else np.asarray(each)
    return found


def read_mapping(values: Mapping[str, Any], where: str) -> Reading:
    """The constituents among ``plain_values``. Raises NetworkError for what is not understood.

    Integers are numbers where nothing but integers is given: an adjacency matrix, say.
    """
    kinds = {name: _dtype(each) for name, each in values.items()}
    if all(kind.startswith(("int", "uint", "bool")) for kind in kinds.values()):
        kinds = dict.fromkeys(kinds, "float64")
    entries: list[Entry] = []
    seen: set[object] = set()
    for name, each in values.items():
        identity = tensor_identity(each) if is_tensor(each) else _place(each)
        if identity not in seen:
            seen.add(identity)
            entries.append(Entry(name, tuple(map(int, each.shape)), kinds[name]))
    return read(entries, where, tied=len(values) - len(entries), peek=Values(values, where))


class Values:
    """The values of ``plain_values`` by name, as arrays; ``where`` names them in errors."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = values
        self._where = where

    def __call__(self, name: str) -> Matrix:
        found = self._values[name]
        if is_tensor(found):
            return tensor_array(found, f"{self._where}, {name}")
        if found.dtype.kind == "V" and found.dtype.name in _EXTENDED:
            found = found.astype(np.float32)
        return found  # type: ignore[no-any-return]


_EXTENDED = {"bfloat16", "float8_e4m3fn", "float8_e5m2"}  # numpy's types of ml_dtypes


def _dtype(each: Any) -> str:
    if is_tensor(each):
        return stored_dtype(each)
    kind = each.dtype.kind
    return "float64" if kind == "f" and each.dtype.itemsize > 8 else str(each.dtype.name)


def _place(array: Any) -> object:
    """Equal for two names of one array: same place, shape, strides and type."""
    if is_sparse(array) or not array.size:
        return id(array)
    pointer = array.__array_interface__["data"][0]
    return pointer, array.shape, array.strides, array.dtype.str
