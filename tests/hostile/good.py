"""Good files of each format, small: what is mutated and cut, and what must go on being read."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from attack import digest
from safetensors.numpy import save as save_safetensors
from scipy import sparse

from zoo_spectra.sources import Constituent, flatten_weight

CHECKPOINT, CONNECTOME = "checkpoint", "connectome"


@dataclass(frozen=True)
class Good:
    """A good file: ``data`` is what is mutated, ``pack`` makes the file of it.

    ``whole``: whether every part of it counts, so that a shorter file is a broken one.
    """

    name: str
    file: str
    data: bytes
    expected: str
    pack: Callable[[bytes], bytes] = bytes
    options: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True

    @property
    def content(self) -> bytes:
        return self.pack(self.data)


def _numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


STATE = {"fc.weight": _numbers(6, 5), "conv.weight": _numbers(4, 3, 2, 2), "fc.bias": _numbers(6)}
WEIGHTS = digest(
    Constituent(name, flatten_weight(STATE[name])) for name in ("fc.weight", "conv.weight")
)
SORTED_WEIGHTS = digest(
    Constituent(name, flatten_weight(STATE[name])) for name in ("conv.weight", "fc.weight")
)
MATRIX = np.array(
    [[0, 2, 0, 0, 1.5], [3, 0, 0, 4, 0], [0, 0, 1, 0, 0], [0, 7, 0, 0, 2], [1, 0, 0, 5, 0]]
)
ADJACENCY = digest([Constituent("adjacency", MATRIX)])


def of_npz(state: Mapping[str, np.ndarray], packed: bool = False) -> bytes:
    stream = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(stream, **state)
    return stream.getvalue()


def of_torch(state: object, old: bool = False) -> bytes:
    stream = io.BytesIO()
    torch.save(state, stream, _use_new_zipfile_serialization=not old)
    return stream.getvalue()


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


def member(archive: bytes, name: str) -> bytes:
    """A member of a zip archive whose name ends so."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(next(each for each in opened.namelist() if each.endswith(name)))


def with_member(
    archive: bytes, name: str, content: bytes, method: int = zipfile.ZIP_STORED
) -> bytes:
    """The archive with another content of a member, and a checksum that is right."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(stream, "w") as new:
        for each in old.namelist():
            new.writestr(each, content if each.endswith(name) else old.read(each))
    return stream.getvalue()


def _zipped(name: str, file: str, archive: bytes, inner: str, expected: str) -> Good:
    """A file whose member ``inner`` is mutated."""
    data = member(archive, inner)
    return Good(name, file, data, expected, lambda data: with_member(archive, inner, data))


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def saved_sparse(matrix: object) -> bytes:
    stream = io.BytesIO()
    sparse.save_npz(stream, matrix, compressed=False)
    return stream.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


def graphml() -> bytes:
    graph = nx.from_numpy_array(MATRIX, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, dict(enumerate("XYXYY")), "region")
    return "\n".join(nx.generate_graphml(graph)).encode()


def mtx(symmetry: str = "general") -> str:
    matrix = np.tril(MATRIX + MATRIX.T) if symmetry == "symmetric" else MATRIX
    rows, columns = np.nonzero(matrix)
    lines = [f"{i + 1} {j + 1} {matrix[i, j]}" for i, j in zip(rows, columns, strict=True)]
    head = f"%%MatrixMarket matrix coordinate real {symmetry}\n% said\n5 5 {len(rows)}\n"
    return head + "\n".join(lines) + "\n"


def mtx_array() -> str:
    values = "\n".join(map(str, MATRIX.T.reshape(-1)))
    return f"%%MatrixMarket matrix array real general\n5 5\n{values}\n"


def edges(separator: str = " ") -> str:
    """Each edge, and each node, in an order that keeps the numbers of the nodes."""
    pairs = zip(*np.nonzero(MATRIX), strict=True)
    return "".join(f"{i}{separator}{j}{separator}{MATRIX[i, j]}\n" for i, j in pairs)


def cect() -> bytes:
    names = ["ADAL", "ADAR", "AVBL", "AVBR", "PVCL"]
    connections = {"Generic_CS": MATRIX.tolist(), "Generic_GJ": np.zeros((5, 5)).tolist()}
    return json.dumps({"nodes": names, "connections": connections}).encode()


def table() -> pa.Table:
    rows, columns = np.nonzero(MATRIX)
    named = {"source": rows, "target": columns, "weight": MATRIX[rows, columns]}
    return pa.table(named)


def named_table() -> pa.Table:
    rows, columns = np.nonzero(MATRIX)
    texts = [[f"{place}" for place in places] for places in (rows, columns)]
    return pa.table({"source": texts[0], "target": texts[1], "weight": MATRIX[rows, columns]})


_TENSORS = {name: torch.from_numpy(values) for name, values in STATE.items()}
_TORCH, _OLD = of_torch(_TENSORS), of_torch(_TENSORS, True)
_PROGRAM, _EXPORT = of_program(), of_export()
_BLOCKS = saved_sparse(sparse.csr_array(MATRIX))
_MATRIX_CSV = "\n".join(",".join(map(str, row)) for row in MATRIX) + "\n"
_NAMED_CSV = ",a,b,c,d,e\n" + "".join(
    f"{name},{','.join(map(str, row))}\n" for name, row in zip("abcde", MATRIX, strict=True)
)
_BOTH_WAYS = digest([Constituent("adjacency", MATRIX + MATRIX.T)])

# By adapter and by the name of its format or reader.
GOOD: Mapping[tuple[str, str], tuple[Good, ...]] = {
    (CHECKPOINT, "safetensors"): (
        Good("safetensors", "a.safetensors", save_safetensors(STATE), SORTED_WEIGHTS),
    ),
    (CHECKPOINT, "npz"): (
        Good("npz", "a.npz", of_npz(STATE), WEIGHTS),
        Good("packed npz", "a.npz", of_npz(STATE, True), WEIGHTS),
        _zipped("a member of npz", "a.npz", of_npz(STATE), "fc.weight.npy", WEIGHTS),
    ),
    (CHECKPOINT, "torch"): (
        Good("torch", "a.pt", _TORCH, WEIGHTS),
        Good("torch before 1.6", "a.pth", _OLD, WEIGHTS),
        _zipped("the pickle of torch", "a.bin", _TORCH, "data.pkl", WEIGHTS),
        Good("a program", "a.jit", _PROGRAM, SORTED_WEIGHTS, whole=False),
        _zipped("the pickle of a program", "a.pt", _PROGRAM, "data.pkl", SORTED_WEIGHTS),
        Good("an export", "a.pt2", _EXPORT, SORTED_WEIGHTS, whole=False),
        _zipped("the table of an export", "a.pt2", _EXPORT, "_weights_config.json", SORTED_WEIGHTS),
        Good("a tar of 2016", "a.pth.tar", tar_of_2016(_TENSORS), WEIGHTS, whole=False),
    ),
    (CONNECTOME, "graphml"): (Good("graphml", "a.graphml", graphml(), ADJACENCY),),
    (CONNECTOME, "text"): (
        Good("edges", "a.edgelist", edges().encode(), ADJACENCY, whole=False),
        Good("edges with commas", "a.csv", edges(",").encode(), ADJACENCY, whole=False),
        Good("matrix", "a.csv", _MATRIX_CSV.encode(), ADJACENCY, whole=False),
        Good("named matrix", "a.txt", _NAMED_CSV.encode(), ADJACENCY, whole=False),
    ),
    (CONNECTOME, "npy"): (
        Good("npy", "a.npy", npy(MATRIX), ADJACENCY),
        Good("fortran npy", "a.npy", npy(np.asfortranarray(MATRIX)), ADJACENCY),
        Good("npy of 16 bits", "a.npy", npy(MATRIX.astype(">f2")), ADJACENCY),
    ),
    (CONNECTOME, "npz"): (
        Good("npz", "a.npz", of_npz({"a": MATRIX}, True), ADJACENCY),
        Good("csr", "a.npz", _BLOCKS, ADJACENCY),
        *(
            _zipped(f"{part} of csr", "a.npz", _BLOCKS, f"{part}.npy", ADJACENCY)
            for part in ("indices", "indptr", "shape", "format")
        ),
        *(
            Good(kind, "a.npz", saved_sparse(getattr(sparse, f"{kind}_array")(MATRIX)), ADJACENCY)
            for kind in ("csc", "coo", "dia", "bsr")
        ),
    ),
    (CONNECTOME, "matrix_market"): (
        Good("mtx", "a.mtx", mtx().encode(), ADJACENCY, whole=False),
        Good("dense mtx", "a.mtx", mtx_array().encode(), ADJACENCY, whole=False),
        Good("symmetric mtx", "a.mtx", mtx("symmetric").encode(), _BOTH_WAYS, whole=False),
        Good("gzipped mtx", "a.mtx.gz", gzip.compress(mtx().encode()), ADJACENCY),
        Good("mtx in gz", "a.mtx.gz", mtx().encode(), ADJACENCY, gzip.compress, whole=False),
    ),
    (CONNECTOME, "parquet"): (
        Good("parquet", "a.parquet", parquet(table()), ADJACENCY),
        Good("named parquet", "a.parquet", parquet(named_table()), ADJACENCY),
        Good(
            "parquet without a dictionary",
            "a.parquet",
            parquet(named_table(), use_dictionary=False, compression="zstd", version="1.0"),
            ADJACENCY,
        ),
    ),
    (CONNECTOME, "cect"): (Good("cect", "a.json", cect(), ADJACENCY),),
}
