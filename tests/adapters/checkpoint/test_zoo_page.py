"""Every source of docs/zoo.md, on small files of each kind."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import zoo_spectra as zs
from hub_server import Hub, Repo
from zoo_files import ALPHA, DOWN, FILES, FIRST, HUB, MOBILE, RANK, SECOND, UP, write
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.sources import list_networks, parse_source

PAGE = Path(__file__).parents[3] / "docs" / "zoo.md"
LINES = re.findall(r"(?m)^((?:checkpoint|hf|timm):\S+)(?:  # refused: (.+))?$", PAGE.read_text())
READ = [source for source, why in LINES if not why and not source.startswith("timm:")]
REFUSED = [(source, why) for source, why in LINES if why]
# The matrices of a source, and how near they are; all others have both, to the last digit.
RIGHT: dict[str, tuple[list[np.ndarray], float]] = {
    "checkpoint:torch/average.pt?ema=true": ([FIRST + 0.5, SECOND + 0.5], 0),
    "checkpoint:lora": ([ALPHA / RANK * UP @ DOWN], 1e-5),
    "checkpoint:lora/adapter_model.safetensors": ([ALPHA / RANK * UP @ DOWN], 1e-5),
    "checkpoint:gguf/tiny-Q8_0.gguf": ([FIRST], 0.02),
    "checkpoint:quantised/model.safetensors": ([FIRST, SECOND], 0.02),
    "checkpoint:numpy/matrix.npy": ([FIRST], 0),
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo")
    for name in FILES:
        write(folder, name)
    return folder


@pytest.fixture(autouse=True)
def here(zoo: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, files in HUB.items():
        hub.repos[name] = Repo(dict(files))
    monkeypatch.chdir(zoo)


def test_the_page_has_each_source_once() -> None:
    assert len(set(LINES)) == len(LINES)
    assert set(RIGHT) <= set(READ)
    assert len(READ) > 20
    assert len(REFUSED) > 5
    assert len(re.findall("(?m)^## ", PAGE.read_text())) > 10
    named = {parse_source(source).pattern.partition("/")[0] for source, _ in LINES}
    assert {name.partition("/")[0] for name in FILES} - {"runs"} <= named


@pytest.mark.parametrize("source", READ)
def test_what_the_page_says_is_read(source: str) -> None:
    found = [each.matrix for each in zs.load(source).constituents()]
    wanted, near = RIGHT.get(source, ([FIRST, SECOND], 0))
    assert len(found) == len(wanted)
    for matrix, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(matrix, want, rtol=0, atol=near)


@pytest.mark.parametrize(("source", "why"), REFUSED)
def test_what_the_page_says_is_refused(source: str, why: str) -> None:
    with pytest.raises(ZooSpectraError, match=re.escape(why)):
        list(zs.load(source).constituents())


def test_the_lines_of_timm() -> None:
    random, trained, small, mine = (s for s, _ in LINES if s.startswith("timm:"))
    assert [ref.name for ref in list_networks(random)] == ["resnet50/seed0"]
    assert len(list_networks(trained)) > 50
    sizes = [ref.parameters for ref in list_networks(small)]
    assert len(sizes) > 500
    assert all(size is None or size <= 30_000_000 for size in sizes)
    network = zs.load(mine)
    assert network.name.startswith(MOBILE)
    assert len(list(network.constituents())) > 40
