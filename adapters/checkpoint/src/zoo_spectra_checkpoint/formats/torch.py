"""PyTorch files: state dicts, read by torch's weights-only unpickler, which runs no code."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import (
    Matrix,
    dtype_name,
    is_constituent,
    is_tensor,
    tensor_array,
    weight_names,
    zip_members,
)
from zoo_spectra_checkpoint.formats.pickle_scan import foreign_globals, is_torchscript
from zoo_spectra_checkpoint.tensors import Entry, TensorFile

# Where training scripts keep the weights, the most specific first.
KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "params", "weights", "module")
PREFIXES = ("module.", "_orig_mod.")  # DataParallel, torch.compile


def open_file(path: Path) -> TensorFile:
    """Open the state dict in a .pt, .pth or .bin file.

    Weights may lie under a key such as ``state_dict`` or ``model``; the prefixes of DataParallel
    and torch.compile are dropped. Of tied tensors the first name is listed.
    Raises NetworkError without torch or without a state dict, FileFormatError, UnsafeFileError.
    """
    state = read_state(path)
    once = set(weight_names(state))
    every = (Entry(key, tuple(tensor.shape), _dtype(tensor)) for key, tensor in state.items())
    entries = tuple(
        e for e in every if e.name in once or not is_constituent(e.name, e.shape, e.dtype)
    )

    def fetch(entry: Entry) -> Matrix:
        return tensor_array(state[entry.name], f"{path}, {entry.name}")

    return TensorFile(path, entries, fetch)


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a .pt, .pth or .bin file by name. Raises as ``open_file`` does."""
    return _without_prefix(_find_state(_load(path), path))


def _load(path: Path) -> object:
    try:
        import torch
    except ImportError as error:
        raise NetworkError(
            f"{path} needs torch to be read; pip install 'zoo-spectra-checkpoint[torch]'"
        ) from error
    with path.open("rb") as stream:  # what cannot be read at all is no fault of its format
        mapped = _mappable(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                source = path if mapped else stream
                return torch.load(source, map_location="cpu", weights_only=True, mmap=mapped)
        except Exception as error:  # a malformed file makes torch raise anything, OSError too
            raise _reason(path, error) from error


def _mappable(path: Path) -> bool:
    """Whether the tensors lie uncompressed in a zip archive (torch's format since 1.6).

    Mapping needs a name, and torch takes what is called .safetensors for that, whatever it is.
    """
    if path.suffix.lower() == ".safetensors":
        return False
    found = zip_members(path)
    return bool(found) and all(info.compress_type == zipfile.ZIP_STORED for info in found)


def _reason(path: Path, error: Exception) -> NetworkError:
    """Why torch refused a file: it wants to run code, or it is broken."""
    advice = "where you trust it, load it and save its state_dict() alone"
    if is_torchscript(path):
        return UnsafeFileError(f"{path} is a TorchScript program, which is not run; {advice}")
    foreign = foreign_globals(path)
    if foreign:
        named = ", ".join(foreign[:3]) + ("…" if len(foreign) > 3 else "")
        return UnsafeFileError(f"{path} wants to run {named} when read, and was not; {advice}")
    said = str(error).strip().splitlines() or [type(error).__name__]
    return FileFormatError(
        f"{path} is no complete PyTorch file ({said[-1].strip()[:200]}); fetch or save it again"
    )


def _find_state(data: object, path: Path) -> dict[str, Any]:
    """The tensors by name, wherever the training script has put them."""
    if not isinstance(data, Mapping):
        raise NetworkError(f"{path} holds a {type(data).__name__}, no state dict; save one")
    for key in KEYS:
        inner = data.get(key)
        if isinstance(inner, Mapping) and _has_tensors(inner):
            return _find_state(inner, path)
    own = {key: value for key, value in data.items() if isinstance(key, str) and is_tensor(value)}
    if own:
        return own
    others = [v for v in data.values() if isinstance(v, Mapping) and _has_tensors(v)]
    if len(others) == 1:
        return _find_state(others[0], path)
    keys = ", ".join(str(key) for key in list(data)[:8]) or "nothing"
    raise NetworkError(
        f"{path} holds {keys}: none of them, or more than one, is a state dict; "
        f"save the weights under one of {', '.join(KEYS[:3])}"
    )


def _has_tensors(data: Mapping[Any, Any]) -> bool:
    """Whether a mapping has named tensors, itself or in a mapping inside it."""
    return any(
        isinstance(key, str)
        and (is_tensor(value) or (isinstance(value, Mapping) and _has_tensors(value)))
        for key, value in data.items()
    )


def _without_prefix(state: dict[str, Any]) -> dict[str, Any]:
    for prefix in PREFIXES * 2:  # either may be outermost
        if all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state


def _dtype(tensor: Any) -> str:
    """torch's name; a quantised tensor knows its scale, so it counts as what it stands for."""
    return "float32" if tensor.is_quantized else dtype_name(tensor)
