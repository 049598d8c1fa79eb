"""PyTorch files: state dicts, read without torch, and without running anything of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Entry, Guard, Matrix, budget_of
from zoo_spectra_checkpoint.copies import average
from zoo_spectra_checkpoint.formats.torch_checks import broken
from zoo_spectra_checkpoint.formats.torch_files import Contents, read_contents
from zoo_spectra_checkpoint.formats.torch_state import Chosen, state_dict, without_wrappers
from zoo_spectra_checkpoint.formats.torch_tensors import (
    Dense,
    Fault,
    Quantised,
    Sparse,
    Tensor,
    tensor_of,
)
from zoo_spectra_checkpoint.formats.torch_values import stored, values
from zoo_spectra_checkpoint.tensors import TensorFile
from zoo_spectra_checkpoint.which import WHOLE, Which

State = dict[str, Tensor]


def open_file(path: Path, which: Which = WHOLE) -> TensorFile:
    """Open the state dict in a file of torch's: .pt, .pth, .bin, .ckpt, .tar, a program's, .pt2.

    It may lie anywhere in dicts and lists; the prefixes of DataParallel and torch.compile are
    dropped. Of tied tensors the first name is listed.
    Raises NetworkError without a state dict, or of several, FileFormatError, UnsafeFileError.
    """
    contents, state, chosen = _open(path, which)
    once = _first_names(state)
    entries = tuple(Entry(name, state[name].shape, state[name].dtype) for name in once)

    def fetch(entry: Entry) -> Matrix:
        return values(state[entry.name], contents.raw, f"{path}, {entry.name}")

    file = TensorFile(path, entries, fetch, len(state) - len(once), beside=chosen.beside)
    return average(file) if which.ema and not chosen.is_average else file


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a file by name, as torch's own; tied ones under each name.

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
    contents, state, _ = _open(path, WHOLE)
    made: dict[object, Any] = {}
    found: dict[str, Any] = {}
    for name, tensor in state.items():
        where = f"{path}, {name}"
        known: object = tensor if isinstance(tensor, Dense) else name
        if known not in made and isinstance(tensor, Dense):
            flat = torch.from_numpy(stored(tensor, contents.raw, where).reshape(-1).view("u1"))
            made[known] = flat.view(getattr(torch, tensor.dtype)).reshape(tensor.shape)
        elif known not in made:
            made[known] = torch.tensor(values(tensor, contents.raw, where))
        found[name] = made[known]
    return found


def _open(path: Path, which: Which) -> tuple[Contents, State, Chosen]:
    contents = read_contents(path, Guard(budget_of(path), f"{path}: "))
    chosen = state_dict(contents.tree, which, path)
    state: State = {}
    for name, value in chosen.tensors.items():
        try:
            tensor = tensor_of(value)
        except Fault as fault:
            raise broken(path, f"{name[:200]}: {fault}") from fault
        if tensor is not None:
            _check_stored(tensor, contents, path, name)
            state[name] = tensor
    return contents, without_wrappers(state), chosen


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
