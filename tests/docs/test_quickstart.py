"""docs/quickstart.md: every command runs, and says what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import zoo_spectra as zs
from pages import commands, ran

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/quickstart.md").read_text(encoding="utf-8")
SECTIONS = {
    title: commands(text)
    for title, text in re.findall(r"(?ms)^## (You .+?)\n(.*?)(?=^## |\Z)", PAGE)
}


def of(section: str) -> list[str]:
    """What each command of a section printed."""
    return [ran(words) for words in SECTIONS[section]]


def network(seed: int) -> dict[str, np.ndarray]:
    draws = np.random.default_rng(seed)
    sides = ((40, 30), (60, 40), (10, 60))
    heavy = [draws.standard_t(3, size=side) for side in sides]
    return {f"fc{at}.weight": array.astype(np.float32) for at, array in enumerate(heavy)}


def permuted(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same function: the units of each hidden layer in another order."""
    draws, found = np.random.default_rng(9), {}
    order = np.arange(30)
    for name, array in arrays.items():
        rows = draws.permutation(len(array)) if name != "fc2.weight" else np.arange(10)
        found[name] = np.ascontiguousarray(array[rows][:, order])
        order = rows
    return found


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def test_there_is_one_for_each() -> None:
    assert len(SECTIONS) == 4
    assert all(len(commands) > 1 for commands in SECTIONS.values())


def test_a_zoo() -> None:
    run, classes, swept, _ = of("You have a zoo")
    assert "5 networks asked for: 5 ok" in run
    assert "deit (1), vision_transformer (1)" in classes
    assert "equal weights: deit_tiny_patch16_224/seed0, vit_tiny_patch16_224/seed0" in classes
    assert "silhouette" in swept
    assert Path("report.html").stat().st_size > 100_000


def test_a_checkpoint() -> None:
    Path("ours").mkdir()
    for seed in range(3):
        save_file(network(seed), f"ours/model{seed}.safetensors")
    save_file(permuted(network(1)), "handed.safetensors")
    peek, _, near = of("You were handed a checkpoint")
    assert "handed" in peek
    assert "ours/model1" in near
    frame = zs.nearest("checkpoint:handed.safetensors", "catalogs/ours")
    assert frame["name"][0] == "ours/model1"
    assert frame["pooled"][0] == pytest.approx(0, abs=1e-6)
    assert not frame["equal_weights"][0]
    assert frame["pooled"][1] > 0.01
    half = {name: array.astype(np.float16) for name, array in network(1).items()}
    save_file(half, "half.safetensors")
    assert 0 < zs.nearest("checkpoint:half.safetensors", "catalogs/ours")["pooled"][0] < 0.01
    save_file(network(1), "copy.safetensors")
    assert zs.nearest("checkpoint:copy.safetensors", "catalogs/ours")["equal_weights"][0]


def test_connectomes() -> None:
    _, peek, run, classes, groups, differ, _ = of("You have connectomes")
    assert "weight_column: 3" in peek
    assert "32 networks asked for: 32 ok" in run
    assert re.search(r"BTBR \(8\) +│", classes)
    assert not re.search(r"BTBR \(\d+\),", classes)
    assert groups.count("BTBR") == 2
    assert "4 groups of genotype, 32 networks, depth distance" in differ
    assert Path("mice.pdf").stat().st_size > 5_000


def test_an_architecture() -> None:
    cheaper, near = of("You choose an architecture")
    assert "by spectra: equivalents" in cheaper
    assert "resnet50/seed1" in near
