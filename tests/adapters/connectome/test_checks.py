"""A listing checks what options name, as far as the heads of the files tell."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra_connectome import ConnectomeAdapter, checks

GRAPH = nx.DiGraph([("a", "b", {"fibres": 2.0}), ("b", "a", {"fibres": 1.0})])
nx.set_node_attributes(GRAPH, {"a": "X", "b": "Y"}, "region")


def without(graph: nx.DiGraph, *names: str) -> nx.DiGraph:
    bare = graph.copy()
    for _, data in bare.nodes(data=True):
        for name in names:
            data.pop(name, None)
    return bare


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        nx.write_graphml(GRAPH, tmp_path / f"g{number}.graphml")
    (tmp_path / "edges.csv").write_text("source,target,count\n0,1,2\n1,0,3\n")
    (tmp_path / "matrix.csv").write_text("0,1,2,3\n" * 4)
    (tmp_path / "bare.edgelist").write_text("0 1 2\n1 0 3\n")
    table = {"source": [0, 1], "target": [1, 0], "count": [2, 3]}
    pq.write_table(pa.table(table), tmp_path / "edges.parquet")
    np.savez(tmp_path / "two.npz", first=np.eye(3), second=np.ones((3, 3)))
    (tmp_path / "nodes.csv").write_text("id,region\na,X\nb,Y\n")
    return tmp_path


def refused(adapter: ConnectomeAdapter, pattern: str, **options: str) -> str:
    with pytest.raises(SourceError) as caught:
        adapter.list(pattern, options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (
            "g*.graphml",
            {"partition": "regoin"},
            "attribute 'regoin'; did you mean 'region'",
        ),
        ("g0.graphml", {"partition": "region,side"}, "no node attribute 'side'"),
        ("g*.graphml", {"weight": "fibers"}, "no edge attribute 'fibers'; did you mean 'fibres'"),
        ("edges.csv", {"weight": "cuont"}, "no weight column 'cuont'; did you mean 'count'"),
        ("bare.edgelist", {"weight": "count"}, "no weight column 'count'"),
        ("edges.parquet", {"weight": "cuont"}, "no weight column 'cuont'; did you mean 'count'"),
        ("two.npz", {"array": "frist"}, "no array 'frist'; did you mean 'first'"),
        ("edges.csv", {"partition": "region"}, "the file has none: give nodes=FILE"),
        ("two.npz", {"partition": "region"}, "the file has none: give nodes=FILE"),
    ],
)
def test_what_no_file_has_is_said_by_the_listing(
    adapter: ConnectomeAdapter, folder: Path, files: str, options: dict[str, str], message: str
) -> None:
    said = refused(adapter, f"{folder}/{files}", **options)
    assert message in said
    assert f"connectome: {folder}/{files.replace('*', '0')}: " in said
    assert ("nor has any of the 3 files looked at" in said) == ("*" in files)


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ("*.graphml", {"partition": "region", "weight": "fibres"}),
        ("edges.csv", {"weight": "count"}),
        ("matrix.csv", {"weight": "count"}),  # a matrix has no such column, and needs none
        ("matrix.csv", {"weight": "count", "format": "adjacency"}),
        ("edges.parquet", {"weight": "count"}),
        ("two.npz", {"array": "second"}),
    ],
)
def test_what_a_file_has_is_listed(
    adapter: ConnectomeAdapter, folder: Path, files: str, options: dict[str, str]
) -> None:
    assert len(adapter.list(f"{folder}/{files}", options)) >= 1


def test_the_columns_of_a_node_table(adapter: ConnectomeAdapter, folder: Path) -> None:
    graphs, table = f"{folder}/*.graphml", str(folder / "nodes.csv")
    said = refused(adapter, graphs, nodes=table, partition="regoin")
    assert f"nodes={table}: the node table has no column 'regoin'; did you mean 'region'" in said
    assert len(adapter.list(graphs, {"nodes": table, "partition": "region"})) == 3


def test_one_file_that_has_it_is_enough(adapter: ConnectomeAdapter, folder: Path) -> None:
    """Each of the others gets a row that says what it lacks."""
    for number in range(2):
        nx.write_graphml(without(GRAPH, "region"), folder / f"g{number}.graphml")
    refs = list(adapter.list(f"{folder}/g*.graphml", {"partition": "region"}))
    assert len(refs) == 3
    with pytest.raises(NetworkError, match="no node attribute 'region'"):
        adapter.load(refs[0])
    assert len(list(adapter.load(refs[2]).constituents())) == 4  # weighed by fibres, which differ


def test_only_the_first_files_are_looked_at(
    adapter: ConnectomeAdapter, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "LOOKED_AT", 2)
    for number in range(2):
        nx.write_graphml(without(GRAPH, "region"), folder / f"g{number}.graphml")
    said = refused(adapter, f"{folder}/g*.graphml", partition="region")
    assert "nor has any of the 2 files looked at" in said


DTD = b'<!DOCTYPE a [<!ENTITY x "region">]>'
KEY = b'<key id="d0" for="node" attr.name="class" attr.type="string"/>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"<graphml>" + KEY,  # cut off before its graph
        DTD + b"<graphml>" + KEY + b"<graph></graph></graphml>",
        b"<graphml>" + KEY + b"</key><graph></graph></graphml>",
        b'<graphml><key id="d0" for="node" yfiles.type="nodegraphics"/><graph></graph></graphml>',
        b"<graphml>" + b" " * (1 << 20) + KEY + b"<graph></graph></graphml>",
    ],
    ids=["empty", "binary", "cut", "dtd", "broken", "yed", "long"],
)
def test_what_a_head_does_not_tell_is_left_to_the_reading(
    adapter: ConnectomeAdapter, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.graphml").write_bytes(content)
    (ref,) = adapter.list(f"{tmp_path}/a.graphml", {"partition": "region"})
    with pytest.raises(NetworkError):
        adapter.load(ref)


def test_keys_with_a_prefix(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    space = b'xmlns:g="http://graphml.graphdrawing.org/xmlns"'
    content = KEY.replace(b"<key", b"<g:key") + b"<g:graph></g:graph></g:graphml>"
    (tmp_path / "a.graphml").write_bytes(b"<g:graphml " + space + b">" + content)
    assert len(adapter.list(f"{tmp_path}/a.graphml", {"partition": "class"})) == 1
    assert "did you mean 'class'" in refused(adapter, f"{tmp_path}/a.graphml", partition="clas")
