"""Regions: their blocks, and how a table of nodes is joined to a network."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from scipy import io, sparse

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.method.spectrum import constituent_spectrum
from zoo_spectra.sources import is_sparse
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter, network_from_graph
from zoo_spectra_connectome import blocks as blocks_module

FULL = np.arange(1.0, 17.0).reshape(4, 4)


def blocks(adapter: ConnectomeAdapter, path: Path, **options: str) -> dict[str, list[list[float]]]:
    (ref,) = check_adapter(adapter, str(path), options)
    return {block.name: block.matrix.tolist() for block in adapter.load(ref).constituents()}


def labelled_graph() -> nx.DiGraph:
    graph = nx.from_numpy_array(FULL, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, dict(enumerate("XYXY")), "region")
    nx.set_node_attributes(graph, dict(enumerate([1, 1, 2, 2])), "layer")
    nx.set_node_attributes(graph, {0: "only one"}, "note")
    return graph


EXPECTED = {
    "X": [[1, 3], [9, 11]],
    "X->Y": [[2, 4], [10, 12]],
    "Y->X": [[5, 7], [13, 15]],
    "Y": [[6, 8], [14, 16]],
}
INSIDE = {"X": EXPECTED["X"], "Y": EXPECTED["Y"]}


def test_graphml_attribute(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    nx.write_graphml(labelled_graph(), path)
    assert blocks(adapter, path, partition="region") == EXPECTED
    assert blocks(adapter, path, partition="region", projections="false") == INSIDE
    both = blocks(adapter, path, partition="region,layer")
    assert len(both) == 16
    assert both["X/1->Y/2"] == [[4]]


def test_network_from_graph_is_the_same_without_a_file() -> None:
    network = network_from_graph(labelled_graph(), "mine", partition="region", family="toys")
    found = {block.name: block.matrix.tolist() for block in network.constituents()}
    assert found == EXPECTED
    assert (network.name, network.kind, network.family) == ("mine", "biological", "toys")
    assert network.metadata == {
        "nodes": 4,
        "edges": 16,
        "directed": True,
        "weighted": True,
        "density": 1.0,
        "form": "graph",
        "weight_column": "weight",
        "rows": 16,
        "duplicates": 0,
        "symmetry": "none",
        "loops": 4,
        "heaviest": "3 -> 3: 16",
    }
    inside = network_from_graph(labelled_graph(), "mine", partition="region", projections=False)
    assert [block.name for block in inside.constituents()] == ["X", "Y"]
    (whole,) = network_from_graph(labelled_graph(), "mine").constituents()
    np.testing.assert_array_equal(whole.matrix, FULL)


def test_network_from_graph_agrees_with_networkx() -> None:
    graph = nx.les_miserables_graph()
    graph.add_edge("Valjean", "Valjean", weight=4)
    (whole,) = network_from_graph(graph, "les miserables").constituents()
    np.testing.assert_array_equal(whole.matrix, nx.to_numpy_array(graph))
    (binary,) = network_from_graph(graph, "les miserables", weight="none").constituents()
    np.testing.assert_array_equal(binary.matrix, nx.to_numpy_array(graph, weight=None))
    for _, _, data in graph.edges(data=True):
        del data["weight"]
    (binary,) = network_from_graph(graph, "les miserables").constituents()
    np.testing.assert_array_equal(binary.matrix, nx.to_numpy_array(graph, weight=None))


@pytest.mark.parametrize(
    ("graph", "partition", "message"),
    [
        (nx.Graph(), None, "no nodes"),
        (nx.path_graph(1), None, "one node"),
        (labelled_graph(), "regoin", "did you mean 'region'"),
        (labelled_graph(), "note", "3 of 4 nodes have no value of note: 1, 2, 3"),
        (nx.Graph([("a", "b", {"weight": "strong"})]), None, "'strong' is no real number"),
        (nx.Graph([("a", "b", {"weight": 1j})]), None, "no real number"),
    ],
)
def test_network_from_graph_refuses(graph: nx.Graph, partition: str | None, message: str) -> None:
    with pytest.raises(NetworkError, match=message) as caught:
        network_from_graph(graph, "mine", partition=partition)
    assert str(caught.value).startswith("mine: ")


TABLES = {
    "by_id.csv": "name,region\n3,Y\n2,X\n1,Y\n0,X\n77,Z\n",  # more rows, in any order
    "labels.csv": "region\nX\nY\nX\nY\n",
    "rows.tsv": "colour\tregion\nred\tX\nred\tY\nblue\tX\nblue\tY\n",
    "from_one.csv": "ROI,name,region\n1,a,X\n2,b,Y\n3,c,X\n4,d,Y\n",
    "ranges.csv": "region,i,j\nX,0,1\nY,1,2\nX,2,3\nY,3,4\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_node_table_is_joined(adapter: ConnectomeAdapter, tmp_path: Path, name: str) -> None:
    table = tmp_path / name
    table.write_text(TABLES[name])
    np.save(tmp_path / "w.npy", FULL)
    found = blocks(adapter, tmp_path / "w.npy", nodes=str(table), partition="region")
    assert found == EXPECTED


@pytest.mark.parametrize(("text", "column"), [("X\nY\nX\nY\n", "1"), ("a,X\nb,Y\nc,X\nd,Y\n", "2")])
def test_a_table_without_a_header_numbers_its_columns(
    adapter: ConnectomeAdapter, tmp_path: Path, text: str, column: str
) -> None:
    (tmp_path / "labels.csv").write_text(text)
    np.save(tmp_path / "w.npy", FULL)
    found = blocks(
        adapter, tmp_path / "w.npy", nodes=str(tmp_path / "labels.csv"), partition=column
    )
    assert found == EXPECTED


def test_a_table_overrides_nothing_it_does_not_name(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    path = tmp_path / "named.csv"
    path.write_text("source,target\nAVA,MN\nMN,muscle\n")
    table = tmp_path / "cells.csv"
    table.write_text("cell,class\nmuscle,muscle\nMN,motor\nAVA,inter\n")
    found = blocks(adapter, path, nodes=str(table), partition="class")
    assert found["inter->motor"] == [[1]]
    assert found["motor->inter"] == [[0]]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,region\n0,X\n1,Y\n2,X\n", "1 of 4 nodes have no row in the node table: 3"),
        ("name,region\n0,X\n1,Y\n2,X\n3,\n", "row 5 of the node table has an empty region"),
        ("name,region\n0,X\n1,Y\n2,X\n3,Y\n3,X\n", "puts '3' in 'Y' and 'X'"),
        ("name,regoin\n0,X\n1,Y\n2,X\n3,Y\n", "no column 'region'; did you mean 'regoin'"),
        ("name,region\n0,X\n1,Y,\n", "line 3, column 3: the row has 3 cells where line 1 has 2"),
        ("region\nX\nY\nX\n", "has 3 rows for 4 nodes"),
        ("region,i,j\nX,0,2\nY,2,3\n", "1 of 4 nodes have no range in the node table: 3"),
        ("region,i,j\nX,0,3\nY,2,4\n", "two ranges of the node table cover node 2"),
        ("region,i,j\nX,0,b\n", "range '0' to 'b'"),
        ("", "the table is empty"),
        ("region\n\xff", "is not UTF-8 (invalid start byte); save it"),
    ],
)
def test_a_table_that_does_not_fit(
    adapter: ConnectomeAdapter, tmp_path: Path, table: str, message: str
) -> None:
    (tmp_path / "t.csv").write_bytes(table.encode("latin-1"))
    np.save(tmp_path / "w.npy", FULL)
    options = {"nodes": str(tmp_path / "t.csv"), "partition": "region"}
    # What the head of the table tells is said by the listing.
    of_the_head = ("no column 'region'", "the table is empty", "is not UTF-8", "line 3")
    error = SourceError if message.startswith(of_the_head) else NetworkError
    said = check_refuses(adapter, str(tmp_path / "w.npy"), error, options)
    assert message in said
    assert "t.csv" in said


def test_named_nodes_are_never_joined_by_row_order(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    nx.write_graphml(
        nx.relabel_nodes(labelled_graph(), dict(enumerate("abcd"))), tmp_path / "g.graphml"
    )
    (tmp_path / "t.csv").write_text("area\nX\nY\nX\nY\n")
    options = {"nodes": str(tmp_path / "t.csv"), "partition": "area"}
    (ref,) = adapter.list(str(tmp_path / "g.graphml"), options)
    with pytest.raises(NetworkError, match="does not name them"):
        adapter.load(ref)


def test_a_table_whose_ids_are_in_another_column(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    np.save(tmp_path / "w.npy", FULL)
    options = {"nodes": str(tmp_path / "t.csv"), "partition": "region"}
    (tmp_path / "t.csv").write_text("region,id\nX,2\nY,3\nX,0\nY,1\n")
    (ref,) = adapter.list(str(tmp_path / "w.npy"), options)
    with pytest.raises(NetworkError, match="column 'id' of the node table names the nodes in anot"):
        adapter.load(ref)
    (tmp_path / "t.csv").write_text("region,id\nX,0\nX,1\nY,2\nY,3\n")
    assert {block.name for block in adapter.load(ref).constituents()} == set(EXPECTED)


def test_pathologic_blocks_are_walked_over_and_the_core_says_why(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    weights = np.array(
        [[1.0, 2, 0, 0, 1], [3, 4, 0, 0, 1], [np.inf, 1, 0, 0, 1], [1, 1, 0, 0, 1], [1, 1, 1, 1, 1]]
    )
    np.save(tmp_path / "w.npy", weights)
    (tmp_path / "t.csv").write_text("r\nA\nA\nB\nB\nC\n")
    (ref,) = check_adapter(
        adapter, str(tmp_path / "w.npy"), {"nodes": str(tmp_path / "t.csv"), "partition": "r"}
    )
    reasons = {
        block.name: constituent_spectrum(block).skipped
        for block in adapter.load(ref).constituents()
    }
    assert reasons["A"] is None
    assert "zero" in str(reasons["B"])
    assert "zero" in str(reasons["A->B"])
    assert "non-finite" in str(reasons["B->A"])
    assert "order below 2" in str(reasons["C"])


def large_graph(path: Path, count: int) -> None:
    ring = np.arange(count)
    matrix = sparse.coo_array((np.ones(count), (ring, (ring + 1) % count)), shape=(count, count))
    io.mmwrite(path, matrix)


def test_a_graph_too_large_to_be_dense_stays_sparse(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    path = tmp_path / "ring.mtx"
    large_graph(path, 30_000)
    (ref,) = adapter.list(str(path), {})
    (whole,) = adapter.load(ref).constituents()
    assert is_sparse(whole.matrix)
    assert whole.matrix.shape == (30_000, 30_000)
    assert whole.matrix.nnz == 30_000
    table = tmp_path / "t.csv"
    table.write_text("region\n" + "".join(f"r{at // 200}\n" for at in range(30_000)))
    options = {"nodes": str(table), "partition": "region", "projections": "false"}
    (ref,) = adapter.list(str(path), options)
    found = [block.matrix for block in adapter.load(ref).constituents()]
    assert len(found) == 150
    assert all(matrix.shape == (200, 200) and matrix.sum() == 199 for matrix in found)


def test_a_graph_too_large_to_be_estimated(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    empty = sparse.csr_array((2_200_000, 2_200_000))
    sparse.save_npz(tmp_path / "huge.npz", empty)
    (ref,) = adapter.list(str(tmp_path / "huge.npz"), {})
    message = r"2,200,000 nodes takes 4.2 GiB to be estimated, more .* partition=ATTRIBUTE"
    with pytest.raises(NetworkError, match=message):
        adapter.load(ref)


@pytest.mark.parametrize("large", [False, True], ids=["dense blocks", "sparse blocks"])
@pytest.mark.parametrize("form", ["npy", "mtx"])
def test_an_undirected_projection_counts_once(
    adapter: ConnectomeAdapter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    large: bool,
) -> None:
    monkeypatch.setattr(blocks_module, "DENSE_ENTRIES", 4 if large else 1 << 26)
    rng = np.random.default_rng(0)
    share = 0.5 if form == "npy" else 0.05  # which is kept dense, and sparse
    half = np.triu(rng.integers(0, 3, (60, 60)) * (rng.random((60, 60)) < share), 1)
    scale = rng.uniform(1, 2, 60)
    (tmp_path / "t.csv").write_text("region\n" + "".join(f"{'CAB'[at % 3]}\n" for at in range(60)))
    options = {"nodes": str(tmp_path / "t.csv"), "partition": "region"}
    undirected = half + half.T
    rounded = 0.7 * undirected * scale[:, None] * scale
    assert np.any(rounded != rounded.T)
    for number, matrix in enumerate((undirected, rounded, half, rounded + half)):
        path = tmp_path / f"w{number}.{form}"
        if form == "npy":
            np.save(path, matrix)
        else:
            io.mmwrite(path, sparse.coo_array(matrix), precision=17, symmetry="general")
        told = options if matrix is not half else {**options, "directed": "true"}
        (ref,) = check_adapter(adapter, str(path), told)
        found = [(c.name, c.matrix) for c in adapter.load(ref).constituents()]
        once = number < 2
        pairs = ["C->A", "C->B", "A->B"]
        pairs = pairs if once else [*pairs, "A->C", "B->C", "B->A"]
        assert {name for name, _ in found} == {"A", "B", "C", *pairs}
        assert ref.shapes is None
        for name, block in found:
            start, _, end = name.partition("->")
            rows, columns = ("CAB".index(region) for region in (start, end or start))
            dense = block.toarray() if is_sparse(block) else block
            np.testing.assert_allclose(dense, matrix[rows::3, columns::3], rtol=1e-15)
        assert any(is_sparse(block) for _, block in found) == (large and form == "mtx")


def test_an_undirected_graph_has_each_projection_once() -> None:
    graph = nx.les_miserables_graph()
    nx.set_node_attributes(graph, {node: node[0] < "H" for node in graph}, "early")
    found = [c.name for c in network_from_graph(graph, "novel", "early").constituents()]
    assert len(found) == 3
    inside = network_from_graph(graph, "novel", "early", projections=False)
    assert len(list(inside.constituents())) == 2
    both = network_from_graph(graph.to_directed(), "novel", "early")
    assert [c.name for c in both.constituents()] == found, "a symmetric matrix, whatever its source"
    one_way = nx.DiGraph(graph.edges(data=True))
    one_way.add_nodes_from(graph.nodes(data=True))
    assert len(list(network_from_graph(one_way, "novel", "early").constituents())) == 4


def test_of_an_undirected_network_twice_as_many_regions_are_allowed(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    count = 340  # 57,970 blocks, or 115,600
    ring = sparse.coo_array((np.ones(count), (range(count), np.roll(range(count), 1)))).tocsr()
    io.mmwrite(tmp_path / "ring.mtx", ring + ring.T)
    (tmp_path / "t.csv").write_text("region\n" + "".join(f"r{at}\n" for at in range(count)))
    options = {"nodes": str(tmp_path / "t.csv"), "partition": "region"}
    (ref,) = adapter.list(str(tmp_path / "ring.mtx"), options)
    assert adapter.load(ref).metadata["directed"] is False


def test_too_many_regions(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    large_graph(tmp_path / "ring.mtx", 300)
    table = tmp_path / "t.csv"
    table.write_text("region\n" + "".join(f"r{at}\n" for at in range(300)))
    options = {"nodes": str(table), "partition": "region"}
    (ref,) = adapter.list(str(tmp_path / "ring.mtx"), options)
    with pytest.raises(NetworkError, match=r"300 regions give 90,000 blocks.*projections=false"):
        adapter.load(ref)


def test_a_region_named_like_a_projection() -> None:
    graph = labelled_graph()
    nx.set_node_attributes(graph, dict(enumerate(["X", "Y", "X->Y", "Y"])), "region")
    with pytest.raises(NetworkError, match="'X->Y' is named like a projection"):
        network_from_graph(graph, "mine", partition="region")
