"""Bad files: each ends in an error of ours that names the file and says what is wrong."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import sparse
from scipy.io import mmwrite

from zoo_spectra.errors import (
    FileFormatError,
    NetworkError,
    SourceError,
    UnsafeFileError,
    ZooSpectraError,
)
from zoo_spectra.method.spectrum import constituent_spectrum
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    + ']><graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed">'
    + '<node id="&i;"/></graph></graphml>'
)
OUTSIDE = '<!DOCTYPE graphml SYSTEM "file:///etc/passwd"><graphml/>'
NO_GRAPH = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"></graphml>'
MTX = "%%MatrixMarket matrix coordinate real general\n"


def cect(**changes: object) -> str:
    zero = [[0.0, 1.0], [0.0, 0.0]]
    content = {"nodes": ["A", "B"], "connections": {"Generic_CS": zero, "Generic_GJ": zero}}
    return json.dumps(content | changes)


def graphml(graph: nx.Graph) -> str:
    return "\n".join(nx.generate_graphml(graph))


TEXT_FILES: list[tuple[str, str, str]] = [
    ("empty.csv", "", "empty"),
    ("comments.txt", "# nothing\n\n", "empty"),
    ("header.csv", "source,target,weight\n", "no nodes and no edges"),
    ("loop.edgelist", "0 0 1\n", "one node"),
    ("single.csv", "5\n", "one column"),
    ("labels.csv", "A\nB\n", "one column"),
    ("ragged.edgelist", "0 1 2\n1 2\n", "line 2, column 3: the row has 2 cells where line 1 has 3"),
    (
        "ragged.csv",
        "0,1,2,3\n1,0,2,3\n1,2,0\n3,2,1,0\n",
        "line 3, column 4: the row has 3 cells where line 1 has 4",
    ),
    ("text.edgelist", "0 1 2\n1 2 strong\n", "line 2, column 3: weight 'strong' is no number"),
    (
        "text_first.edgelist",
        "0 1 strong\n1 2 2\n",
        "line 1, column 3: weight 'strong' is no number",
    ),
    ("text_named.csv", "a,b,strong\nb,a,2\n", "row 1: weight 'strong' is no number, and 'a' is"),
    ("empty_weight.csv", "0,1,2\n1,2,\n", "line 2, column 3: weight '' is no number (a missing"),
    ("underscore.csv", "0,1,2\n1,2,1_000\n", "weight '1_000' is no number"),
    ("no_target.csv", "0,1,2\n1,,1\n", "without a source or a target"),
    (
        "unknown_header.csv",
        "this,that\n0,1\n1,0\n",
        "may be a matrix or an edge list; say format=adjacency",
    ),
    ("text.csv", "0,1,2,3\n1,0,2,3\n1,2,0,x\n3,2,1,0\n", "line 3, column 4: 'x' is no number"),
    ("text_one.csv", "0,1,2,3\n1,0,2,3\nx,2,0,1\n3,2,1,0\n", "row 3, column 1: 'x' is no number"),
    ("not_square.csv", "0,1,2,3\n" * 9, "9 rows of 4 cells are no square matrix"),
    ("braces.edgelist", "0 1 {'a': 1}\n1 2 3\n", "line 2: '1 2 3' is not two nodes and attributes"),
    ("names.csv", ",a,b,c\na,0,1,1\nc,1,0,1\nb,1,1,0\n", "row 'c' stands where column 'b' does"),
    ("quote.csv", 'a,b\n"a,b\n', "not a whole csv file"),
    ("empty.json", "", "it is empty (0 bytes)"),
    ("truncated.json", cect()[:-9], "not a whole json file"),
    ("deep.json", "[" * 100_000, "not a whole json file"),
    ("list.json", "[1, 2]", "no file of cect"),
    ("other.json", "{}", "no file of cect"),
    ("no_nodes.json", cect(nodes=[]), "shape (2, 2) for 0 nodes"),
    ("numbers.json", cect(nodes=[1, 2]), "no list of names"),
    ("three.json", cect(nodes=["A", "B", "C"]), "shape (2, 2) for 3 nodes"),
    ("gap.json", cect(connections={"Generic_GJ": []}), "no connections Generic_CS"),
    ("null.json", cect(connections=None), "no connections Generic_CS among none"),
    ("words.json", cect(connections={"Generic_CS": [["a", "b"]] * 2}), "else than numbers"),
    ("ragged.json", cect(connections={"Generic_CS": [[1, 2], [3]]}), "not a whole json file"),
    ("none.json", cect(nodes=[], connections={"Generic_CS": []}), "shape (0,) for 0 nodes"),
    ("one.json", cect(nodes=["A"], connections={"Generic_CS": [[1.0]]}), "one node"),
    ("empty.graphml", "", "it is empty (0 bytes)"),
    ("truncated.graphml", graphml(nx.path_graph(4))[:-30], "not a whole graphml file"),
    ("no_graph.graphml", NO_GRAPH, "not a whole graphml file"),
    ("nodeless.graphml", graphml(nx.Graph()), "no nodes"),
    ("one.graphml", graphml(nx.path_graph(1)), "one node"),
    ("word.graphml", graphml(nx.Graph([(0, 1, {"weight": "big"})])), "'big' is no real number"),
    ("empty.mtx", "", "it is empty (0 bytes)"),
    ("other.mtx", "0 1 2\n", "does not begin with %%MatrixMarket"),
    ("banner.mtx", MTX, "ends before the sizes"),
    ("bodyless.mtx", MTX + "3 3 1\n", "ends before the entries"),
    ("sizes.mtx", MTX + "3 3\n1 2 1.0\n", "sizes [3, 3] do not belong to a coordinate matrix"),
    ("truncated.mtx", MTX + "3 3 2\n1 2 1.0\n", "1 rows of 3; not 2 of 3"),
    ("longer.mtx", MTX + "3 3 1\n1 2 1.0\n2 1 1.0\n", "2 rows of 3; not 1 of 3"),
    ("ragged.mtx", MTX + "3 3 2\n1 2 1.0\n1 3\n", "not a whole mtx file"),
    ("outside.mtx", MTX + "3 3 1\n9 9 1.0\n", "outside the 3 × 3 matrix"),
    ("zeroth.mtx", MTX + "3 3 1\n0 1 1.0\n", "outside the 3 × 3 matrix"),
    ("between.mtx", MTX + "3 3 1\n1.5 1 1.0\n", "outside the 3 × 3 matrix"),
    ("word.mtx", MTX + "3 3 1\n1 2 x\n", "not a whole mtx file"),
    ("not_square.mtx", MTX + "3 4 1\n1 2 1.0\n", "(3, 4) is not square"),
    ("none.mtx", MTX + "0 0 0\n", "no nodes"),
    ("one.mtx", MTX + "1 1 1\n1 1 1.0\n", "one node"),
    ("huge.mtx", MTX + "9999999999 9999999999 1\n1 2 1.0\n", "nodes are more than"),
    ("full.mtx", MTX + "100 100 999999999999\n1 2 1.0\n", "GiB of memory to read"),
    ("complex.mtx", MTX.replace("real", "complex") + "2 2 1\n1 2 1 1\n", "not one of real"),
    ("not_zip.mtx.gz", "0 1\n1 0\n", "it is not gzipped; take .gz off its name"),
    ("not_zip.csv.gz", "0 1\n1 0\n", "it is not gzipped; take .gz off its name"),
    ("text.npy", "0 1\n1 0\n", "does not begin like a .npy file"),
    ("text.npz", "0 1\n1 0\n", "not a whole npz file"),
    ("text.parquet", "0 1\n1 0\n", "not a whole parquet file"),
]


@pytest.mark.parametrize(("name", "text", "message"), TEXT_FILES, ids=[t[0] for t in TEXT_FILES])
def test_bad_text(
    adapter: ConnectomeAdapter, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    said = check_refuses(adapter, str(tmp_path / name), NetworkError)
    file, _, what = said.partition(": ")
    assert file == str(tmp_path / name)
    assert message in what


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


def npz(save: Callable[[io.BytesIO], None]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def wrong_indices() -> bytes:
    """A matrix whose stored column lies outside it: unchecked, reading it would leave memory."""
    matrix = sparse.csr_array(np.eye(3))
    matrix.indices[1] = 2_000_000_000
    return npz(lambda buffer: sparse.save_npz(buffer, matrix))


class Runs:
    """Something that would run when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return (eval, ("1/0",))


OBJECTS = np.array([[Runs(), 1], [2, 3]], dtype=object)
GZIPPED = npz(lambda buffer: mmwrite(buffer, sparse.coo_array(np.eye(50))))
TWO = npz(lambda buffer: np.savez(buffer, first=np.eye(2), second=np.eye(2)))
WORM_EDGES = {"source": ["a", "b"], "target": ["b", "a"]}

BINARY_FILES: list[tuple[str, bytes, type[ZooSpectraError], str]] = [
    ("truncated.npy", npy(np.eye(9))[:-40], FileFormatError, "not a whole npy file"),
    ("header.npy", npy(np.eye(9))[:20], FileFormatError, "not a whole npy file"),
    ("empty.npy", b"", FileFormatError, "it is empty (0 bytes)"),
    ("flat.npy", npy(np.ones(4)), NetworkError, "(4,) is not square"),
    ("cube.npy", npy(np.ones((2, 2, 2))), NetworkError, "(2, 2, 2) is not square"),
    ("wide.npy", npy(np.ones((2, 3))), NetworkError, "(2, 3) is not square"),
    ("none.npy", npy(np.ones((0, 0))), NetworkError, "no nodes"),
    ("one.npy", npy(np.ones((1, 1))), NetworkError, "one node"),
    ("complex.npy", npy(np.eye(2) * 1j), NetworkError, "complex128, not real"),
    ("words.npy", npy(np.array([["a", "b"]] * 2)), NetworkError, "not real numbers"),
    ("objects.npy", npy(OBJECTS, allow_pickle=True), UnsafeFileError, "can run code"),
    ("pickle.npy", pickle.dumps(Runs()), UnsafeFileError, "can run code"),
    (
        "objects.npz",
        npz(lambda buffer: np.savez(buffer, a=OBJECTS)),
        UnsafeFileError,
        "can run code",
    ),
    ("two.npz", TWO, NetworkError, "2 arrays (first, second); choose one with array=NAME"),
    ("truncated.npz", TWO[:-60], FileFormatError, "not a whole npz file"),
    ("wrong.npz", wrong_indices(), FileFormatError, "not a whole npz file"),
    ("truncated.mtx.gz", gzip.compress(GZIPPED)[:-20], FileFormatError, "not a whole mtx.gz file"),
    ("truncated.parquet", parquet(**WORM_EDGES)[:-9], FileFormatError, "not a whole parquet"),
    ("narrow.parquet", parquet(a=[1, 2]), NetworkError, "no columns source and target among a"),
    ("wide.parquet", parquet(a=[1], b=[2], c=[1], d=[1]), NetworkError, "among a, b, c, d"),
    ("rowless.parquet", parquet(source=[], target=[]), NetworkError, "no nodes"),
    ("null.parquet", parquet(source=["a", None], target=["b", "c"]), NetworkError, "empty cells"),
    ("word.parquet", parquet(**WORM_EDGES, weight=["x", "y"]), NetworkError, "no numbers"),
    (
        "utf16.csv",
        "0,1\n1,0\n".encode("utf-16-le"),
        FileFormatError,
        "column 2 of its text is a zero",
    ),
    ("laughs.graphml", LAUGHS.encode(), UnsafeFileError, "DTD or entities"),
    ("outside.graphml", OUTSIDE.encode(), UnsafeFileError, "DTD or entities"),
]


@pytest.mark.parametrize(
    ("name", "content", "error", "message"), BINARY_FILES, ids=[b[0] for b in BINARY_FILES]
)
def test_bad_bytes(
    adapter: ConnectomeAdapter,
    tmp_path: Path,
    name: str,
    content: bytes,
    error: type[ZooSpectraError],
    message: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    said = check_refuses(adapter, str(tmp_path / name), error)
    file, _, what = said.partition(": ")
    assert file == str(tmp_path / name)
    assert message in what


def test_files_that_are_not_there(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    assert "no file" in check_refuses(adapter, f"{tmp_path}/absent.npy", SourceError)
    (tmp_path / "notes.docx").write_text("no graph")
    assert "not one of" in check_refuses(adapter, f"{tmp_path}/*", SourceError)
    path = tmp_path / "moved.npy"
    path.write_bytes(npy(np.eye(3)))
    (ref,) = adapter.list(str(path), {})
    path.unlink()
    with pytest.raises(NetworkError, match=r"moved.npy: no such file"):
        adapter.load(ref)


def test_an_unknown_array(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "two.npz").write_bytes(TWO)
    options = {"array": "frist"}
    said = check_refuses(adapter, str(tmp_path / "two.npz"), SourceError, options)
    assert "did you mean 'first'" in said


def test_no_partition_in_the_file(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "worm.json").write_text(cect())
    options = {"partition": "class"}
    said = check_refuses(adapter, str(tmp_path / "worm.json"), SourceError, options)
    assert "no node attribute 'class'; valid: type, or give nodes=FILE" in said


def test_an_archive_that_would_fill_the_memory(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "ab":
            archive.writestr(f"{name}.npy", npy(np.eye(3)))
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at + 1)) > 0:  # each entry of the directory
        content[at + 24 : at + 28] = (0xF0000000).to_bytes(4, "little")
    path.write_bytes(content)
    assert "7.5 GiB of memory to read" in check_refuses(adapter, str(path), NetworkError)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_non_finite_weights_are_kept_for_the_core(
    adapter: ConnectomeAdapter, tmp_path: Path, bad: float
) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f"0,1,2\n1,2,{bad}\n")
    (ref,) = check_adapter(adapter, str(path))
    (whole,) = adapter.load(ref).constituents()
    assert "1 non-finite" in str(constituent_spectrum(whole).skipped)


@pytest.mark.parametrize("name", ["zero.npy", "zero.mtx", "zero.graphml", "zero.csv"])
def test_a_network_without_edges_is_walked_over(
    adapter: ConnectomeAdapter, tmp_path: Path, name: str
) -> None:
    contents = {
        "zero.npy": npy(np.zeros((4, 4))),
        "zero.mtx": (MTX + "4 4 0\n").encode(),
        "zero.graphml": graphml(nx.empty_graph(4)).encode(),
        "zero.csv": b"0,0,0,0\n" * 4,
    }
    (tmp_path / name).write_bytes(contents[name])
    (ref,) = check_adapter(adapter, str(tmp_path / name))
    network = adapter.load(ref)
    (whole,) = network.constituents()
    assert whole.matrix.shape == (4, 4)
    assert constituent_spectrum(whole).skipped == "all entries are zero"
    assert (network.metadata["edges"], network.metadata["density"]) == (0, 0.0)
