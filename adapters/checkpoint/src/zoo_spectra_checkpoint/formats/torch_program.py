"""TorchScript: the parameters and buffers of a program's modules, by the names of its state dict.

The pickle of a program holds objects of its own classes, whose attributes are tensors and further
modules. Which of them are parameters and buffers its code says, in two lines a class; these are
looked for as text. Nothing of the code is run, or parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from zoo_spectra.errors import UnsafeFileError
from zoo_spectra.sources import unpacked_names
from zoo_spectra_checkpoint.formats.pickles import Call
from zoo_spectra_checkpoint.formats.torch_checks import ADVICE, broken, plain
from zoo_spectra_checkpoint.formats.torch_tensors import Fault, is_tensor, tensor_of

MAX_MODULES = 100_000
MAX_NAME = 1000  # characters of a tensor's name
LARGE = 4096  # entries of a constant that may be a weight, and
SHARE = 100  # one in so many of all that the modules hold
_CLASS = re.compile(
    r"^class (\w+)\(Module\):\n  __parameters__ = \[(.*)\]\n  __buffers__ = \[(.*)\]", re.M
)
_QUOTED = re.compile(r'"([^"]*)"')
_CUSTOM = "__torch__.torch.classes."


def is_of_program(name: str) -> bool:
    """Whether a name may stand in the pickle of a program: its own classes, torch's lists."""
    return plain(name) or name.startswith(("__torch__.", "torch.jit._pickle."))


def declared(code: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """The parameters and buffers of each class of modules, by the class's name.

    ``code``: the path of each source file below ``code/``, and its text.
    """
    found: dict[str, frozenset[str]] = {}
    for file, text in code:
        module = file.removesuffix(".py").replace("/", ".")
        for match in _CLASS.finditer(text):
            names = _QUOTED.findall(match[2]) + _QUOTED.findall(match[3])
            found[f"{module}.{match[1]}"] = frozenset(names)
    return found


def state_of(
    root: Any, classes: Mapping[str, frozenset[str]], constants: Any, path: Path
) -> dict[str, Any]:
    """The tensors of a program's modules, by their names in its state dict.

    Raises UnsafeFileError for layers packed by torch, and where weights are constants.
    """
    state: dict[str, Any] = {}
    try:
        for name, value in _attributes(root, classes):
            if isinstance(value, Call) and value.function.startswith(_CUSTOM):
                state |= _unpacked(name, value, path)
            else:
                state[name] = value
    except Fault as fault:
        raise broken(path, str(fault)) from fault
    _check_constants(constants, state, path)
    return state


def _attributes(root: Any, classes: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, Any]]:
    """The tensors of modules by name, a module's own before those of the modules in it."""
    left: list[tuple[str, Any]] = [("", root)]
    for _ in range(MAX_MODULES):
        if not left:
            return
        prefix, module = left.pop()
        if not isinstance(module, Call) or not isinstance(module.state, dict):
            continue
        own = classes.get(module.function)
        inner: list[tuple[str, Any]] = []
        for name, value in module.state.items():
            if not isinstance(name, str):
                continue
            custom = isinstance(value, Call) and value.function.startswith(_CUSTOM)
            if custom or (is_tensor(value) and (own is None or name in own)):
                yield prefix + name, value
            elif isinstance(value, Call):
                inner.append((f"{prefix}{name}.", value))
            if len(prefix) + len(name) > MAX_NAME:
                raise Fault(f"modules in modules, without end: {prefix[:100]}…")
        left.extend(reversed(inner))
    raise Fault(f"more than {MAX_MODULES:,} modules")


def _unpacked(name: str, packed: Call, path: Path) -> dict[str, Any]:
    """The weight and bias of a linear layer that torch's quantisation has packed."""
    names = unpacked_names(f"{name}._packed_params") or unpacked_names(name)
    state = packed.state
    if names is None or not isinstance(state, tuple) or not state or not is_tensor(state[0]):
        what = packed.function.removeprefix(_CUSTOM)[:100]
        raise UnsafeFileError(
            f"{path}, {name[:200]} is packed by torch as {what}, which is not read; take the "
            "network before it was quantised"
        )
    pairs = zip(names, state, strict=False)
    return {each: part for each, part in pairs if is_tensor(part)}


def _check_constants(constants: Any, state: Mapping[str, Any], path: Path) -> None:
    """Refuse a frozen program: its weights are constants, and have no names."""
    known = constants if isinstance(constants, list | tuple) else ()
    sizes = [size for size in map(_entries, known) if size]
    held = sum(map(_entries, state.values()))
    if not sizes or (held and max(sizes) < max(LARGE, held // SHARE)):
        return
    raise UnsafeFileError(
        f"{path} is a frozen TorchScript program: {len(sizes):,} of its weights are constants "
        f"without names, by which weights are told from tables; {ADVICE}"
    )


def _entries(value: Any) -> int:
    """The entries of a matrix of real numbers; 0 of anything else."""
    try:
        tensor = tensor_of(value)
    except Fault:
        return 0
    if tensor is None or len(tensor.shape) < 2 or not tensor.dtype.startswith(("float", "bfloat")):
        return 0
    return prod(tensor.shape)
