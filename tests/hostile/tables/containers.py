"""Hostile programs, exports and tar archives, which are files of torch too."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tarfile
from collections.abc import Mapping
from typing import Any

import torch
from makers import GIGABYTE, Table, bomb, with_hole, zipped
from torch_by_hand import FLOATS, Call, Runs, named, pickled, state_of, torch_zip, view

CODE = """class Net(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  weight : Tensor
"""


def module(name: str, state: bytes) -> bytes:
    """A pickle that makes an object of a program's class, with this state."""
    return named("__torch__", name) + b")\x81" + state + b"b"


def attributes(**values: bytes) -> bytes:
    items = b"".join(text(name) + value for name, value in values.items())
    return b"}(" + items + b"u"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def tensor(key: str = "0", count: int = 16, shape: tuple[int, ...] = (4, 4)) -> bytes:
    """What ``view`` pickles to, without its frame."""
    return pickled(view(0, shape, (shape[-1], 1), count, key))[2:-1]


def program(data: bytes, constants: bytes = b"\x80\x02).", **files: bytes) -> bytes:
    members = {"a/data.pkl": data, "a/constants.pkl": constants, "a/data/0": FLOATS}
    code = {f"a/code/{name}.py": content for name, content in files.items()}
    return zipped(members | (code or {"a/code/__torch__.py": CODE.encode()}))


def net(**values: bytes) -> bytes:
    return b"\x80\x02" + module("Net", attributes(**values)) + b"."


def cyclic(count: int) -> bytes:
    """A module in itself, under many names."""
    held = b"".join(text(f"m{number}") + b"h\x01" for number in range(count))
    return b"\x80\x02" + named("__torch__", "Net") + b")\x81q\x01}(" + held + b"ub."


def deep(count: int) -> bytes:
    start = named("__torch__", "Net") + b")\x81}(" + text("m")
    return b"\x80\x02" + start * count + b"N" + b"ub" * count + b"."


PROGRAMS: Mapping[str, bytes] = {
    "a program that runs": program(net(weight=pickle.dumps(Runs(), 2)[2:-1])),
    "a program whose constants run": program(net(weight=tensor()), pickle.dumps(Runs(), 2)),
    "a program without a root": program(b"\x80\x02N."),
    "a program of a number": program(b"\x80\x02K\x01."),
    "a program cut in its pickle": program(net(weight=tensor())[:-9]),
    "a program without constants": program(net(weight=tensor()), b""),
    "a module in itself": program(cyclic(1)),
    "a module in itself, twice": program(cyclic(2)),
    "a module in itself, a hundred times": program(cyclic(100)),
    "modules in modules": program(deep(20_000)),
    "a module of a long name": program(net(**{"w" * 60_000: tensor()})),
    "a storage of a program that is not there": program(net(weight=tensor("7"))),
    "a storage of a program of exabytes": program(net(weight=tensor(count=1 << 60))),
    "a shape of a program beyond": program(net(weight=tensor(shape=(4000, 4)))),
    "a packed layer": program(
        net(_packed_params=module("torch.classes.quantized.LinearPackedParamsBase", b"(K\x01t"))
    ),
    "a packed layer of a class unknown": program(net(fc=module("torch.classes.other.Thing", b"N"))),
    "a frozen program": program(net(training=b"\x89"), b"\x80\x02" + tensor() + b"\x85."),
    "code of many brackets": program(net(x=b"N"), __torch__=CODE.encode()[:40] + b"]" * 4_000_000),
    "code of many classes": program(net(x=b"N"), __torch__=CODE.encode() * 40_000),
    "code of many files": program(net(x=b"N"), **{f"f{n}": CODE.encode() for n in range(20_000)}),
    "code of megabytes": program(net(x=b"N"), __torch__=b" " * (5 << 20)),
}


def row(**other: Any) -> dict[str, Any]:
    meta = {
        "dtype": 7,
        "sizes": [{"as_int": 4}, {"as_int": 4}],
        "strides": [{"as_int": 4}, {"as_int": 1}],
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }
    top = {"path_name": "weight_0", "is_param": True, "use_pickle": False}
    return {
        **{key: other.get(key, value) for key, value in top.items()},
        "tensor_meta": {key: other.get(key, value) for key, value in meta.items()},
    }


def export(table: bytes | object, **members: bytes) -> bytes:
    content = table if isinstance(table, bytes) else json.dumps(table).encode()
    return zipped(
        {
            "a/archive_format": b"pt2",
            "a/byteorder": b"little",
            "a/data/weights/model_weights_config.json": content,
            "a/data/weights/weight_0": FLOATS,
        }
        | {f"a/{name}": data for name, data in members.items()}
    )


def of_row(**other: Any) -> bytes:
    return export({"config": {"fc.weight": row(**other)}})


def sizes(*numbers: Any) -> list[Any]:
    return [{"as_int": number} for number in numbers]


INNER = torch_zip(pickled({"fc.weight": view(0, (4, 4), (4, 1))}), s0=FLOATS)
OLD = {"serialized_exported_program.json": b"{}", "version": b"5.1"}
EXPORTS: Mapping[str, bytes] = {
    "an export without a table": export(b""),
    "an export of a list": export([1, 2]),
    "an export of no rows": export({"config": 3}),
    "an export of texts": export({"config": {"fc.weight": "x"}}),
    "an export of brackets": export(b"[" * 1_000_000),
    "an export of many lists": export(b'{"config": [' + b"[]," * 5_000_000 + b"[]]}"),
    "a table of 40 MB": export(b" " * (40 << 20)),
    "an export of a shape beyond": of_row(sizes=sizes(400, 4)),
    "an export of strides beyond": of_row(strides=sizes(1 << 40, 1)),
    "an export of a negative offset": of_row(storage_offset={"as_int": -4}),
    "an export of an offset beyond": of_row(storage_offset={"as_int": 1 << 60}),
    "an export of a negative shape": of_row(sizes=sizes(-4, -4)),
    "an export of a symbol": of_row(sizes=[{"as_expr": "s0"}, {"as_int": 4}]),
    "an export of truths": of_row(sizes=sizes(True, True)),
    "an export of fractions": of_row(sizes=sizes(4.0, 4.0)),
    "an export of gigabytes": of_row(sizes=sizes(30_000, 30_000), strides=sizes(0, 0)),
    "an export of an unknown type": of_row(dtype=77),
    "an export of a type that is none": of_row(dtype="float"),
    "an export of another layout": of_row(layout=1),
    "an export of a pickle": of_row(use_pickle=True),
    "an export that leaves its folder": of_row(path_name="../../archive_format"),
    "an export of an absolute path": of_row(path_name="/etc/passwd"),
    "an export of no path": of_row(path_name=None),
    "an export without its weights": of_row(path_name="weight_9"),
    "an export of a million rows": export(
        b'{"config": {' + b",".join(b'"%d":0' % number for number in range(1_000_000)) + b"}}"
    ),
    "a compiled export": zipped({"a/archive_format": b"pt2", "a/data/aotinductor/m/x.so": b"ELF"}),
    "an old export that is empty": zipped(OLD | {"serialized_state_dict.pt": b""}),
    "an old export that is cut": zipped(OLD | {"serialized_state_dict.pt": INNER[:-30]}),
    "an old export of a pickle": zipped(
        OLD | {"serialized_state_dict.pt": pickle.dumps(Runs(), 2)}
    ),
    "an old export in an old export": zipped(
        OLD | {"serialized_state_dict.pt": zipped(OLD | {"serialized_state_dict.pt": INNER})}
    ),
    "an old export that runs": zipped(
        OLD | {"serialized_state_dict.pt": torch_zip(pickle.dumps({"fc.weight": Runs()}, 2))}
    ),
    "an old export that is packed": zipped(OLD | {"serialized_state_dict.pt": INNER}, 8),
}


def tar(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def storages(count: Any = 1, key: Any = 0, kind: Any = torch.FloatStorage, size: int = 16) -> bytes:
    start = pickle.dumps(count, 2) + pickle.dumps((key, "cpu", kind), 2)
    return start + struct.pack("<Q", size & (1 << 64) - 1) + FLOATS + pickle.dumps([], 2)


def tensors(
    sides: int = 2,
    shape: tuple[int, ...] = (4, 4),
    offset: int = 0,
    storage: int = 0,
    count: Any = 1,
) -> bytes:
    start = pickle.dumps(count, 2) + pickle.dumps((9, storage, torch.FloatTensor), 2)
    places = struct.pack(f"<{2 * len(shape)}q", *shape, *(shape[-1:] + (1,) * (len(shape) - 1)))
    return start + struct.pack("<ii", sides, 0) + places + struct.pack("<q", offset)


STATE = b"\x80\x02}" + text("fc.weight") + text("9") + b"Qs."


def of_2016(**parts: bytes) -> bytes:
    return tar(**({"storages": storages(), "tensors": tensors(), "pickle": STATE} | parts))


def with_size(content: bytes, size: bytes) -> bytes:
    """A tar archive whose first member says another size, in octal, with its checksum."""
    head = bytearray(content[:512])
    head[124:136] = size.rjust(11, b"0") + b"\0"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + content[512:]


TARS: Mapping[str, bytes] = {
    "a tar that runs": of_2016(pickle=pickle.dumps({"fc.weight": Runs()}, 2)),
    "a tar whose storages run": of_2016(storages=pickle.dumps(Runs(), 2)),
    "a tar of nothing": tar(),
    "a tar of other files": tar(a=b"1", b=b"2"),
    "a tar of empty parts": of_2016(storages=b"", tensors=b"", pickle=b""),
    "a tar of many storages": of_2016(storages=storages(count=10**9)),
    "a tar of fewer than no storages": of_2016(storages=storages(count=-1)),
    "a tar of a text of storages": of_2016(storages=storages(count="a")),
    "a tar of exabytes": of_2016(storages=storages(size=1 << 60)),
    "a tar of a negative size": of_2016(storages=storages(size=-16)),
    "a tar of an unknown storage": of_2016(storages=storages(kind=torch.Tensor)),
    "a tar of a storage without a type": of_2016(storages=storages(kind=3)),
    "a tar of a storage without a key": of_2016(storages=storages(key=[1])),
    "a tar of many tensors": of_2016(tensors=tensors(count=10**9)),
    "a tar of many dimensions": of_2016(tensors=tensors(sides=1 << 30)),
    "a tar of negative dimensions": of_2016(tensors=tensors(sides=-2)),
    "a tar of a shape beyond": of_2016(tensors=tensors(shape=(400, 4))),
    "a tar of a negative shape": of_2016(tensors=tensors(shape=(-4, -4))),
    "a tar of a negative offset": of_2016(tensors=tensors(offset=-4)),
    "a tar of an offset beyond": of_2016(tensors=tensors(offset=1 << 60)),
    "a tar of another's storage": of_2016(tensors=tensors(storage=7)),
    "a tar of a view of nothing": of_2016(
        storages=storages()[: -len(pickle.dumps([], 2))] + pickle.dumps([(5, 7, 0, 4)], 2)
    ),
    "a tar cut in its tensors": of_2016(tensors=tensors()[:-20]),
    "a tar that is cut": of_2016()[:1800],
    "a tar whose member is larger than it": with_size(of_2016(), b"77777777777"),
    "a tar whose member has no size": with_size(of_2016(), b"zz"),
    "a tar of a hundred thousand members": tar(**{f"f{number}": b"" for number in range(100_001)}),
}
FILES: Table = {
    **PROGRAMS,
    **EXPORTS,
    **TARS,
    "code that unpacks to three gigabytes": bomb("a/code/x.py", b"", 3 * GIGABYTE, b" "),
    "a table that unpacks to three gigabytes": bomb(
        "a/data/weights/model_weights_config.json", b"[", 3 * GIGABYTE, b" "
    ),
    "a tar of a hole": with_hole(of_2016(), 8 * GIGABYTE),
    "an array of numpy's that is larger than its bytes": torch_zip(
        state_of(
            named("numpy.core.multiarray", "_reconstruct")
            + (named("numpy", "ndarray") + b"K\x00\x85C\x01b\x87R(K\x01")
            + (b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86" + named("numpy", "dtype"))
            + (text("f8") + b"\x89\x88\x87R\x89C\x03abctb")
        )
    ),
    "an array of numpy's made from a file": torch_zip(
        state_of(named("numpy", "fromfile") + text("/etc/passwd") + b"\x85R")
    ),
    "lists in lists of a state": torch_zip(pickled({"a": [[[[[[{"b": Call(int)}]]]]]]})),
    "a million networks": torch_zip(
        b"\x80\x02](" + b"".join([b"}" + text("w") + tensor() + b"s"] * 20_000) + b"e."
    ),
    "keys of ten thousand characters": torch_zip(
        b"\x80\x02}("
        + b"".join(
            text("k" * 10_000 + str(n)) + b"}" + text("w") + tensor() + b"s" for n in range(500)
        )
        + b"u."
    ),
}
READ = frozenset({"a tar of a hole", "code of many files", "code of many classes"})
