"""File patterns, names and fingerprints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources.files import fingerprint, match_files, network_name
from zoo_spectra.sources.places import resolve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.csv", "a.csv", "notes.md", "deep/c.CSV"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_has_one_spelling(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [str(folder / "data/a.csv"), str(folder / "data/b.csv")]
    monkeypatch.setenv("HOME", str(folder))
    for pattern in ("data/*", "./data//*", "data/deep/../*", f"{folder}/data/*", "~/data/[ab].csv"):
        assert match_files("x", pattern, [".csv"]) == both
    monkeypatch.chdir("data/deep")
    assert match_files("x", "../*", [".csv"]) == both
    assert match_files("x", "../**/*.?[sS]*", [".csv"])[-1] == str(folder / "data/deep/c.CSV")


def test_a_sample_has_the_same_name_on_every_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_SPECTRA_SAMPLES", str(folder))
    assert match_files("x", "@samples/data/*", [".csv"]) == [
        "@samples/data/a.csv", "@samples/data/b.csv",
    ]  # fmt: skip
    assert resolve("@samples/data/a.csv") == folder / "data/a.csv"
    with pytest.raises(SourceError, match="zoo-spectra samples mice"):
        match_files("x", "@samples/mice/*", [".csv"])


def test_a_file_with_brackets_in_its_name_is_found(folder: Path) -> None:
    (folder / "w[1].csv").write_text("")
    (folder / "w1.csv").write_text("")
    assert match_files("x", "w[1].csv", [".csv"]) == [str(folder / "w[1].csv")]


def test_no_file_and_no_format_are_errors(folder: Path) -> None:
    with pytest.raises(SourceError, match="matches no file"):
        match_files("x", "data/*.json", [".json"])
    with pytest.raises(SourceError, match=r"notes.md, whose format is not one of \.csv, \.tsv"):
        match_files("x", "data/notes.md", [".csv", ".tsv"])


def test_names_tell_folders_apart() -> None:
    assert network_name("zoo/minilm/model.safetensors") == "minilm/model"
    assert network_name("zoo/worm/a.mtx.gz") == "worm/a"


def test_a_fingerprint_changes_with_the_file(folder: Path) -> None:
    file = folder / "data/a.csv"
    before = fingerprint(file)
    assert before == fingerprint(file)
    os.utime(file, ns=(1, 1))
    touched = fingerprint(file)
    file.write_text("longer than before")
    assert len({before, touched, fingerprint(file)}) == 3
    with pytest.raises(NetworkError, match="was it moved"):
        fingerprint(folder / "gone")
