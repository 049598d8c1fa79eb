"""docs/reading.md: its commands run, and its three networks are as it says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from pages import commands, ran

ROOT = Path(__file__).parents[2]
COMMANDS = commands((ROOT / "docs/reading.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reading")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for words in COMMANDS:
            ran(words)
    return place


def lines(svg: str) -> list[str]:
    """The texts of a figure."""
    return re.findall(r">([^<>]+)</text>", svg)


@pytest.mark.parametrize("name", ["density", "csd", "tail"])
def test_the_pictures_are_those_of_the_commands(folder: Path, name: str) -> None:
    stored = (ROOT / f"docs/three-{name}.svg").read_text("utf-8")
    assert lines(stored) == lines((folder / f"{name}.svg").read_text("utf-8"))


def test_what_is_said_of_the_curves(folder: Path) -> None:
    catalog = zs.Catalog(folder / "catalogs/three")
    resnet, trained, worm = map(catalog.spectrum, ("resnet18/seed0", "minilm/model", "worms/white"))
    s, ln2 = zs.S_EDGES, np.log(2)
    for each in (resnet, trained, worm):
        assert np.interp(0, s, each.csd) == pytest.approx(0, abs=0.01)
        assert np.interp(ln2, s, each.csd) == pytest.approx(-each.tail.mass, abs=0.05)
    assert trained.csd[s < -0.5].min() > 0
    assert worm.csd[s < -0.5].min() > 0
    assert worm.csd[0] == pytest.approx(worm.density[0], abs=1e-3)
    assert worm.null_mass > 0.1
    assert resnet.csd[(s > -2) & (s < -0.2)].max() < 0
    largest = [max(c.eigenvalues[-1] for c in each.used) / each.scale for each in (resnet, worm)]
    assert largest[0] < 10
    assert largest[1] > 1000
    assert resnet.decay_rate is not None
    assert trained.decay_rate is not None
    assert worm.decay_rate is not None
    assert resnet.decay_rate > trained.decay_rate > worm.decay_rate
    matrices = {c.name: 3 * c.matrix for c in zs.load(worm.source).constituents()}
    assert zs.analyze(matrices).distance(worm) == pytest.approx(0, abs=1e-9)
    area = np.abs(resnet.csd - worm.csd).sum() / 8  # edges are 1/8 apart
    assert resnet.distance(worm) == pytest.approx(area, rel=0.01)
