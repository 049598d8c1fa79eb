"""Commands of docs/figures.md and docs/job-file.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo import make_demo
from pages import commands, ran
from zoo_spectra.sources import samples

DOCS = Path(__file__).parents[2] / "docs"


def test_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_demo(tmp_path / "catalogs/demo")
    found = commands((DOCS / "figures.md").read_text("utf-8"))
    assert len(found) == 2
    for words in found:
        assert f"written: {words[-1]}" in ran(words)
        assert (tmp_path / words[-1]).stat().st_size > 5_000


def test_job_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "job-file.md").read_text("utf-8")
    (job,) = re.findall(r"(?s)```toml\n(.*?)```", page)
    Path("mine.toml").write_text(job.replace("resnet*", "resnet18"), "utf-8")
    samples.fetch(["worms"], echo=lambda line: None)
    cost, left, run, submit = commands(page)
    assert "13 networks" in ran(cost)
    assert "13" in ran(left)
    assert "13 networks asked for: 13 ok" in ran(run)
    assert Path("catalogs/mine/classes").is_dir()
    assert submit[0] == "submit"  # runs on a cluster: tests/runner/test_submit.py
