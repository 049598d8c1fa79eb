"""Hostile files of torch: tensors that lie outside, and pickles that never end."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping

import torch
from makers import GIGABYTE, Table, bomb, cases_of, with_fields
from torch_by_hand import (
    BSC,
    BSR,
    CSC,
    CSR,
    FLOATS,
    NO_HOOKS,
    UTILS,
    Call,
    Runs,
    Stored,
    chain,
    compressed,
    coordinates,
    deep,
    doubled,
    named,
    nested,
    numbers,
    old_torch,
    old_view,
    pickled,
    quantised,
    state_of,
    torch_zip,
    view,
    weight,
)

from tables import containers

SPARSE: Mapping[str, bytes] = {
    "COO beyond, said to be coalesced": coordinates([0, 9], [0, 1 << 40], (4, 4), True),
    "COO beyond": coordinates([0, 9], [0, 99_999], (4, 4), False),
    "COO before": coordinates([0, -1], [0, -(1 << 40)], (4, 4), True),
    "COO without indices": coordinates([], [], (4, 4), True, values=(3,)),
    "COO of other values": coordinates([0, 1], [0, 1], (4, 4), True, values=(1,)),
    "hybrid COO beyond": coordinates([0, 9], [1, 2], (4, 4, 3), True, values=(2, 3)),
    "hybrid COO of other values": coordinates([0, 1], [1, 2], (4, 4, 3), True, values=(2, 7)),
    "COO of exabytes": coordinates([0, 1], [0, 1], (1 << 30, 1 << 30), True),
    "COO of gigabytes": coordinates([0, 1], [0, 1], (20_000, 20_000), True),
    "COO of one dimension": coordinates([0, 1], [0, 1], (4,), True),
    "CSR with a column beyond": compressed(CSR, [0, 1, 2, 2, 2], [0, 1 << 40], (4, 4)),
    "CSR with a column before": compressed(CSR, [0, 1, 2, 2, 2], [0, -5], (4, 4)),
    "CSR with a pointer beyond": compressed(CSR, [0, 1 << 40, 2, 2, 2], [0, 1], (4, 4)),
    "CSR with a pointer that goes back": compressed(CSR, [0, 2, 1, 2, 2], [0, 1], (4, 4)),
    "CSR with too few pointers": compressed(CSR, [0, 2], [0, 1], (4, 4)),
    "CSR with a last pointer beyond": compressed(CSR, [0, 1, 2, 2, 900], [0, 1], (4, 4)),
    "CSR of gigabytes": compressed(CSR, [0, 1], [0], (1, 2_000_000_000)),
    "CSR of a batch": compressed(CSR, [0, 1], [0], (2, 1, 4)),
    "CSC with a row beyond": compressed(CSC, [0, 1, 2, 2, 2], [0, 1 << 40], (4, 4)),
    "CSC with a pointer beyond": compressed(CSC, [0, 1 << 40, 2, 2, 2], [0, 1], (4, 4)),
    "BSR with a block beyond": compressed(BSR, [0, 1, 2], [0, 9], (4, 4), (2, 2, 2)),
    "BSR with a pointer beyond": compressed(BSR, [0, 1 << 40, 2], [0, 1], (4, 4), (2, 2, 2)),
    "BSR of blocks that do not fit": compressed(BSR, [0, 1, 2], [0, 1], (4, 4), (2, 3, 3)),
    "BSR of empty blocks": compressed(BSR, [0, 1, 2], [0, 1], (4, 4), (2, 0, 2)),
    "BSC with a block beyond": compressed(BSC, [0, 1, 2], [0, 9], (4, 4), (2, 2, 2)),
    "hybrid CSR beyond": compressed(CSR, [0, 1, 2], [0, 7], (2, 2, 3), (2, 3)),
}
TENSORS: Mapping[str, bytes] = {
    "expanded to gigabytes": weight(view(0, (20_000, 20_000), (0, 0), 1), s0=FLOATS[:4]),
    "overlapping to gigabytes": weight(
        view(0, (20_000, 20_000), (1, 1), 40_000), s0=bytes(160_000)
    ),
    "an offset beyond": weight(view(1 << 40, (4, 4), (4, 1)), s0=FLOATS),
    "a shape beyond": weight(view(0, (400, 4), (4, 1)), s0=FLOATS),
    "strides beyond": weight(view(0, (4, 4), (1 << 40, 1)), s0=FLOATS),
    "an offset before": weight(view(-5, (4, 4), (4, 1)), s0=FLOATS),
    "strides that go back": weight(view(15, (4, 4), (-4, -1)), s0=FLOATS),
    "a negative shape": weight(view(0, (-4, -4), (4, 1)), s0=FLOATS),
    "a shape of fractions": weight(view(0, (4.0, 4.5), (4, 1)), s0=FLOATS),
    "a shape of truths": weight(view(0, (True, 4), (4, 1)), s0=FLOATS),
    "a shape of 400 digits": weight(view(0, (10**400, 4), (4, 1)), s0=FLOATS),
    "strides that overflow": weight(view(0, (1 << 40, 1 << 40), (1 << 40, 1 << 40)), s0=FLOATS),
    "fewer strides": weight(view(0, (4, 4), (4,)), s0=FLOATS),
    "a thousand dimensions": weight(view(0, (1,) * 1000, (1,) * 1000), s0=FLOATS),
    "a storage of more than it has": weight(view(0, (4, 400), (400, 1), 1600), s0=FLOATS),
    "a storage of exabytes": weight(view(0, (4, 4), (4, 1), 1 << 60), s0=FLOATS),
    "a storage of fractions": weight(view(0, (4, 4), (4, 1), 16.5), s0=FLOATS),
    "a storage that is not there": weight(view(0, (4, 4), (4, 1), 16, "9"), s0=FLOATS),
    "a storage with a path": weight(view(0, (4, 4), (4, 1), 16, "../data.pkl"), s0=FLOATS),
    "no storage": weight(Call(UTILS._rebuild_tensor_v2, None, 0, (4, 4), (4, 1), False, NO_HOOKS)),
    "too few arguments": weight(Call(UTILS._rebuild_tensor_v2, Stored("0", 16)), s0=FLOATS),
    "a tensor that is made for its size": weight(Call(torch.Tensor, 100_000, 100_000)),
    "a typed tensor made for its size": weight(Call(torch.FloatTensor, 100_000, 100_000)),
    "a storage made for its size": weight(Call(torch.UntypedStorage, 10**11)),
    "an array of bytes made for its size": torch_zip(
        state_of(named("__builtin__", "bytearray") + b"\x8a\x05\x00\xe4\x0b\x54\x02\x85R")
    ),
    "a meta tensor": weight(
        Call(
            UTILS._rebuild_meta_tensor_no_storage, torch.float32, (10**9, 10**9), (10**9, 1), False
        )
    ),
    "a cast of an expanded tensor": weight(
        Call(
            UTILS._rebuild_device_tensor_from_cpu_tensor,
            view(0, (30_000, 30_000), (0, 0), 1),
            torch.float64,
            "cpu",
            False,
        ),
        s0=FLOATS[:4],
    ),
    "a subclass of a tensor": weight(
        Call(
            UTILS._rebuild_wrapper_subclass,
            torch.Tensor,
            torch.float32,
            (10**6, 10**6),
            (10**6, 1),
            0,
            torch.strided,
            "cpu",
            False,
        )
    ),
    "a nested tensor": weight(
        Call(UTILS._rebuild_nested_tensor, view(0, (16,), (1,)), *[numbers([1 << 40], "1")] * 3),
        s0=FLOATS,
        s1=bytes(8),
    ),
    "quantised along no axis": quantised(torch.per_channel_affine, [1.0] * 4, [0] * 4, 9),
    "quantised by too few": quantised(torch.per_channel_affine, [1.0] * 2, [0] * 2, 0),
    "quantised by nothing": quantised(torch.per_tensor_affine),
    "quantised by texts": quantised(torch.per_tensor_affine, "a", "b"),
    "a layout that is none": weight(Call(UTILS._rebuild_sparse_tensor, torch.strided, (1, 2))),
    "parameters in parameters": torch_zip(
        state_of(
            (named("torch._utils", "_rebuild_parameter") + b"(") * 2000 + b"N" + b"\x89}tR" * 2000
        )
    ),
    "wrapped in types": torch_zip(
        state_of(named("torch._tensor", "_rebuild_from_type_v2") + b"(NNNNtR")
    ),
}
PICKLES: Mapping[str, bytes] = {
    "lists in lists": nested(100_000, b"]", b"q\x00]h\x00a"),
    "tuples in tuples": nested(300_000, b")", b"\x85"),
    "a tuple of 2^60 as a key": doubled(60).replace(b"\x80\x02", b"\x80\x02}", 1) + b"Ns.",
    "a set of a tuple of 2^60": b"\x80\x02"
    + named("__builtin__", "set")
    + b"]"
    + doubled(60)[2:]
    + b"a\x85R.",
    "dicts that lead to one another": pickled(chain(60)),
    "a model in a model": deep(20_000),
    "a model in itself": b"\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s.",
    "a million marks": b"\x80\x02" + b"(" * 1_000_000 + b".",
    "a million dicts": b"\x80\x02(" + b"}" * 1_000_000 + b"t.",
    "a million copies": b"\x80\x02}" + b"2" * 1_000_000 + b".",
    "numbers whose hashes are equal": b"\x80\x02}("
    + b"".join(
        b"\x8a\x0a" + (k * ((1 << 61) - 1)).to_bytes(10, "little") + b"N" for k in range(1, 60_000)
    )
    + b"u.",
    "a number of two million digits": b"\x80\x02\x8b\x40\x42\x0f\x00" + b"\x7f" * 1_000_000 + b".",
    "a number of digits": b"L" + b"9" * 100_000 + b"L\n.",
    "a text of four gigabytes": b"\x80\x02X\xff\xff\xff\xffabc",
    "a text of exabytes": b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fabc",
    "a name without an end": b"\x80\x02c" + b"a" * 1_000_000,
    "an encoder that doubles, forty times": state_of(
        named("_codecs", "encode") * 40
        + b"X\x04\x00\x00\x00aaaa"
        + b"X\x03\x00\x00\x00hex\x86R" * 40
    ),
    "one list of pairs, ordered again and again": b"\x80\x02]q\x01("
    + b"X\x01\x00\x00\x00aN\x86" * 20_000
    + b"e0("
    + (named("collections", "OrderedDict") + b"q\x02h\x01\x85R")
    + b"h\x02h\x01\x85R" * 100_000
    + b"t.",
    "a key without a value": b"\x80\x02}(X\x01\x00\x00\x00au.",
    "no result": b"\x80\x02.",
    "nothing to pop": b"\x80\x02000.",
    "a memory that is empty": b"\x80\x02h\x07.",
    "a call of a number": b"\x80\x02K\x01)R.",
    "an extension": b"\x80\x02\x82\x01.",
    "a buffer": b"\x80\x05\x97.",
    "steps that end nowhere": b"\x80\x02" + b"N0" * 200_000,
}
FILES: Table = {
    **SPARSE,
    **TENSORS,
    **{name: torch_zip(content) for name, content in PICKLES.items()},
    **{
        f"{name}, without a zip": content
        for name, content in PICKLES.items()
        if len(content) < 100_000
    },
    "a pickle that unpacks to three gigabytes": bomb(
        "a/data.pkl", b"\x80\x02]", 3 * GIGABYTE, b"]"
    ),
    "blanks that unpack to a gigabyte": bomb("a/data.pkl", b"\x80\x02", GIGABYTE, b"N0"),
    "a storage with a checksum of another": with_fields(
        torch_zip(pickled({"fc.weight": view(0, (4, 4), (4, 1))}), zipfile.ZIP_DEFLATED, s0=FLOATS),
        crc=1,
    ),
    "before 1.6, cut in the tensors": old_torch({"fc.weight": old_view(16)}, ["0"], bytes(20)),
    "before 1.6, of exabytes": old_torch(
        {"fc.weight": old_view(16)}, ["0"], (1 << 62).to_bytes(8, "little") + FLOATS
    ),
    "before 1.6, a storage again and again": old_torch(
        {"fc.weight": old_view(16)}, ["0"] * 100_000, (16).to_bytes(8, "little") + FLOATS
    ),
    "before 1.6, without its storage": old_torch({"fc.weight": old_view(16)}, [], FLOATS),
    "before 1.6, a storage of no tensor": old_torch({"fc.weight": old_view(16)}, ["7"], FLOATS),
    "before 1.6, storages that are no names": old_torch(
        {"fc.weight": old_view(16)}, {"0": 1}, FLOATS
    ),
    "before 1.6, a part beyond": old_torch(
        {"fc.weight": old_view(16, ("1", 8, 16))}, ["0"], (16).to_bytes(8, "little") + FLOATS
    ),
    **{
        f"a pickle that runs, protocol {protocol}": pickle.dumps({"fc.weight": Runs()}, protocol)
        for protocol in range(6)
    },
    **{
        f"a pickle that runs, zipped, protocol {protocol}": torch_zip(
            pickle.dumps({"fc.weight": Runs()}, protocol)
        )
        for protocol in range(6)
    },
}
CASES = cases_of(FILES, ".pt") + cases_of(containers.FILES, ".pt", containers.READ)
