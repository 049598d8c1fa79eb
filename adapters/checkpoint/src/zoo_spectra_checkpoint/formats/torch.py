"""PyTorch files: state dicts, read without torch, and without running anything of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Entry, Guard, Matrix, budget_of, unpacked_names
from zoo_spectra_checkpoint.formats.pickles import Call
from zoo_spectra_checkpoint.formats.torch_files import Contents, broken, read_contents
from zoo_spectra_checkpoint.formats.torch_tensors import (
    Dense,
    Fault,
    Quantised,
    Sparse,
    Tensor,
    is_tensor,
    tensor_of,
)
from zoo_spectra_checkpoint.formats.torch_values import stored, values
from zoo_spectra_checkpoint.tensors import TensorFile

# Where training scripts keep the weights, the most specific first.
KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "params", "weights", "module")
PREFIXES = ("module.", "_orig_mod.")  # DataParallel, torch.compile
MAX_DEPTH = 32  # of dicts in dicts
State = dict[str, Tensor]


def open_file(path: Path) -> TensorFile:
    """Open the state dict in a .pt, .pth or .bin file.

    Weights may lie under a key such as ``state_dict`` or ``model``; the prefixes of DataParallel
    and torch.compile are dropped. Of tied tensors the first name is listed.
    Raises NetworkError without a state dict, FileFormatError, UnsafeFileError.
    """
    contents, state = _open(path)
    once = _first_names(state)
    entries = tuple(Entry(name, state[name].shape, state[name].dtype) for name in once)

    def fetch(entry: Entry) -> Matrix:
        return values(state[entry.name], contents.raw, f"{path}, {entry.name}")

    return TensorFile(path, entries, fetch, len(state) - len(once))


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a .pt, .pth or .bin file by name, as torch's own; tied ones under each name.

    What is quantised or sparse is made dense. Raises as ``open_file`` does, and NetworkError
    without torch.
    """
    try:
        import torch
    except ImportError as error:
        raise NetworkError(
            f"{path} is to be given to torch, which is not here; "
            "pip install 'zoo-spectra-checkpoint[torch]'"
        ) from error
    contents, state = _open(path)
    made: dict[Tensor, Any] = {}
    for name, tensor in state.items():
        where = f"{path}, {name}"
        if tensor in made:
            continue
        if isinstance(tensor, Dense):
            flat = torch.from_numpy(stored(tensor, contents.raw, where).reshape(-1).view("u1"))
            made[tensor] = flat.view(getattr(torch, tensor.dtype)).reshape(tensor.shape)
        else:
            made[tensor] = torch.from_numpy(values(tensor, contents.raw, where))
    return {name: made[tensor] for name, tensor in state.items()}


def _open(path: Path) -> tuple[Contents, State]:
    contents = read_contents(path, Guard(budget_of(path), f"{path}: "))
    found = _find_state(contents.tree, path)
    state: State = {}
    for name, value in found.items():
        try:
            tensor = tensor_of(value)
        except Fault as fault:
            raise broken(path, f"{name[:200]}: {fault}") from fault
        if tensor is not None:
            _check_stored(tensor, contents, path, name)
            state[name] = tensor
    return contents, _without_prefix(state)


def _check_stored(tensor: Tensor, contents: Contents, path: Path, name: str) -> None:
    for part in _parts(tensor):
        place = part.storage
        if (place.first + place.count) * place.size > contents.sizes.get(place.key, -1):
            raise broken(path, f"{name[:200]}: its storage is not there, or too short")


def _parts(tensor: Tensor) -> list[Dense]:
    if isinstance(tensor, Dense):
        return [tensor]
    if isinstance(tensor, Sparse):
        return [*tensor.indices, tensor.values]
    if isinstance(tensor, Quantised):
        return [
            each for each in (tensor.numbers, tensor.scale, tensor.zero) if isinstance(each, Dense)
        ]
    return []


def _first_names(state: State) -> list[str]:
    """Of the names of one tensor (same storage, place, shape and strides) the first."""
    first: dict[object, str] = {}
    for name, tensor in state.items():
        tied = isinstance(tensor, Dense) and 0 not in tensor.shape
        first.setdefault(tensor if tied else name, name)
    return list(first.values())


def _find_state(data: Any, path: Path) -> Mapping[str, Any]:
    """The tensors by name, wherever the training script has put them."""
    holders = _holders(data)
    for _ in range(MAX_DEPTH):
        if not isinstance(data, dict):
            kind = "Tensor" if is_tensor(data) else type(data).__name__
            kind = data.function[:100] if kind == "Call" and isinstance(data, Call) else kind
            raise NetworkError(f"{path} holds a {kind}, no state dict; save one")
        inside = [data[key] for key in KEYS if id(data.get(key)) in holders]
        if not inside:
            own = _named_tensors(data)
            if own:
                return own
            inside = [value for value in data.values() if id(value) in holders]
            if len(inside) != 1:
                break
        data = inside[0]
    keys = ", ".join(k[:100] for k in list(data)[:8] if isinstance(k, str)) or "nothing"
    raise NetworkError(
        f"{path} holds {keys}: none of them, or more than one, is a state dict; "
        f"save the weights under one of {', '.join(KEYS[:3])}"
    )


def _named_tensors(data: Mapping[Any, Any]) -> dict[str, Any]:
    """The tensors of a dict by name, those of torch's packed layers under their layer's names."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if not isinstance(name, str):
            continue
        packed = unpacked_names(name)
        parts = value if isinstance(value, tuple) else (value,)
        names = (name,) if packed is None else packed
        found |= {k: v for k, v in zip(names, parts, strict=False) if is_tensor(v)}
    return found


def _holders(data: Any) -> set[int]:
    """The ids of the dicts that have named tensors, themselves or in a dict inside them.

    Each dict is looked at once, however often the file refers to it.
    """
    outer: dict[int, list[int]] = {}
    left: list[Any] = [data] if isinstance(data, dict) else []
    seen, found = {id(data)}, []
    while left:
        each = left.pop()
        if any(isinstance(key, str) and is_tensor(value) for key, value in each.items()):
            found.append(id(each))
        for key, value in each.items():
            if isinstance(value, dict):
                if isinstance(key, str):
                    outer.setdefault(id(value), []).append(id(each))
                if id(value) not in seen:
                    seen.add(id(value))
                    left.append(value)
    holders = set(found)
    while found:
        for each in outer.get(found.pop(), ()):
            if each not in holders:
                holders.add(each)
                found.append(each)
    return holders


def _without_prefix(state: State) -> State:
    for prefix in PREFIXES * 2:  # either may be outermost
        if state and all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state
