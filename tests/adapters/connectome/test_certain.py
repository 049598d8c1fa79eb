"""Certain or refused, whatever the format: triangles, missing entries, kinds, weights, facts."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import networkx as nx
import numpy as np
import pytest
from safetensors.numpy import save_file
from scipy import sparse
from scipy.io import mmwrite, savemat

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import is_sparse
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter, network_from_graph

UPPER = np.triu(np.arange(1.0, 26.0).reshape(5, 5))


def of_hdf5(path: Path, matrix: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        file["sc"] = matrix


def of_gz(path: Path, matrix: np.ndarray) -> None:
    stream = io.BytesIO()
    np.save(stream, matrix)
    path.write_bytes(gzip.compress(stream.getvalue()))


MATRICES: dict[str, Callable[[Path, np.ndarray], object]] = {
    "a.npy": np.save,
    "a.npy.gz": of_gz,
    "a.npz": lambda path, matrix: np.savez(path, sc=matrix),
    "sparse.npz": lambda path, matrix: sparse.save_npz(path, sparse.csr_array(matrix)),
    "a.mtx": lambda path, matrix: mmwrite(path, sparse.coo_array(matrix), symmetry="general"),
    "array.mtx": lambda path, matrix: mmwrite(path, matrix, symmetry="general"),
    "a.mat": lambda path, matrix: savemat(path, {"sc": matrix}),
    "a.h5": of_hdf5,
    "a.safetensors": lambda path, matrix: save_file({"sc": matrix}, path),
    "a.csv": lambda path, matrix: np.savetxt(path, matrix, delimiter=","),
    "a_relmat.dense.tsv": lambda path, matrix: np.savetxt(path, matrix, delimiter="\t"),
}


def read(adapter: ConnectomeAdapter, path: Path, **options: str) -> tuple[np.ndarray, Any]:
    """The matrix of one network, and its row."""
    (ref,) = check_adapter(adapter, str(path), options)
    network = adapter.load(ref)
    (whole,) = network.constituents()
    made = whole.matrix.toarray() if is_sparse(whole.matrix) else whole.matrix
    return np.asarray(made), network.metadata


@pytest.mark.parametrize("name", MATRICES)
def test_one_triangle_is_asked_about(adapter: ConnectomeAdapter, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    both = UPPER + np.triu(UPPER, 1).T
    MATRICES[name](path, UPPER)
    said = check_refuses(adapter, str(path), NetworkError)
    assert "only the upper triangle of its 5 × 5 matrix is filled; say directed=false" in said
    for options in ({"symmetry": "upper"}, {"directed": "false"}):
        np.testing.assert_allclose(read(adapter, path, **options)[0], both)
    for options in ({"symmetry": "none"}, {"directed": "true"}):
        np.testing.assert_allclose(read(adapter, path, **options)[0], UPPER)
    assert "neither empty nor the mirror" in check_refuses(
        adapter, str(path), NetworkError, {"symmetry": "lower"}
    )
    MATRICES[name](path, np.diag(np.ones(4), 1))  # a chain has less edges than nodes
    assert read(adapter, path)[1]["symmetry"] == "upper"


def test_a_banner_says_what_one_triangle_is(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    text = "%%MatrixMarket matrix coordinate real symmetric\n3 3 3\n1 1 1\n2 2 5\n3 3 7\n"
    (tmp_path / "a.mtx").write_text(text)
    assert read(adapter, tmp_path / "a.mtx")[1]["symmetry"] == "diagonal"


@pytest.mark.parametrize("name", [name for name in MATRICES if name != "sparse.npz"])
@pytest.mark.parametrize("place", [(2, 2), (4, 0)])
def test_missing_entries_are_refused(
    adapter: ConnectomeAdapter, tmp_path: Path, name: str, place: tuple[int, int]
) -> None:
    matrix = UPPER + UPPER.T
    matrix[place] = np.nan
    MATRICES[name](tmp_path / name, matrix)
    assert "missing" in check_refuses(adapter, str(tmp_path / name), NetworkError)


KINDS = [("a", "b", 5, "chemical"), ("b", "c", 2, "electrical"), ("c", "a", 7, "chemical")]
GRAPHS: dict[str, Callable[[nx.DiGraph, Path], object]] = {
    "a.graphml": nx.write_graphml,
    "a.gexf": nx.write_gexf,
    "a.gml": nx.write_gml,
    "a.edgelist": nx.write_edgelist,
    "a.multiline_adjlist": nx.write_multiline_adjlist,
}


def with_kinds(kind: str = "synapse_type", weight: str = "weight") -> nx.DiGraph:
    graph = nx.DiGraph()
    for source, target, value, said in KINDS:
        graph.add_edge(source, target, **{weight: value, kind: said})
    return graph


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("kind", ["synapse_type", "modality"])
def test_kinds_of_edges_are_not_mixed(
    adapter: ConnectomeAdapter, tmp_path: Path, name: str, kind: str
) -> None:
    """By the attribute's name, or by what it holds."""
    path, whole = tmp_path / name, [[0, 5, 0], [0, 0, 2], [7, 0, 0]]
    graph = with_kinds(kind)
    GRAPHS[name](graph, path)
    said = check_refuses(adapter, str(path), NetworkError)
    assert f"edge attribute {kind!r} holds several kinds of edges ('chemical', 'electrical'" in said
    made, row = read(adapter, path, types="chemical")
    np.testing.assert_array_equal(made, [[0, 5, 0], [0, 0, 0], [7, 0, 0]])
    assert (row["kind_column"], row["kinds"]) == (kind, "chemical, electrical")
    for types in ("all", "chemical+electrical"):
        np.testing.assert_array_equal(read(adapter, path, types=types)[0], whole)
    names = [
        ref.name for ref in check_adapter(adapter, str(path), {"types": "chemical,electrical"})
    ]
    assert [each.rpartition("/")[2] for each in names] == ["chemical", "electrical"]
    assert "no edge of kind 'chem'" in check_refuses(
        adapter, str(path), NetworkError, {"types": "chem"}
    )
    with pytest.raises(NetworkError, match="several kinds"):
        network_from_graph(graph, "mine")
    (found,) = network_from_graph(graph, "mine", types="all").constituents()
    np.testing.assert_array_equal(found.matrix, whole)


@pytest.mark.parametrize("kinds", ["C E C", "S EJ Sp", "chem elec chem", "CS GJ CS"])
def test_kinds_are_known_by_their_codes(
    adapter: ConnectomeAdapter, tmp_path: Path, kinds: str
) -> None:
    codes = kinds.split()
    rows = [f"{a},{b},{code},{n}" for (a, b, n, _), code in zip(KINDS, codes, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["pre,post,how,n", *rows, ""]))
    said = check_refuses(adapter, str(tmp_path / "a.csv"), NetworkError)
    assert f"column 'how' holds several kinds of edges ({codes[0]!r}, {codes[1]!r}" in said
    made, _ = read(adapter, tmp_path / "a.csv", types=codes[1])
    np.testing.assert_array_equal(made, [[0, 2], [0, 0]])


def test_a_weight_that_one_kind_lacks(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    graph = with_kinds()
    del graph["b"]["c"]["weight"]
    nx.write_graphml(graph, tmp_path / "a.graphml")
    assert "1 of 3 edges have no weight" in check_refuses(
        adapter, str(tmp_path / "a.graphml"), NetworkError, {"types": "all"}
    )
    made, _ = read(adapter, tmp_path / "a.graphml", types="chemical")
    np.testing.assert_array_equal(made, [[0, 5, 0], [0, 0, 0], [7, 0, 0]])


@pytest.mark.parametrize(
    ("beside", "right"),
    [({"length": 1.5, "id": 3}, True), ({"FA_mean": 0.4}, False), ({"area": 2.0}, False)],
)
def test_tables_and_graphs_have_one_rule_for_the_weight(
    adapter: ConnectomeAdapter, tmp_path: Path, beside: dict[str, float], right: bool
) -> None:
    graph, names = nx.DiGraph(), list(beside)
    rows = [",".join(["source", "target", "fibers", *names])]
    for source, target, value, _ in KINDS:
        graph.add_edge(source, target, fibers=value, **beside)
        rows.append(",".join(map(str, (source, target, value, *beside.values()))))
    nx.write_graphml(graph, tmp_path / "a.graphml")
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    for name in ("a.graphml", "a.csv"):
        path = tmp_path / name
        if right:
            assert read(adapter, path)[1]["weight_column"] == "fibers"
        else:
            said = check_refuses(adapter, str(path), NetworkError)
            assert f"its weights may be in 'fibers', {names[0]!r}; say which with weight=" in said
        made, row = read(adapter, path, weight="none")
        np.testing.assert_array_equal(made, [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
        assert row["weight_column"] is None


DIRECTED = {
    "yes and no": ("source,target,weight,directed\na,b,5,no\nb,c,2,yes\n", [[0, 5], [5, 0]]),
    "ones and zeros": ("source,target,is_directed,weight\na,b,0,5\nb,c,1,2\n", [[0, 5], [5, 0]]),
    "its own words": (
        "source,target,way,weight\na,b,Undirected,5\nb,c,Directed,2\n",
        [[0, 5], [5, 0]],
    ),
    "no headings of rows, by R": (
        '"source" "target" "n"\n"1" a b 5\n"2" b c 2\n',
        [[0, 5], [0, 0]],
    ),
    "a spreadsheet's hint": ("sep=;\nsource;target;weight\na;b;5\nb;c;2\n", [[0, 5], [0, 0]]),
    "the words of OpenWorm": (
        "Origin,Target,Number of Connections\na,b,5\nb,c,2\n",
        [[0, 5], [0, 0]],
    ),
}


@pytest.mark.parametrize("what", DIRECTED)
def test_tables_as_others_write_them(adapter: ConnectomeAdapter, tmp_path: Path, what: str) -> None:
    text, first = DIRECTED[what]
    (tmp_path / "a.csv").write_text(text)
    made, _ = read(adapter, tmp_path / "a.csv")
    np.testing.assert_array_equal(made[:2, :2], first)
    np.testing.assert_array_equal(made[1:, 1:], [[0, 2], [0, 0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene,cell1,cell2\nA,0,5\nB,2,0\nC,7,1\nD,4,4\n", "may be a table of labels"),
        (",a,b,c,Total\na,0,5,0,5\nb,0,0,2,2\nc,7,0,0,7\nTotal,7,5,2,14\n", "sums, and no node"),
    ],
)
def test_tables_that_look_like_networks(
    adapter: ConnectomeAdapter, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert message in check_refuses(adapter, str(tmp_path / "a.csv"), NetworkError)


def test_each_edge_once_or_each_both_ways(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,5\nb,a,5\nb,c,2\n")
    some = np.array([[0.0, 5, 0], [5, 0, 2], [0, 0, 0]])
    np.save(tmp_path / "b.npy", some)
    for each in (path, tmp_path / "b.npy"):
        said = check_refuses(adapter, str(each), NetworkError, {"directed": "false"})
        assert "1 edges are listed both ways with the same weight, and others once" in said
        made, _ = read(adapter, each, symmetry="sum")
        np.testing.assert_array_equal(made, some + some.T)
    path.write_text("a,b,5\nb,a,4\nb,c,2\n")  # a directed network
    made, _ = read(adapter, path, directed="false")
    np.testing.assert_array_equal(made, [[0, 9, 0], [9, 0, 2], [0, 2, 0]])


def test_a_column_that_says_it_the_other_way_round(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("source,target,weight,undirected\na,b,5,true\nb,c,2,true\n")
    assert "column 'undirected' may say" in check_refuses(
        adapter, str(tmp_path / "a.csv"), NetworkError
    )
    made, _ = read(adapter, tmp_path / "a.csv", directed="false")
    np.testing.assert_array_equal(made, [[0, 5, 0], [5, 0, 2], [0, 2, 0]])


@pytest.mark.parametrize("name", ["tract_lengths", "average_orientations", "centres"])
def test_a_simulators_other_tables_are_known_by_name(
    adapter: ConnectomeAdapter, tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"{name}.txt"
    np.savetxt(path, np.ones((4, 4)))
    assert "the network is in weights.txt" in check_refuses(adapter, str(path), FileFormatError)
    np.testing.assert_array_equal(read(adapter, path, format="adjacency")[0], np.ones((4, 4)))


def test_every_format_says_what_was_understood(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    matrix = UPPER + UPPER.T
    for name, write in MATRICES.items():
        write(tmp_path / name, matrix)
    for name, write_graph in GRAPHS.items():
        write_graph(with_kinds("note"), tmp_path / f"g{name}")
    for ref in adapter.list(f"{tmp_path}/*", {}):
        graph = Path(ref.location).name.startswith("g")
        row = adapter.load(ref).metadata if not graph else {}
        if not graph:
            assert row["form"] == "adjacency"
            assert (row["nodes"], row["symmetry"], row["loops"]) == (5, "symmetric", 5)
            assert row["heaviest"] == "4 -> 4: 50"
        else:
            row = adapter.load(next(iter(adapter.list(ref.location, {"types": "all"})))).metadata
            assert (row["form"], row["weight_column"], row["rows"]) == ("graph", "weight", 3)
            assert (row["duplicates"], row["heaviest"]) == (0, "c -> a: 7")
