"""From a choice of architecture and weights to constituents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import (
    Constituent,
    flatten_weight,
    is_tensor,
    is_weight,
    tensor_constituents,
    weight_names,
)
from zoo_spectra_checkpoint import Entry, TensorFile, format_of, open_tensors, read_state
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


def open_random(choice: Choice, seed: int) -> Walk:
    """The constituents at random initialisation. Raises NetworkError when timm cannot build it.

    Made one at a time where construction can be recorded, else with the whole model in memory:
    the numbers are the same.
    """
    lazy = _recorded(choice.architecture, seed)
    if lazy is not None:
        return lazy.constituents
    try:
        model = random_model(choice.architecture, seed)
    except Exception as error:
        raise _cannot_build(choice, error) from error
    return _walk_model(model, f"{choice.architecture}/seed{seed}")


def _recorded(architecture: str, seed: int) -> Replay | None:
    from zoo_spectra_timm.recording import record
    from zoo_spectra_timm.replaying import Replay, counting_holds

    try:
        return Replay(record(architecture), seed) if counting_holds() else None
    except Exception:  # whatever stops construction without values: with values it may succeed
        return None


def open_pretrained(choice: Choice) -> Walk:
    """The constituents of timm's trained weights, from the hub or its cache.

    Files in timm's own names are read tensor by tensor, others go through timm's conversion.
    Raises NetworkError when the weights cannot be had, read or fitted.
    """
    config = weights_config(choice.name)
    path = trained_file(choice.name, config)
    if path.suffix.lower() == ".npz":
        return _walk_model(_convert(choice, path, custom_trained_model, str(path)), choice.name)
    file = open_tensors(path)
    wanted = _weight_shapes(_shapes(choice))
    stored = {entry.name: entry for entry in file.entries}
    if all(name in stored and stored[name].shape == shape for name, shape in wanted.items()):
        return _walk_file(file, [(name, stored[name]) for name in wanted])
    return _walk_model(_convert(choice, path, trained_model, _all_tensors(path)), choice.name)


def open_checkpoint(choice: Choice, path: Path) -> Walk:
    """The constituents of a file that was saved from this architecture.

    Tensors are matched by name; where the names differ, by order, if all shapes then agree.
    Raises FileFormatError naming the first tensor that does not fit.
    """
    file = open_tensors(path)
    shapes = _shapes(choice)
    wanted = _weight_shapes(shapes)
    stored = {entry.name: entry for entry in file.entries}
    if all(name in stored for name in wanted):
        pairs = [(name, stored[name]) for name in wanted]
    else:
        pairs = _in_order(choice, file, shapes)
    for name, entry in pairs:
        if entry.shape != shapes[name]:
            raise _misfit(choice, path, f"{entry.name} is {entry.shape}, not {shapes[name]}")
    return _walk_file(file, [(name, entry) for name, entry in pairs if name in wanted])


def _in_order(choice: Choice, file: TensorFile, shapes: Shapes) -> list[tuple[str, Entry]]:
    """Pair the model's tensors with the file's. Counters of norms may be absent in old files."""
    names = [name for name in shapes if not name.endswith("num_batches_tracked")]
    entries = [e for e in file.entries if not e.name.endswith("num_batches_tracked")]
    pairs = list(zip(names, entries, strict=False))
    for name, entry in pairs:
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


def _shapes(choice: Choice) -> Shapes:
    """Every tensor of the architecture's state dict, tied ones once, in order."""
    try:
        tensors = meta_model(choice.name).state_dict(keep_vars=True)
    except Exception as error:
        raise _cannot_build(choice, error) from error
    once = set(weight_names(tensors))
    shapes = {name: tuple(t.shape) for name, t in tensors.items() if is_tensor(t)}
    return {n: shape for n, shape in shapes.items() if n in once or not is_weight(n, shape)}


def _weight_shapes(shapes: Shapes) -> Shapes:
    return {name: shape for name, shape in shapes.items() if is_weight(name, shape)}


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


def _walk_model(model: Any, where: str) -> Walk:
    tensors = model.state_dict(keep_vars=True)
    kept = {name: tensors[name] for name in weight_names(tensors)}
    return lambda: tensor_constituents(kept, where)


def _walk_file(file: TensorFile, pairs: list[tuple[str, Entry]]) -> Walk:
    def constituents() -> Iterator[Constituent]:
        for name, entry in pairs:
            yield Constituent(name, flatten_weight(file.read(entry)))

    return constituents


def _cannot_build(choice: Choice, error: Exception) -> NetworkError:
    return NetworkError(f"timm cannot build {choice.name}: {error}; leave it out of the pattern")
