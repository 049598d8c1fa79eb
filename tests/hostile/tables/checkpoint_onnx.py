"""Hostile ONNX models: protocol buffers by hand, and graphs that lead elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from good_shared import STATE
from makers import GIGABYTE, Table, cases_of, with_hole

make = onnx.helper


def number(value: int) -> bytes:
    """A varint."""
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def part(field: int, content: bytes | int) -> bytes:
    """A field: a number, or bytes after their length."""
    if isinstance(content, int):
        return number(field << 3) + number(content)
    return number(field << 3 | 2) + number(len(content)) + content


def model(graph: bytes, *more: bytes) -> bytes:
    return part(1, 8) + part(2, b"by hand") + part(7, graph) + b"".join(more)


def tensor(
    shape: list[int],
    data: bytes = b"",
    code: int = 1,
    name: bytes = b"fc.weight",
    more: bytes = b"",
) -> bytes:
    sides = b"".join(part(1, side) for side in shape)
    return sides + part(2, code) + part(8, name) + (part(9, data) if data else b"") + more


def one(*arguments: object, **named: object) -> bytes:
    """A model of one initialiser."""
    return model(part(5, tensor(*arguments, **named)))  # type: ignore[arg-type]


def node(op: bytes, inputs: list[bytes], outputs: list[bytes], more: bytes = b"") -> bytes:
    names = b"".join(part(1, each) for each in inputs) + b"".join(part(2, each) for each in outputs)
    return part(1, names + part(4, op) + more)


def outside(location: str, offset: int = 0, length: int = 16) -> bytes:
    """A model whose one weight lies in another file."""
    pairs = {"location": location, "offset": str(offset), "length": str(length)}
    entries = b"".join(
        part(13, part(1, k.encode()) + part(2, v.encode())) for k, v in pairs.items()
    )
    return one([2, 2], more=entries + part(14, 1))


def beside(prepare: Callable[[Path], object], content: bytes) -> Callable[[Path], object]:
    """A model, and what lies beside it."""

    def write(path: Path) -> None:
        prepare(path)
        path.write_bytes(content)

    return write


def secret(path: Path) -> None:
    (path.parent.parent / "secret").write_bytes(bytes(64))


def link(path: Path) -> None:
    secret(path)
    (path.parent / "data").symlink_to(path.parent.parent / "secret")


def folder_link(path: Path) -> None:
    secret(path)
    (path.parent / "inner").symlink_to(path.parent.parent)


def nested(depth: int) -> bytes:
    """Graphs in the attributes of nodes in graphs."""
    graph = part(5, tensor([2, 2], bytes(16)))
    for _ in range(depth):
        graph = node(b"If", [b"c"], [b"o"], part(5, part(1, b"then_branch") + part(6, graph)))
    return model(graph)


def calls(count: int, depth: int) -> bytes:
    """Functions each of which calls the next so many times; the last calls the first."""
    functions = []
    for level in range(depth):
        body = part(7, node(b"F%d" % ((level + 1) % depth), [b"x"], [b"y"], part(7, b"d"))[2:])
        functions.append(part(25, part(1, b"F%d" % level) + body * count + part(10, b"d")))
    return model(node(b"F0", [b"x"], [b"y"], part(7, b"d")), *functions)


def graph_of(nodes: list[onnx.NodeProto], **tensors: np.ndarray) -> bytes:
    held = [onnx.numpy_helper.from_array(values, name) for name, values in tensors.items()]
    sides = [make.make_tensor_value_info(name, 1, None) for name in ("x", "y")]
    made = make.make_model(make.make_graph(nodes, "g", sides[:1], sides[1:], held))
    return made.SerializeToString()


def quantised(scale: np.ndarray, zero: np.ndarray, **options: int) -> bytes:
    nodes = [
        make.make_node("DequantizeLinear", ["w", "s", "z"], ["v"], **options),
        make.make_node("MatMul", ["x", "v"], ["y"]),
    ]
    return graph_of(nodes, w=np.ones((4, 6), np.int8), s=scale, z=zero)


def hole(size: int) -> bytes:
    """A model without the values, so many bytes, of its last tensor."""
    inner = tensor([50_000, size // 200_000]) + number(9 << 3 | 2) + number(size)
    graph = number(5 << 3 | 2) + number(len(inner) + size) + inner
    return part(1, 8) + part(2, b"x") + number(7 << 3 | 2) + number(len(graph) + size) + graph


EIGHT = np.ones((64, 96), np.int8)
WEIGHT = STATE["fc.weight"]
FILES: Table = {
    "values of another folder": beside(secret, outside("../secret")),
    "values of another folder, by a folder of this one": beside(
        secret, outside("inner/../../secret")
    ),
    "values of a system file": outside("/etc/passwd"),
    "values of a link out of the folder": beside(link, outside("data")),
    "values in a folder that is a link": beside(folder_link, outside("inner/secret")),
    "values of a device": beside(
        lambda path: (path.parent / "data").symlink_to("/dev/zero"), outside("data")
    ),
    "values of a pipe": beside(lambda path: os.mkfifo(path.parent / "data"), outside("data")),
    "values of a folder": beside(lambda path: (path.parent / "data").mkdir(), outside("data")),
    "values of a file that is not there": outside("data"),
    "values of no file": outside(""),
    "values of a name with a zero byte": outside("da\0ta"),
    "values beyond the end of their file": beside(
        lambda path: (path.parent / "data").write_bytes(bytes(64)), outside("data", 1 << 40)
    ),
    "values before the beginning of their file": beside(
        lambda path: (path.parent / "data").write_bytes(bytes(64)), outside("data", -8)
    ),
    "values of a length of their own": beside(
        lambda path: (path.parent / "data").write_bytes(bytes(64)), outside("data", 0, 20)
    ),
    "a promise of terabytes": one([1 << 20, 1 << 20], bytes(16)),
    "a promise of terabytes in packed integers": one(
        [1 << 20, 1 << 20], code=10, more=part(5, bytes(16))
    ),
    "sides whose product overflows": one([1 << 32, 1 << 32], bytes(16)),
    "a negative side": one([-2, -2], bytes(16)),
    "a million dimensions": one([1] * 1_000_000, bytes(4)),
    "forty dimensions": one([2, 2] + [1] * 38, bytes(16)),
    "less data than the shape": one([4, 4], bytes(16)),
    "more data than the shape": one([2, 2], bytes(32)),
    "no data": one([2, 2]),
    "data in two places": one([2, 2], bytes(16), more=part(4, bytes(16))),
    "data in segments": one([2, 2], bytes(16), more=part(3, part(1, 0))),
    "integers that do not end": one([2, 2], code=10, more=part(5, b"\xff" * 16)),
    "integers of eleven bytes": one([1, 2], code=10, more=part(5, b"\xff" * 11 + b"\1" * 2)),
    "a type that is not known": one([2, 2], bytes(16), 99),
    "texts": one([2, 2], code=8, more=part(6, b"a") * 4),
    "complex numbers": one([2, 2], bytes(32), 14),
    "a name of a million characters": one([2, 2], bytes(16), name=b"x" * 1_000_000),
    "a name of two thousand characters": one([2, 2], bytes(16), name=b"x" * 2000),
    "a length beyond the file": part(1, 8) + number(7 << 3 | 2) + number(1 << 60),
    "a length that does not end": part(1, 8) + number(7 << 3 | 2) + b"\xff" * 20,
    "a field of no number": part(1, 8) + part(7, b"\x02\x01x"),
    "a group": part(1, 8) + part(7, b"\x0b\x0c"),
    "two graphs": model(part(5, tensor([2, 2], bytes(16)))) + part(7, b""),
    "no graph": part(1, 8) + part(2, b"x" * 30),
    "an empty graph": model(b""),
    "a thousand graphs in one another": nested(1000),
    "functions that call themselves": calls(1, 2),
    "functions that call others a thousand times": calls(1000, 12),
    "200,000 nodes": model(node(b"Add", [b"a", b"b"], [b"c"]) * 200_000),
    "100,000 tensors": model(part(5, tensor([1], bytes(4), name=b"b")) * 100_000),
    "a node with a million inputs": model(node(b"Sum", [b"a"] * 1_000_000, [b"c"])),
    "a sparse initialiser": model(part(15, part(1, tensor([2], bytes(8))) + part(3, 4))),
    "scales that do not fit": quantised(np.ones(5, np.float32), np.zeros(5, np.int8)),
    "an axis that is not there": quantised(np.ones(6, np.float32), np.zeros(6, np.int8), axis=9),
    "blocks of a negative size": quantised(
        np.ones((4, 6), np.float32), np.zeros((4, 6), np.int8), block_size=-3
    ),
    "a scale that is the weight": graph_of(
        [
            make.make_node("DequantizeLinear", ["w", "w"], ["v"]),
            make.make_node("MatMul", ["x", "v"], ["y"]),
        ],
        w=np.ones((4, 6), np.int8),
    ),
    "a weight of eight bits without a scale": graph_of(
        [make.make_node("MatMulInteger", ["x", "w"], ["y"])], w=EIGHT
    ),
    "a weight of four bits, packed": graph_of(
        [make.make_node("MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft")],
        w=np.ones((64, 3, 16), np.uint8),
        s=np.ones(192, np.float32),
    ),
    "a weight that the graph computes": graph_of(
        [
            make.make_node("Mul", ["a", "b"], ["w"]),
            make.make_node("MatMul", ["x", "w"], ["y"]),
        ],
        a=WEIGHT,
        b=2 * WEIGHT,
    ),
    "recurrent weights of a wrong shape": graph_of(
        [make.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=2)],
        w=np.ones((1, 7, 4), np.float32),
        r=np.ones((1, 7, 2), np.float32),
    ),
    "a transposition by other axes": graph_of(
        [
            make.make_node("Transpose", ["w"], ["v"], perm=[5, 5]),
            make.make_node("MatMul", ["x", "v"], ["y"]),
        ],
        w=WEIGHT,
    ),
    "eight gigabytes of nothing": with_hole(hole(8 * GIGABYTE), 8 * GIGABYTE),
}
CASES = cases_of(FILES, ".onnx", {"200,000 nodes", "a node with a million inputs"})
