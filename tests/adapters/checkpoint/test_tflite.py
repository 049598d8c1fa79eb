"""TFLite: what operators take for weights, whatever a converter calls it, in torch's layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from tflite_files import Made, Step, tflite_file
from zoo_spectra.errors import NetworkError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter

ADD, CONCAT, CONV, DEPTHWISE, DEQUANTIZE, DENSE, MUL = 0, 2, 3, 4, 6, 9, 18
GATHER, LSTM, TRANSPOSED, MATMUL, CONV_3D = 36, 44, 67, 126, 132
RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(6, 5)).astype(np.float32)


def numbers(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def write(path: Path, tensors: list[Made], steps: list[Step], outside: bool = False) -> Path:
    path.write_bytes(tflite_file(tensors, steps, outside))
    return path


def one(path: Path, made: Made, code: int = DENSE, slot: int = 1, outside: bool = False) -> Path:
    """A model of one operator with one constant."""
    return write(path, [Made("x"), made], [(code, (*(0,) * slot, 1), (0,))], outside)


def network(path: Path) -> Any:
    (ref,) = check_adapter(CheckpointAdapter(), str(path))
    return CheckpointAdapter().load(ref)


def opened(path: Path) -> dict[str, np.ndarray]:
    return {each.name: each.matrix for each in network(path).constituents()}


LAYOUTS = {
    "convolution": (CONV, 1, numbers(8, 3, 2, 5), (0, 3, 1, 2)),
    "depthwise": (DEPTHWISE, 1, numbers(1, 3, 2, 8), (3, 0, 1, 2)),
    "transposed": (TRANSPOSED, 1, numbers(8, 3, 2, 5), (3, 0, 1, 2)),
    "of volumes": (CONV_3D, 1, numbers(2, 3, 4, 5, 6), (4, 3, 0, 1, 2)),
    "dense": (DENSE, 1, WEIGHT, (0, 1)),
    "lookup": (GATHER, 0, WEIGHT, (0, 1)),
    "product": (MATMUL, 1, WEIGHT, (0, 1)),
}


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(name: str, outside: bool, tmp_path: Path) -> None:
    code, slot, values, axes = LAYOUTS[name]
    (got,) = opened(one(tmp_path / "a.tflite", Made("w", values), code, slot, outside)).values()
    right = values.transpose(axes)
    np.testing.assert_array_equal(got, right.reshape(right.shape[0], -1))


@pytest.mark.parametrize("type_", [np.float16, ml_dtypes.bfloat16])
def test_half_precision_is_widened_by_an_operator(type_: Any, tmp_path: Path) -> None:
    values = WEIGHT.astype(type_)
    tensors = [Made("x"), Made("w", values), Made("wide")]
    steps: list[Step] = [(DEQUANTIZE, (1,), (2,)), (DENSE, (0, 2, -1), (0,))]
    (got,) = opened(write(tmp_path / "a.tflite", tensors, steps)).values()
    np.testing.assert_array_equal(got, values.astype(np.float32))


def test_eight_bits(tmp_path: Path) -> None:
    signed = RNG.integers(-127, 128, (4, 3, 2, 5), np.int8)
    scale = np.array([0.5, 1, 2, 4], np.float32)
    (got,) = opened(one(tmp_path / "a.tflite", Made("w", signed, scale, [0] * 4), CONV)).values()
    right = (signed * scale[:, None, None, None]).transpose(0, 3, 1, 2).reshape(4, -1)
    np.testing.assert_array_equal(got, right)
    depthwise = RNG.integers(-127, 128, (1, 3, 2, 4), np.int8)
    made = Made("w", depthwise, scale, [0] * 4, axis=3)
    (got,) = opened(one(tmp_path / "a.tflite", made, DEPTHWISE)).values()
    np.testing.assert_array_equal(got, (depthwise * scale).reshape(6, 4).T)
    unsigned = RNG.integers(0, 256, (6, 5), np.uint8)
    (got,) = opened(one(tmp_path / "a.tflite", Made("w", unsigned, [0.25], [130]))).values()
    np.testing.assert_array_equal(got, (unsigned.astype(np.float32) - 130) * 0.25)


def test_the_operator_says_what_a_tensor_is(tmp_path: Path) -> None:
    """A converter names a kernel by all that was fused into it, and a bias by nothing."""
    tensors = [
        Made("x"),
        Made("model/batch_norm/gamma", numbers(8, 3, 3, 4)),
        Made("arith.constant", numbers(1, 7, 8)),
        Made("arith.constant1", numbers(7, 8)),
        Made("model/kernel", numbers(8, 8)),
        Made("model/pos_embedding", numbers(7, 8)),
        Made("model/cls", numbers(2, 8)),
    ]
    steps: list[Step] = [
        (CONV, (0, 1, -1), (0,)),
        (ADD, (0, 2), (0,)),
        (MUL, (0, 3), (0,)),
        (DENSE, (0, 4, -1), (0,)),
        (GATHER, (5, 0), (0,)),
        (CONCAT, (6, 0), (0,)),
    ]
    found = network(write(tmp_path / "a.tflite", tensors, steps))
    names = [each.name for each in found.constituents()]
    assert names == ["conv_2d_0/weight", "model/kernel/weight"]
    assert found.left_out == {"bias": 1, "scale": 1, "position table": 1, "token": 1}


def test_the_gates_of_an_lstm_are_one_weight(tmp_path: Path) -> None:
    gates = [numbers(4, 6) for _ in range(4)] + [numbers(4, 4) for _ in range(4)]
    tensors = [Made("x"), *(Made(f"gate {at}", gate) for at, gate in enumerate(gates))]
    got = opened(write(tmp_path / "a.tflite", tensors, [(LSTM, range(9), (0,))]))
    assert list(got) == [f"unidirectional_sequence_lstm_0/{w}" for w in ("weight_ih", "weight_hh")]
    for matrix, parts in zip(got.values(), (gates[:4], gates[4:]), strict=True):
        np.testing.assert_array_equal(matrix, np.concatenate(parts))


def test_a_constant_of_two_operators_counts_once(tmp_path: Path) -> None:
    tensors = [Made("x"), Made("emb", WEIGHT)]
    steps: list[Step] = [(GATHER, (1, 0), (0,)), (DENSE, (0, 1, -1), (0,))]
    assert len(opened(write(tmp_path / "a.tflite", tensors, steps))) == 1


EIGHT = np.ones((64, 96), np.int8)
NAMED = {
    "sparse": Made("w", WEIGHT, sparse=True),
    "quantised in blocks": Made("w", EIGHT, [0.5], blocks=True),
    "of the type int4": Made("w", EIGHT, [0.5], type="int4"),
    "int8 without a scale": Made("w", EIGHT),
}


@pytest.mark.parametrize("what", NAMED)
def test_what_is_not_undone_is_named(what: str, tmp_path: Path) -> None:
    path = one(tmp_path / "a.tflite", NAMED[what])
    assert what in check_refuses(CheckpointAdapter(), str(path), NetworkError)


def test_a_weight_that_the_graph_computes(tmp_path: Path) -> None:
    tensors = [Made("x"), Made("a", WEIGHT), Made("w")]
    steps: list[Step] = [(MUL, (1, 1), (2,)), (DENSE, (0, 2, -1), (0,))]
    path = write(tmp_path / "a.tflite", tensors, steps)
    said = check_refuses(CheckpointAdapter(), str(path), NetworkError)
    assert "computed in the graph (by MUL)" in said
