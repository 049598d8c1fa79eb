"""A file is there whole or not at all, and what went wrong first is what is said."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import typer

from zoo_spectra.terminal.frames import write_frame
from zoo_spectra.whole import whole


def test_nothing_is_left_of_what_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(FileNotFoundError), whole(path) as beside:
        beside.with_name("half of it").rename(beside)
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "before"
    with whole(path) as beside:
        beside.write_text("after")
        assert path.read_text() == "before"
    assert [each.read_text() for each in tmp_path.iterdir()] == ["after"]


def test_a_name_that_is_too_long_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="cannot be written: File name too long"):
        write_frame(pl.DataFrame({"a": [1]}), tmp_path / f"{'x' * 300}.csv")
