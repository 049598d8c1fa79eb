"""Hostile TFLite models: offsets that lead elsewhere, and operators that take what they cannot."""

from __future__ import annotations

import numpy as np
from good_checkpoint import of_tflite
from good_shared import STATE
from makers import GIGABYTE, Table, cases_of, with_hole

from tflite_files import Made, tflite_file

WEIGHT = STATE["fc.weight"]
KERNEL = np.ascontiguousarray(STATE["conv.weight"].transpose(0, 2, 3, 1))
GOOD = of_tflite()
FULLY_CONNECTED, CONV_2D, LSTM = 9, 3, 44


def model(weight: Made, code: int = FULLY_CONNECTED, inputs: tuple[int, ...] = (0, 1)) -> bytes:
    return tflite_file([Made("x"), weight, Made("y")], [(code, inputs, (2,))])


def with_number(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + value.to_bytes(4, "little") + content[at + 4 :]


def place_of(values: np.ndarray, content: bytes) -> int:
    """Where the length of some values stands."""
    return content.index(values.tobytes()) - 4


def with_shape(shape: tuple[int, int]) -> bytes:
    """The weight under another shape."""
    old, new = (b"".join(n.to_bytes(4, "little", signed=True) for n in s) for s in ((6, 5), shape))
    return GOOD.replace(old, new, 1)


def outside(offset: int, size: int = 120) -> bytes:
    """A model whose values are said to lie behind it."""
    content = tflite_file([Made("x"), Made("w", WEIGHT)], [(9, (0, 1), (0,))], outside=True)
    written = (120).to_bytes(8, "little") + (len(content) - 120).to_bytes(8, "little")
    assert content.count(written) == 1
    return content.replace(written, size.to_bytes(8, "little") + offset.to_bytes(8, "little"))


def lstm(*gates: np.ndarray) -> bytes:
    tensors = [Made("x"), *(Made(f"g{at}", gate) for at, gate in enumerate(gates))]
    return tflite_file(tensors, [(LSTM, range(len(tensors)), (0,))])


EIGHT = np.ones((64, 96), np.int8)
FILES: Table = {
    "a root beyond the file": with_number(GOOD, 0, 1 << 30),
    "a root at the end": with_number(GOOD, 0, len(GOOD) - 2),
    "a root at the beginning": with_number(GOOD, 0, 0),
    "values beyond the file": with_number(GOOD, place_of(WEIGHT, GOOD), (1 << 32) - 1),
    "fewer values than the shape": with_number(GOOD, place_of(WEIGHT, GOOD), 100),
    "more values than the shape": with_number(GOOD, place_of(WEIGHT, GOOD), 124),
    "a negative side": with_shape((-6, -5)),
    "sides whose product overflows": with_shape((1 << 30, 1 << 30)),
    "a side of no length": with_shape((0, 30)),
    "a shape of other values": with_shape((60, 5)),
    "values behind the end": outside(1 << 40),
    "values behind the end by far": outside((1 << 64) - 8),
    "values of terabytes behind it": outside(100, 1 << 42),
    "sparse weights": model(Made("w", WEIGHT, sparse=True)),
    "weights in blocks": model(Made("w", EIGHT, [0.5], blocks=True)),
    "weights of four bits": model(Made("w", EIGHT, [0.5], type="int4")),
    "weights of eight bits without a scale": model(Made("w", EIGHT)),
    "scales that do not fit": model(Made("w", EIGHT, [0.5, 0.25], [0, 0])),
    "zeros that do not fit": model(Made("w", EIGHT, [0.5] * 64, [0, 1, 2])),
    "scales along no axis": model(Made("w", EIGHT, [0.5] * 64, axis=7)),
    "scales along an axis before the first": model(Made("w", EIGHT, [0.5] * 64, axis=-1)),
    "scales that are no numbers": model(Made("w", EIGHT, [float("nan")])),
    "a convolution of a matrix": model(Made("w", WEIGHT), CONV_2D),
    "an operator without inputs": model(Made("w", WEIGHT[:1, :1]), CONV_2D, ()),
    "an operator with inputs that are not there": model(Made("w", WEIGHT[0]), inputs=(0, 900)),
    "a weight that the graph computes": tflite_file(
        [Made("x"), Made("a", WEIGHT), Made("w"), Made("y")],
        [(18, (1, 1), (2,)), (FULLY_CONNECTED, (0, 2), (3,))],
    ),
    "gates of two shapes": lstm(*[WEIGHT] * 3, WEIGHT[:4], *[WEIGHT] * 4),
    "gates of one side": lstm(*[WEIGHT[0]] * 8),
    "no operator": tflite_file([Made("x", WEIGHT[0])], []),
    "no tensor": tflite_file([], []),
    "only its head": GOOD[:8],
    "an operator with a million inputs": tflite_file([Made("x")], [(0, [0] * 1_000_000, (0,))]),
    "a hundred thousand operators of those": tflite_file([Made("x")], [(0, (0,), (0,))] * 100_000),
    "a name of a million characters": model(Made("x" * 1_000_000, WEIGHT)),
    "a name of two thousand characters": model(Made("x" * 2000, WEIGHT)),
    "eight gigabytes of nothing": with_hole(GOOD[: len(GOOD) // 2], 8 * GIGABYTE),
}
CASES = cases_of(FILES, ".tflite", {"a side of no length", "scales that are no numbers"})
