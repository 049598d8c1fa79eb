"""What a checkpoint of 20 GB takes to read, a format after the other: peak of memory, and seconds.

The files are written with holes for their zeros, so that the disk need not have the room.

python -m benchmarks.speed.large_files [GIGABYTES]
"""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from benchmarks.common import show, write

SIDE = 15_360  # of a matrix of 0.94 GB in float32: a bin of MessagePack has four bytes of length
BYTES = 4 * SIDE * SIDE
CODE = """
import sys, time
import zoo_spectra as zs
from zoo_spectra.runner.usage import peak_memory

started, count = time.perf_counter(), 0
for each in zs.load("checkpoint:" + sys.argv[1]).constituents():
    assert each.matrix.shape == (int(sys.argv[2]),) * 2 and abs(each.matrix.sum()) < 1e3
    count += 1
print(count, peak_memory() / 1e9, time.perf_counter() - started)
"""


class Holes(io.FileIO):
    """A file in which a long run of zeros is a hole."""

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        if len(view) < 1 << 12 or np.frombuffer(view, np.uint8).any():
            return super().write(view)
        end = self.tell() + len(view)
        self.truncate(max(end, self.seek(0, 2)))
        self.seek(end)
        return len(view)


def spread(file: BinaryIO, start: int, size: int) -> None:
    """A page of tiny numbers in every 256 kB: what is known for zeros would not be read at all."""
    for at in range(start, start + size, 1 << 18):
        file.seek(at)
        file.write(b"\1" * min(1 << 12, start + size - at))


def tensor_names(count: int) -> list[str]:
    return [f"layers.{number}.weight" for number in range(count)]


def safetensors(path: Path, count: int) -> None:
    header = {
        name: {
            "dtype": "F32",
            "shape": [SIDE, SIDE],
            "data_offsets": [at * BYTES, at * BYTES + BYTES],
        }
        for at, name in enumerate(tensor_names(count))
    }
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with path.open("r+b") as file:
        file.truncate(8 + len(text) + count * BYTES)
        spread(file, 8 + len(text), count * BYTES)


def torch_zip(path: Path, count: int) -> None:
    import torch

    with Holes(path, "w+") as file:
        torch.save({name: torch.zeros(SIDE, SIDE) for name in tensor_names(count)}, file)


def npz(path: Path, count: int) -> None:
    arrays: Any = {name: np.zeros((SIDE, SIDE), np.float32) for name in tensor_names(count)}
    with Holes(path, "w+") as file:
        np.savez(file, **arrays)


def gguf(path: Path, count: int) -> None:
    """Q8_0: 32 weights are 34 bytes, so that there are more of them."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    size = SIDE * SIDE // 32 * 34
    many = count * BYTES // size
    for at in range(many):
        kind = gguf.GGMLQuantizationType.Q8_0
        shape = (SIDE, SIDE // 32 * 34)
        writer.add_tensor_info(
            f"blk.{at}.ffn_up.weight", shape, np.dtype(np.uint8), size, raw_dtype=kind
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    with path.open("r+b") as file:
        start = -(-file.seek(0, 2) // 32) * 32
        file.truncate(start + many * size)
        spread(file, start, many * size)


def onnx(path: Path, count: int) -> None:
    from onnx import TensorProto, helper

    weights, nodes = [], []
    for at, name in enumerate(tensor_names(count)):
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=(SIDE, SIDE))
        tensor.data_location = TensorProto.EXTERNAL
        said = {"location": "weights.bin", "offset": str(at * BYTES), "length": str(BYTES)}
        for key, value in said.items():
            tensor.external_data.add(key=key, value=value)
        weights.append(tensor)
        nodes.append(helper.make_node("MatMul", [f"x{at}", name], [f"x{at + 1}"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, SIDE))
        for name in ("x0", f"x{count}")
    ]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], weights)
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with (path.parent / "weights.bin").open("wb") as file:
        file.truncate(count * BYTES)


def keras_weights(path: Path, count: int) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for at in range(count):
            layer = file.create_group(f"layers/dense_{at}/vars")
            how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            how.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
            space = h5py.h5s.create_simple((SIDE, SIDE))
            h5py.h5d.create(layer.id, b"0", h5py.h5t.IEEE_F32LE, space, how)
        file.create_group("optimizer/vars")


def keras_archive(path: Path, count: int) -> None:
    """``model.weights.h5`` as Keras stores it, in an archive."""
    weights = path.with_suffix(".h5")
    keras_weights(weights, count)
    layers = [
        {
            "class_name": "Dense",
            "config": {"name": f"dense_{at}", "units": SIDE},
            "name": f"dense_{at}",
        }
        for at in range(count)
    ]
    config = {"class_name": "Sequential", "config": {"name": "net", "layers": layers}}
    with Holes(path, "w+") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.8.0"}))
        archive.writestr("config.json", json.dumps(config))
        member = zipfile.ZipInfo("model.weights.h5")
        with weights.open("rb") as source, archive.open(member, "w", force_zip64=True) as into:
            while block := source.read(1 << 24):
                into.write(block)
    weights.unlink()


def flax(path: Path, count: int) -> None:
    """``{layer: {"kernel": extension 1 of (shape, dtype, bytes)}}``, as flax's to_bytes writes."""
    import msgpack

    packer = msgpack.Packer()
    with Holes(path, "w+") as file:
        file.write(packer.pack_map_header(count))
        for at in range(count):
            file.write(
                packer.pack(f"Dense_{at}") + packer.pack_map_header(1) + packer.pack("kernel")
            )
            inside = (
                packer.pack_array_header(3) + packer.pack((SIDE, SIDE)) + packer.pack("float32")
            )
            inside += b"\xc6" + struct.pack(">I", BYTES)
            file.write(b"\xc9" + struct.pack(">I", len(inside) + BYTES) + b"\x01" + inside)
            file.truncate(file.tell() + BYTES)
            file.seek(0, 2)


FORMATS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "safetensors": ("model.safetensors", safetensors),
    "PyTorch": ("model.pth", torch_zip),
    "GGUF (Q8_0)": ("model.gguf", gguf),
    "ONNX, external data": ("model.onnx", onnx),
    "Keras weights": ("model.weights.h5", keras_weights),
    "Keras archive": ("model.keras", keras_archive),
    "flax": ("flax_model.msgpack", flax),
    "NumPy archive": ("model.npz", npz),
}


def measured(gigabytes: float) -> Iterator[tuple[str, dict[str, float]]]:
    count = max(2, round(gigabytes * 1e9 / BYTES))
    for title, (name, make) in FORMATS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            make(path, count)
            size = sum(file.stat().st_size for file in Path(folder).iterdir())
            call = [sys.executable, "-c", CODE, str(path), str(SIDE)]
            ran = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True)
            found, peak, seconds = map(float, ran.stdout.split())
        if found < count:
            sys.exit(f"{title}: {found:.0f} of {count} matrices were read")
        yield title, {"gigabytes": size / 1e9, "peak": peak, "seconds": seconds}


def main() -> None:
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    found = dict(measured(gigabytes))
    rows = [
        (title, f"{each['gigabytes']:.1f}", f"{each['peak']:.2f}", f"{each['seconds']:.0f}")
        for title, each in found.items()
    ]
    show("Each matrix of a file, read", ("", "GB of file", "GB at the peak", "s"), rows)
    if gigabytes >= 20:
        write("speed.large_files", ("torch", "onnx", "h5py", "gguf", "msgpack"), {"formats": found})


if __name__ == "__main__":
    main()
