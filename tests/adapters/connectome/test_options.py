"""Sources, names, families and metadata; what load needs when it happens elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from zoo_spectra.errors import SourceError
from zoo_spectra.sources.adapter import get_adapter, list_networks, load
from zoo_spectra.testing import check_adapter, check_refuses
from zoo_spectra_connectome import ConnectomeAdapter

PEOPLE = """id,genotype,age,score,note
sub,all,1,1,
sub-1,B6,12,0.5,
sub-12,DBA2,9,,well
sub-3,B6,,2,
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Three subjects, a table of them, and a table of nodes."""
    folder = tmp_path / "study"
    folder.mkdir()
    for subject in ("sub-1_ses-2", "sub-12", "sub-3.dti"):
        (folder / f"{subject}.edgelist").write_text("0 1 2\n1 0 3\n1 2 1\n2 1 4\n")
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "nodes.csv").write_text("region\nX\nX\nY\n")
    return folder


def test_the_plug_in_is_found_by_name() -> None:
    assert isinstance(get_adapter("connectome"), ConnectomeAdapter)


@pytest.mark.parametrize("first", ["", "nodes"])
def test_ids_without_a_name_of_their_own_are_no_metadata(
    adapter: ConnectomeAdapter, study: Path, first: str
) -> None:
    rows = (study / "people.csv").read_text().splitlines()[1:]
    table = "\n".join([f"{first},genotype,age,score,note", *rows])
    (study / "people.csv").write_text(table)
    refs = list(adapter.list(str(study / "sub-12.edgelist"), {"about": str(study / "people.csv")}))
    assert refs[0].metadata == {"genotype": "DBA2", "age": 9, "score": None, "note": "well"}


def test_an_id_is_text_whatever_it_looks_like(adapter: ConnectomeAdapter, study: Path) -> None:
    (study / "007.edgelist").write_text((study / "sub-12.edgelist").read_text())
    (study / "people.csv").write_text("id,age\n007,9\n")
    refs = list(adapter.list(str(study / "007.edgelist"), {"about": str(study / "people.csv")}))
    assert refs[0].metadata == {"id": "007", "age": 9}


def test_about_gives_metadata_and_family(adapter: ConnectomeAdapter, study: Path) -> None:
    options = {"about": str(study / "people.csv"), "family": "genotype"}
    refs = check_adapter(adapter, str(study / "*.edgelist"), options)
    assert {ref.name: ref.family for ref in refs} == {
        "study/sub-1_ses-2": "B6",
        "study/sub-12": "DBA2",
        "study/sub-3.dti": "B6",
    }
    said = {ref.name.removeprefix("study/"): dict(ref.metadata) for ref in refs}
    one = {"genotype": "DBA2", "age": 9, "score": None, "note": "well"}
    assert said["sub-12"] == {"id": "sub-12", **one}
    other = {"genotype": "B6", "age": 12, "score": 0.5, "note": None}
    assert said["sub-1_ses-2"] == {"id": "sub-1", **other}
    assert type(said["sub-12"]["age"]) is int
    metadata = adapter.load(refs[0]).metadata
    assert refs[0].name == "study/sub-12"
    assert metadata["genotype"] == "DBA2"
    assert (metadata["nodes"], metadata["edges"]) == (3, 4)


def test_family_is_the_folder_or_the_text(adapter: ConnectomeAdapter, study: Path) -> None:
    assert {ref.family for ref in check_adapter(adapter, f"{study}/*.edgelist")} == {"study"}
    (ref,) = check_adapter(adapter, f"{study}/sub-12.edgelist", {"family": "mouse & man"})
    assert ref.family == "mouse & man"
    assert list_networks(ref.source) == [ref]


def test_relative_sources_load_in_another_folder(
    adapter: ConnectomeAdapter, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    options = {"about": "people.csv", "nodes": "nodes.csv", "partition": "region"}
    (ref,) = check_adapter(adapter, "sub-12.*", options)
    assert ref.source == (
        f"connectome:{study}/sub-12.edgelist?about={study}/people.csv&nodes={study}/nodes.csv"
        "&partition=region"
    )
    assert ref.location == str(study / "sub-12.edgelist")
    monkeypatch.chdir("/")
    assert [block.name for block in adapter.load(ref).constituents()] == ["X", "X->Y", "Y->X", "Y"]


def test_load_needs_no_about_table(adapter: ConnectomeAdapter, study: Path) -> None:
    (ref,) = adapter.list(f"{study}/sub-12.edgelist", {"about": str(study / "people.csv")})
    (study / "people.csv").unlink()
    assert adapter.load(ref).metadata["genotype"] == "DBA2"


@pytest.mark.parametrize("changed", ["sub-12.edgelist", "people.csv", "nodes.csv"])
def test_the_fingerprint_covers_every_file_of_the_matrices(
    adapter: ConnectomeAdapter, study: Path, changed: str
) -> None:
    options = {
        "about": str(study / "people.csv"),
        "nodes": str(study / "nodes.csv"),
        "partition": "region",
    }
    (before,) = adapter.list(f"{study}/sub-12.edgelist", options)
    os.utime(study / changed, ns=(1, 1))
    (after,) = adapter.list(f"{study}/sub-12.edgelist", options)
    # The table of what they are is not one of them: see test_plan.py for what follows.
    assert (before.fingerprint != after.fingerprint) == (changed != "people.csv")


def test_list_reads_no_graph(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (ref,) = adapter.list(str(tmp_path / "broken.json"), {})
    assert ref.shapes is None


def test_load_by_source(study: Path) -> None:
    (whole,) = load(f"connectome:{study}/sub-12.edgelist?directed=false").constituents()
    np.testing.assert_array_equal(whole.matrix, [[0, 5, 0], [5, 0, 5], [0, 5, 0]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"partitoin": "x"}, "did you mean 'partition'"),
        ({"projections": "maybe"}, "must be true or false"),
        ({"directed": "no"}, "must be true or false"),
        ({"synapse": "chemcal"}, "did you mean 'chemical'"),
        ({"format": "edge"}, "did you mean 'edges'"),
        ({"partition": " , "}, "partition= is empty"),
        ({"nodes": "absent.csv", "partition": "x"}, "absent.csv is no file"),
        ({"about": "absent.csv"}, "absent.csv is no file"),
        ({"about": "people.csv", "family": "genotpye"}, "did you mean 'genotype'"),
        ({"about": "few.csv"}, "no row for 'sub-12'; did you mean 'sub-1'"),
        ({"about": "twice.csv"}, "'sub-12' has two rows"),
        ({"about": "taken.csv"}, "column 'nodes' is taken"),
        ({"about": "ragged.csv"}, "the row has 1 cells"),
        ({"about": "empty.csv"}, "the table is empty"),
    ],
)
def test_bad_options(
    adapter: ConnectomeAdapter,
    study: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str],
    message: str,
) -> None:
    monkeypatch.chdir(study)
    Path("few.csv").write_text("id,age\nsub-1,3\n")
    Path("twice.csv").write_text("id,age\nsub-12,3\nsub-12,4\n")
    Path("taken.csv").write_text("id,nodes\nsub-12,3\n")
    Path("ragged.csv").write_text("id,age\nsub-12\n")
    Path("empty.csv").write_text("# nothing\n")
    assert message in check_refuses(adapter, "sub-12.edgelist", SourceError, options)


def test_a_question_mark_in_a_file_name(adapter: ConnectomeAdapter, tmp_path: Path) -> None:
    (tmp_path / "what?.edgelist").write_text("0 1\n")
    (ref,) = check_adapter(adapter, f"{tmp_path}/*.edgelist")
    assert ref.source == f"connectome:{tmp_path}/what%3F.edgelist"


def test_the_same_worm_by_other_synapses_has_another_name(sample_root: Path) -> None:
    pattern = "@samples/worms/white.json"
    names = [
        next(iter(ConnectomeAdapter().list(pattern, options))).name
        for options in ({}, {"synapse": "gap"}, {"synapse": "both"})
    ]
    assert names == ["worms/white", "worms/white/gap", "worms/white/both"]
