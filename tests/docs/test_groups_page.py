"""docs/groups.md: its commands run on the mice, and say what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pages import commands, ran
from zoo_spectra.sources import samples

PAGE = (Path(__file__).parents[2] / "docs/groups.md").read_text(encoding="utf-8")


def test_the_mice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    samples.fetch(["mice"], echo=lambda line: None)
    run, by_genotype, picture, by_sex = commands(PAGE)
    assert "32 networks asked for: 32 ok" in ran(run)
    told = ran(by_genotype)
    (block,) = re.findall(r"(?s)which ends with\n\n```\n(.*?)```", PAGE)
    for line in block.splitlines():
        assert line in told
    assert "written: genotype.svg" in ran(picture)
    assert (tmp_path / "genotype.svg").stat().st_size > 5_000
    subjects = ran([*by_genotype, "--unit", "participant_id"])  # one scan each here
    assert "4 groups of genotype, 32 units (participant_id), depth distance" in subjects
    sex = json.loads(ran([*by_sex, "--json"]))
    assert f"p = {sex['p_value']:.2f}" in PAGE
    assert sex["p_value"] > 0.05
    assert min(row["q_value"] for row in sex["constituents"]) > 0.05
