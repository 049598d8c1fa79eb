"""What an architecture's construction does to its weights, in order, without doing it.

timm builds the model on the meta device, and every operation that draws random numbers or writes
into a tensor is taken down. ``replaying`` then makes one weight at a time, with the numbers that
building the whole model would have given it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from zoo_spectra.sources import Reading, read_tensors
from zoo_spectra_timm.building import isolated, quiet, timm_library

_ATEN: Any = torch.ops.aten
_UNIFORM, _NORMAL = _ATEN.uniform_.default, _ATEN.normal_.default
# What a new tensor holds, as the operation that would fill it.
_FILLED: Mapping[str, tuple[Any, tuple[float, ...]]] = {
    "aten::zeros": (_ATEN.zero_.default, ()),
    "aten::ones": (_ATEN.fill_.Scalar, (1.0,)),
    "aten::rand": (_UNIFORM, ()),
    "aten::randn": (_NORMAL, ()),
}
_EMPTY = frozenset({"aten::empty", "aten::empty_like", "aten::new_empty", "aten::empty_strided"})
_OVERWRITING = frozenset({"aten::uniform_", "aten::normal_", "aten::fill_", "aten::zero_"})


class Unrecordable(Exception):
    """A weight depends on more than operations that can be told beforehand: build it plainly."""


@dataclass(frozen=True)
class View:
    """A part of a storage: ``torch.as_strided``'s arguments, in elements."""

    size: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int

    @property
    def numel(self) -> int:
        """The number of elements."""
        count = 1
        for side in self.size:
            count *= side
        return count

    @property
    def dense(self) -> bool:
        """Whether it holds each of ``numel`` neighbouring elements once, in any order."""
        expected = 1
        for stride, side in sorted(zip(self.stride, self.size, strict=True)):
            if side != 1 and stride != expected:
                return False
            expected *= side
        return True

    @property
    def contiguous(self) -> bool:
        """Whether its elements lie in memory in the order of their indices."""
        outward = [stride for stride, side in zip(self.stride, self.size, strict=True) if side != 1]
        return self.dense and outward == sorted(outward, reverse=True)


@dataclass(frozen=True)
class Write:
    """``operation(view, *arguments)``. ``operation`` is None where it cannot be repeated.

    ``draw``: its place in the order of the operations that draw random numbers, if it does.
    """

    operation: Callable[..., Any] | None
    arguments: tuple[Any, ...]
    view: View
    dtype: torch.dtype
    draw: int | None = None


@dataclass(frozen=True)
class Weight:
    """A weight: where it lies in a storage of ``elements``, and what is written there."""

    name: str
    view: View
    elements: int
    writes: tuple[Write, ...]


@dataclass(frozen=True)
class Recording:
    """The tensors that are constituents, and all that is drawn while the model is built."""

    reading: Reading
    weights: tuple[Weight, ...]
    draws: tuple[Write, ...]


def record(architecture: str) -> Recording:
    """Take down how timm builds an architecture, in some 0.1 s.

    Raises Unrecordable when building it tells too little, and whatever timm raises.
    """
    timm = timm_library()
    writing = _Writing()
    with quiet(), isolated(0), torch.device("meta"), _Honest(), writing:
        model = timm.create_model(architecture, pretrained=False)
    tensors: Mapping[str, Any] = model.state_dict(keep_vars=True)
    reading = read_tensors(tensors, architecture)
    weights = tuple(
        writing.weight(name, tensors[name], *_place(tensors[name])) for name in reading.stored
    )
    return Recording(reading, weights, tuple(writing.draws))


class _Honest(TorchFunctionMode):
    """Refuses to tell whether a tensor is on the meta device: code that asks would act on it."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func == _IS_META:
            raise Unrecordable("its code asks whether tensors have values")
        return func(*args, **(kwargs or {}))


_IS_META: Any = torch.Tensor.is_meta.__get__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class _Effect:
    """Which arguments an operation writes to, whether it draws, and whether it reshapes."""

    written: tuple[int, ...]
    random: bool
    reshapes: bool


@cache
def _effect(func: Any) -> _Effect:
    arguments = enumerate(func._schema.arguments)
    return _Effect(
        tuple(n for n, a in arguments if a.alias_info is not None and a.alias_info.is_write),
        torch.Tag.nondeterministic_seeded in func.tags,
        torch.Tag.inplace_view in func.tags,
    )


class _Writing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Takes down every write to a meta tensor. Raises Unrecordable at other random draws."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.draws: list[Write] = []
        self._writes: dict[int, list[Write]] = {}
        self._storages: dict[int, Any] = {}  # kept alive: a key is an address

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        effect, named = _effect(func), dict(kwargs or {})
        if effect.reshapes:
            raise Unrecordable(f"{func} changes a tensor's shape or storage in place")
        if effect.written:
            if self._repeatable(func, effect, args, named):
                self._note(func, tuple(args[1:]), args[0], effect.random)
                return args[0]  # without a call: there are no values to change
            for tensor in _at(effect.written, func._schema, args, named):
                self._note(None, (), tensor, False)
        out = func(*args, **named)
        known = False
        for tensor in () if effect.written else _tensors(out):
            known = self._new(func, tensor)
        if effect.random and not known:
            raise Unrecordable(f"{func} draws random numbers in another way")
        return out

    def weight(self, name: str, tensor: Any, key: int, view: View) -> Weight:
        """What makes a weight: the writes from the last one that leaves nothing of earlier ones."""
        if tensor.dtype != torch.float32 or tensor.device.type != "meta":
            raise Unrecordable(f"{name} is {tensor.dtype} on {tensor.device}")
        if key not in self._storages:
            raise Unrecordable(f"{name} comes from elsewhere")
        elements = self._storages[key].nbytes() // tensor.element_size()
        writes = self._writes.get(key, [])
        starts = [at for at, write in enumerate(writes) if _overwrites(write, elements)]
        if not starts:
            raise Unrecordable(f"{name} is not filled")
        needed = tuple(writes[starts[-1] :])
        if any(w.operation is None or w.dtype != torch.float32 for w in needed):
            raise Unrecordable(f"{name} is computed from other tensors")
        return Weight(name, view, elements, needed)

    @staticmethod
    def _repeatable(func: Any, effect: _Effect, args: Any, named: dict[str, Any]) -> bool:
        """Whether an operation writes to its first tensor alone, from numbers alone."""
        if effect.written != (0,) or args[0].device.type != "meta":
            return False
        if effect.random and func not in (_UNIFORM, _NORMAL):
            return False
        given = (*args[1:], *named.values())  # another generator is no number
        return all(isinstance(value, (int, float, type(None))) for value in given) and (
            not named or named == {"generator": None}
        )

    def _new(self, func: Any, tensor: Any) -> bool:
        """Note what a tensor holds whose storage is new; whether that can be repeated."""
        if tensor.device.type != "meta" or _place(tensor)[0] in self._storages:
            return False
        name = func._schema.name
        if name in _EMPTY:
            self._keep(tensor)
            return True
        operation, arguments = _FILLED.get(name, (None, ()))
        if func._overloadname != "default":
            operation = None
        self._note(operation, arguments, tensor, operation in (_UNIFORM, _NORMAL))
        return operation is not None

    def _note(self, operation: Any, arguments: tuple[Any, ...], tensor: Any, draw: bool) -> None:
        if tensor.device.type != "meta":
            return
        key, view = self._keep(tensor)
        place = len(self.draws) if draw else None
        write = Write(operation, arguments, view, tensor.dtype, place)
        self._writes.setdefault(key, []).append(write)
        if draw:
            self.draws.append(write)

    def _keep(self, tensor: Any) -> tuple[int, View]:
        key, view = _place(tensor)
        self._storages.setdefault(key, tensor.untyped_storage())
        return key, view


def _place(tensor: Any) -> tuple[int, View]:
    view = View(tuple(tensor.size()), tuple(tensor.stride()), int(tensor.storage_offset()))
    return int(tensor.untyped_storage()._cdata), view


def _overwrites(write: Write, elements: int) -> bool:
    operation: Any = write.operation
    return (
        operation is not None
        and operation._schema.name in _OVERWRITING
        and (write.view.numel, write.view.offset) == (elements, 0)
        and write.view.dense
    )


def _at(
    places: tuple[int, ...], schema: Any, args: Sequence[Any], named: Mapping[str, Any]
) -> Iterator[Any]:
    """The tensors among some arguments."""
    for place in places:
        value = args[place] if place < len(args) else named.get(schema.arguments[place].name)
        yield from _tensors(value)


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
