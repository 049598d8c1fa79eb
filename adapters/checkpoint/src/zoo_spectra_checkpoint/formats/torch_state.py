"""Where in a file of torch the weights lie: its state dicts, however deep, and which one is meant.

Training scripts keep more than a network: the optimiser's state, an average of the weights, a
second network. What is one state dict beyond doubt is found; of several none is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeVar

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Entry, parameter_count, unpacked_names, why_not
from zoo_spectra_checkpoint.copies import parts
from zoo_spectra_checkpoint.formats.pickles import Call
from zoo_spectra_checkpoint.formats.torch_tensors import Fault, is_tensor, tensor_of
from zoo_spectra_checkpoint.which import MAX_KEY, TOP, Part, Which, is_average, no_such, several

# Where training scripts keep the weights; loose tensors beside such a dict are no network.
KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "params", "weights", "module")
MAX_DEPTH = 32  # of dicts and lists in one another
MAX_PARTS = 10_000
T = TypeVar("T")
Way = tuple["Way | None", str]  # of keys, the last one and what leads to it
# What torch's optimisers remember of each parameter.
_SLOTS = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", "momentum_buffer", "square_avg", "grad_avg"}
_SLOTS |= {"acc_delta", "sum", "step", "prev", "step_size", "exp_inf", "ax", "mu", "eta"}
_OPTIMISER = re.compile(r"(^|_)optim(i[sz]ers?)?(?![a-z])|scheduler", re.IGNORECASE)


@dataclass(frozen=True)
class StateDict:
    """A dict with named tensors in it, at ``key``. ``beside``: it only holds loose tensors."""

    key: str
    tensors: Mapping[str, Any]
    parameters: int
    beside: bool = False

    @property
    def part(self) -> Part:
        return Part(self.key, self.parameters)


@dataclass(frozen=True)
class Chosen:
    """The named tensors of a part. ``beside``: how many loose ones lie beside it.

    ``is_average``: whether ``ema=true`` has chosen it.
    """

    tensors: Mapping[str, Any]
    is_average: bool = False
    beside: int = 0


def state_dict(tree: Any, which: Which, path: Path) -> Chosen:
    """The named tensors of the part that is meant.

    Raises NetworkError when there is none, or more than one.
    """
    found = list(_state_dicts(tree, ""))
    if which.key:
        node = _at(tree, which.key, found, path)
        found = list(_state_dicts(node, which.key))
        own = [each for each in found if each.key == which.key]
        found = own or found
        if not found:
            return Chosen(_only_tensors(node, which.key, path))
    chosen = [each for each in _once(found) if not each.beside]
    if which.ema:
        averages = [each for each in chosen if is_average(each.key)]
        if len(averages) > 1:
            raise several(path, (each.part for each in averages), "by ema=true,")
        if averages:
            return Chosen(averages[0].tensors, is_average=True)
        _check_unnamed(tree, path)
    if len(chosen) > 1:
        raise several(path, (each.part for each in chosen), which.key)
    if chosen:
        loose = sum(len(each.tensors) for each in found if each.beside)
        return Chosen(chosen[0].tensors, beside=0 if which else loose)
    return Chosen(_without_weights(tree, path))


def _only_tensors(node: Any, key: str, path: Path) -> Mapping[str, Any]:
    """The tensors of a part without weights, so that the reader says why none of them is one."""
    tensors = _named_tensors(node) if isinstance(node, dict) else {}
    if not tensors:
        raise NetworkError(f"{path} has no tensors with names at key={key}; name another part")
    return tensors


def _check_unnamed(tree: Any, path: Path) -> None:
    """Refuse an average that is kept as a list, as torch_ema and NeMo do."""
    level: list[tuple[Way, Any]] = [((None, ""), tree)]
    seen: set[int] = set()
    for _ in range(MAX_DEPTH):
        inner: list[tuple[Way, Any]] = []
        for at, node in level:
            if id(node) in seen:
                continue
            seen.add(id(node))
            named = isinstance(node, list | tuple) and any(map(is_tensor, node))
            if named and is_average(_joined(at)):
                raise NetworkError(
                    f"{path}, {_joined(at)} is a list of {len(node):,} tensors without names, by "
                    "which weights are told from norms and tables; copy it into the network, save "
                    "the state_dict()"
                )
            inner.extend(((at, name), value) for name, value in _children(node))
        level = inner


def _state_dicts(tree: Any, key: str) -> Iterator[StateDict]:
    """Every dict whose own tensors have a weight among them, outermost first, each once."""
    seen: set[int] = set()
    level: list[tuple[Way, Any]] = [((None, key), tree)]
    count = 0
    for _ in range(MAX_DEPTH):
        inner: list[tuple[Way, Any]] = []
        for at, node in level:
            if id(node) in seen or _is_optimiser(at[1], node):
                continue
            seen.add(id(node))
            inner.extend(((at, name), value) for name, value in _children(node))
            tensors = _named_tensors(node) if isinstance(node, dict) else {}
            shapes = _shapes(tensors)
            if any(_is_weight(name, *told) for name, told in shapes.items()):
                size = parameter_count((name, told[0]) for name, told in shapes.items())
                yield StateDict(_joined(at) or TOP, tensors, size, _holds_another(node))
                count += 1
                if count >= MAX_PARTS:
                    return
        level = inner


def _joined(at: Way) -> str:
    """A path in dots, cut where it is absurdly long."""
    names: list[str] = []
    step: Way | None = at
    while step is not None:
        step, name = step
        names.append(name[:MAX_KEY])
    return ".".join(filter(None, reversed(names)))[:MAX_KEY]


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    """The dicts and lists in a dict or list, by their keys."""
    for name, value in _items(node):
        if isinstance(value, dict | list | tuple):
            yield name, value


def _items(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        yield from ((str(k), v) for k, v in node.items() if isinstance(k, str | int))
    elif isinstance(node, list | tuple):
        yield from ((str(number), value) for number, value in enumerate(node))


def _is_optimiser(name: str, node: Any) -> bool:
    """Whether a dict is the state of an optimiser, by what it holds or is called."""
    if _OPTIMISER.search(name[:MAX_KEY]):
        return True
    if not isinstance(node, dict) or not node:
        return False
    if {"state", "param_groups"} <= node.keys():
        return True
    return all(isinstance(name, str) and name in _SLOTS for name in node)


def _holds_another(node: Mapping[Any, Any]) -> bool:
    """Whether a dict keeps a state dict under one of the usual names: its own tensors are loose."""
    return any(
        isinstance(node.get(key), dict) and next((True for _ in _state_dicts(node[key], "")), False)
        for key in KEYS
    )


def _shapes(tensors: Mapping[str, Any]) -> dict[str, tuple[tuple[int, ...], str]]:
    found: dict[str, tuple[tuple[int, ...], str]] = {}
    for name, value in tensors.items():
        try:
            tensor = tensor_of(value)
        except Fault:  # said when it is opened
            found[name] = (1, 1), "float32"
        else:
            if tensor is not None:
                found[name] = tensor.shape, tensor.dtype
    return found


def _is_weight(name: str, shape: tuple[int, ...], dtype: str) -> bool:
    return prod(shape) > 1 and why_not(name, shape, dtype) in (None, "moving average")


def _once(found: list[StateDict]) -> list[StateDict]:
    """Of state dicts of the very same tensors the first."""
    first: dict[object, StateDict] = {}
    for each in found:
        first.setdefault(_identity(each.tensors), each)
    return list(first.values())


def _identity(tensors: Mapping[str, Any]) -> object:
    try:
        same = tuple((name, tensor_of(value)) for name, value in tensors.items())
        hash(same)
    except (Fault, TypeError):
        return object()
    return same


def _at(tree: Any, key: str, found: list[StateDict], path: Path) -> Any:
    """What lies at a key: a dict or list, or the tensors whose names begin so."""
    if key == TOP:
        own = [each.tensors for each in found if each.key == TOP]
        if own:
            return own[0]
    nodes = list(_along(tree, key, 0))
    chosen = [each for each in _once(found) if not each.beside]
    if not nodes:  # what names begin with, as stored and as read: without wrappers
        for each in chosen:
            inner = _below(each.tensors, key) or _below(without_wrappers(each.tensors), key)
            nodes += [inner] if inner else []
    if len(nodes) > 1:
        raise several(path, (each.part for each in found), f"key={key}: more than one part; it")
    if not nodes:
        there = [each.part for each in found]
        if len(chosen) == 1:
            shapes = _shapes(without_wrappers(chosen[0].tensors))
            there += parts(Entry(name, *told) for name, told in shapes.items())
        raise no_such(path, f"nothing at key={key}", there)
    return nodes[0]


def _along(node: Any, rest: str, depth: int) -> Iterator[Any]:
    """Every way of taking a path through keys that may have dots themselves."""
    if not rest:
        yield node
        return
    if depth > MAX_DEPTH:
        return
    for name, value in _items(node):
        if isinstance(value, dict | list | tuple) and (rest == name or rest.startswith(f"{name}.")):
            yield from _along(value, rest[len(name) + 1 :], depth + 1)
    if isinstance(node, dict):
        below = _below(_named_tensors(node), rest)
        if below:
            yield below


def _below(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The tensors whose names begin with a prefix, by the rest of their names."""
    start = f"{prefix}."
    return {name[len(start) :]: v for name, v in tensors.items() if name.startswith(start)}


PREFIXES = ("module.", "_orig_mod.")  # DataParallel, torch.compile


def without_wrappers(tensors: Mapping[str, T]) -> dict[str, T]:
    """The same tensors, by their names without what DataParallel and torch.compile put before."""
    state = dict(tensors)
    for prefix in PREFIXES * 2:  # either may be outermost
        if state and all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state


def _named_tensors(data: Mapping[Any, Any]) -> dict[str, Any]:
    """The tensors of a dict by name, those of torch's packed layers under their layer's names."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        if not isinstance(name, str):
            continue
        packed = unpacked_names(name)
        values = value if isinstance(value, tuple) else (value,)
        names = (name,) if packed is None else packed
        pairs = zip(names, values, strict=False)
        found |= {k: v for k, v in pairs if is_tensor(v)}
    return found


def _without_weights(tree: Any, path: Path) -> Mapping[str, Any]:
    """The tensors of a file that has no weight, so that the reader says why each is none."""
    node = tree
    for _ in range(MAX_DEPTH):
        if not isinstance(node, dict):
            break
        own = _named_tensors(node)
        if own:
            return own
        dicts = [node[key] for key in KEYS if isinstance(node.get(key), dict)]
        inside = dicts or [value for value in node.values() if isinstance(value, dict)]
        if len(inside) != 1 and not dicts:
            break
        node = inside[0]
    raise NetworkError(f"{path} {_what_is_there(tree)}")


def _what_is_there(tree: Any) -> str:
    if isinstance(tree, list | tuple) and any(map(is_tensor, tree)):
        return (
            f"holds a list of {len(tree):,} tensors without names, by which weights are told from "
            "norms and tables; save the state_dict()"
        )
    if isinstance(tree, dict):
        keys = ", ".join(k[:100] for k in list(tree)[:8] if isinstance(k, str)) or "nothing"
        return (
            f"holds {keys}: no state dict among them; save the weights under one of "
            f"{', '.join(KEYS[:3])}"
        )
    kind = "Tensor" if is_tensor(tree) else type(tree).__name__
    kind = tree.function[:100] if kind == "Call" and isinstance(tree, Call) else kind
    return f"holds a {kind}, no state dict; save one"
