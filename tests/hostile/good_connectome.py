"""Good files of each format of connectomes."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Mapping

import h5py
import networkx as nx
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from attack import digest
from good_shared import ADJACENCY, CONNECTOME, MATRIX, Good, npy, of_npz, zipped_member
from nibabel import cifti2
from safetensors.numpy import save as save_safetensors
from scipy import sparse
from scipy.io import savemat

from zoo_spectra.sources import Constituent


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


def graph_text(kind: str) -> bytes:
    """The matrix as networkx writes it in a format of graphs."""
    graph = nx.from_numpy_array(MATRIX, create_using=nx.DiGraph)
    stream = io.BytesIO()
    if kind == "gexf":
        nx.write_gexf(graph, stream)
    elif kind == "pajek":
        nx.write_pajek(nx.relabel_nodes(graph, str), stream)
    else:
        nx_writers = {"gml": nx.write_gml, "multiline": nx.write_multiline_adjlist}
        (nx_writers | {"braces": nx.write_edgelist})[kind](graph, stream)
    return stream.getvalue()


def of_mat(packed: bool = False, form: str = "5", **variables: object) -> bytes:
    stream = io.BytesIO()
    savemat(stream, variables, do_compression=packed, format=form)
    return stream.getvalue()


def of_hdf5(**options: object) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("a/conn", data=MATRIX, **options)
        file["a/labels"] = list("abcde")
    return stream.getvalue()


def sparse_hdf5() -> bytes:
    stream, matrix = io.BytesIO(), sparse.csr_array(MATRIX)
    with h5py.File(stream, "w") as file:
        for name in ("data", "indices", "indptr"):
            file[f"X/{name}"] = getattr(matrix, name)
        file["X"].attrs["shape"] = MATRIX.shape
    return stream.getvalue()


def of_matlab73() -> bytes:
    """By columns, behind a block that is MATLAB's, with names in a cell."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", userblock_size=512) as file:
        file["conn"] = MATRIX.T
        file["conn"].attrs["MATLAB_class"] = np.bytes_("double")
        references = []
        for name in "abcde":
            file[f"#refs#/{name}"] = np.array([[ord(name)]], "u2")
            file[f"#refs#/{name}"].attrs["MATLAB_class"] = np.bytes_("char")
            references.append(file[f"#refs#/{name}"].ref)
        file["names"] = np.array([references], dtype=h5py.ref_dtype)
        file["names"].attrs["MATLAB_class"] = np.bytes_("cell")
    return b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + stream.getvalue()[128:]


def sparse_safetensors() -> bytes:
    matrix = sparse.csr_array(MATRIX)
    return save_safetensors({n: getattr(matrix, n) for n in ("data", "indices", "indptr")})


def of_pconn() -> bytes:
    voxels = [np.array([[at, at, at]]) for at in range(5)]
    shape = {"affine": np.eye(4), "volume_shape": (9, 9, 9)}
    axis = cifti2.ParcelsAxis(list("abcde"), voxels, [{}] * 5, **shape)
    content: bytes = cifti2.Cifti2Image(MATRIX, header=(axis, axis)).to_bytes()
    return content


def of_arrow(made: pa.Table, compression: str = "uncompressed") -> bytes:
    stream = io.BytesIO()
    feather.write_feather(made, stream, compression=compression)
    return stream.getvalue()


def of_excel() -> bytes:
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    for row in (["pre", "post", "n"], *(line.split() for line in edges().splitlines())):
        book.active.append([float(cell) if "." in cell else cell for cell in row])
    book.save(stream)
    return stream.getvalue()


def of_simulator() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("c/weights.txt", _MATRIX_CSV.replace(",", " "))
        archive.writestr("c/centres.txt", "".join(f"R{k} {k}.5 1.0 -2.0\n" for k in range(5)))
        archive.writestr("c/tract_lengths.txt", _MATRIX_CSV.replace(",", " "))
    return stream.getvalue()


_BLOCKS = saved_sparse(sparse.csr_array(MATRIX))
_MATRIX_CSV = "\n".join(",".join(map(str, row)) for row in MATRIX) + "\n"
_NAMED_CSV = ",a,b,c,d,e\n" + "".join(
    f"{name},{','.join(map(str, row))}\n" for name, row in zip("abcde", MATRIX, strict=True)
)
_SEMICOLONS = "pre;post;weight\n" + edges(";").replace(".", ",")
_KINDS = ("pre,post,type,n\n" + re.sub(r"(?m)^(\d,\d),", r"\1,x,", edges(","))).encode()
_BOTH_WAYS = digest([Constituent("adjacency", MATRIX + MATRIX.T)])

GOOD: Mapping[tuple[str, str], tuple[Good, ...]] = {
    (CONNECTOME, "graphml"): (Good("graphml", "a.graphml", graphml(), ADJACENCY),),
    (CONNECTOME, "text"): (
        Good("edges", "a.edgelist", edges().encode(), ADJACENCY, whole=False),
        Good(
            "edges in gz", "a.edgelist.gz", edges().encode(), ADJACENCY, gzip.compress, whole=False
        ),
        Good("braces", "a.edgelist", graph_text("braces"), ADJACENCY, whole=False),
        Good("edges with commas", "a.csv", edges(",").encode(), ADJACENCY, whole=False),
        Good("matrix", "a.csv", _MATRIX_CSV.encode(), ADJACENCY, whole=False),
        Good("named matrix", "a.txt", _NAMED_CSV.encode(), ADJACENCY, whole=False),
        Good("semicolons", "a.csv", _SEMICOLONS.encode(), ADJACENCY, whole=False),
        Good("UTF-16", "a.csv", _NAMED_CSV.encode("utf-16"), ADJACENCY, whole=False),
        Good("kinds of edges", "a.csv", _KINDS, ADJACENCY, whole=False),
        Good("edges in gz", "a.csv.gz", edges(",").encode(), ADJACENCY, gzip.compress, whole=False),
        Good("gzipped edges", "a.txt.gz", gzip.compress(edges().encode()), ADJACENCY),
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
            zipped_member(f"{part} of csr", "a.npz", _BLOCKS, f"{part}.npy", ADJACENCY)
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
    (CONNECTOME, "arrow"): (
        Good("feather", "a.feather", of_arrow(table()), ADJACENCY),
        Good("named feather", "a.feather", of_arrow(named_table()), ADJACENCY),
        Good("packed feather", "a.arrow", of_arrow(named_table(), "lz4"), ADJACENCY),
    ),
    (CONNECTOME, "excel"): (
        Good("excel", "a.xlsx", of_excel(), ADJACENCY, whole=False),
        zipped_member("a sheet", "a.xlsx", of_excel(), "xl/worksheets/sheet1.xml", ADJACENCY),
    ),
    (CONNECTOME, "simulator"): (
        Good("simulator", "a.zip", of_simulator(), ADJACENCY, whole=False),
        zipped_member("weights", "a.zip", of_simulator(), "c/weights.txt", ADJACENCY),
    ),
    (CONNECTOME, "cect"): (Good("cect", "a.json", cect(), ADJACENCY),),
    (CONNECTOME, "gexf"): (
        Good("gexf", "a.gexf", graph_text("gexf"), ADJACENCY, whole=False),
        Good("gexf in gz", "a.gexf.gz", graph_text("gexf"), ADJACENCY, gzip.compress, whole=False),
    ),
    (CONNECTOME, "gml"): (Good("gml", "a.gml", graph_text("gml"), ADJACENCY, whole=False),),
    (CONNECTOME, "pajek"): (
        Good("pajek", "a.net", graph_text("pajek"), ADJACENCY, whole=False),
        Good("gzipped pajek", "a.net.gz", gzip.compress(graph_text("pajek")), ADJACENCY),
    ),
    (CONNECTOME, "adjlist"): (
        Good("multi-line", "a.adjlist", graph_text("multiline"), ADJACENCY, whole=False),
    ),
    (CONNECTOME, "mat"): (
        Good(
            "mat", "a.mat", of_mat(a=MATRIX, names=np.array(list("abcde"))), ADJACENCY, whole=False
        ),
        Good("packed mat", "a.mat", of_mat(True, a=MATRIX), ADJACENCY),
        Good("sparse mat", "a.mat", of_mat(a=sparse.csc_array(MATRIX)), ADJACENCY),
        Good("mat of version 4", "a.mat", of_mat(form="4", a=MATRIX), ADJACENCY),
        Good(
            "cells and structures",
            "a.mat",
            of_mat(s={"a": MATRIX, "n": 3.0}, c=np.array(["a", "b"], object)),
            ADJACENCY,
            whole=False,
        ),
        Good("mat of version 7.3", "a.mat", of_matlab73(), ADJACENCY, whole=False),
    ),
    (CONNECTOME, "hdf5"): (
        Good("hdf5", "a.h5", of_hdf5(), ADJACENCY, whole=False),
        Good("packed hdf5", "a.hdf5", of_hdf5(compression="gzip"), ADJACENCY, whole=False),
        Good("sparse hdf5", "a.h5", sparse_hdf5(), ADJACENCY, whole=False),
    ),
    (CONNECTOME, "safetensors"): (
        Good("safetensors", "a.safetensors", save_safetensors({"a": MATRIX}), ADJACENCY),
        Good("sparse safetensors", "a.safetensors", sparse_safetensors(), ADJACENCY),
    ),
    (CONNECTOME, "pconn"): (Good("pconn", "a.pconn.nii", of_pconn(), ADJACENCY),),
    (CONNECTOME, "relmat"): (
        Good(
            "relmat",
            "a_relmat.dense.tsv",
            _MATRIX_CSV.replace(",", "\t").encode(),
            ADJACENCY,
            whole=False,
        ),
    ),
    (CONNECTOME, "gpickle"): (Good("gpickle", "a.gpickle", b"\x80\x04N.", "refused"),),
}
