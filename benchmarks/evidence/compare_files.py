"""Real files of what was done to a network: GGUF, shards of safetensors, ONNX of int8."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.evidence.compare_networks import Arrays


def gguf_file(path: Path, arrays: Arrays, kind: str) -> str:
    """A real file of llama.cpp's blocks, float32 where rows are no multiple of 32; its source."""
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    writer, type_ = GGUFWriter(path, "llama"), GGMLQuantizationType[kind]
    for name, array in arrays.items():
        if array.shape[1] % 32:
            writer.add_tensor(name, array)
        else:
            writer.add_tensor(name, quantize(array, type_), raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return f"checkpoint:{path}"


def shards(folder: Path, arrays: Arrays, number: int) -> str:
    """Real safetensors, in several files with their index; its source."""
    from safetensors.numpy import save_file

    names = [f"model-{at + 1:05}-of-{number:05}.safetensors" for at in range(number)]
    index = {name: names[at * number // len(arrays)] for at, name in enumerate(arrays)}
    for file in names:
        save_file({k: arrays[k] for k, place in index.items() if place == file}, folder / file)
    place = folder / "model.safetensors.index.json"
    place.write_text(json.dumps({"weight_map": index}), encoding="utf-8")
    return f"checkpoint:{place}"


def onnx_of_bytes(path: Path, arrays: Arrays) -> str:
    """A real ONNX model of int8 weights with a scale a tensor, each dequantised; its source."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, kept, now = [], [], "x"
    for at, (name, array) in enumerate(arrays.items()):
        scale = np.float32(np.abs(array).max() / 127)
        kept += [
            numpy_helper.from_array(np.rint(array.T / scale).astype(np.int8), f"{name}_quantized"),
            numpy_helper.from_array(scale, f"{name}_scale"),
        ]
        nodes.append(
            helper.make_node("DequantizeLinear", [f"{name}_quantized", f"{name}_scale"], [name])
        )
        nodes.append(helper.make_node("MatMul", [now, name], [f"h{at}"]))
        now = f"h{at}"
    first, last = next(iter(arrays.values())), list(arrays.values())[-1]
    graph = helper.make_graph(
        nodes, "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, first.shape[1]])],
        [helper.make_tensor_value_info(now, TensorProto.FLOAT, [1, len(last)])], kept,
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return f"checkpoint:{path}"
