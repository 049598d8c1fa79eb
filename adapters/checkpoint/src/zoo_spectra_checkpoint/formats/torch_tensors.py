"""The tensors that a pickle of torch describes, checked before they are made.

A tensor is a view of a storage: an offset, a shape and strides, and it must lie inside. Nothing is
read or allocated here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_spectra_checkpoint.formats.numpy_objects import Array, ArrayFault, array_of, is_array
from zoo_spectra_checkpoint.formats.pickles import Call, Name, Persistent

MAX_DIMENSIONS = 32

# torch's names of the types, by that of their storage.
STORAGES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
    "QInt8": "qint8",
    "QUInt8": "quint8",
    "QInt32": "qint32",
    "Untyped": "uint8",
    "QUInt4x2": "quint4x2",
    "QUInt2x4": "quint2x4",
}
_STORED = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "<u2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "<i1",
    "uint8": "<u1",
    "bool": "<u1",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
    "complex64": "<c8",
    "complex128": "<c16",
    "complex32": "<u4",
    "float8_e4m3fn": "<u1",
    "float8_e5m2": "<u1",
    "qint8": "<i1",
    "quint8": "<u1",
    "qint32": "<i4",
}
LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")


@dataclass(frozen=True)
class Storage:
    """Where a tensor's elements lie: ``count`` of them from the ``first`` of the storage ``key``.

    ``dtype`` and ``size``: of the elements as the storage counts them, torch's name and bytes.
    """

    key: str
    dtype: str
    size: int
    count: int
    first: int = 0


@dataclass(frozen=True)
class Dense:
    """A view of a storage, in elements of ``dtype``."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Quantised:
    """Integers that stand for ``(n - zero) · scale``, along ``axis`` or (None) alike for all."""

    numbers: Dense
    scale: Any
    zero: Any
    axis: int | None

    dtype = "float32"  # what it counts as: it knows its scale

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numbers.shape


@dataclass(frozen=True)
class Sparse:
    """Indices and values. COO: ``indices`` (d, n). Else: pointers, and indices of the others."""

    layout: str
    indices: tuple[Dense, ...]
    values: Dense
    shape: tuple[int, ...]

    @property
    def dtype(self) -> str:
        return self.values.dtype


@dataclass(frozen=True)
class Absent:
    """A tensor without values, on the meta device (``reason`` ""), or of a kind not read."""

    shape: tuple[int, ...]
    dtype: str
    reason: str = ""


Tensor = Dense | Quantised | Sparse | Absent | Array


class Fault(Exception):
    """What is wrong with a tensor's description."""


def tensor_of(value: Any, depth: int = 0) -> Tensor | None:
    """What a value of a state dict describes; None when it is no tensor. Raises Fault."""
    if isinstance(value, Tensor):
        return value
    if is_array(value):
        try:
            return array_of(value)
        except ArrayFault as error:
            raise Fault(str(error)) from error
    if not isinstance(value, Call) or depth > MAX_DIMENSIONS:
        return None
    module, _, name = value.function.rpartition(".")
    given = value.arguments
    if module == "torch._utils" and name in _REBUILT:
        try:
            return _REBUILT[name](given, depth)
        except (IndexError, TypeError, ValueError, AttributeError) as error:
            raise Fault(f"it is given {len(given)} arguments that do not fit") from error
    if value.function == "torch._tensor._rebuild_from_type_v2" and len(given) > 2:
        function, _, inner = given[:3]
        fits = isinstance(function, Name) and isinstance(inner, tuple)
        return tensor_of(Call(function.text, inner), depth + 1) if fits else None
    if value.function == "torch.nn.parameter.Parameter" and given:
        return tensor_of(given[0], depth + 1)
    state = value.state
    if name.endswith("Tensor") and isinstance(state, tuple) and len(state) == 4:
        return _dense(state, depth)  # as torch wrote them before 0.2
    return None


def stored_type(dtype: str) -> np.dtype[Any]:
    """How elements of torch's type lie in a file; those that numpy has not as bytes."""
    return np.dtype(_STORED.get(dtype, "<u1"))


def is_tensor(value: Any) -> bool:
    """Whether a value of a state dict describes a tensor, whole or not."""
    if isinstance(value, Tensor) or is_array(value):
        return True
    if not isinstance(value, Call):
        return False
    module, _, name = value.function.rpartition(".")
    return (
        (module == "torch._utils" and name in _REBUILT)
        or value.function in ("torch._tensor._rebuild_from_type_v2", "torch.nn.parameter.Parameter")
        or (name.endswith("Tensor") and isinstance(value.state, tuple))
    )


def _dense(given: tuple[Any, ...], _: int) -> Dense:
    return _view(given, None)


def _view(given: tuple[Any, ...], dtype: str | None) -> Dense:
    outside, offset, shape, strides = given[:4]
    if not isinstance(outside, Persistent):
        raise Fault("it has no storage")
    storage = storage_of(outside)
    return view_of(storage, offset, shape, strides, dtype or storage.dtype)


def view_of(storage: Storage, offset: Any, shape: Any, strides: Any, dtype: str) -> Dense:
    """A tensor that lies in a storage, from an element on. Raises Fault when it lies outside."""
    shape, strides = _sizes(shape), _sizes(strides)
    (offset,) = _sizes((offset,))
    if len(shape) != len(strides):
        raise Fault(f"{len(strides)} strides for {len(shape)} dimensions")
    size = stored_type(dtype).itemsize
    last = offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    if 0 not in shape and (last + 1) * size > storage.count * storage.size:
        raise Fault(f"shape {shape} from element {offset} lies outside its storage")
    return Dense(storage, offset, shape, strides, dtype)


def _typed(given: tuple[Any, ...], _: int) -> Tensor:
    if len(given) > 6 and isinstance(given[6], dict) and given[6]:
        return Absent(_sizes(given[2]), _view(given, None).dtype, "lazily negated or conjugated")
    return _view(given, None)


def _typed_apart(given: tuple[Any, ...], _: int) -> Dense:
    return _view(given, given[6].text.removeprefix("torch."))


def _wrapped(given: tuple[Any, ...], depth: int) -> Tensor | None:
    return tensor_of(given[0], depth + 1)


def _without_values(given: tuple[Any, ...], _: int) -> Absent:
    return Absent(_sizes(given[1]), given[0].text.removeprefix("torch."))


def _nested(given: tuple[Any, ...], _: int) -> Absent:
    return Absent((2, 2), "float32", "a nested tensor")


def _subclass(given: tuple[Any, ...], _: int) -> Absent:
    return Absent(_sizes(given[2]), given[1].text.removeprefix("torch."), "a tensor of a subclass")


def _quantised(given: tuple[Any, ...], _: int) -> Tensor:
    kind = storage_of(given[0]).dtype
    if kind not in ("qint8", "quint8", "qint32"):  # several to a byte: no view of their elements
        return Absent(_sizes(given[2]), "float32", f"quantised to {kind}")
    numbers = _view(given, None)
    scheme, *parameters = given[4]
    name = scheme.text.removeprefix("torch.")
    if name == "per_tensor_affine":
        scale, zero = parameters
        return Quantised(numbers, float(scale), int(zero), None)
    scales, zeros, axis = parameters
    if type(axis) is not int or not 0 <= axis < len(numbers.shape):
        raise Fault(f"scales along axis {axis!r}" if type(axis) is int else "scales along no axis")
    return Quantised(numbers, _numbers(scales), _numbers(zeros), axis)


def _numbers(given: Any) -> Any:
    if isinstance(given, list):
        return np.array([float(number) for number in given])
    found = tensor_of(given)
    if not isinstance(found, Dense):
        raise Fault("scales that are no numbers")
    return found


def _sparse(given: tuple[Any, ...], depth: int) -> Sparse:
    layout, data = given
    (name,) = layout.arguments
    name = name.removeprefix("torch.")
    if name not in LAYOUTS:
        raise Fault("a layout that is not known")
    count = 1 if name == "sparse_coo" else 2
    parts = [tensor_of(part, depth + 1) for part in data[: count + 1]]
    shape = _sizes(data[count + 1])
    *indices, values = [part for part in parts if isinstance(part, Dense)]
    if len(indices) != count or any(not each.dtype.startswith("int") for each in indices):
        raise Fault("sparse without indices and values")
    return Sparse(name, tuple(indices), values, shape)


_REBUILT: dict[str, Callable[[tuple[Any, ...], int], Tensor | None]] = {
    "_rebuild_tensor": _dense,
    "_rebuild_tensor_v2": _typed,
    "_rebuild_tensor_v3": _typed_apart,
    "_rebuild_parameter": _wrapped,
    "_rebuild_parameter_with_state": _wrapped,
    "_rebuild_device_tensor_from_cpu_tensor": _wrapped,
    "_rebuild_qtensor": _quantised,
    "_rebuild_sparse_tensor": _sparse,
    "_rebuild_meta_tensor_no_storage": _without_values,
    "_rebuild_nested_tensor": _nested,
    "_rebuild_wrapper_subclass": _subclass,
}


def storage_of(outside: Persistent) -> Storage:
    """What a persistent id names: a storage, or (before torch 1.6) a part of one. Raises Fault."""
    key = outside.key
    if (
        not isinstance(key, tuple)
        or len(key) not in (5, 6)
        or key[0] not in ("storage", b"storage")
    ):
        raise Fault("it refers to something else than a storage")
    kind, name = key[1], key[2]
    if not isinstance(kind, Name) or not isinstance(name, str | bytes | int):
        raise Fault("it refers to a storage without a type or a name")
    stem = kind.text.rpartition(".")[2].removesuffix("Storage")
    if stem not in STORAGES:
        raise Fault(f"a storage of the type {stem[:40]!r}")
    dtype = STORAGES[stem]
    size = stored_type(dtype).itemsize
    first, (count,) = 0, _sizes((key[4],))
    if len(key) == 6 and key[5] is not None:
        _, first, part = key[5]
        first, part = _sizes((first, part))
        if first + part > count:
            raise Fault("a part of a storage that lies outside it")
        count = part
    return Storage(key_text(name), dtype, size, count, first)


def key_text(name: str | bytes | int) -> str:
    """The name of a storage: text, or bytes of Python 2, or a number."""
    return name.decode("latin-1") if isinstance(name, bytes) else str(name)


def _sizes(given: Any) -> tuple[int, ...]:
    """Whole numbers from 0: a shape, strides, or an offset. Raises Fault."""
    if isinstance(given, Call) and given.function == "torch.Size" and given.arguments:
        given = given.arguments[0]
    if not isinstance(given, tuple | list) or len(given) > MAX_DIMENSIONS:
        raise Fault(f"no shape, or one of more than {MAX_DIMENSIONS} dimensions")
    if not all(type(size) is int and 0 <= size < 1 << 62 for size in given):
        raise Fault("a shape, strides or an offset that are no whole numbers from 0")
    return tuple(given)
