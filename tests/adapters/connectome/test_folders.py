"""A BIDS folder in one source, cells by type, both kinds of synapses, nodes without edges."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter

SQUARE = "0\t2\n3\t0\n"


@pytest.fixture
def bids(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    for subject in ("sub-01", "sub-02"):
        inside = folder / subject / "dwi"
        inside.mkdir(parents=True)
        (inside / f"{subject}_meas-count_relmat.dense.tsv").write_text(SQUARE)
        (inside / f"{subject}_meas-count_relmat.json").write_text("{}")
        (inside / f"{subject}_events.tsv").write_text("onset\n1\n")
    table = "participant_id\tsex\tage\nsub-01\tF\t30\nsub-02\tM\tn/a\n"
    (folder / "participants.tsv").write_text(table)
    return folder


def test_a_bids_folder_is_a_source(adapter: ConnectomeAdapter, bids: Path) -> None:
    refs = check_adapter(adapter, str(bids), {"family": "sex"})
    assert [ref.name for ref in refs] == ["dwi/sub-01_meas-count", "dwi/sub-02_meas-count"]
    assert [ref.family for ref in refs] == ["F", "M"]
    assert [dict(ref.metadata) for ref in refs] == [
        {"participant_id": "sub-01", "sex": "F", "age": 30},
        {"participant_id": "sub-02", "sex": "M", "age": None},
    ]
    left = adapter.list(str(bids), {}).left_out
    assert left.count == 5  # two tables of events, two JSONs and the participants
    assert ".tsv" in str(left)


def test_what_lies_beside_a_matrix_is_part_of_it(adapter: ConnectomeAdapter, bids: Path) -> None:
    """Its JSON, and the table of nodes that is its own."""
    known = {ref.fingerprint for ref in adapter.list(str(bids), {})}
    inside = bids / "sub-01" / "dwi"
    for name, text in (
        ("sub-01_meas-count_relmat.json", '{"ValidDiagonal": false}'),
        ("sub-01_nodeindices.tsv", "matrix_index\tlabel\n0\tA\n1\tB\n"),
        ("sub-01_meas-count_nodeindices.tsv", "matrix_index\tlabel\n0\tC\n1\tD\n"),
    ):
        (inside / name).write_text(text)
        found = {ref.fingerprint for ref in adapter.list(str(bids), {})}
        assert len(found - known) == 1
        known |= found
    (inside / "sub-02_nodeindices.tsv").write_text("matrix_index\tlabel\n0\tE\n1\tF\n")
    assert {ref.fingerprint for ref in adapter.list(str(bids), {})} <= known
    row = adapter.load(next(iter(adapter.list(str(bids), {})))).metadata
    assert row["heaviest"] == "D -> C: 3"


def test_a_bids_folder_without_connectivity(adapter: ConnectomeAdapter, bids: Path) -> None:
    for file in bids.rglob("*_relmat*"):
        file.unlink()
    with pytest.raises(SourceError, match="BIDS folder without a file of a subject"):
        adapter.list(str(bids), {})


def cect(path: Path, **more: object) -> None:
    kinds = {"Generic_CS": [[0, 2], [0, 0]], "Generic_GJ": [[0, 1], [1, 0]]} | more
    path.write_text(json.dumps({"nodes": ["ASHL", "AVAL"], "connections": kinds}))


def test_cells_have_their_types(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    cect(tmp_path / "worm.json")
    (ref,) = check_adapter(adapter, f"{tmp_path}/worm.json", {"partition": "type"})
    names = [block.name for block in adapter.load(ref).constituents()]
    assert names == ["sensory", "sensory->interneuron", "interneuron->sensory", "interneuron"]


def test_both_kinds_of_synapses_are_networks(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    cect(tmp_path / "worm.json")
    refs = adapter.list(f"{tmp_path}/worm.json", {"synapse": "each"}).refs
    assert [ref.name.rpartition("worm")[2] for ref in refs] == ["", "/gap"]
    matrices = [next(iter(adapter.load(ref).constituents())).matrix for ref in refs]
    np.testing.assert_array_equal(matrices, [[[0, 2], [0, 0]], [[0, 1], [1, 0]]])
    for ref in refs:
        assert adapter.list(ref.source.partition(":")[2].partition("?")[0], ref.options).refs


def test_other_kinds_of_connections_are_not_passed_over(
    adapter: ConnectomeAdapter, tmp_path: Path
) -> None:
    path = tmp_path / "worm.json"
    cect(path, GABA=[[0, 9], [0, 0]])
    assert "other kinds too (GABA)" in check_refuses(adapter, str(path), NetworkError)
    (ref,) = check_adapter(adapter, str(path), {"array": "GABA"})
    np.testing.assert_array_equal(next(adapter.load(ref).constituents()).matrix, [[0, 9], [0, 0]])


@pytest.mark.parametrize(
    ("table", "options", "count"),
    [
        ("id,region\na,X\nb,Y\nz,Y\n", {"partition": "region"}, 3),
        ("id,region\na,X\nb,Y\nz,Y\n", {}, 3),
        ("id,region\na,X\nb,Y\n", {"partition": "region"}, 2),
    ],
)
def test_a_table_of_nodes_adds_those_without_edges(
    adapter: ConnectomeAdapter, tmp_path: Path, table: str, options: dict[str, str], count: int
) -> None:
    (tmp_path / "e.edgelist").write_text("a b 2\nb a 3\n")
    (tmp_path / "n.csv").write_text(table)
    given = {"nodes": str(tmp_path / "n.csv"), **options}
    (ref,) = check_adapter(adapter, f"{tmp_path}/e.edgelist", given)
    network = adapter.load(ref)
    assert network.metadata["nodes"] == count
    sides = [block.matrix.shape for block in network.constituents() if "->" not in block.name]
    assert sum(rows for rows, _ in sides) == count


def test_isolated_numbers_come_in_their_order(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "e.edgelist").write_text("1 3 2\n3 1 5\n")
    (tmp_path / "n.csv").write_text("id,region\n3,X\n2,X\n1,X\n")
    given = {"nodes": str(tmp_path / "n.csv")}
    (ref,) = check_adapter(adapter, f"{tmp_path}/e.edgelist", given)
    (whole,) = adapter.load(ref).constituents()
    np.testing.assert_array_equal(whole.matrix, [[0, 0, 2], [0, 0, 0], [5, 0, 0]])


def test_a_table_that_counts_from_one_adds_none(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "e.edgelist").write_text("0 1 2\n1 0 3\n")
    (tmp_path / "n.csv").write_text("id,region\n1,X\n2,Y\n")
    given = {"nodes": str(tmp_path / "n.csv"), "partition": "region"}
    (ref,) = check_adapter(adapter, f"{tmp_path}/e.edgelist", given)
    names = [block.name for block in adapter.load(ref).constituents()]
    assert names == ["X", "X->Y", "Y->X", "Y"]


@pytest.mark.parametrize("table", ["p,q\nr,s\n", "elsewhere,x\nb,y\n"])
def test_a_table_that_adds_nothing_is_refused(
    adapter: ConnectomeAdapter, tmp_path: Path, table: str
) -> None:
    (tmp_path / "e.edgelist").write_text("a b 2\nb a 3\n")
    (tmp_path / "n.csv").write_text(table)
    said = check_refuses(
        adapter, f"{tmp_path}/e.edgelist", NetworkError, {"nodes": str(tmp_path / "n.csv")}
    )
    assert "n.csv" in said
