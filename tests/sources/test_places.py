"""Where a file lies, in one spelling."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from permissions import open_to_all
from zoo_spectra.errors import SourceError
from zoo_spectra.sources.files import find_files, match_files
from zoo_spectra.sources.places import place, resolve
from zoo_spectra.sources.source import literal


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").touch()
    (tmp_path / "best.csv").symlink_to("data/a.csv")
    (tmp_path / "link").symlink_to("data")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.parametrize(
    "path",
    ["a.csv", "./a.csv", ".//a.csv", "../data/a.csv", "../link/a.csv", "~/data/./a.csv",
     "../link/../data/a.csv", "x/../a.csv"],
)  # fmt: skip
def test_one_file_has_one_place(data: Path, path: str) -> None:
    assert place(path) == str(data / "a.csv")
    assert place(path if path.startswith("~") else f"{data}/{path}") == place(path)
    assert str(resolve(place(path))) == place(path)


def test_a_link_to_a_file_keeps_its_name(data: Path) -> None:
    assert place("../best.csv") == str(data.parent / "best.csv")
    assert place("..") == str(data.parent)


def test_what_is_not_there_has_a_place_too(data: Path) -> None:
    assert place("no/such/../x.csv") == str(data / "no/x.csv")
    assert place("n" * 300) == str(data / ("n" * 300))


def test_a_sample_is_a_sample_by_its_path(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the known samples; the folder may hold other files, which are not the same elsewhere."""
    monkeypatch.setenv("ZOO_SPECTRA_SAMPLES", str(data))
    for name in ("mice/a.csv", "mine/a.csv"):
        (data / name).parent.mkdir()
        (data / name).touch()
    assert place("mice/a.csv") == place("@samples//mice/./a.csv") == "@samples/mice/a.csv"
    assert match_files("x", f"{data}/m*/*", [".csv"]) == [
        "@samples/mice/a.csv", f"{data}/mine/a.csv",
    ]  # fmt: skip
    assert match_files("x", "@samples/m*/*", [".csv"]) == [
        "@samples/mice/a.csv", "@samples/mine/a.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["@samples/../data/a.csv", "@samples/..", "@samples/mice/../../x"])
def test_nothing_leads_out_of_the_samples(
    data: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_SPECTRA_SAMPLES", str(data / "samples"))
    for use in (place, resolve, lambda path: match_files("x", path, [".csv"])):
        with pytest.raises(SourceError, match="leads out of the folder of the samples"):
            use(path)


def test_an_absolute_path_is_no_sample(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_SPECTRA_SAMPLES", str(data))
    with pytest.raises(SourceError, match="matches no file; fetch the sample with"):
        match_files("x", "@samples//etc/passwd", [""])
    with pytest.raises(SourceError, match="samples 'a b;c'"):
        match_files("x", "@samples/a b;c/d", [""])


# What a pattern names and no network is made of.


def test_what_is_left_out_is_counted(data: Path) -> None:
    for name in ("b.JSON", "c.json", "README", "d.tar.gz"):
        (data / name).touch()
    (data / "lost.csv").symlink_to("gone")
    (data / "sub").mkdir()
    os.mkfifo(data / "pipe")
    found = find_files("x", "*", [".csv"])
    assert found.files == (f"{data}/a.csv",)
    assert str(found.left_out) == (
        f"7 left out: 2 .json, 1 without a suffix, 1 .gz, 1 dangling link ({data}/lost.csv), "
        "1 folder, 1 pipe or device"
    )
    (data / "lost2.csv").symlink_to("gone")
    both = found.left_out + find_files("x", "**/*.csv", [".csv"]).left_out
    assert (both.count, len(both.links), both.folders) == (8, 2, 1)
    assert "2 dangling links, the first (" in str(both)
    assert not find_files("x", "a.*", [".csv"]).left_out
    assert str(find_files("x", "a.*", [".csv"]).left_out) == ""


def test_many_suffixes_are_a_number(data: Path) -> None:
    for number in range(12):
        (data / f"x.{number:02d}").touch()
    assert str(find_files("x", "*", [".csv"]).left_out).endswith("1 .07, 4 of other suffixes")


def test_nothing_to_read_says_why(data: Path) -> None:
    def said(pattern: str) -> str:
        with pytest.raises(SourceError) as caught:
            find_files("x", pattern, [".csv"])
        return str(caught.value)

    (data / "lost.csv").symlink_to("gone/away.csv")
    assert "lost.csv, a link that leads nowhere: gone/away.csv is not there" in said("lost.csv")
    assert "a link that leads nowhere" in said("l*")
    (data / "a folder[1]").mkdir()
    assert said("a folder[1]/") == (
        "x:a folder[1]/ matches a folder and no file; for what is in it write 'x:a folder[1]/*'"
    )
    os.mkfifo(data / "pipe.csv")
    assert "pipe.csv, which is a pipe or device" in said("pipe*")
    assert f"relative paths start from {data}" in said("none.csv")
    assert said("/none.csv").endswith("check the path")
    assert "brackets hold a choice of characters; write [ as %5B" in said("none[1]*.csv")
    assert "no file has a zero byte" in said("a\0b")
    assert "matches no file" in said("n" * 300)
    with pytest.raises(SourceError, match="zero byte"):
        place("a\0b")


def test_a_folder_that_may_not_be_read_is_said(data: Path, request: pytest.FixtureRequest) -> None:
    (data / "shut").mkdir(mode=0)
    open_to_all(data)
    request.getfixturevalue("powerless")
    with pytest.raises(SourceError, match=f"{data}/shut may not be read; ask for the right to"):
        find_files("x", "shut/*", [".csv"])
    assert str(find_files("x", "**/*.csv", [".csv"]).left_out) == (
        "1 left out: 1 folder that may not be read"
    )


def test_a_literal_pattern_names_one_file(data: Path) -> None:
    for name in ("w[1].csv", "w1.csv", "[w]*.csv"):
        (data / name).touch()
        assert match_files("x", literal(name), [".csv"]) == [f"{data}/{name}"]
