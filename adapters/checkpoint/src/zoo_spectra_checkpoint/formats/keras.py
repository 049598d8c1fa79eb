"""Keras: weights in HDF5, of all versions, and in .keras archives; no model is built."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import IO
from zipfile import ZipInfo

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Archive, Damaged, Entry, Guard, Matrix, budget_of, read_bytes
from zoo_spectra_checkpoint.formats import hdf5
from zoo_spectra_checkpoint.formats.hdf5 import Contents, Dataset, Window
from zoo_spectra_checkpoint.formats.keras_names import (
    MAX_CONFIG,
    Layers,
    attention,
    is_depthwise,
    layers_of,
    variables,
    written,
)
from zoo_spectra_checkpoint.narrow import widened
from zoo_spectra_checkpoint.tensors import TensorFile

WEIGHTS, CONFIG = "model.weights.h5", "config.json"
MAX_PACKED = 256 << 20  # bytes of a packed model.weights.h5: Keras does not pack it
_OPTIMIZER = ("optimizer/", "optimizer_weights/")


def open_file(path: Path) -> TensorFile:
    """Open a .h5, .weights.h5 or .keras file; its datasets give the entries, as they were written.

    Raises FileFormatError when it is cut off or malformed, UnsafeFileError for what lies outside
    it, NetworkError without h5py, for HDF5 without weights of Keras, for quantised ones, and over
    budget.
    """
    _check_part(path)
    guard = Guard(budget_of(path), f"{path}: ")
    stream, config = _inside(path, guard)
    with hdf5.opened(path, stream) as file:
        found = hdf5.contents(path, file, guard)
    variables_of = _numbered(path, found, layers_of(config or found.config))
    if not variables_of:
        variables_of = _by_name(path, found, layers_of(config or found.config))
    plan = {each.name: each for each in guard.each(variables_of)}
    entries = tuple(Entry(each.name, each.shape, _type(each.dataset)) for each in plan.values())

    def fetch(entry: Entry) -> Matrix:
        variable = plan[entry.name]
        dataset = variable.dataset
        with hdf5.opened(path, stream) as file:
            stored = hdf5.values(path, file, dataset)
        if stored.shape != dataset.shape or stored.dtype != dataset.dtype:
            raise hdf5.broken(path, f"{entry.name[:200]} was changed while in use")
        if entry.dtype == "bfloat16":
            stored = widened(stored.view("<u2"), "bfloat16")
        return stored.transpose(variable.axes).reshape(variable.shape)

    return TensorFile(path, entries, fetch, found.tied)


@dataclass(frozen=True)
class _Variable:
    """A dataset under the name of what it is; ``axes`` and then ``shape`` are what it becomes."""

    name: str
    dataset: Dataset
    axes: tuple[int, ...]
    shape: tuple[int, ...]


def _plain(name: str, dataset: Dataset) -> _Variable:
    return _Variable(name, dataset, tuple(range(len(dataset.shape))), dataset.shape)


def _type(dataset: Dataset) -> str:
    """Torch's name of a type. Keras notes bfloat16, which HDF5 has as two bytes of no meaning."""
    if dataset.dtype.kind == "V" and dataset.dtype.itemsize == 2 and dataset.note == "bfloat16":
        return "bfloat16"
    return str(dataset.dtype.name)


def _numbered(path: Path, found: Contents, layers: Layers) -> list[_Variable]:
    """The variables of Keras 3, which have numbers; nothing for another layout."""
    groups: dict[str, list[Dataset]] = {}
    for each in found.datasets:
        owner, _, number = each.path.rpartition("/")
        if owner.rpartition("/")[2] == "vars" and number.isdigit():
            groups.setdefault(owner, []).append(each)
    if not groups:
        return []
    paths = frozenset(owner.removesuffix("/vars").replace("\\", "/") for owner in groups)
    variables_of: list[_Variable] = []
    for owner, members in groups.items():
        members.sort(key=lambda each: int(each.path.rpartition("/")[2]))
        if owner.startswith(_OPTIMIZER):
            variables_of += [_plain(each.path, each) for each in members]
        else:
            variables_of += _layer(path, owner, found.names.get(owner, ""), members, layers, paths)
    taken = {each.dataset.path for each in variables_of}
    variables_of += [_plain(each.path, each) for each in found.datasets if each.path not in taken]
    return sorted(variables_of, key=lambda each: each.dataset.address)


def _layer(
    path: Path,
    owner: str,
    called: str,
    members: list[Dataset],
    layers: Layers,
    paths: frozenset[str],
) -> Iterator[_Variable]:
    """The variables of one layer, named by its class; ``called``: the name of the layer."""
    inside = owner.removesuffix("vars").rstrip("/").replace("\\", "/")  # written on Windows
    own = inside.rpartition("/")[2]
    hint = layers.hint(called, own)
    _check_quantised(path, members)
    where = f"{path}, {owner[:200]}"
    names = variables(hint, f"{own}_{called}", [each.shape for each in members], where)
    shown = attention(inside, paths).replace("layers/", "") or called or "model"
    if names is None:
        yield from (_plain(each.path, each) for each in members)
        return
    for name, each in zip(names, members, strict=True):
        if name == "kernel" and len(each.shape) > 2 and hint == "einsum_dense":
            equation = layers.settings.get(called, {}).get("equation")
            axes, shape = _einsum(each.shape, equation, where)
            yield _Variable(f"{shown}/weight", each, axes, shape)
        else:
            yield _plain(f"{shown}/{name}", each)


def _einsum(
    shape: tuple[int, ...], equation: object, where: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The order of axes, and the (outputs, inputs), of EinsumDense's kernel.

    Raises NetworkError when its equation is not known.
    """
    match = re.fullmatch(r"[a-zA-Z.]+,([a-zA-Z]+)->([a-zA-Z.]+)", str(equation).replace(" ", ""))
    if match is None or len(match[1]) != len(shape):
        raise NetworkError(
            f"{where}, {shape}, is the kernel of an EinsumDense, whose equation the file does not "
            "have; save the whole model as .keras"
        )
    outputs = tuple(at for at, label in enumerate(match[1]) if label in match[2])
    inputs = tuple(at for at, label in enumerate(match[1]) if label not in match[2])
    sides = tuple(prod(shape[at] for at in axes) for axes in (outputs, inputs))
    return (*outputs, *inputs), sides


def _by_name(path: Path, found: Contents, layers: Layers) -> list[_Variable]:
    """The variables of the older layout, which have names. Raises NetworkError for no layout."""
    root = next((each for each in ("", "model_weights") if each in found.marked), None)
    if root is None:
        raise NetworkError(
            f"{path} is an HDF5 file, but no weights of Keras (no layer_names, no vars); "
            "save the weights as safetensors, or with Keras"
        )
    shapes: dict[str, tuple[int, ...]] = {}
    named: list[tuple[str, Dataset]] = []
    for each in found.datasets:
        inside = each.path.removeprefix(f"{root}/") if root else each.path
        first, _, rest = inside.partition("/")
        again = rest.partition("/")[0] == first  # a layer's group has a group of its own name
        name = written(rest if again else inside).removesuffix(":0")
        name = inside if name in shapes else name
        shapes[name] = each.shape
        named.append((name, each))
    _check_quantised(path, [each for name, each in named if not name.startswith(_OPTIMIZER)])
    listed = [*found.marked[root], *layers.settings]  # groups are written by the alphabet
    places = {name: place for place, name in reversed([*enumerate(listed)])}

    def order(pair: tuple[str, Dataset]) -> tuple[bool, int, int]:
        group = pair[1].path.removeprefix(f"{root}/").partition("/")[0]
        return pair[0].startswith(_OPTIMIZER), places.get(group, len(listed)), pair[1].address

    named.sort(key=order)
    return [_kernel(name, each, shapes, layers, path) for name, each in named]


def _kernel(
    name: str,
    dataset: Dataset,
    shapes: Mapping[str, tuple[int, ...]],
    layers: Layers,
    path: Path,
) -> _Variable:
    """A variable by its name. Keras 3 calls any kernel so, also one that is depthwise."""
    above, _, own = name.rpartition("/")
    if own != "kernel" or len(dataset.shape) < 3 or name.startswith(_OPTIMIZER):
        return _plain(name, dataset)
    owner = above.rpartition("/")[2]
    hint = layers.hint(owner)
    where = f"{path}, {name[:200]}"
    if hint == "einsum_dense":
        equation = layers.settings.get(owner, {}).get("equation")
        axes, shape = _einsum(dataset.shape, equation, where)
        return _Variable(f"{above}/weight", dataset, axes, shape)
    depthwise = hint.startswith("depthwise") or (
        not hint and is_depthwise(owner, dataset.shape, shapes.get(f"{above}/bias"), where)
    )
    return _plain(f"{above}/depthwise_kernel" if depthwise else name, dataset)


def _check_quantised(path: Path, members: Iterable[Dataset]) -> None:
    for each in members:
        if each.dtype.kind in "iu" and each.dtype.itemsize == 1 and len(each.shape) > 1:
            raise NetworkError(
                f"{path}, {each.path[:200]} is {each.dtype.name}, quantised by Keras; "
                "save the model before it was quantised"
            )


def _check_part(path: Path) -> None:
    match = re.fullmatch(r"(.+)_\d{5}\.weights\.h5", path.name)
    if match is not None and path.with_name(f"{match[1]}.weights.json").exists():
        raise NetworkError(
            f"{path} is one part of a model, of which {match[1]}.weights.json lists all; save its "
            "weights in one file"
        )


def _inside(path: Path, guard: Guard) -> tuple[Callable[[], IO[bytes]] | None, str]:
    """What opens the HDF5 file in a .keras archive, and its configuration; None for plain HDF5."""
    with path.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return None, ""
    try:
        archive = Archive(path)
        weights = archive.members.get(WEIGHTS)
        if weights is None:
            raise Damaged(f"it has no {WEIGHTS}")
        return _opener(archive, weights, guard), _config(archive)
    except Damaged as error:
        raise FileFormatError(
            f"{path} is no complete .keras archive ({error}); fetch or save it again"
        ) from error


def _opener(archive: Archive, weights: ZipInfo, guard: Guard) -> Callable[[], IO[bytes]]:
    size = weights.file_size
    if not weights.compress_type:
        archive.open(weights).close()  # is it where the archive says?
        window = partial(Window, lambda at: archive.open(weights, at, check=False), size)
        return lambda: io.BufferedReader(window(), 1 << 16)
    if size > MAX_PACKED:
        raise NetworkError(
            f"{archive.path}: its {WEIGHTS} is packed; unpack the archive, and pack it again "
            "without compression (zip -0)"
        )
    guard.check(size, WEIGHTS)
    with archive.open(weights) as stream:
        data = read_bytes(stream, size).tobytes()
    return lambda: io.BytesIO(data)


def _config(archive: Archive) -> str:
    config = archive.members.get(CONFIG)
    if config is None or config.file_size > MAX_CONFIG:
        return ""
    with archive.open(config) as stream:
        return read_bytes(stream, config.file_size).tobytes().decode("utf-8", "backslashreplace")
