"""Good files of each format of checkpoints."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import onnx
import torch
from gguf import GGMLQuantizationType
from gguf.quants import dequantize, quantize
from safetensors.numpy import save as save_safetensors

sys.path.insert(0, str(Path(__file__).parents[1]))  # the fuzzer runs by itself

from attack import digest
from good_shared import CHECKPOINT, MATRIX, STATE, Good, npy, of_npz, random_numbers, zipped_member

from flax_files import flax_file
from gguf_files import write_gguf
from tflite_files import Made, tflite_file
from zoo_spectra.sources import Constituent, flatten_weight

WEIGHTS = digest(
    Constituent(name, flatten_weight(STATE[name])) for name in ("fc.weight", "conv.weight")
)
SORTED_WEIGHTS = digest(
    Constituent(name, flatten_weight(STATE[name])) for name in ("conv.weight", "fc.weight")
)


def of_torch(state: object, old: bool = False) -> bytes:
    stream = io.BytesIO()
    torch.save(state, stream, _use_new_zipfile_serialization=not old)
    return stream.getvalue()


_NUMBERS = np.random.default_rng(9).integers(0, 16, (32, 16), dtype=np.int64)
_SCALES = np.float32([[0.5, 2] * 8])


def _words(numbers: np.ndarray) -> np.ndarray:
    """Eight numbers of four bits to a word, down the columns."""
    places = np.int64(16) ** np.arange(8)[:, None]
    return (numbers.reshape(-1, 8, numbers.shape[1]) * places).sum(1).astype("u4").view("i4")


# The same numbers as GPTQ, bitsandbytes and MXFP4 would have them, and in eight bits.
PACKED = {
    "a.qweight": _words(_NUMBERS),
    "a.qzeros": np.full((1, 2), 0x77777777, "i4"),
    "a.scales": _SCALES,
    "a.g_idx": np.zeros(32, "i4"),
    "b.weight": (_NUMBERS.reshape(-1, 2) @ [16, 1]).astype("u1")[:, None],
    "b.weight.absmax": np.ones(8, "f4"),
    "b.weight.quant_map": np.arange(-8, 8).astype("f4"),
    "b.weight.quant_state.bitsandbytes__nf4": np.frombuffer(
        b'{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [32, 16]}', "u1"
    ),
    "c.weight": (_NUMBERS - 8).astype("i1"),
    "c.weight_scale": np.ones((32, 1), "f4"),
    "d.experts_blocks": (_NUMBERS.reshape(2, 8, 1, 16, 2) @ [1, 16]).astype("u1"),
    "d.experts_scales": np.full((2, 8, 1), 128, "u1"),
    "e.weight_packed": _words(_NUMBERS.T.reshape(16, 32).T).T.copy(),
    "e.weight_scale": _SCALES.T.copy(),
    "e.weight_shape": np.array([16, 32]),
}
_E2M1 = np.float32([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]) * 2
PACKED_WEIGHTS = {
    "a.weight": ((_NUMBERS - 8) * _SCALES).T,
    "b.weight": _NUMBERS - 8.0,
    "c.weight": _NUMBERS - 8.0,
    "d.experts[0]": _E2M1[_NUMBERS.reshape(2, 8, 32)[0]],
    "d.experts[1]": _E2M1[_NUMBERS.reshape(2, 8, 32)[1]],
    "e.weight": (_NUMBERS.T - 8) * _SCALES.T,
}
# The last tensor fills its place: behind others come bytes that mean nothing.
GGUF_STATE = {name: STATE[name] for name in ("fc.bias", "fc.weight", "conv.weight")}
BLOCKS = {
    "output_norm.weight": random_numbers(64),
    "blk.0.ffn_up_exps.weight": random_numbers(2, 16, 64),
}


def of_gguf(state: Mapping[str, np.ndarray], kind: str = "F32", version: int = 3) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gguf"
        said = {"general.alignment": 32, "tokenizer.ggml.tokens": ["a", "b"], "scale": 0.5}
        write_gguf(path, state, GGMLQuantizationType[kind], said=said)
        content = path.read_bytes()
    return content[:4] + version.to_bytes(4, "little") + content[8:]


BLOCK_WEIGHTS = digest(
    Constituent(
        f"blk.0.ffn_up_exps.weight[{number}]",
        dequantize(
            quantize(each, GGMLQuantizationType.Q8_0),
            GGMLQuantizationType.Q8_0,
        ),
    )
    for number, each in enumerate(BLOCKS["blk.0.ffn_up_exps.weight"])
)
PACKED_DIGEST = digest(Constituent(name, PACKED_WEIGHTS[name]) for name in PACKED_WEIGHTS)


class _Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = torch.nn.Conv2d(3, 4, 2), torch.nn.Linear(5, 6)
        tensors = {name: torch.from_numpy(values) for name, values in STATE.items()}
        self.load_state_dict(tensors, strict=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.conv(x).sum((1, 2))[:, :5])


def of_program() -> bytes:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(_Net()), stream)
    return stream.getvalue()


def of_export() -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = torch.zeros(1, 3, 6, 6)
        torch.export.save(torch.export.export(_Net().eval(), (image,)), stream)
    return stream.getvalue()


def tar_of_2016(state: Mapping[str, torch.Tensor]) -> bytes:
    """What torch 0.1 wrote: storages, tensors, and a pickle of their keys."""
    parts = {"storages": pickle.dumps(len(state), 2), "tensors": pickle.dumps(len(state), 2)}
    for number, tensor in enumerate(state.values()):
        row = f"<ii{2 * tensor.dim() + 1}q"
        sides = (*tensor.shape, *tensor.stride(), 0)
        parts["storages"] += pickle.dumps((number, "cpu", torch.FloatStorage), 2)
        parts["storages"] += struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes()
        parts["tensors"] += pickle.dumps((100 + number, number, torch.FloatTensor), 2)
        parts["tensors"] += struct.pack(row, tensor.dim(), 0, *sides)
    parts["storages"] += pickle.dumps([], 2)
    names = [b"X" + struct.pack("<I", len(name)) + name.encode() for name in state]
    keys = [b"X\x03\x00\x00\x00%dQ" % (100 + number) for number in range(len(state))]
    items = b"".join(name + key for name, key in zip(names, keys, strict=True))
    parts["pickle"] = b"\x80\x02}(" + items + b"u."
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def onnx_model() -> onnx.ModelProto:
    """A convolution, then a dense layer, and a constant that is quantised."""
    make = onnx.helper
    numbers = np.arange(-10, 10, dtype=np.int8).reshape(4, 5)
    held = [onnx.numpy_helper.from_array(values, name) for name, values in STATE.items()]
    held.append(onnx.numpy_helper.from_array(np.float32(0.5), "scale"))
    nodes = [
        make.make_node("Gemm", ["x", "fc.weight", "fc.bias"], ["y"], "/fc/Gemm", transB=1),
        make.make_node("Conv", ["y", "conv.weight"], ["z"], "/conv/Conv"),
        make.make_node(
            "Constant", [], ["/Constant_output_0"], value=onnx.numpy_helper.from_array(numbers)
        ),
        make.make_node("DequantizeLinear", ["/Constant_output_0", "scale"], ["w"]),
        make.make_node("MatMul", ["z", "w"], ["out"], "/last/MatMul"),
    ]
    sides = [make.make_tensor_value_info(name, 1, None) for name in ("x", "out")]
    return make.make_model(make.make_graph(nodes, "g", sides[:1], sides[1:], held))


_LAST = Constituent("last.weight", 0.5 * np.arange(-10, 10).reshape(4, 5).T.astype(np.float32))


def of_keras(libver: str | None = None, packed: bool = False, by_name: bool = False) -> bytes:
    """The network in the layout of Keras 3, or by names as before."""
    stream = io.BytesIO()
    dense, conv = STATE["fc.weight"].T, STATE["conv.weight"].transpose(2, 3, 1, 0)
    options = {"compression": "gzip", "shuffle": True} if packed else {}
    names = ("fc/fc/kernel:0", "fc/fc/bias:0", "conv/conv/kernel:0")
    if not by_name:
        names = ("layers/dense/vars/0", "layers/dense/vars/1", "layers/conv2d/vars/0")
    with h5py.File(stream, "w", libver=libver) as file:
        if by_name:
            file.attrs["layer_names"] = np.array([b"fc", b"conv"])
        for name, values in zip(names, (dense, STATE["fc.bias"], conv), strict=True):
            file.create_dataset(name, data=values, **options)
    return stream.getvalue()


def keras_archive(weights: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", '{"class_name": "Functional", "config": {"name": "f"}}')
        archive.writestr("model.weights.h5", weights)
    return stream.getvalue()


def _named(fc: str, conv: str) -> str:
    """The digest of the network under other names."""
    names = {"fc.weight": fc, "conv.weight": conv}
    return digest(Constituent(new, flatten_weight(STATE[old])) for old, new in names.items())


def of_flax(chunk: int = 1 << 30) -> bytes:
    dense, conv = STATE["fc.weight"].T, STATE["conv.weight"].transpose(2, 3, 1, 0)
    params = {"fc": {"kernel": dense, "bias": STATE["fc.bias"]}, "conv": {"kernel": conv}}
    return flax_file({"params": params, "step": np.int32(7), "done": None}, chunk)


def of_tflite(outside: bool = False) -> bytes:
    """A dense layer, a convolution, and one in eight bits."""
    numbers = np.arange(-10, 10, dtype=np.int8).reshape(5, 4)
    tensors = [
        Made("x"),
        Made("fc/MatMul", STATE["fc.weight"]),
        Made("fc/BiasAdd", STATE["fc.bias"]),
        Made("conv/Conv2D", np.ascontiguousarray(STATE["conv.weight"].transpose(0, 2, 3, 1))),
        Made("last/MatMul", numbers, [0.5], [1]),
        Made("y"),
    ]
    steps = [(9, (0, 1, 2), (5,)), (3, (5, 3, -1), (5,)), (9, (5, 4, -1), (5,))]
    return tflite_file(tensors, steps, outside)


_TFLITE = digest(
    [
        *(
            Constituent(new, flatten_weight(STATE[old]))
            for old, new in (("fc.weight", "fc/MatMul"), ("conv.weight", "conv/Conv2D"))
        ),
        Constituent("last/MatMul", 0.5 * (np.arange(-10, 10).reshape(5, 4) - 1).astype(np.float32)),
    ]
)
_TENSORS = {name: torch.from_numpy(values) for name, values in STATE.items()}
_TORCH, _OLD = of_torch(_TENSORS), of_torch(_TENSORS, True)
_PROGRAM, _EXPORT = of_program(), of_export()
_ONNX = digest(
    [*(Constituent(n, flatten_weight(STATE[n])) for n in ("fc.weight", "conv.weight")), _LAST]
)

GOOD: Mapping[tuple[str, str], tuple[Good, ...]] = {
    (CHECKPOINT, "safetensors"): (
        Good("safetensors", "a.safetensors", save_safetensors(STATE), SORTED_WEIGHTS),
        Good("packed safetensors", "a.safetensors", save_safetensors(PACKED), PACKED_DIGEST),
    ),
    (CHECKPOINT, "npz"): (
        Good("npz", "a.npz", of_npz(STATE), WEIGHTS),
        Good("packed npz", "a.npz", of_npz(STATE, True), WEIGHTS),
        zipped_member("a member of npz", "a.npz", of_npz(STATE), "fc.weight.npy", WEIGHTS),
    ),
    (CHECKPOINT, "gguf"): (
        Good("gguf", "a.gguf", of_gguf(GGUF_STATE), WEIGHTS),
        Good("gguf of blocks", "a.gguf", of_gguf(BLOCKS, "Q8_0"), BLOCK_WEIGHTS),
        Good("gguf of old blocks", "a.gguf", of_gguf(BLOCKS, "Q8_0", 2), BLOCK_WEIGHTS),
    ),
    (CHECKPOINT, "torch"): (
        Good("torch", "a.pt", _TORCH, WEIGHTS),
        Good("torch before 1.6", "a.pth", _OLD, WEIGHTS),
        zipped_member("the pickle of torch", "a.bin", _TORCH, "data.pkl", WEIGHTS),
        Good("a program", "a.jit", _PROGRAM, SORTED_WEIGHTS, whole=False),
        zipped_member("the pickle of a program", "a.pt", _PROGRAM, "data.pkl", SORTED_WEIGHTS),
        Good("an export", "a.pt2", _EXPORT, SORTED_WEIGHTS, whole=False),
        zipped_member(
            "the table of an export", "a.pt2", _EXPORT, "_weights_config.json", SORTED_WEIGHTS
        ),
        Good("a tar of 2016", "a.pth.tar", tar_of_2016(_TENSORS), WEIGHTS, whole=False),
    ),
    (CHECKPOINT, "npy"): (
        Good("npy", "a.npy", npy(MATRIX), digest([Constituent("array", MATRIX)])),
        Good(
            "fortran npy of 16 bits",
            "a.npy",
            npy(np.asfortranarray(MATRIX.astype(">f2"))),
            digest([Constituent("array", MATRIX)]),
        ),
    ),
    (CHECKPOINT, "onnx"): (Good("onnx", "a.onnx", onnx_model().SerializeToString(), _ONNX),),
    (CHECKPOINT, "keras"): (
        Good("keras", "a.h5", of_keras(), _named("dense/kernel", "conv2d/kernel")),
        Good(
            "keras by names",
            "a.h5",
            of_keras("latest", by_name=True),
            _named("fc/kernel", "conv/kernel"),
            whole=False,
        ),
        Good(
            "packed keras", "a.hdf5", of_keras(packed=True), _named("dense/kernel", "conv2d/kernel")
        ),
        Good(
            "a keras archive",
            "a.keras",
            keras_archive(of_keras()),
            _named("dense/kernel", "conv2d/kernel"),
        ),
        zipped_member(
            "the weights of a keras archive",
            "a.keras",
            keras_archive(of_keras()),
            "model.weights.h5",
            _named("dense/kernel", "conv2d/kernel"),
        ),
    ),
    (CHECKPOINT, "flax"): (
        Good("flax", "a.msgpack", of_flax(), _named("params/fc/kernel", "params/conv/kernel")),
        Good(
            "flax in parts",
            "a.msgpack",
            of_flax(40),
            _named("params/fc/kernel", "params/conv/kernel"),
        ),
    ),
    (CHECKPOINT, "tflite"): (
        Good("tflite", "a.tflite", of_tflite(), _TFLITE, whole=False),
        Good("tflite with values behind it", "a.tflite", of_tflite(True), _TFLITE),
    ),
}
