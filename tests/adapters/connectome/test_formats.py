"""One matrix through every format: what is read is what was written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import io, sparse

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources.network import Network
from zoo_spectra.testing import check_adapter
from zoo_spectra_connectome import ConnectomeAdapter

Matrix = np.ndarray
Writer = Callable[[Path, Matrix], None]


def dense(network: Network) -> Matrix:
    (constituent,) = network.constituents()
    assert constituent.name == "adjacency"
    return constituent.matrix


def read(adapter: ConnectomeAdapter, path: Path, **options: str) -> Matrix:
    """What the adapter reads, after the contract suite has passed on it."""
    (ref,) = check_adapter(adapter, str(path), options)
    return dense(adapter.load(ref))


def edges(matrix: Matrix) -> list[tuple[int, int, float]]:
    return [(int(i), int(j), float(matrix[i, j])) for i, j in zip(*np.nonzero(matrix), strict=True)]


def edge_text(delimiter: str, header: str = "") -> Writer:
    def write(path: Path, matrix: Matrix) -> None:
        rows = [delimiter.join(map(str, edge)) for edge in reversed(edges(matrix))]
        path.write_text("\n".join([header, "# a comment", *rows, ""]))

    return write


def table_text(delimiter: str, rows: bool, columns: bool, corner: str | None = "") -> Writer:
    def write(path: Path, matrix: Matrix) -> None:
        lines = [[repr(float(value)) for value in row] for row in matrix]
        if rows:
            lines = [[f"n{at}", *line] for at, line in enumerate(lines)]
        if columns:
            names = [f"n{at}" for at in range(len(matrix))]
            lines.insert(0, [corner, *names] if rows and corner is not None else names)
        path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n")

    return write


def write_graphml(path: Path, matrix: Matrix) -> None:
    nx.write_graphml(nx.from_numpy_array(matrix, create_using=nx.DiGraph), path)


def write_parquet(path: Path, matrix: Matrix) -> None:
    source, target, weight = zip(*edges(matrix), strict=True)
    pq.write_table(pa.table({"target": target, "weight": weight, "source": source}), path)


def write_parquet_categories(path: Path, matrix: Matrix) -> None:
    source, target, weight = zip(*edges(matrix), strict=True)
    names = [*map(str, range(len(matrix))), "a category without an edge"]
    columns = [pa.DictionaryArray.from_arrays(pa.array(ends), names) for ends in (source, target)]
    pq.write_table(pa.table([*columns, pa.array(weight)], names=["a", "b", "c"]), path)


def write_json(path: Path, matrix: Matrix) -> None:
    connections = {"Generic_CS": matrix.tolist(), "Generic_GJ": np.eye(len(matrix)).tolist()}
    path.write_text(json.dumps({"nodes": list("ABCDE"), "connections": connections, "summary": ""}))


def write_mtx_gz(path: Path, matrix: Matrix) -> None:
    with gzip.open(path, "wb") as stream:
        io.mmwrite(stream, sparse.coo_array(matrix))


WRITERS: dict[str, Writer] = {
    "space.edgelist": edge_text(" "),
    "blanks.txt": edge_text("   "),
    "tab.tsv": edge_text("\t"),
    "comma.csv": edge_text(","),
    "header.csv": edge_text(", ", "pre, post, synapses"),
    "other_header.csv": edge_text(",", "neuron,partner,count"),
    "matrix.csv": table_text(",", False, False),
    "matrix_space.csv": table_text(" ", False, False),
    "matrix_both.csv": table_text(",", True, True),
    "matrix_corner.tsv": table_text("\t", True, True, "cell"),
    "matrix_r.txt": table_text(" ", True, True, None),
    "matrix_rows.csv": table_text(",", True, False),
    "matrix_columns.csv": table_text(",", False, True),
    "graph.graphml": write_graphml,
    "edges.parquet": write_parquet,
    "categories.parquet": write_parquet_categories,
    "cect.json": write_json,
    "dense.npy": lambda path, matrix: np.save(path, matrix),
    "single.npy": lambda path, matrix: np.save(path, matrix.astype(np.float32)),
    "dense.npz": lambda path, matrix: np.savez(path, anything=matrix),
    "sparse.npz": lambda path, matrix: sparse.save_npz(path, sparse.csc_array(matrix)),
    "coordinates.npz": lambda path, matrix: sparse.save_npz(path, sparse.coo_array(matrix)),
    "plain.mtx": lambda path, matrix: io.mmwrite(path, sparse.coo_array(matrix)),
    "array.mtx": lambda path, matrix: io.mmwrite(path, matrix),
    "zipped.mtx.gz": write_mtx_gz,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_matrix(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix, name: str
) -> None:
    WRITERS[name](tmp_path / name, matrix)
    np.testing.assert_array_equal(read(adapter, tmp_path / name), matrix)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files_raise_nothing_foreign(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix, name: str
) -> None:
    """Cut short, or with bytes changed: it is read, or it ends in a NetworkError."""
    path = tmp_path / name
    WRITERS[name](path, matrix)
    whole = path.read_bytes()
    rng = np.random.default_rng(len(whole))
    damaged = [whole[:cut] for cut in rng.integers(0, len(whole), 12)]
    for _ in range(24):
        content = bytearray(whole)
        content[rng.integers(len(whole))] = rng.integers(256)
        damaged.append(bytes(content))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        (ref,) = adapter.list(str(path), {})
        try:
            list(adapter.load(ref).constituents())
        except NetworkError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("symmetry", ["general", "symmetric", "skew-symmetric"])
@pytest.mark.parametrize("form", ["coordinate", "array"])
@pytest.mark.parametrize("field", ["real", "integer", "pattern"])
def test_matrix_market_agrees_with_scipy(
    adapter: ConnectomeAdapter, tmp_path: Path, symmetry: str, form: str, field: str
) -> None:
    if (form, field) == ("array", "pattern"):
        field = "real"  # the format has no such matrix
    half = np.tril(np.arange(1.0, 17.0).reshape(4, 4), -1)
    diagonal = np.diag([5.0, 0.0, 2.0, 0.0])
    matrix = {
        "general": half,
        "symmetric": half + half.T + diagonal,
        "skew-symmetric": half - half.T,
    }[symmetry]
    path = tmp_path / "m.mtx"
    written = sparse.coo_array(matrix) if form == "coordinate" else matrix
    io.mmwrite(path, written, "a comment", field, symmetry=symmetry)
    expected = io.mmread(path)
    expected = expected if isinstance(expected, np.ndarray) else expected.toarray()
    assert expected.any()
    options = {"symmetry": "none"} if symmetry == "general" else {}
    np.testing.assert_array_equal(read(adapter, path, **options), expected)


def test_named_nodes_keep_pre_synaptic_rows(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "named.csv"
    path.write_text('source,target,weight\n"AVA, left",MN,2\nMN,muscle,0.5\n"AVA, left",MN,1\n')
    expected = np.array([[0, 3, 0], [0, 0, 0.5], [0, 0, 0]])  # parallel edges add up
    np.testing.assert_array_equal(read(adapter, path), expected)


def test_an_edge_list_without_weights_counts_edges(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("10 9\n9 10\n9 10\n2 9\n")  # numbers in numerical order: 2, 9, 10
    np.testing.assert_array_equal(read(adapter, path), [[0, 1, 0], [0, 0, 2], [0, 1, 0]])


def test_a_wide_table_with_source_and_target_is_an_edge_list(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("id,pre,post,type,n\n7,a,b,x,3\n8,b,a,y,4\n9,a,b,y,5\n")
    with pytest.raises(AssertionError, match=r"several kinds of edges \('x', 'y'"):
        read(adapter, path)
    np.testing.assert_array_equal(read(adapter, path, types="all"), [[0, 8], [4, 0]])
    np.testing.assert_array_equal(read(adapter, path, types="y"), [[0, 4], [5, 0]])
    counted = read(adapter, path, types="all", weight="none")
    np.testing.assert_array_equal(counted, [[0, 2], [1, 0]])


def test_three_rows_of_three_numbers_are_told_by_format(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    path = tmp_path / "small.csv"
    path.write_text("0,1,2\n1,0,3\n2,1,0.5\n")
    with pytest.raises(AssertionError, match=r"may be a matrix or an edge list; say format="):
        read(adapter, path)
    same = read(adapter, path, format="adjacency")
    np.testing.assert_array_equal(same, [[0, 1, 2], [1, 0, 3], [2, 1, 0.5]])
    edges = read(adapter, path, format="edges")
    np.testing.assert_array_equal(edges, [[0, 2, 0], [3, 0, 0], [0, 0.5, 0]])


def test_undirected_graphml_is_symmetric_with_loops_once(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    graph = nx.Graph()
    graph.add_weighted_edges_from([("a", "b", 2.0), ("b", "b", 5.0), ("b", "c", 1.0)])
    nx.write_graphml(graph, tmp_path / "g.graphml")
    np.testing.assert_array_equal(
        read(adapter, tmp_path / "g.graphml"), [[0, 2, 0], [2, 5, 1], [0, 1, 0]]
    )
    (ref,) = adapter.list(str(tmp_path / "g.graphml"), {})
    found = adapter.load(ref).metadata
    assert (found["directed"], found["edges"], found["nodes"]) == (False, 3, 3)
    assert found["density"] == pytest.approx(4 / 6)


def test_graphml_multigraph_sums_and_weight_names_an_attribute(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    graph = nx.MultiDiGraph()
    for count in (2, 3):
        graph.add_edge("a", "b", fibres=count)
    graph.add_edge("b", "a", fibres=7)
    path = tmp_path / "multi.graphml"
    nx.write_graphml(graph, path)
    np.testing.assert_array_equal(read(adapter, path), [[0, 5], [7, 0]])
    np.testing.assert_array_equal(read(adapter, path, weight="fibres"), [[0, 5], [7, 0]])
    np.testing.assert_array_equal(read(adapter, path, weight="none"), [[0, 2], [1, 0]])
    with pytest.raises(SourceError, match="did you mean 'fibres'"):
        adapter.list(str(path), {"weight": "fibers"})


@pytest.mark.parametrize("name", ["once.csv", "once.parquet", "once.mtx"])
def test_directed_false_symmetrises(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix, name: str
) -> None:
    upper = np.triu(matrix)
    writer = {"csv": edge_text(","), "parquet": write_parquet, "mtx": WRITERS["plain.mtx"]}
    writer[name.rpartition(".")[2]](tmp_path / name, upper)
    both = upper + np.triu(upper, 1).T
    np.testing.assert_array_equal(read(adapter, tmp_path / name, directed="false"), both)
    np.testing.assert_array_equal(read(adapter, tmp_path / name, directed="true"), upper)


def test_directed_false_keeps_a_list_that_has_each_edge_twice(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix
) -> None:
    both = matrix + matrix.T
    edge_text(" ")(tmp_path / "twice.edgelist", both)
    np.testing.assert_array_equal(
        read(adapter, tmp_path / "twice.edgelist", directed="false"), both
    )


def test_synapses_of_cect(adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix) -> None:
    path = tmp_path / "worm.json"
    write_json(path, matrix)
    np.testing.assert_array_equal(read(adapter, path, synapse="chemical"), matrix)
    np.testing.assert_array_equal(read(adapter, path, synapse="gap"), np.eye(5))
    np.testing.assert_array_equal(read(adapter, path, synapse="both"), matrix + np.eye(5))


def test_array_chooses_among_several(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix
) -> None:
    np.savez(tmp_path / "two.npz", count=matrix, area=2 * matrix)
    np.testing.assert_array_equal(read(adapter, tmp_path / "two.npz", array="area"), 2 * matrix)


@pytest.mark.parametrize(
    ("option", "name"),
    [("synapse", "a.npy"), ("array", "a.npy"), ("format", "a.npy"), ("weight", "a.npy")],
)
def test_an_option_of_another_format_is_refused(
    adapter: ConnectomeAdapter, tmp_path: Path, matrix: Matrix, option: str, name: str
) -> None:
    np.save(tmp_path / name, matrix)
    value = {"synapse": "gap", "format": "edges"}.get(option, "x")
    with pytest.raises(SourceError, match=f"'{option}' is only for"):
        adapter.list(str(tmp_path / name), {option: value})
