"""The table of readers: complete, its suffixes kept, and each reader imported when needed."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import pkgutil
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import h5py
import networkx as nx
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from nibabel import cifti2
from safetensors.numpy import save
from scipy.io import mmwrite, savemat

from zoo_spectra.errors import FileFormatError, SourceError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter, readers
from zoo_spectra_connectome.readers import READERS, SUFFIXES
from zoo_spectra_connectome.settings import OPTIONS

HELPERS = {"table", "edge_lists", "matrix_tables", "graphml_elements", "xml_stream", "ordered"}
HELPERS |= {"gz", "braces", "literals", "chosen", "compressed", "mat4", "mat5", "mat_values"}
HELPERS |= {"columnar", "tables_of_else"}
MATRIX = np.array([[0.0, 2.0], [3.0, 0.0]])
CONNECTIONS = {"Generic_CS": MATRIX.tolist(), "Generic_GJ": MATRIX.tolist()}


def written() -> dict[str, bytes]:
    """The same two nodes in a file of each suffix."""
    npy, npz, mtx, parquet, mat, gexf, arrow, excel, zipped = (io.BytesIO() for _ in range(9))
    np.save(npy, MATRIX)
    np.savez(npz, a=MATRIX)
    mmwrite(mtx, MATRIX)
    table = pa.table({"source": [0, 1], "target": [1, 0], "weight": [2.0, 3.0]})
    pq.write_table(table, parquet)
    feather.write_feather(table, arrow)
    book = openpyxl.Workbook()
    for row in (["pre", "post", "weight"], [0, 1, 2], [1, 0, 3]):
        book.active.append(row)
    book.save(excel)
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("weights.txt", "0 2\n3 0\n")
        archive.writestr("average_orientations.txt", "0 2 1\n3 0 1\n")
    graph = nx.from_numpy_array(MATRIX, create_using=nx.DiGraph)
    savemat(mat, {"a": MATRIX})
    nx.write_gexf(graph, gexf)
    hdf5 = with_h5py(MATRIX)
    plain = {
        ".gexf": gexf.getvalue(),
        ".gml": "\n".join(nx.generate_gml(graph)).encode(),
        ".net": "\n".join(nx.generate_pajek(nx.relabel_nodes(graph, str))).encode(),
        ".adjlist": b"0 1 1\n1 0 0 0\n",
        ".multiline_adjlist": "\n".join(nx.generate_multiline_adjlist(graph)).encode(),
        ".mat": mat.getvalue(),
        ".h5": hdf5,
        ".hdf5": hdf5,
        ".safetensors": save({"a": MATRIX}),
        ".pconn.nii": pconn(MATRIX),
        "_relmat.dense.tsv": b"0\t2\n3\t0\n",
        **dict.fromkeys((".gpickle", ".pickle", ".pkl"), b"\x80\x04N."),
        ".graphml": "\n".join(nx.generate_graphml(graph)).encode(),
        ".edgelist": b"0 1 2\n1 0 3\n",
        ".csv": b"0,1,2\n1,0,3\n",
        ".tsv": b"0\t1\t2\n1\t0\t3\n",
        ".txt": b"0 1 2\n1 0 3\n",
        ".npy": npy.getvalue(),
        ".npz": npz.getvalue(),
        ".mtx": mtx.getvalue(),
        ".parquet": parquet.getvalue(),
        ".feather": arrow.getvalue(),
        ".arrow": arrow.getvalue(),
        ".xlsx": excel.getvalue(),
        ".zip": zipped.getvalue(),
        ".json": json.dumps({"nodes": ["0", "1"], "connections": CONNECTIONS}).encode(),
    }
    return plain | {f"{suffix}.gz": gzip.compress(made) for suffix, made in plain.items()}


def with_h5py(matrix: np.ndarray) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["a"] = matrix
    return stream.getvalue()


def pconn(matrix: np.ndarray) -> bytes:
    """Parcels of a voxel each."""
    names = [f"parcel {at}" for at in range(len(matrix))]
    voxels = [np.array([[at, at, at]]) for at in range(len(matrix))]
    shape = {"affine": np.eye(4), "volume_shape": (9, 9, 9)}
    axis = cifti2.ParcelsAxis(names, voxels, [{}] * len(matrix), **shape)
    return cifti2.Cifti2Image(matrix, header=(axis, axis)).to_bytes()


FILES = written()
PLAIN = (
    ".edgelist",
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    "_relmat.dense.tsv",
)  # whose first bytes say nothing
PLAIN += (".gml", ".adjlist", ".multiline_adjlist", ".safetensors")
PICKLES = (".gpickle", ".pickle", ".pkl")
SIGNED = {
    ".graphml": "it is a GraphML file, not what {} promises; rename it to a.graphml",
    ".gexf": "it is a GEXF file, not what {} promises; rename it to a.gexf",
    ".net": "it is a Pajek file, not what {} promises; rename it to a.net",
    ".mat": "it is a MATLAB file, not what {} promises; rename it to a.mat",
    ".h5": "it is an HDF5 file, not what {} promises; rename it to a.h5",
    ".pconn.nii": "it is a CIFTI file, not what {} promises; rename it to a.pconn.nii",
    ".npy": "it is a numpy array, not what {} promises; rename it to a.npy",
    ".npz": "it is a zip archive, as .npz is, not what {} promises; rename it to a.npz if numpy",
    ".mtx": "it is a Matrix Market file, not what {} promises; rename it to a.mtx",
    ".parquet": "it is a Parquet file, not what {} promises; rename it to a.parquet",
    ".feather": "it is an Arrow file, not what {} promises; rename it to a.feather",
}
# Zipped, or of Arrow, is all that their first bytes say.
ALIKE = dict.fromkeys((".npz", ".zip", ".xlsx"), ".npz")
ALIKE |= dict.fromkeys((".feather", ".arrow"), ".feather") | {".hdf5": ".h5"}
SAID = SIGNED | {".csv.gz": "it is gzipped, not what {} promises; unpack it (gunzip)"}
LIBRARIES = {"parquet": {"pyarrow"}, "arrow": {"pyarrow"}, "excel": {"defusedxml"}}
LIBRARIES |= {"hdf5": {"h5py"}, "pconn": {"nibabel"}}


def test_the_table_is_complete() -> None:
    found = {module.name for module in pkgutil.iter_modules(readers.__path__)}
    assert found - HELPERS == {reader.name for reader in READERS}
    for reader in READERS:
        assert callable(import_module(f"{readers.__name__}.{reader.name}").read)
        assert set(reader.options) <= set(OPTIONS)
    assert len(set(SUFFIXES)) == len(SUFFIXES)
    assert set(FILES) == set(SUFFIXES)
    bare = {suffix for suffix in SUFFIXES if not suffix.endswith(".gz")}
    assert bare == {*PLAIN, *SIGNED, *PICKLES, *ALIKE}


READ = [suffix for suffix in SUFFIXES if suffix.removesuffix(".gz") not in PICKLES]


@pytest.mark.parametrize("suffix", READ)
def test_each_suffix_has_its_reader(
    adapter: ConnectomeAdapter, tmp_path: Path, suffix: str
) -> None:
    for name in (f"a{suffix}", f"B{suffix.upper()}"):
        (tmp_path / name).write_bytes(FILES[suffix])
        (ref,) = check_adapter(adapter, str(tmp_path / name))
        (whole,) = adapter.load(ref).constituents()
        np.testing.assert_array_equal(whole.matrix, MATRIX)


PAIRS = [
    (real, suffix)
    for real, suffix in itertools.product(SAID, SUFFIXES)
    if ALIKE.get(real, real) != ALIKE.get(suffix, suffix)
    and not (real == ".csv.gz" and suffix.endswith(".gz"))  # unpacked first
]


@pytest.mark.parametrize(("real", "suffix"), PAIRS)
def test_a_wrong_suffix_is_named(
    adapter: ConnectomeAdapter, tmp_path: Path, real: str, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(FILES[real])
    said = check_refuses(adapter, str(path), FileFormatError)
    assert said.startswith(f"{path}: {SAID[real].format(suffix)}")


@pytest.mark.parametrize(("real", "suffix"), [("npy", "csv"), ("graphml", "mtx"), ("csv", "npy")])
def test_what_is_packed_is_looked_at_too(
    adapter: ConnectomeAdapter, tmp_path: Path, real: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}.gz"
    path.write_bytes(gzip.compress(FILES[f".{real}"]))
    said = check_refuses(adapter, str(path), FileFormatError)
    assert SIGNED.get(f".{real}", "").format(f".{suffix}") in said


def test_node_names_that_look_like_a_signature_are_text(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("PAR1,PK\nPK,PAR1\n")
    (ref,) = check_adapter(adapter, str(tmp_path / "a.csv"))
    (whole,) = adapter.load(ref).constituents()
    np.testing.assert_array_equal(whole.matrix, [[0, 1], [1, 0]])


STAND_INS = {
    "nothing": (b"", "empty (0 bytes); fetch or save it again"),
    "page": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page (HTML)"),
    "pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4380\n",
        "a Git LFS pointer, which only names the real file; get that with: git lfs pull",
    ),
}


@pytest.mark.parametrize(("what", "suffix"), itertools.product(STAND_INS, SUFFIXES))
def test_what_is_no_graph_is_named(
    adapter: ConnectomeAdapter, tmp_path: Path, what: str, suffix: str
) -> None:
    data, message = STAND_INS[what]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    said = check_refuses(adapter, str(path), FileFormatError)
    assert said.startswith(f"{path}: it is {message}")


def test_options_apply_where_the_table_says(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    values = {"weight": "weight", "format": "edges", "array": "a", "synapse": "gap"}
    values |= {"source": "source", "target": "target", "type": "weight", "types": "all"}
    values |= {"delimiter": "comma", "decimal": ".", "header": "false", "sheet": "Sheet"}
    assert set(values) == {option for reader in READERS for option in reader.options}
    for reader in READERS:
        for suffix, option in itertools.product(reader.suffixes, values):
            path = tmp_path / f"a{suffix}"
            path.write_bytes(FILES[suffix])
            # In text without a header columns are numbers.
            named = option in ("source", "target", "weight", "type") and reader.name == "text"
            options = {option: "2" if named else values[option]}
            if option in reader.options:
                assert len(list(adapter.list(str(path), options))) == 1
            else:
                said = check_refuses(adapter, str(path), SourceError, options)
                assert f"{option!r} is only for" in said


@pytest.mark.parametrize("suffix", [s for s in READ if not s.endswith(".gz")])
def test_reading_a_format_imports_no_others_library(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(FILES[suffix])
    code = (
        "import sys; from zoo_spectra_connectome import ConnectomeAdapter\n"
        "(ref,) = ConnectomeAdapter().list(sys.argv[1], {})\n"
        "assert list(ConnectomeAdapter().load(ref).constituents())\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    loaded = set(ran.stdout.split())
    (name,) = {reader.name for reader in READERS if suffix in reader.suffixes}
    shared = {"npz": {"npz", "npy"}, "excel": {"excel", "text"}}  # what is loaded alike in both
    own = {r.name for r in READERS if f"{readers.__name__}.{r.name}" in loaded}
    assert own == shared.get(name, {name})
    assert loaded & {"networkx", "defusedxml", "pyarrow", "h5py", "nibabel"} == LIBRARIES.get(
        name, set()
    )
