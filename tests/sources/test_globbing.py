"""The walk over folders: what Python's own glob finds, each file once, and what is in the way."""

from __future__ import annotations

import glob
import os
import random
import sys
from pathlib import Path

import pytest

from zoo_spectra.sources import telling
from zoo_spectra.sources.globbing import find
from zoo_spectra.sources.source import literal
from zoo_spectra.sources.telling import tell

NAMES = ("a", "b.pt", "ab.npz", ".hidden", "c d", "x[1].pt", "é.pt")
PARTS = ("*", "**", "a*", "*.pt", "?", "[ab]*", ".*", "a", "[!a]*", "..", ".", "x[[]1].pt", "*d*")


def tree(top: Path, rng: random.Random, depth: int = 3) -> None:
    top.mkdir(exist_ok=True)
    for name in rng.sample(NAMES, 4):
        if depth and rng.random() < 0.5:
            tree(top / name, rng, depth - 1)
        else:
            (top / name).touch()


@pytest.mark.parametrize("seed", range(8))
def test_it_finds_what_glob_finds(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    tree(tmp_path / "t", rng)
    for _ in range(60):
        # glob has no rule for a folder's own name after ** or a dot at the end.
        parts = [rng.choice(PARTS) for _ in range(rng.randint(0, 3))]
        parts.append(rng.choice(["*", "*.pt", "a", "?*", "x[[]1].pt", "[!a]*"]))
        pattern = "/".join([str(tmp_path / "t"), *parts])
        expected = {os.path.realpath(p) for p in glob.glob(pattern, recursive=True)}
        found = find(pattern)
        assert found.files == sorted(p for p in expected if os.path.isfile(p)), pattern
        assert found.links == found.closed == found.special == []


def test_what_is_there_literally_is_that(tmp_path: Path) -> None:
    for folder in ("d[v2]", "dv", "e[1]", "e1"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.pt").touch()
    (tmp_path / "m[1].pt").touch()
    (tmp_path / "m1.pt").touch()

    def names(pattern: str) -> list[str]:
        return [path.removeprefix(f"{tmp_path}/") for path in find(f"{tmp_path}/{pattern}").files]

    assert names("d[v2]/*.pt") == ["d[v2]/m.pt"]
    assert names("**/e[1]/*") == ["e[1]/m.pt"]
    assert names("e[[]1]/*") == ["e[1]/m.pt"]
    assert names("m[1].pt") == ["m[1].pt"]
    assert names("m[0-9].pt") == ["m1.pt"]
    assert names("[de]*/m.pt") == ["d[v2]/m.pt", "dv/m.pt", "e1/m.pt", "e[1]/m.pt"]


def test_links_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/m.pt").touch()
    (tmp_path / "a/b/loop").symlink_to(tmp_path / "a")
    (tmp_path / "a/self").symlink_to(".")
    (tmp_path / "other").symlink_to("a")
    (tmp_path / "a/best.pt").symlink_to("b/m.pt")
    (tmp_path / "a/lost.pt").symlink_to("gone.pt")
    found = find(f"{literal(str(tmp_path))}/**/*.pt")
    assert found.files == [f"{tmp_path}/a/b/m.pt", f"{tmp_path}/a/best.pt"]
    assert found.links == [f"{tmp_path}/a/lost.pt"]
    assert find(f"{tmp_path}/other/../a/*.pt").files == [f"{tmp_path}/a/best.pt"]


def test_a_parent_is_that_of_the_folder_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "far/run").mkdir(parents=True)
    (tmp_path / "far/m.pt").touch()
    (tmp_path / "m.pt").touch()
    (tmp_path / "latest").symlink_to("far/run")
    assert find(f"{tmp_path}/latest/../*.pt").files == [f"{tmp_path}/far/m.pt"]


def test_folders_and_pipes_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder.pt").mkdir()
    os.mkfifo(tmp_path / "pipe.pt")
    found = find(f"{tmp_path}/**/*.pt")
    assert (found.files, found.folders) == ([], [f"{tmp_path}/folder.pt"])
    assert found.special == [f"{tmp_path}/pipe.pt"]
    assert find(f"{tmp_path}/folder.pt/").folders == [f"{tmp_path}/folder.pt"]
    assert find(str(tmp_path / "none/*")) == find(str(tmp_path / "pipe.pt/x")) == find("/no/such")


def test_a_tree_deeper_than_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    depth = sys.getrecursionlimit() + 100
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("m.pt").touch()
    (file,) = find(f"{tmp_path}/**/*.pt").files
    assert file == f"{tmp_path}{'/d' * depth}/m.pt"
    for _ in range(depth):  # deeper than the clean-up of tmp_path goes
        for name in os.listdir():
            os.rmdir(name) if os.path.isdir(name) else os.unlink(name)
        os.chdir("..")


def test_who_listens_hears_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "EVERY", 0.0)
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/m.pt").touch()
    lines: list[str] = []
    with tell(lines.append):
        find(f"{tmp_path}/**/*.pt")
    assert any(line.endswith(f" folders so far; now in {tmp_path}/a/b") for line in lines)
    assert lines[-1].startswith("1 found in ")
    heard = len(lines)
    find(f"{tmp_path}/**/*.pt")
    assert len(lines) == heard
