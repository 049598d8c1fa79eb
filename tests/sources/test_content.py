"""What a file is by its bytes: stand-ins for a file that never came, and members of archives."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from zoo_spectra.sources import first_bytes, stand_in, zip_members

PAGES = [
    "<!DOCTYPE html><html><title>Sign in</title></html>",
    "\ufeff\r\n  <!doctype  HTML >",
    "<html lang='en'>",
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">',
    "<!-- a proxy -->\n<!-- wrote this -->\n<HTML>",
    "<head><meta charset='utf-8'>",
]
DATA = [
    b"0 1 2\n",
    b"<html_id>,b\n",
    b'<?xml version="1.0"?><graphml/>',
    b"<!DOCTYPE graphml SYSTEM 'x'><graphml/>",
    b"version,https\n",
    b"\n",
    b"\0" * 99,
]


def test_the_first_bytes_are_few(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"ab" * 5000)
    (tmp_path / "short").write_bytes(b"abc")
    assert first_bytes(tmp_path / "long") == b"ab" * 512
    assert first_bytes(tmp_path / "short") == b"abc"
    with pytest.raises(FileNotFoundError):
        first_bytes(tmp_path / "absent")


def test_nothing_and_a_pointer() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 438000000\n"
    assert "empty" in (stand_in(b"") or "")
    assert "git lfs pull" in (stand_in(pointer) or "")


@pytest.mark.parametrize("page", PAGES)
def test_web_pages(page: str) -> None:
    assert "web page" in (stand_in(page.encode()) or "")


@pytest.mark.parametrize("data", DATA)
def test_data_is_no_stand_in(data: bytes) -> None:
    assert stand_in(data) is None


def test_members_of_an_archive_whole_cut_and_none(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", "x")
        archive.writestr("b.npy", "y")
    assert [info.filename for info in zip_members(path)] == ["a/data.pkl", "b.npy"]
    path.write_bytes(path.read_bytes()[:-30])
    assert zip_members(path) == []
    path.write_text("no archive")
    assert zip_members(path) == []
    with pytest.raises(FileNotFoundError):
        zip_members(tmp_path / "absent")
