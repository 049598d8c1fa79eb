"""From a choice of architecture and weights to constituents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import (
    Constituent,
    Entry,
    Reading,
    not_real,
    read_tensors,
    tensor_values,
)
from zoo_spectra_checkpoint import TensorFile, format_of, open_tensors, read_state
from zoo_spectra_timm.building import (
    custom_trained_model,
    meta_model,
    random_model,
    trained_model,
)
from zoo_spectra_timm.hub import trained_file
from zoo_spectra_timm.names import Choice, weights_config

if TYPE_CHECKING:
    from zoo_spectra_timm.replaying import Replay

Walk = Callable[[], Iterator[Constituent]]
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Opened:
    """What the tensors of a network come to, and a walk over the constituents."""

    reading: Reading
    walk: Walk


@dataclass(frozen=True)
class _Design:
    """An architecture without values: its tensors' shapes, tied ones once, and its reading."""

    shapes: Shapes
    reading: Reading

    @property
    def wanted(self) -> Shapes:
        """The shapes of the tensors that constituents are made of."""
        return {name: self.shapes[name] for name in self.reading.stored}


def open_random(choice: Choice, seed: int) -> Opened:
    """The constituents at random initialisation. Raises NetworkError when timm cannot build it.

    Made one at a time where construction can be recorded, else with the whole model in memory:
    the numbers are the same.
    """
    lazy = _recorded(choice.architecture, seed)
    if lazy is not None:
        return Opened(lazy.reading, lazy.constituents)
    try:
        model = random_model(choice.architecture, seed)
    except Exception as error:
        raise _cannot_build(choice, error) from error
    return _of_model(model, f"{choice.architecture}/seed{seed}")


def _recorded(architecture: str, seed: int) -> Replay | None:
    from zoo_spectra_timm.recording import record
    from zoo_spectra_timm.replaying import Replay, counting_holds

    try:
        return Replay(record(architecture), seed) if counting_holds() else None
    except Exception:  # whatever stops construction without values: with values it may succeed
        return None


def open_pretrained(choice: Choice) -> Opened:
    """The constituents of timm's trained weights, from the hub or its cache.

    Files in timm's own names are read tensor by tensor, others go through timm's conversion.
    Raises NetworkError when the weights cannot be had, read or fitted.
    """
    config = weights_config(choice.name)
    path = trained_file(choice.name, config)
    if path.suffix.lower() == ".npz":
        return _of_model(_convert(choice, path, custom_trained_model, str(path)), choice.name)
    file = open_tensors(path)
    design = _design(choice)
    stored = {entry.name: entry for entry in file.entries}
    if all(n in stored and stored[n].shape == shape for n, shape in design.wanted.items()):
        return _of_file(file, design.reading, stored)
    return _of_model(_convert(choice, path, trained_model, _all_tensors(path)), choice.name)


def open_checkpoint(choice: Choice, path: Path) -> Opened:
    """The constituents of a file that was saved from this architecture.

    Tensors are matched by name; where the names differ, by order, if all shapes then agree.
    Raises FileFormatError naming the first tensor that does not fit.
    """
    file = open_tensors(path)
    design = _design(choice)
    pairs = {entry.name: entry for entry in file.entries}
    if not all(name in pairs for name in design.wanted):
        pairs = _in_order(choice, file, design.shapes)
    for name, shape in design.wanted.items():
        if pairs[name].shape != shape:
            raise _misfit(choice, path, f"{pairs[name].name} is {pairs[name].shape}, not {shape}")
    return _of_file(file, design.reading, pairs)


def _in_order(choice: Choice, file: TensorFile, shapes: Shapes) -> dict[str, Entry]:
    """Pair the model's tensors with the file's. Counters of norms may be absent in old files."""
    names = [name for name in shapes if not name.endswith("num_batches_tracked")]
    entries = [e for e in file.entries if not e.name.endswith("num_batches_tracked")]
    pairs = dict(zip(names, entries, strict=False))
    for name, entry in pairs.items():
        if entry.shape != shapes[name]:
            where = f"{entry.name} is {entry.shape}, where {name} is {shapes[name]}"
            raise _misfit(choice, file.path, where)
    if len(names) != len(entries):
        counts = f"it has {len(entries)} tensors, and the architecture {len(names)}"
        raise _misfit(choice, file.path, counts)
    return pairs


def _misfit(choice: Choice, path: Path, what: str) -> FileFormatError:
    return FileFormatError(
        f"{path} does not fit {choice.architecture}: {what}; name its own architecture, or take "
        "the file as it is with checkpoint:FILE"
    )


def _design(choice: Choice) -> _Design:
    try:
        tensors = meta_model(choice.name).state_dict(keep_vars=True)
    except Exception as error:
        raise _cannot_build(choice, error) from error
    first = {id(tensor): name for name, tensor in reversed(tensors.items())}
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    once = {name: shapes[name] for name in tensors if first[id(tensors[name])] == name}
    return _Design(once, read_tensors(tensors, choice.name))


def _convert(choice: Choice, path: Path, build: Callable[[str, Any], Any], given: object) -> Any:
    try:
        return build(choice.name, given)
    except Exception as error:
        raise NetworkError(
            f"{choice.name}: timm cannot fit {path}: {error}; delete the file to fetch it again"
        ) from error


def _all_tensors(path: Path) -> dict[str, Any]:
    """Every tensor of a file that ``open_tensors`` has found whole, as torch tensors."""
    if format_of(path).name != "safetensors":
        return read_state(path)
    from safetensors.torch import load_file

    return load_file(path)


def _of_model(model: Any, where: str) -> Opened:
    tensors = model.state_dict(keep_vars=True)
    reading = read_tensors(tensors, where)
    kept = {name: tensors[name] for name in reading.stored}
    return Opened(reading, lambda: reading.constituents(tensor_values(kept, where)))


def _of_file(file: TensorFile, reading: Reading, stored: Mapping[str, Entry]) -> Opened:
    """A file's tensors by the architecture's names."""
    for name in reading.stored:
        if not stored[name].dtype.startswith(("float", "bfloat")):
            where = f"{file.path}, {stored[name].name}"
            raise NetworkError(not_real(where, stored[name].dtype))
    return Opened(reading, lambda: reading.constituents(lambda name: file.read(stored[name])))


def _cannot_build(choice: Choice, error: Exception) -> NetworkError:
    return NetworkError(f"timm cannot build {choice.name}: {error}; leave it out of the pattern")
