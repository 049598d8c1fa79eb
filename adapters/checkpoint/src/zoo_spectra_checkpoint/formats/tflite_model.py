"""What a TFLite file holds: operators, the tensors that they take, and where the values lie.

Field numbers: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

from __future__ import annotations

from dataclasses import dataclass

from zoo_spectra.sources import Damaged, Guard
from zoo_spectra_checkpoint.formats.flatbuffers import Buffer, Table

MAX_DIMENSIONS = 32
TENSOR_BYTES = 2000  # of memory that a tensor or an operator may take
# The operators that are known here; others are ``operator N``.
OPERATORS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    7: "EMBEDDING_LOOKUP",
    9: "FULLY_CONNECTED",
    16: "LSTM",
    18: "MUL",
    24: "RNN",
    27: "SVDF",
    31: "CALL",
    32: "CUSTOM",
    35: "UNIDIRECTIONAL_SEQUENCE_RNN",
    36: "GATHER",
    41: "SUB",
    42: "DIV",
    44: "UNIDIRECTIONAL_SEQUENCE_LSTM",
    46: "BIDIRECTIONAL_SEQUENCE_RNN",
    52: "BIDIRECTIONAL_SEQUENCE_LSTM",
    54: "PRELU",
    55: "MAXIMUM",
    57: "MINIMUM",
    64: "SELECT",
    67: "TRANSPOSE_CONV",
    78: "POW",
    118: "IF",
    119: "WHILE",
    123: "SELECT_V2",
    124: "DENSIFY",
    126: "BATCH_MATMUL",
    129: "CALL_ONCE",
    132: "CONV_3D",
    141: "CONV_3D_TRANSPOSE",
    171: "STABLEHLO_CONVOLUTION",
    197: "STABLEHLO_DOT_GENERAL",
    206: "STABLEHLO_COMPOSITE",
}
_CUSTOM, _OLD_LIMIT = 32, 127


@dataclass(frozen=True)
class Scales:
    """value = (number - zero) · scale: one of each, or one a place along ``axis``."""

    scale: tuple[float, ...]
    zero: tuple[int, ...]
    axis: int


@dataclass(frozen=True)
class Tensor:
    """A constant tensor. ``place``: where its bytes begin and end; ``odd``: what is not undone."""

    name: str
    shape: tuple[int, ...]
    code: int
    place: tuple[int, int]
    scales: Scales | None
    odd: str = ""


@dataclass(frozen=True)
class Operator:
    """An operator; its inputs and outputs are numbers of tensors, -1 for none."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Subgraph:
    """Constant tensors by their numbers, and operators in their order."""

    constants: dict[int, Tensor]
    operators: tuple[Operator, ...]


def read_model(buffer: Buffer, guard: Guard) -> list[Subgraph]:
    """The graphs of a file. Raises Damaged, and NetworkError over budget."""
    model = buffer.root()
    codes = [_operator(code) for code in model.tables(1)]
    places = [_place(each, buffer) for each in model.tables(4)]
    guard.hold(TENSOR_BYTES * (len(codes) + len(places)) // 4, "its graph")
    graphs = [_subgraph(graph, codes, places, guard) for graph in model.tables(2)]
    if not graphs:
        raise Damaged("no graph")
    return graphs


def _operator(code: Table) -> str:
    number = max(code.number(0, "<b"), code.number(3, "<i"))
    if number == _CUSTOM:
        return f"CUSTOM {code.text(1)[:100]}"
    return OPERATORS.get(number, f"operator {number}")


def _place(buffer: Table, file: Buffer) -> tuple[int, int]:
    """Where the bytes of a buffer lie: in it, or (of large models) behind all of them."""
    start, count = buffer.vector(0, 1)
    if count:
        return start, start + count
    offset, size = buffer.number(1, "<Q"), buffer.number(2, "<Q")
    if offset <= 1:
        return 0, 0
    if offset + size > file.size:
        raise Damaged("values that lie beyond its end")
    return offset, offset + size


def _subgraph(
    graph: Table, codes: list[str], places: list[tuple[int, int]], guard: Guard
) -> Subgraph:
    constants: dict[int, Tensor] = {}
    for number, table in enumerate(guard.each(graph.tables(0))):
        guard.hold(TENSOR_BYTES, "its graph")
        tensor = _tensor(table, places)
        if tensor is not None:
            constants[number] = tensor
    operators = []
    for table in guard.each(graph.tables(3)):
        guard.hold(TENSOR_BYTES, "its graph")
        code = table.number(0, "<I")
        if code >= len(codes):
            raise Damaged("an operator of no kind")
        inputs, outputs = (tuple(table.numbers(field, "<i4")) for field in (1, 2))
        operators.append(Operator(codes[code], inputs, outputs))
    return Subgraph(constants, tuple(operators))


def _tensor(table: Table, places: list[tuple[int, int]]) -> Tensor | None:
    """A tensor with values of its own; None for one that operators make."""
    number = table.number(2, "<I")
    if number >= len(places):
        raise Damaged("a tensor of no buffer")
    place = places[number]
    if place[0] == place[1] or table.number(5, "<b"):
        return None
    shape = tuple(table.numbers(0, "<i4"))
    if len(shape) > MAX_DIMENSIONS or min(shape, default=0) < 0:
        raise Damaged(f"a constant of the shape {shape[:8]}")
    quantised = table.table(4)
    scales, odd = None, "sparse" if table.table(6) is not None else ""
    if quantised is not None:
        if quantised.number(4, "<B"):
            odd = "quantised in blocks, or by a scheme of its own"
        scale = tuple(quantised.numbers(2, "<f4"))
        zero = tuple(quantised.numbers(3, "<i8"))
        scales = Scales(scale, zero, quantised.number(6, "<i")) if scale else None
    return Tensor(table.text(3), shape, table.number(1, "<b"), place, scales, odd)
