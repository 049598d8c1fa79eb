"""ONNX: types, external data, and what a graph says of the tensors in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import nn

from peaks import kilobytes_to_walk
from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_checkpoint import CheckpointAdapter, open_tensors

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(6, 5)).astype(np.float32)
Held = Sequence[TensorProto]


def tensors(**arrays: np.ndarray) -> list[TensorProto]:
    return [numpy_helper.from_array(array, name) for name, array in arrays.items()]


def save(path: Path, nodes: Sequence[NodeProto], held: Held, **options: Any) -> Path:
    sides = [helper.make_tensor_value_info(name, 1, None) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", sides[:1], sides[1:], held)
    onnx.save(helper.make_model(graph, **options), path)
    return path


def opened(path: Path) -> dict[str, np.ndarray]:
    (ref,) = check_adapter(CheckpointAdapter(), str(path))
    return {each.name: each.matrix for each in CheckpointAdapter().load(ref).constituents()}


def left_out(path: Path) -> dict[str, int]:
    (ref,) = CheckpointAdapter().list(str(path), {})
    return dict(CheckpointAdapter().load(ref).left_out)


def refused(path: Path, error: type[NetworkError] = NetworkError) -> str:
    return check_refuses(CheckpointAdapter(), str(path), error)


def node(op: str, inputs: str, outputs: str, name: str = "", **more: Any) -> NodeProto:
    """``inputs`` and ``outputs`` are separated by spaces; ``-`` is none."""
    given = [each.replace("-", "") for each in inputs.split()]
    return helper.make_node(op, given, outputs.split(), name, **more)


TYPES = {
    "float64": np.float64,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
}


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("name", TYPES)
def test_types(name: str, raw: bool, tmp_path: Path) -> None:
    values = WEIGHT.astype(TYPES[name])
    held = numpy_helper.from_array(values, "fc.weight")
    if not raw:
        code = held.data_type
        held = helper.make_tensor("fc.weight", code, values.shape, values.astype("f8").reshape(-1))
        assert not held.raw_data
    path = save(tmp_path / "a.onnx", [], [held])
    got = opened(path)["fc.weight"]
    assert got.dtype == (np.float64 if name == "float64" else np.float32)
    np.testing.assert_array_equal(got, values.astype(got.dtype))


@pytest.mark.parametrize("place", ["w.data", "inner/w.data"])
def test_external_data(place: str, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    held = tensors(**{"fc.weight": WEIGHT, "other.weight": 2 * WEIGHT})
    model = helper.make_model(helper.make_graph([], "g", [], [], held))
    onnx.save(
        model, tmp_path / "a.onnx", save_as_external_data=True, location=place, size_threshold=0
    )
    got = opened(tmp_path / "a.onnx")
    np.testing.assert_array_equal(got["fc.weight"], WEIGHT)
    np.testing.assert_array_equal(got["other.weight"], 2 * WEIGHT)
    (tmp_path / place).write_bytes(b"")
    assert "beyond the end" in refused(tmp_path / "a.onnx", FileFormatError)
    (tmp_path / place).unlink()
    assert "fetch that too" in refused(tmp_path / "a.onnx")


def test_external_data_that_changes_is_another_version(tmp_path: Path) -> None:
    model = helper.make_model(helper.make_graph([], "g", [], [], tensors(w=np.eye(8))))
    onnx.save(
        model, tmp_path / "a.onnx", save_as_external_data=True, location="data", size_threshold=0
    )
    [before] = CheckpointAdapter().list(str(tmp_path / "a.onnx"), {})
    os.utime(tmp_path / "data", (1, 1))
    [after] = CheckpointAdapter().list(str(tmp_path / "a.onnx"), {})
    assert before.fingerprint != after.fingerprint
    size = sum((tmp_path / name).stat().st_size for name in ("a.onnx", "data"))
    assert before.metadata["file_size"] == size


def test_external_data_outside_is_refused_and_that_of_a_cache_is_not(tmp_path: Path) -> None:
    """In the cache of the hub all files of a snapshot are links to blobs beside it."""
    snapshot, blobs = tmp_path / "models--a--b/snapshots/1", tmp_path / "models--a--b/blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    model = helper.make_model(helper.make_graph([], "g", [], [], tensors(**{"a.weight": WEIGHT})))
    onnx.save(
        model,
        snapshot / "m.onnx",
        save_as_external_data=True,
        location="m.onnx_data",
        size_threshold=0,
    )
    for name in ("m.onnx", "m.onnx_data"):
        (snapshot / name).rename(blobs / f"blob-{name}")
        (snapshot / name).symlink_to(f"../../blobs/blob-{name}")
    np.testing.assert_array_equal(opened(snapshot / "m.onnx")["a.weight"], WEIGHT)
    (blobs / "blob-m.onnx_data").rename(tmp_path / "elsewhere")
    (snapshot / "m.onnx_data").unlink()
    (snapshot / "m.onnx_data").symlink_to("../../../elsewhere")
    assert "outside the file's own folder" in refused(snapshot / "m.onnx", UnsafeFileError)


def test_large_external_data_is_read_a_tensor_at_a_time(tmp_path: Path) -> None:
    side, count = 2048, 16  # 16 MB each
    held = tensors(**{f"{n}.weight": np.full((side, side), n, np.float32) for n in range(count)})
    model = helper.make_model(helper.make_graph([], "g", [], [], held))
    onnx.save(
        model, tmp_path / "a.onnx", save_as_external_data=True, location="data", size_threshold=0
    )
    assert kilobytes_to_walk(tmp_path / "a.onnx") < 100_000  # kB, of 262,000


def test_external_data_may_have_holes_as_any_file_may(tmp_path: Path) -> None:
    side, count = 1 << 14, 8  # 1 GB each: together more than a file without data may unpack to
    held = []
    for at in range(count):
        one = TensorProto(name=f"{at}.weight", data_type=TensorProto.FLOAT)
        one.dims.extend((side, side))
        one.data_location = TensorProto.EXTERNAL
        place = {"location": "data", "offset": at * 4 * side**2, "length": 4 * side**2}
        for key, value in place.items():
            one.external_data.add(key=key, value=str(value))
        held.append(one)
    model = helper.make_model(helper.make_graph([], "g", [], [], held))
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    with (tmp_path / "data").open("wb") as data:
        data.truncate(count * 4 * side**2)
    assert len(open_tensors(tmp_path / "a.onnx").entries) == count


def test_outputs_come_first(tmp_path: Path) -> None:
    names = ("mul", "left", "gemm", "turned", "kernel")
    held = tensors(**{f"{name}.weight": WEIGHT for name in names})
    held += tensors(**{"conv/kernel": RNG.normal(size=(4, 3, 2, 2)).astype("f4")})
    held += tensors(**{"up.weight": RNG.normal(size=(4, 3, 2, 2)).astype("f4")})
    nodes = [
        node("MatMul", "x mul.weight", "a"),
        node("MatMul", "left.weight a", "b"),
        node("Gemm", "b gemm.weight", "c"),
        node("Gemm", "c turned.weight", "d", transB=1),
        node("Transpose", "kernel.weight", "k", perm=[1, 0]),
        node("MatMul", "d k", "e"),
        node("Conv", "e conv/kernel", "f"),
        node("ConvTranspose", "f up.weight", "y"),
    ]
    got = opened(save(tmp_path / "a.onnx", nodes, held))
    for name in ("mul", "gemm"):
        np.testing.assert_array_equal(got[f"{name}.weight"], WEIGHT.T)
    for name in ("left", "turned", "kernel"):
        np.testing.assert_array_equal(got[f"{name}.weight"], WEIGHT)
    assert got["conv/weight"].shape == got["up.weight"].shape == (4, 12)


def test_numbered_tensors_are_what_the_graph_does_with_them(tmp_path: Path) -> None:
    held = tensors(
        **{
            "onnx::MatMul_1": WEIGHT,
            "onnx::MatMul_2": WEIGHT.T,
            "val_3": WEIGHT,
            "head.bias": WEIGHT[0],
            "onnx::Add_4": RNG.normal(size=(1, 7, 6)).astype("f4"),
            "onnx::Mul_5": WEIGHT,
            "const_fold_opt__6": WEIGHT,
            "7": WEIGHT,
            "val_8": WEIGHT,
        }
    )
    nodes = [
        node("Add", "x onnx::Add_4", "a"),
        node("MatMul", "a onnx::MatMul_1", "b", "/body/body.0/fc/MatMul"),
        node("MatMul", "b onnx::MatMul_2", "c"),
        node("Add", "head.bias c", "d"),
        node("MatMul", "d val_3", "e"),
        node("Mul", "e onnx::Mul_5", "f"),
        node("LayerNormalization", "f const_fold_opt__6 7", "g"),
        node("Where", "g val_8 g", "y"),
    ]
    path = save(tmp_path / "a.onnx", nodes, held)
    assert list(opened(path)) == ["body.0.fc.weight", "head.weight", "val_3"]
    assert left_out(path) == {"bias": 2, "scale": 1, "norm": 2, "mask": 1}


def test_constants_are_weights_where_they_are_used_as_such(tmp_path: Path) -> None:
    inside = helper.make_graph(
        [
            node("Constant", "", "/Constant_output_0", value=numpy_helper.from_array(2 * WEIGHT)),
            node("MatMul", "x /Constant_output_0", "z"),
        ],
        "branch",
        [],
        [helper.make_tensor_value_info("z", 1, None)],
        tensors(**{"w.weight": 3 * WEIGHT}),
    )
    nodes = [
        node("Constant", "", "/Constant_output_0", value=numpy_helper.from_array(WEIGHT)),
        node("Constant", "", "shape", value=numpy_helper.from_array(np.arange(6).reshape(2, 3))),
        node("MatMul", "x /Constant_output_0", "a"),
        node("If", "a", "y", then_branch=inside, else_branch=inside),
    ]
    got = opened(save(tmp_path / "a.onnx", nodes, tensors(**{"w.weight": 4 * WEIGHT})))
    # The rule counts a copy once: both branches have the same numbers.
    found = sorted({float(np.abs(matrix).sum() / np.abs(WEIGHT).sum()) for matrix in got.values()})
    np.testing.assert_allclose(found, [1, 2, 3, 4], rtol=1e-6)


def test_functions_of_a_model(tmp_path: Path) -> None:
    """A layer as a function: the weights are what its calls are given."""
    function = helper.make_function(
        "mine",
        "Dense",
        ["in", "weight", "bias"],
        ["out"],
        [node("Gemm", "in weight bias", "out")],
        [helper.make_opsetid("", 18)],
    )
    held = tensors(
        **{"onnx::a_1": WEIGHT, "b": WEIGHT[0], "onnx::a_2": WEIGHT.T, "c": WEIGHT[:, 0]}
    )
    nodes = [
        node("Dense", "x onnx::a_1 b", "h", domain="mine"),
        node("Dense", "h onnx::a_2 c", "y", domain="mine"),
    ]
    path = save(
        tmp_path / "a.onnx",
        nodes,
        held,
        functions=[function],
        opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)],
    )
    got = opened(path)
    np.testing.assert_array_equal(got["onnx::a_1"], WEIGHT.T)
    np.testing.assert_array_equal(got["onnx::a_2"], WEIGHT)


def integers(shape: tuple[int, ...], dtype: Any = np.int8) -> np.ndarray:
    info = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else ml_dtypes.iinfo(dtype)
    return RNG.integers(info.min, info.max + 1, shape).astype(dtype)


SCHEMES: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, int], np.ndarray]] = {}


def scheme(name: str, q: np.ndarray, scale: Any, zero: Any, wide: Any, **options: int) -> None:
    """``wide``: scales and zeros in the shape of ``q``."""
    scale, zero = np.asarray(scale, np.float32), np.asarray(zero).astype(q.dtype)
    scales, zeros = (np.broadcast_to(wide(each.astype("f4")), q.shape) for each in (scale, zero))
    right = ((q.astype(np.float32) - zeros) * scales).astype(np.float32)
    SCHEMES[name] = q, scale, zero, options, right


scheme("one scale", integers((6, 5)), 0.5, 3, lambda s: s)
scheme("unsigned", integers((6, 5), np.uint8), 0.25, 130, lambda s: s)
scheme("a scale an output", integers((6, 5)), [1, 2, 3, 4, 5], [0, 1, -2, 3, 4], lambda s: s[None])
scheme("a scale a row", integers((6, 5)), range(1, 7), [0] * 6, lambda s: s[:, None], axis=0)
scheme(
    "a scale a block",
    integers((6, 5)),
    np.arange(1, 11).reshape(2, 5),
    np.zeros((2, 5)),
    lambda s: np.repeat(s, 3, 0),
    axis=0,
    block_size=3,
)
scheme("four bits", integers((6, 5), ml_dtypes.int4), 0.5, 1, lambda s: s)
scheme("four bits, unsigned", integers((5, 5), ml_dtypes.uint4), 0.5, 7, lambda s: s)


@pytest.mark.parametrize("name", SCHEMES)
def test_dequantised(name: str, tmp_path: Path) -> None:
    q, scale, zero, options, right = SCHEMES[name]
    nodes = [node("DequantizeLinear", "q s z", "w", **options), node("MatMul", "x w", "y")]
    got = opened(save(tmp_path / "a.onnx", nodes, tensors(q=q, s=scale, z=zero)))
    np.testing.assert_allclose(got["q"], right.T, rtol=1e-6)


def test_dequantised_behind_a_transposition(tmp_path: Path) -> None:
    q, scale = integers((6, 5)), np.arange(1, 7, dtype=np.float32)
    nodes = [
        node("Transpose", "q", "t", perm=[1, 0]),
        node("DequantizeLinear", "t s", "w", axis=1),
        node("MatMul", "x w", "y"),
    ]
    got = opened(save(tmp_path / "a.onnx", nodes, tensors(q=q, s=scale)))
    np.testing.assert_allclose(got["q"], q * scale[:, None])


def test_weights_that_the_graph_rounds(tmp_path: Path) -> None:
    """A float weight between QuantizeLinear and DequantizeLinear is applied as rounded."""
    scale, zero = np.float32(0.1), np.int8(0)
    nodes = [
        node("QuantizeLinear", "fc.weight s z", "q"),
        node("DequantizeLinear", "q s z", "w"),
        node("Gemm", "x w", "y", transB=1),
    ]
    held = tensors(**{"fc.weight": WEIGHT, "s": scale, "z": zero})
    got = opened(save(tmp_path / "a.onnx", nodes, held))["fc.weight"]
    np.testing.assert_allclose(got, np.clip(np.rint(WEIGHT / scale), -128, 127) * scale, rtol=1e-6)
    assert np.abs(got - WEIGHT).max() > 0.01


def test_products_of_integers(tmp_path: Path) -> None:
    """As onnxruntime quantises dynamically: the scale of the weight is behind the product."""
    q, zero, scale = integers((6, 5)), np.int8(2), np.float32(0.5)
    nodes = [
        node("DynamicQuantizeLinear", "x", "xq xs xz"),
        node("MatMulInteger", "xq fc.weight_quantized xz z", "p"),
        node("Cast", "p", "c", to=1),
        node("Mul", "xs fc.weight_scale", "both"),
        node("Mul", "c both", "y"),
    ]
    held = tensors(**{"fc.weight_quantized": q, "z": zero, "fc.weight_scale": scale})
    got = opened(save(tmp_path / "a.onnx", nodes, held))
    right = (q.astype("f4") - 2) * 0.5
    np.testing.assert_allclose(got["fc.weight_quantized"], right.T)
    for gone in ("Cast", "Mul"):
        some = [each for each in nodes if each.op_type != gone]
        assert "its scale is not written beside it" in refused(
            save(tmp_path / "b.onnx", some, held)
        )


def test_a_table_of_integers(tmp_path: Path) -> None:
    """As onnxruntime quantises embeddings: the rows are dequantised when they were looked up."""
    q, scale, zero = integers((6, 5)), np.float32(0.5), np.int8(3)
    nodes = [node("Gather", "words x", "rows"), node("DequantizeLinear", "rows s z", "y")]
    got = opened(save(tmp_path / "a.onnx", nodes, tensors(words=q, s=scale, z=zero)))
    np.testing.assert_allclose(got["words"], (q.astype("f4") - 3) * 0.5)
    scales = tensors(words=q, s=np.ones(5, np.float32), z=np.zeros(5, np.int8))
    assert "axis that is not known" in refused(save(tmp_path / "a.onnx", nodes, scales))
    assert "int8, quantised for Gather" in refused(save(tmp_path / "a.onnx", nodes[:1], scales))


def test_convolutions_of_integers(tmp_path: Path) -> None:
    q, scale = integers((4, 3, 2, 2)), np.arange(1, 5, dtype=np.float32)
    nodes = [node("QLinearConv", "x s0 z0 conv.weight s z s0 z0", "y")]
    held = tensors(
        **{"s0": np.float32(1), "z0": np.uint8(0), "conv.weight": q, "s": scale, "z": np.int8(0)}
    )
    got = opened(save(tmp_path / "a.onnx", nodes, held))["conv.weight"]
    np.testing.assert_allclose(got, (q * scale[:, None, None, None]).reshape(4, 12))


def test_what_is_not_undone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    packed = tensors(w=integers((8, 2, 16), np.uint8), s=np.ones(16, np.float32))
    save(path, [node("MatMulNBits", "x w s", "y", domain="com.microsoft", K=64, N=8)], packed)
    assert "packed by MatMulNBits of com.microsoft" in refused(path)
    save(path, [node("Mul", "a b", "w"), node("MatMul", "x w", "y")], tensors(a=WEIGHT, b=WEIGHT))
    assert "computes that of a, b" in refused(path)
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("w", 1, [1], [1.0]), helper.make_tensor("i", 7, [1], [3]), [4, 4]
    )
    graph = helper.make_graph([], "g", [], [], [], sparse_initializer=[sparse])
    onnx.save(helper.make_model(graph), path)
    assert "sparse initialiser" in refused(path)


def test_weight_norm_that_is_not_folded_is_put_together(tmp_path: Path) -> None:
    gain = RNG.normal(size=(6, 1)).astype("f4")
    nodes = [
        node("ReduceL2", "fc.weight_v", "n", keepdims=1),
        node("Div", "fc.weight_v n", "u"),
        node("Mul", "u fc.weight_g", "w"),
        node("Gemm", "x w", "y", transB=1),
    ]
    held = tensors(**{"fc.weight_g": gain, "fc.weight_v": WEIGHT})
    got = opened(save(tmp_path / "a.onnx", nodes, held))["fc.weight"]
    right = gain * WEIGHT / np.linalg.norm(WEIGHT, axis=1, keepdims=True)
    np.testing.assert_allclose(got, right, rtol=1e-5)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers_are_those_of_torch(kind: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    layer = kind(5, 4, bidirectional=True, num_layers=2)
    torch.onnx.export(layer, torch.randn(3, 1, 5), tmp_path / "a.onnx", dynamo=False)
    found = list(opened(tmp_path / "a.onnx").values())
    right = [each.detach().numpy() for name, each in layer.named_parameters() if "weight" in name]
    assert len(found) == len(right) == 8
    for matrix in right:
        assert any(np.array_equal(matrix, each) for each in found)


def test_a_fused_query_key_and_value_is_three(tmp_path: Path) -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k, v = self.qkv(x).chunk(3, -1)
            mixed = torch.softmax(q @ k.transpose(-1, -2), -1) @ v
            return self.proj(mixed)

    torch.onnx.export(Block(), torch.randn(1, 3, 8), tmp_path / "a.onnx", dynamo=False)
    names = [f"qkv.weight[{which}]" for which in "qkv"]
    assert list(opened(tmp_path / "a.onnx")) == [*names, "proj.weight"]


def test_training_is_left_out(tmp_path: Path) -> None:
    graph = helper.make_graph([], "g", [], [], tensors(**{"fc.weight": WEIGHT}))
    state = helper.make_graph([], "t", [], [], tensors(**{"fc.weight": WEIGHT, "m": WEIGHT}))
    model = helper.make_model(graph)
    model.training_info.add().algorithm.CopyFrom(state)
    onnx.save(model, tmp_path / "a.onnx")
    assert list(opened(tmp_path / "a.onnx")) == ["fc.weight"]
    assert left_out(tmp_path / "a.onnx") == {"optimizer state": 2}
