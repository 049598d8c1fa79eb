"""TFLite files: the constants that operators take as weights, in the layouts of the operators.

A converter names a tensor by what was fused into it, so here the operator says what a tensor is.
Its kernels are (out, height, width, in), depthwise (1, height, width, channels).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import (
    Damaged,
    Entry,
    Guard,
    Matrix,
    budget_of,
    read_bytes,
    why_not,
)
from zoo_spectra_checkpoint.formats.flatbuffers import Buffer
from zoo_spectra_checkpoint.formats.tflite_model import Operator, Subgraph, Tensor, read_model
from zoo_spectra_checkpoint.narrow import widened
from zoo_spectra_checkpoint.tensors import TensorFile

# TFLite's number of a type: torch's name, and how it lies in the file.
_TYPES = {
    0: ("float32", "<f4"),
    1: ("float16", "<f2"),
    2: ("int32", "<i4"),
    3: ("uint8", "<u1"),
    4: ("int64", "<i8"),
    6: ("bool", "<u1"),
    7: ("int16", "<i2"),
    8: ("complex64", "<c8"),
    9: ("int8", "<i1"),
    10: ("float64", "<f8"),
    11: ("complex128", "<c16"),
    12: ("uint64", "<u8"),
    15: ("uint32", "<u4"),
    16: ("uint16", "<u2"),
    18: ("bfloat16", "<u2"),
}
_OTHERS = {5: "string", 13: "resource", 14: "variant", 17: "int4", 19: "int2"}
_INTEGERS = {"int8", "uint8", "int16", "uint16", "int4", "int2"}
_LSTM = {"LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM"}
# The gates (input, forget, cell, output) of each weight of an LSTM, as torch has them in one.
_GATES = {"weight_ih": (1, 2, 3, 4), "weight_hh": (5, 6, 7, 8)}
_BACKWARD = {"weight_ih_reverse": (18, 19, 20, 21), "weight_hh_reverse": (22, 23, 24, 25)}
# The slots of an operator's weights, and the order of their axes as torch has them.
_WEIGHTS: dict[str, dict[int, tuple[int, ...]]] = {
    "CONV_2D": {1: (0, 3, 1, 2)},
    "DEPTHWISE_CONV_2D": {1: (3, 0, 1, 2)},
    "TRANSPOSE_CONV": {1: (3, 0, 1, 2)},
    "CONV_3D": {1: (4, 3, 0, 1, 2)},
    "CONV_3D_TRANSPOSE": {1: (4, 3, 0, 1, 2)},
    "FULLY_CONNECTED": {1: ()},
    "BATCH_MATMUL": {0: (), 1: ()},
    "EMBEDDING_LOOKUP": {1: ()},
    "GATHER": {0: ()},
    "SVDF": {1: (), 2: ()},
    "RNN": {1: (), 2: ()},
    "UNIDIRECTIONAL_SEQUENCE_RNN": {1: (), 2: ()},
    "BIDIRECTIONAL_SEQUENCE_RNN": {1: (), 2: (), 5: (), 6: ()},
}
_SAYS = {
    **dict.fromkeys(("ADD", "SUB"), "bias"),
    **dict.fromkeys(("MUL", "DIV", "POW", "PRELU", "MAXIMUM", "MINIMUM"), "scale"),
    **dict.fromkeys(("SELECT", "SELECT_V2"), "mask"),
    "CONCATENATION": "token",
}
# Operators that hand their inputs on to others, or that are not known: names decide.
_OPEN = ("CUSTOM", "CALL", "IF", "WHILE", "STABLEHLO")
_MISJUDGED = {"norm", "bias", "scale", "buffer", "scalar or vector", "mask"}


@dataclass(frozen=True)
class _Weight:
    """A weight to be: of one tensor, or of several stacked (the gates of an LSTM)."""

    name: str
    tensors: tuple[Tensor, ...]
    axes: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        first = self.tensors[0].shape
        if self.axes:
            return tuple(first[axis] for axis in self.axes)
        if len(self.tensors) > 1:
            return (sum(each.shape[0] for each in self.tensors), *first[1:])
        return first


def open_file(path: Path) -> TensorFile:
    """Open a .tflite file; the constants of its operators give the entries, in their order.

    Raises FileFormatError when it is cut off or malformed, NetworkError for weights that are
    sparse, of four bits, or computed in the graph, and over budget.
    """
    guard = Guard(budget_of(path), f"{path}: ")
    size = path.stat().st_size
    try:
        with path.open("rb") as stream:
            graphs = read_model(Buffer(stream, size, guard), guard)
        found = [weight for graph in graphs for weight in _Graph(path, graph, guard).weights()]
        tied, plan = _once(found)
        entries = tuple(Entry(name, weight.shape, _type(weight)) for name, weight in plan.items())
    except Damaged as error:
        raise _broken(path, str(error)) from error

    def fetch(entry: Entry) -> Matrix:
        weight = plan[entry.name]
        try:
            parts = [_values(tensor, path) for tensor in weight.tensors]
        except Damaged as error:
            raise _broken(path, f"{entry.name[:200]}: {error}") from error
        values = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return values.transpose(weight.axes) if weight.axes else values

    return TensorFile(path, entries, fetch, tied)


def _once(found: list[_Weight]) -> tuple[int, dict[str, _Weight]]:
    """Each weight once, under a name of its own; and how many further names they have."""
    plan: dict[str, _Weight] = {}
    again: dict[str, int] = {}
    seen: dict[tuple[tuple[int, int], ...], set[str]] = {}
    for weight in found:
        names = seen.setdefault(tuple(tensor.place for tensor in weight.tensors), set())
        first = not names
        names.add(weight.tensors[0].name)
        if not first:  # several operators may take one constant
            continue
        count = again[weight.name] = again.get(weight.name, 0) + 1
        name = weight.name if count == 1 else f"{weight.name}#{count}"
        if name in plan:
            raise Damaged(f"two tensors of the name {name[:200]}")
        plan[name] = weight
    return sum(len(names) - 1 for names in seen.values()), plan


class _Graph:
    def __init__(self, path: Path, graph: Subgraph, guard: Guard) -> None:
        self.path, self.graph, self.guard = path, graph, guard
        self.constants = dict(graph.constants)
        self.made: dict[int, str] = {}  # what operators make of constants alone

    def weights(self) -> Iterator[_Weight]:
        """The constants in the order of their use, then those that nothing uses."""
        used: set[int] = set()
        for number, operator in enumerate(self.guard.each(self.graph.operators)):
            if self.handed_on(operator):
                continue
            used.update(operator.inputs)
            yield from self.of_operator(operator, number)
        for number, tensor in self.graph.constants.items():
            if number not in used:
                yield _Weight(tensor.name or f"tensor {number}", (tensor,))

    def handed_on(self, operator: Operator) -> bool:
        """Whether an operator has constants only: widened ones are themselves."""
        given = [each for each in operator.inputs if each >= 0]
        known = [each in self.constants or each in self.made for each in given]
        if not given or not all(known) or operator.name in _WEIGHTS:
            return False
        if operator.name == "DEQUANTIZE" and given[0] in self.constants:
            self.constants |= dict.fromkeys(operator.outputs, self.constants[given[0]])
        else:
            self.made |= dict.fromkeys(operator.outputs, operator.name)
        return True

    def of_operator(self, operator: Operator, number: int) -> Iterator[_Weight]:
        slots = dict(_WEIGHTS.get(operator.name, {}))
        lstm = _GATES if operator.name in _LSTM else {}
        if operator.name == "BIDIRECTIONAL_SEQUENCE_LSTM":
            lstm = _GATES | _BACKWARD
        for own, gates in lstm.items():
            yield from self.gates(operator, number, own, gates)
        joined = {slot for gates in lstm.values() for slot in gates}
        if lstm:
            slots[16] = ()  # the projection
        for slot, given in enumerate(operator.inputs):
            if slot in slots and given in self.made:
                raise NetworkError(
                    f"{self.path}: the weight of {operator.name} {number} is computed in the graph "
                    f"(by {self.made[given]}); convert the model with its constants folded"
                )
            tensor = self.constants.get(given)
            if tensor is None or slot in joined:
                continue
            if slot in slots:
                yield self.weight(tensor, operator, number, slots[slot])
            else:
                yield _Weight(_said(tensor.name, operator.name), (tensor,))

    def gates(
        self, operator: Operator, number: int, own: str, slots: tuple[int, ...]
    ) -> Iterator[_Weight]:
        """The weights of an LSTM's gates as one; the input gate may not be there."""
        given = [operator.inputs[slot] for slot in slots if slot < len(operator.inputs)]
        given = [each for each in given if each >= 0]
        tensors = tuple(self.constants[each] for each in given if each in self.constants)
        if len(tensors) < len(given):
            raise NetworkError(
                f"{self.path}: the weights of {operator.name} {number} are computed in the graph; "
                "convert the model with its constants folded"
            )
        if not tensors:
            return
        if len({tensor.shape for tensor in tensors}) > 1 or len(tensors[0].shape) != 2:
            raise Damaged(f"the gates of {operator.name} {number} differ in shape")
        for tensor in tensors:
            self.check(tensor)
        yield _Weight(f"{operator.name.lower()}_{number}/{own}", tensors)

    def weight(
        self, tensor: Tensor, operator: Operator, number: int, axes: tuple[int, ...]
    ) -> _Weight:
        self.check(tensor)
        if axes and len(axes) != len(tensor.shape):
            raise Damaged(f"{operator.name} {number} has a kernel of {tensor.shape}")
        name = tensor.name
        if not name or why_not(name, (2, 2)) in _MISJUDGED:
            name = f"{operator.name.lower()}_{number}/weight"
        return _Weight(_without_layout(name), (tensor,), axes)

    def check(self, tensor: Tensor) -> None:
        """Raise NetworkError for a weight that is packed in a way that is not undone."""
        name = _TYPES.get(tensor.code, ("",))[0] or _OTHERS.get(tensor.code, "")
        odd = tensor.odd
        if not odd and name in _INTEGERS and tensor.scales is None:
            odd = f"{name} without a scale"
        if not odd and tensor.code not in _TYPES:
            odd = f"of the type {name or tensor.code}"
        if odd and len(tensor.shape) > 1:
            raise NetworkError(
                f"{self.path}, {tensor.name[:200]} is {odd}, which is not read; "
                "convert the model to float32 or int8"
            )


def _said(name: str, operator: str) -> str:
    """The name of a constant that is no weight, with what it is."""
    if operator.startswith(_OPEN):
        return name
    return f"{name}/{_SAYS.get(operator, 'buffer')}"


def _without_layout(name: str) -> str:
    """A name that says nothing of Keras' layout, which is not that of the file."""
    own = name.rpartition("/")[2]
    kernels = ("kernel", "weights", "w")
    return f"{name}/weight" if own.removesuffix(":0").endswith(kernels) else name


def _type(weight: _Weight) -> str:
    tensor = weight.tensors[0]
    name = _TYPES.get(tensor.code, ("",))[0]
    if name in _INTEGERS and tensor.scales is not None:
        return "float32"
    return name or f"packed {_OTHERS.get(tensor.code, tensor.code)}"


def _values(tensor: Tensor, path: Path) -> Matrix:
    """The values of a constant; quantised ones as float32. Raises Damaged, NetworkError."""
    if tensor.code not in _TYPES:
        raise NetworkError(f"{path}, {tensor.name[:200]} is of a type that is not read")
    name, form = _TYPES[tensor.code]
    stored, (start, stop) = np.dtype(form), tensor.place
    if stop - start != prod(tensor.shape) * stored.itemsize:
        raise Damaged(f"{tensor.shape} of {name} in {stop - start:,} bytes")
    with path.open("rb") as stream:
        stream.seek(start)
        flat = read_bytes(stream, stop - start).view(stored)
    values = widened(flat, name).reshape(tensor.shape)
    if name not in _INTEGERS or tensor.scales is None:
        return values
    scale = _along(tensor.scales.scale, tensor)
    zero = _along(tensor.scales.zero or (0,), tensor)
    made: Matrix = ((values.astype(np.float32) - zero) * scale).astype(np.float32)
    return made


def _along(given: tuple[float, ...], tensor: Tensor) -> Matrix:
    """One number for all, or one a place along the axis. Raises Damaged."""
    assert tensor.scales is not None
    axis = tensor.scales.axis
    if len(given) == 1:
        return np.array(given[0], np.float32)
    if not 0 <= axis < len(tensor.shape) or len(given) != tensor.shape[axis]:
        raise Damaged(f"{len(given)} scales for {tensor.shape}")
    sides = [1] * len(tensor.shape)
    sides[axis] = -1
    return np.array(given, np.float32).reshape(sides)


def _broken(path: Path, what: str) -> FileFormatError:
    return FileFormatError(f"{path} is no complete TFLite model ({what}); fetch or save it again")
