"""Formats of graphs: what networkx writes is read as it was, and what is not certain is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter, network_from_graph

Matrix = np.ndarray
WRITERS: dict[str, Callable[[nx.Graph, Path], None]] = {
    "g.gexf": nx.write_gexf,
    "g.gml": nx.write_gml,
    "g.net": nx.write_pajek,
    "g.graphml": nx.write_graphml,
    "g.adjlist": nx.write_multiline_adjlist,
    "g.multiline_adjlist": nx.write_multiline_adjlist,
    "g.edgelist": nx.write_edgelist,
}
LISTS = (".adjlist", ".multiline_adjlist", ".edgelist")  # which do not say whether it is directed


def read(adapter: ConnectomeAdapter, path: Path, **options: str) -> Matrix:
    (ref,) = check_adapter(adapter, str(path), options)
    (whole,) = adapter.load(ref).constituents()
    return np.asarray(whole.matrix)


def named(matrix: Matrix, kind: type[nx.Graph]) -> nx.Graph:
    """A graph whose nodes are words, in the order in which its edges name them."""
    graph = nx.from_numpy_array(matrix, create_using=kind)
    return nx.relabel_nodes(graph, {at: str(at) for at in graph})


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [nx.DiGraph, nx.Graph])
@pytest.mark.parametrize("name", WRITERS)
def test_what_networkx_writes(
    adapter: ConnectomeAdapter,
    tmp_path: Path,
    matrix: Matrix,
    name: str,
    kind: type[nx.Graph],
    packed: bool,
) -> None:
    right = matrix if kind is nx.DiGraph else matrix + matrix.T
    path = tmp_path / name
    WRITERS[name](named(right, kind), path)
    if packed:
        content, path = path.read_bytes(), tmp_path / f"{name}.gz"
        path.write_bytes(gzip.compress(content))
    once = kind is nx.Graph and path.name.removesuffix(".gz").endswith(LISTS)
    options = {"directed": "false"} if once else {}
    np.testing.assert_array_equal(read(adapter, path, **options), right)


OPEN = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
WEIGHT = '<key id="w" for="edge" attr.name="weight" attr.type="double"/>'
AB = '<node id="a"/><node id="b"/>'


def graphml(inside: str, keys: str = WEIGHT) -> str:
    return f"{OPEN}{keys}{inside}</graphml>"


def graph(inside: str, name: str = "g", directed: str = "directed") -> str:
    return f'<graph id="{name}" edgedefault="{directed}">{inside}</graph>'


def edge(source: str, target: str, weight: object = None, more: str = "", key: str = "w") -> str:
    data = "" if weight is None else f'<data key="{key}">{weight}</data>'
    return f'<edge source="{source}" target="{target}" {more}>{data}</edge>'


TWO = graph(AB + edge("a", "b", 2), "chem") + graph(AB + edge("a", "b", 5), "gap", "undirected")
NESTED = graph(
    f'<node id="a">{graph(AB + edge("a", "b", 3), "in")}</node>{edge("a", "c", 4)}', "out"
)


@pytest.mark.parametrize("content", [TWO, NESTED])
def test_graphml_of_several_graphs(
    adapter: ConnectomeAdapter, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(graphml(content))
    assert "it has 2 graphs" in check_refuses(adapter, str(path), NetworkError)
    said = check_refuses(adapter, str(path), NetworkError, {"array": "chm"})
    assert "no graph 'chm'" in said
    wanted = {TWO: ("gap", [[0, 5], [5, 0]]), NESTED: ("in", [[0, 3], [0, 0]])}[content]
    np.testing.assert_array_equal(read(adapter, path, array=wanted[0]), wanted[1])
    first = {TWO: ("chem", [[0, 2], [0, 0]]), NESTED: ("out", [[0, 4], [0, 0]])}[content]
    np.testing.assert_array_equal(read(adapter, path, array=first[0]), first[1])


EQUAL_IDS = (
    '<key id="d" for="node" attr.name="label" attr.type="string"/>'
    '<key id="d" for="edge" attr.name="weight" attr.type="int"/>'
)
DEFAULT = WEIGHT.replace("/>", "><default>4.5</default></key>")
READ = {
    "a default": (graph(AB + edge("a", "b") + edge("b", "a", 3)), DEFAULT, [[0, 4.5], [3, 0]]),
    "equal ids of keys": (graph(AB + edge("a", "b", 7, key="d")), EQUAL_IDS, [[0, 7], [0, 0]]),
    "a key for nodes": (
        graph(AB + edge("a", "b", 2)),
        WEIGHT.replace('"edge"', '"node"'),
        [[0, 2], [0, 0]],
    ),
    "a type of text": (
        graph(AB + edge("a", "b", 2.5)),
        WEIGHT.replace("double", "string"),
        [[0, 2.5], [0, 0]],
    ),
    "an edge of another kind": (
        graph(AB + edge("a", "b", 2, 'directed="false"')),
        WEIGHT,
        [[0, 2], [2, 0]],
    ),
    "an attribute called key": (
        graph(
            AB
            + 2
            * ('<edge source="a" target="b"><data key="k">x</data><data key="w">2</data></edge>')
        ),
        WEIGHT + '<key id="k" for="edge" attr.name="key" attr.type="string"/>',
        [[0, 4], [0, 0]],
    ),
    "no numbers at all": (graph(AB + edge("a", "b")), "", [[0, 1], [0, 0]]),
}


@pytest.mark.parametrize("what", READ)
def test_graphml_as_others_write_it(adapter: ConnectomeAdapter, tmp_path: Path, what: str) -> None:
    content, keys, right = READ[what]
    path = tmp_path / "a.graphml"
    path.write_text(graphml(content, keys))
    np.testing.assert_array_equal(read(adapter, path), right)


YEAR = WEIGHT.replace('"weight"', '"year"')
REFUSED = {
    "a weight for some": (graph(AB + edge("a", "b", 2) + edge("b", "a")), WEIGHT, "1 of 2 edges"),
    "numbers of no strength": (
        graph(AB + edge("a", "b", 1986)),
        YEAR,
        "say which with weight=NAME, or weight=none",
    ),
    "equal ids of edges": (
        graph(AB + 2 * edge("a", "b", 2, 'id="x"')),
        WEIGHT,
        "have the id 'x'",
    ),
    "no edgedefault": (f"<graph>{AB}</graph>", WEIGHT, "does not say edgedefault"),
    "two keys of one id": (graph(AB), WEIGHT + YEAR, "two keys have the id 'w'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_graphml_that_is_not_certain(adapter: ConnectomeAdapter, tmp_path: Path, what: str) -> None:
    content, keys, message = REFUSED[what]
    (tmp_path / "a.graphml").write_text(graphml(content, keys))
    assert message in check_refuses(adapter, str(tmp_path / "a.graphml"), NetworkError)


def test_weight_none_counts_edges(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "a.graphml").write_text(graphml(graph(AB + edge("a", "b", 1986)), YEAR))
    counted = read(adapter, tmp_path / "a.graphml", weight="none")
    np.testing.assert_array_equal(counted, [[0, 1], [0, 0]])
    chosen = read(adapter, tmp_path / "a.graphml", weight="year")
    np.testing.assert_array_equal(chosen, [[0, 1986], [0, 0]])


def test_gexf_leaves_out_weights_of_one(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    """Gephi writes no weight that is 1, and mutual edges are both directions."""
    text = (
        '<gexf><graph defaultedgetype="directed"><nodes><node id="a"/><node id="b"/></nodes><edges>'
        '<edge source="a" target="b" weight="3"/><edge source="b" target="a"/>'
        '<edge source="a" target="a" type="mutual"/></edges></graph></gexf>'
    )
    (tmp_path / "a.gexf").write_text(text)
    np.testing.assert_array_equal(read(adapter, tmp_path / "a.gexf"), [[1, 3], [1, 0]])


PAJEK = '*Vertices 3\n1 "a b" 0.1 0.2\n2 b\n3 c\n*Arcs :1 "chem"\n1 2 3\n*Edges :2 "gap"\n2 3\n'


def test_pajek_of_two_relations(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(PAJEK)
    said = check_refuses(adapter, str(path), NetworkError)
    assert "2 relations (1 chem, 2 gap); choose one with array=" in said
    right = {"chem": [[0, 3, 0], [0, 0, 0], [0, 0, 0]], "2": [[0, 0, 0], [0, 0, 1], [0, 1, 0]]}
    for name, matrix in right.items():
        np.testing.assert_array_equal(read(adapter, path, array=name), matrix)


@pytest.mark.parametrize("heading", ["*Matrix\n0 2 0\n0 0 1\n0 1 0", "*Arcslist\n1 2 2\n2 3\n3 2"])
def test_pajek_in_other_forms(adapter: ConnectomeAdapter, tmp_path: Path, heading: str) -> None:
    (tmp_path / "a.net").write_text(f"*Network x\n*Vertices 3\n{heading}\n")
    right = [[0, 2, 0], [0, 0, 1], [0, 1, 0]]
    np.testing.assert_array_equal(read(adapter, tmp_path / "a.net"), right)


def test_adjacency_lists(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.adjlist"
    path.write_text("# of a worm\na b c\nb c c\nc\n")
    np.testing.assert_array_equal(read(adapter, path), [[0, 1, 1], [0, 0, 2], [0, 0, 0]])
    path.write_text("a 1\nb\nb 1\na\n")
    assert "may be an adjacency list or a multi-line" in check_refuses(
        adapter, str(path), FileFormatError
    )


def test_attributes_in_braces_are_literals(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b,{'weight': np.float64(2.5), 'note': 'x, {y}'}\nb,a,{'weight': -1}\n")
    np.testing.assert_array_equal(read(adapter, path), [[0, 2.5], [-1, 0]])
    path.write_text(f"a b {{'weight': open('{tmp_path}/made', 'w')}}\n")
    assert "no dictionary of plain values" in check_refuses(adapter, str(path), FileFormatError)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("mark", [" ", ",", "\t", ";", "|", ", "])
def test_the_delimiter_is_what_stands_before_the_braces(
    adapter: ConnectomeAdapter, tmp_path: Path, mark: str
) -> None:
    ends = ["AVA,L", "x"] if mark == " " else ["AVA L", "x"]
    rows = [mark.join([*pair, "{'weight': 2}"]) for pair in (ends, ends[::-1])]
    (tmp_path / "a.txt").write_text("\n".join(rows) + "\n")
    np.testing.assert_array_equal(read(adapter, tmp_path / "a.txt"), [[0, 2], [2, 0]])


def test_a_pickle_is_refused_with_the_line_that_converts_it(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    (tmp_path / "a.gpickle").write_bytes(b"\x80\x04N.")
    said = check_refuses(adapter, str(tmp_path / "*"), UnsafeFileError)
    assert "python -c" in said
    assert "nx.write_graphml" in said


def test_a_bomb_in_gz(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "a.adjlist.gz").write_bytes(gzip.compress(b"0 1\n" * 20_000_000, 9))
    said = check_refuses(adapter, str(tmp_path / "a.adjlist.gz"), NetworkError)
    assert "unpacks to more than 32 MB" in said


def test_names_keep_what_tells_files_apart(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    for name in ("sub-01.fz_SC.csv", "sub-01.fa.csv.gz", "sub-01.csv"):
        content = b"0,1,2\n1,0,3\n"
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    names = [ref.name.partition("/")[2] for ref in check_adapter(adapter, f"{tmp_path}/*")]
    assert sorted(names) == ["sub-01", "sub-01.fa", "sub-01.fz_SC"]


def test_graphs_in_python_whose_weight_has_another_name() -> None:
    graph = nx.DiGraph([("a", "b", {"weights": 5.0}), ("b", "c", {"weights": 2.0})])
    (whole,) = network_from_graph(graph, "mine").constituents()
    np.testing.assert_array_equal(whole.matrix, [[0, 5, 0], [0, 0, 2], [0, 0, 0]])
    for _, _, data in graph.edges(data=True):
        data["length"] = 1.5
    (whole,) = network_from_graph(graph, "mine").constituents()
    np.testing.assert_array_equal(whole.matrix, [[0, 5, 0], [0, 0, 2], [0, 0, 0]])
    for _, _, data in graph.edges(data=True):
        data["count"] = data.pop("weights")
        data["area"] = 1.5
    with pytest.raises(NetworkError, match=r"may be in 'length', 'count', 'area'; .* weight=NAME"):
        network_from_graph(graph, "mine")
    with pytest.raises(NetworkError, match="no edge attribute 'weigths'"):
        network_from_graph(graph, "mine", weight="weigths")
    graph["a"]["b"]["weight"] = 1
    with pytest.raises(NetworkError, match="1 of 2 edges have no weight, the first from 'b' to"):
        network_from_graph(graph, "mine")
    with pytest.raises(NetworkError, match="two nodes are called '1'"):
        network_from_graph(nx.Graph([(1, "1")]), "mine")
