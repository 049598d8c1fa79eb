"""What is left to do, and what is only described anew."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import zoo_spectra as zs
from networks import arrays
from zoo_spectra.catalog.compaction import compact
from zoo_spectra.runner.plan import expand, gather
from zoo_spectra.sources.adapter import NetworkRef
from zoo_spectra.sources.network import Constituent, Network
from zoo_spectra.sources.source import Source

# What a description may change, a key of the metadata among it, and which result is the newest.
DESCRIBED = ["source", "name", "family", "metadata", "note", "described", "finished_at", "run"]


class Counting:
    """Networks that say how often they were loaded; ``family`` and ``note`` only describe."""

    name = "counting"
    options: Mapping[str, str] = {"family": "a family", "note": "a note", "seed": "the weights"}
    describing = frozenset({"family", "note"})

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        said = {"note": options["note"]} if "note" in options else {}
        return [
            NetworkRef(
                source=str(Source(self.name, name, options)),
                adapter=self.name,
                name=name,
                kind="biological",
                family=options.get("family", ""),
                options=dict(options),
                metadata=said,
            )
            for name in pattern.split(",")
        ]

    def load(self, ref: NetworkRef) -> Network:
        self.loaded.append(ref.name)
        seed = int(ref.options.get("seed", "0")) + len(ref.name)
        layers = [Constituent(name, array) for name, array in arrays(seed).items()]
        computed = {**ref.metadata, "layers": len(layers)}
        return Network(
            ref.name, "biological", lambda: iter(layers), ref.family, ref.source, computed
        )


@pytest.fixture
def adapter() -> Counting:
    return Counting()


def run(adapter: Counting, place: Path, *sources: str, **settings: int) -> zs.Summary:
    job = zs.Job(sources=sources, catalog=str(place), **settings)
    return zs.run(job, in_process=True, adapters=[adapter])


def test_another_family_is_a_new_row_of_the_same_result(adapter: Counting, tmp_path: Path) -> None:
    run(adapter, tmp_path / "a", "counting:x,yy?family=worm&note=old", "counting:zzz")
    catalog = zs.Catalog(tmp_path / "a")
    before = catalog.networks().sort("network_id").collect()
    spectra = catalog.spectra().sort("network_id", "position").collect()
    assert len(adapter.loaded) == 3

    again = run(adapter, tmp_path / "a", "counting:x,yy?family=fly", "counting:zzz")
    assert (again.done_before, len(again.receipts), len(adapter.loaded)) == (3, 0, 3)
    for _ in range(2):
        after = catalog.networks().sort("network_id").collect()
        assert_frame_equal(after.drop(DESCRIBED), before.drop(DESCRIBED))
        families = dict(after.select("name", "family").iter_rows())
        assert families == {"x": "fly", "yy": "fly", "zzz": ""}
        (row,) = after.filter(name="x").to_dicts()
        assert row["source"] == "counting:x?family=fly"
        assert json.loads(row["metadata"]) == {"layers": 3}
        found = catalog.spectra().sort("network_id", "position").collect()
        assert_frame_equal(found, spectra)
        assert catalog.network("counting:x?family=fly")["network_id"] == row["network_id"]
        compact(catalog)


def test_what_is_described_as_before_is_left_alone(adapter: Counting, tmp_path: Path) -> None:
    source = "counting:x,yy?note=%5B1%5D"
    run(adapter, tmp_path / "a", source)
    parts = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert run(adapter, tmp_path / "a", source).done_before == 2
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == parts


def test_a_compacted_result_is_described_anew(adapter: Counting, tmp_path: Path) -> None:
    run(adapter, tmp_path / "a", "counting:x,yy")
    catalog = zs.Catalog(tmp_path / "a")
    compact(catalog)
    spectra = catalog.spectra().sort("network_id", "position").collect()
    run(adapter, tmp_path / "a", "counting:yy?note=new")
    for _ in range(2):
        assert catalog.networks().collect().height == 2
        said = catalog.network("yy")["metadata"]
        assert json.loads(said) == {"layers": 3, "note": "new"}
        found = catalog.spectra().sort("network_id", "position").collect()
        assert_frame_equal(found, spectra)
        compact(catalog)


def test_a_row_of_an_older_version_is_described_anew(adapter: Counting, tmp_path: Path) -> None:
    """It does not say which part of its metadata was read: what it has stays, if not said anew."""
    run(adapter, tmp_path / "a", "counting:x?note=old")
    for part in (tmp_path / "a/networks").iterdir():
        pl.read_parquet(part).drop("described").write_parquet(part.with_name("old.parquet"))
        part.unlink()
    run(adapter, tmp_path / "a", "counting:x?note=new&family=worm")
    row = zs.Catalog(tmp_path / "a").network("x")
    assert json.loads(row["metadata"]) == {"layers": 3, "note": "new"}
    assert (row["family"], len(adapter.loaded)) == ("worm", 1)


def test_options_of_the_matrices_and_settings_are_another_result(
    adapter: Counting, tmp_path: Path
) -> None:
    run(adapter, tmp_path / "a", "counting:x?family=worm")
    run(adapter, tmp_path / "a", "counting:x?family=fly&seed=1")
    assert zs.Catalog(tmp_path / "a").networks().collect().height == 2
    run(adapter, tmp_path / "a", "counting:x?family=fly", realisations=1)
    assert len(adapter.loaded) == 3


def test_a_network_is_asked_for_once_whatever_it_is_called(adapter: Counting) -> None:
    extra = {"counting": adapter}
    refs = expand(["counting:x?family=worm", "counting:x,yy", "counting:x?note=1"], extra)
    assert [(ref.name, ref.family) for ref in refs] == [("x", "worm"), ("yy", "")]


def test_the_same_numbers_by_every_door(adapter: Counting, tmp_path: Path) -> None:
    """Random draws start from the identity, which a description is no part of."""
    source = "counting:x?family=worm"
    run(adapter, tmp_path / "a", source, realisations=2)
    row = zs.Catalog(tmp_path / "a").network("x")
    spectrum = zs.analyze(zs.load(source, {"counting": adapter}), zs.Settings(realisations=2))
    np.testing.assert_array_equal(row["csd_resamples"], np.float32(spectrum.csd_resamples))
    found = np.float32(spectrum.csd_realisations["cue"])
    np.testing.assert_array_equal(row["csd_realisations_cue"], found)


# The same files, spelled in every way.


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Three graphs with a table of them, one of nodes, and things that are no graph."""
    folder = tmp_path / "data/study"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"sub-{number}.edgelist").write_text(f"0 1 {number + 1}\n1 0 3\n1 2 1\n2 1 4\n")
    (folder / "people.CSV").write_text("id,sex\nsub-0,f\nsub-1,m\nsub-2,f\n")
    (folder / "nodes.md").write_text("region\nX\nX\nY\n")
    (folder / "notes.docx").write_text("")
    (folder / "lost.csv").symlink_to("gone.csv")
    return folder


def test_the_same_files_by_every_spelling_are_the_same_networks(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "data")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    spellings = {
        tmp_path: ["data/study", "./data//study", "elsewhere/../data/study", "link/study",
                   str(study), f"{tmp_path}/data/./study", "~/data/study", "d*/[s]tudy"],
        study: [".", "../study"],
        tmp_path / "elsewhere": ["../data/study", "../link/study/"],
    }  # fmt: skip
    for folder, ways in spellings.items():
        monkeypatch.chdir(folder)
        for way in ways:
            table = f"{way.replace('d*/[s]tudy', 'data/study')}/nodes.md"
            source = f"connectome:{way}/*.edgelist?nodes={table}&partition=region&projections=True"
            again = f"connectome:{way}/*.edgelist?projections=TRUE&partition= region,&nodes={table}"
            run_here = {"catalog": str(tmp_path / "cat"), "in_process": True}
            zs.run([source, again], **run_here)
    networks = zs.Catalog(tmp_path / "cat").networks().collect()
    assert networks.height == 3
    assert set(networks["source"]) == {
        f"connectome:{study}/sub-{k}.edgelist?nodes={study}/nodes.md&partition=region"
        for k in range(3)
    }
    everything = list((tmp_path / "cat/networks").iterdir())
    assert len(everything) == 3


def test_two_files_under_one_relative_path_are_two_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run_of in ("a", "b", "a"):
        (tmp_path / run_of / "ckpt").mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / run_of)
        np.savez("ckpt/model.npz", w=np.eye(3) + (run_of == "b"))
        zs.run("checkpoint:ckpt/model.npz", catalog=str(tmp_path / "cat"), in_process=True)
    networks = zs.Catalog(tmp_path / "cat").networks().collect()
    assert networks["name"].to_list() == ["ckpt/model"] * 2
    assert networks["weights_digest"].n_unique() == 2


def test_another_table_of_what_they_are_reads_no_graph(study: Path, tmp_path: Path) -> None:
    def rows(options: str) -> dict[str, dict[str, object]]:
        source = f"connectome:{study}/*.edgelist{options}"
        zs.run(source, catalog=str(tmp_path / "cat"), in_process=True)
        found = zs.Catalog(tmp_path / "cat").networks().collect()
        return {row["name"]: row for row in found.iter_rows(named=True)}

    first = rows("")
    for file in study.glob("*.edgelist"):  # to read one would be an error now
        stat = file.stat()
        file.write_text("x" * stat.st_size)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    about = f"?about={study}/people.CSV&family=sex"
    second = rows(about)
    assert {row["family"] for row in second.values()} == {"f", "m"}
    (study / "people.CSV").write_text("id,age\nsub-0,1\nsub-1,2\nsub-2,3\n")
    third = rows(about.replace("sex", "age"))
    for name, row in third.items():
        assert row["status"] == "ok"
        assert row["commit_id"] == first[name]["commit_id"]
        assert row["csd"] == first[name]["csd"]
        known = json.loads(str(row["metadata"]))
        assert (known["age"], known["nodes"], "sex" in known) == (int(name[-1]) + 1, 3, False)


def test_what_sources_leave_out_is_added_up(study: Path) -> None:
    found = gather([f"connectome:{study}/*", f"connectome:{study.parent}/*/sub-[0]*"])
    assert len(found) == 4
    assert found.left_out.suffixes == {".docx": 1, ".md": 1}
    assert found.left_out.links == (f"{study}/lost.csv",)
    assert str(found.left_out) == (
        f"3 left out: 1 .docx, 1 .md, 1 dangling link ({study}/lost.csv)"
    )
