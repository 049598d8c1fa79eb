"""TFLite files, made with the library of their schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import flatbuffers
import numpy as np
import tflite

TYPES = {
    "float32": 0,
    "float16": 1,
    "int32": 2,
    "uint8": 3,
    "int64": 4,
    "int8": 9,
    "int4": 17,
    "bfloat16": 18,
}


@dataclass(frozen=True)
class Made:
    """A tensor: an array, or (without one) what an operator makes."""

    name: str
    values: np.ndarray | None = None
    scale: Sequence[float] = ()
    zero: Sequence[int] = ()
    axis: int = 0
    type: str = ""
    sparse: bool = False
    blocks: bool = False

    @property
    def code(self) -> int:
        return TYPES[self.type or ("float32" if self.values is None else self.values.dtype.name)]


MARK = 0x1122334455660000  # stands for a place that is not known yet
Step = tuple[int, Sequence[int], Sequence[int]]  # an operator's code, its inputs and outputs


def tflite_file(tensors: Sequence[Made], steps: Sequence[Step], outside: bool = False) -> bytes:
    """A model of one graph; ``outside``: its values lie behind the flatbuffer."""
    builder = flatbuffers.Builder(1024)
    values = [b"", *(b"" if each.values is None else each.values.tobytes() for each in tensors)]
    marks = [MARK + number if outside else 0 for number in range(len(values))]
    buffers = [_buffer(builder, *each) for each in zip(values, marks, strict=True)]
    made = [_tensor(builder, each, number) for number, each in enumerate(tensors, 1)]
    codes = sorted({code for code, _, _ in steps})
    known = [_code(builder, code) for code in codes]
    operators = [_operator(builder, codes.index(code), i, o) for code, i, o in steps]
    graph_tensors = _offsets(builder, made)
    graph_operators = _offsets(builder, operators)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, graph_tensors)
    tflite.SubGraphAddOperators(builder, graph_operators)
    graphs = _offsets(builder, [tflite.SubGraphEnd(builder)])
    all_codes, all_buffers = _offsets(builder, known), _offsets(builder, buffers)
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, all_codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, all_buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    file = bytes(builder.Output())
    return _appended(file, values) if outside else file


def _appended(file: bytes, values: Sequence[bytes]) -> bytes:
    """The file with its values behind it: the places in the buffers are written afterwards."""
    data, changed = b"", bytearray(file)
    for number, each in enumerate(values):
        if each:
            mark = (MARK + number).to_bytes(8, "little")
            at = changed.index(mark)
            changed[at : at + 8] = (len(file) + len(data)).to_bytes(8, "little")
            data += each
    return bytes(changed) + data


def _buffer(builder: flatbuffers.Builder, data: bytes, mark: int) -> int:
    """A buffer with its values, or (with a mark) one whose values are elsewhere."""
    place = builder.CreateByteVector(data) if data and not mark else None
    tflite.BufferStart(builder)
    if place is not None:
        tflite.BufferAddData(builder, place)
    if data and mark:
        tflite.BufferAddOffset(builder, mark)
        tflite.BufferAddSize(builder, len(data))
    return tflite.BufferEnd(builder)


def _tensor(builder: flatbuffers.Builder, made: Made, number: int) -> int:
    shape = builder.CreateNumpyVector(
        np.array(() if made.values is None else made.values.shape, np.int32)
    )
    name = builder.CreateString(made.name)
    quantised = _quantised(builder, made) if len(made.scale) or made.blocks else None
    sparse = None
    if made.sparse:
        tflite.SparsityParametersStart(builder)
        sparse = tflite.SparsityParametersEnd(builder)
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, made.code)
    tflite.TensorAddBuffer(builder, number)
    tflite.TensorAddName(builder, name)
    if quantised is not None:
        tflite.TensorAddQuantization(builder, quantised)
    if sparse is not None:
        tflite.TensorAddSparsity(builder, sparse)
    return tflite.TensorEnd(builder)


def _quantised(builder: flatbuffers.Builder, made: Made) -> int:
    scale = builder.CreateNumpyVector(np.array(made.scale, np.float32))
    zero = builder.CreateNumpyVector(np.array(made.zero, np.int64))
    tflite.QuantizationParametersStart(builder)
    tflite.QuantizationParametersAddScale(builder, scale)
    tflite.QuantizationParametersAddZeroPoint(builder, zero)
    tflite.QuantizationParametersAddQuantizedDimension(builder, made.axis)
    if made.blocks:
        tflite.QuantizationParametersAddDetailsType(builder, 1)
    return tflite.QuantizationParametersEnd(builder)


def _code(builder: flatbuffers.Builder, code: int) -> int:
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, code)
    return tflite.OperatorCodeEnd(builder)


def _operator(
    builder: flatbuffers.Builder, code: int, inputs: Sequence[int], outputs: Sequence[int]
) -> int:
    given = builder.CreateNumpyVector(np.array(inputs, np.int32))
    made = builder.CreateNumpyVector(np.array(outputs, np.int32))
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, given)
    tflite.OperatorAddOutputs(builder, made)
    return tflite.OperatorEnd(builder)


def _offsets(builder: flatbuffers.Builder, places: Sequence[int]) -> int:
    builder.StartVector(4, len(places), 4)
    for place in reversed(places):
        builder.PrependUOffsetTRelative(place)
    return builder.EndVector()
