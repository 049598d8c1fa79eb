"""Real architectures and real files: transformers, convolutions, shards, GGUF."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from safetensors.numpy import save_file

import zoo_spectra as zs
from gguf_files import write_gguf
from zoo_spectra.sources import Constituent, Network, load

VIT, RESNET = "timm:test_vit?seed=0", "timm:test_resnet?seed=0"
Change = Callable[[str, np.ndarray], np.ndarray]


def changed(source: str, change: Change, names: Callable[[str], str] = str) -> Network:
    """A network of timm, with each matrix changed."""

    def walk():  # type: ignore[no-untyped-def]
        for each in load(source).constituents():
            yield Constituent(names(each.name), change(each.name, np.asarray(each.matrix)))

    return Network("changed", "artificial", walk)


def noisy(name: str, matrix: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(len(name) + matrix.size)
    return (matrix + 0.3 * matrix.std() * rng.standard_normal(matrix.shape)).astype(np.float32)


def reordered_transformer(name: str, matrix: np.ndarray) -> np.ndarray:
    """The stream in one order, hidden units of each perceptron in their own."""
    stream = np.random.default_rng(0).permutation(64)
    inside = np.random.default_rng(sum(map(ord, name.split(".mlp")[0]))).permutation(192)
    if "patch_embed" in name or ".proj" in name:
        return matrix[stream]
    if ".fc1" in name:
        return matrix[inside][:, stream]
    if ".fc2" in name:
        return matrix[stream][:, inside]
    return matrix[:, stream]


@pytest.mark.parametrize("source", [VIT, RESNET])
def test_two_seeds_are_unrelated(source: str) -> None:
    found = zs.compare(source, source.replace("seed=0", "seed=1"))
    assert found.verdict == "unrelated"
    assert found.p_value is not None
    assert found.p_value > 0.01


def test_two_architectures_are_different() -> None:
    found = zs.compare(VIT, RESNET)
    assert (found.verdict, found.related) == ("different", False)


@pytest.mark.parametrize("source", [VIT, RESNET])
def test_changed_and_renamed(source: str) -> None:
    numbers: dict[str, str] = {}

    def name(old: str) -> str:
        return numbers.setdefault(old, f"tensor{len(numbers)}")

    found = zs.compare(source, changed(source, noisy, name))
    assert found.verdict == "fine_tuned", found
    assert set(found.constituents["relation"]) == {"fine_tuned"}, "each with its own"
    assert found.constituents["change"].to_numpy() == pytest.approx(0.3, abs=0.05)


def test_a_transformer_in_another_order() -> None:
    found = zs.compare(VIT, changed(VIT, reordered_transformer))
    assert (found.verdict, found.p_value) == ("permuted", 1e-4), found
    assert any("in 6 of 6 steps" in line for line in found.evidence)
    assert found.constituents["spectral"].max() == pytest.approx(0, abs=1e-6)


def test_kernels_in_another_order() -> None:
    """Channels of the stem, and what reads them, kernel by kernel."""
    order = np.random.default_rng(0).permutation(load_shapes(RESNET)["conv1.0.weight"][0])

    def change(name: str, matrix: np.ndarray) -> np.ndarray:
        if name == "conv1.0.weight":
            return matrix[order]
        if name == "conv1.3.weight":
            return matrix.reshape(len(matrix), len(order), 9)[:, order].reshape(matrix.shape)
        return matrix

    found = zs.compare(RESNET, changed(RESNET, change))
    assert found.verdict == "permuted", found
    moved = found.constituents.filter(relation="permuted")
    assert set(moved["constituent"]) == {"conv1.0.weight", "conv1.3.weight"}
    assert any("in 1 of 1 step" in line for line in found.evidence), found


def load_shapes(source: str) -> dict[str, tuple[int, ...]]:
    return {each.name: each.matrix.shape for each in load(source).constituents()}


def matrices() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = (64, 96, 128, 32)
    return {
        f"blk.{at}.ffn_up.weight": rng.standard_normal((after, before)).astype(np.float32)
        for at, (before, after) in enumerate(pairwise(sizes))
    }


@pytest.mark.parametrize(
    ("kind", "verdict", "said"),
    [
        (GGMLQuantizationType.F32, "identical", "equal bits"),
        (GGMLQuantizationType.F16, "cast", "float16"),
        (GGMLQuantizationType.BF16, "cast", "bfloat16"),
        (GGMLQuantizationType.Q8_0, "quantised", "levels of 8 bits, blocks of 32"),
        (GGMLQuantizationType.Q5_1, "quantised", "levels of 5 bits, blocks of 32"),
        (GGMLQuantizationType.Q4_0, "quantised", "levels of 4 bits, blocks of 32"),
    ],
)
def test_gguf(tmp_path: Path, kind: GGMLQuantizationType, verdict: str, said: str) -> None:
    save_file(matrices(), tmp_path / "one.safetensors")
    write_gguf(tmp_path / "other.gguf", matrices(), kind)
    sources = [f"checkpoint:{tmp_path}/{name}" for name in ("one.safetensors", "other.gguf")]
    found = zs.compare(*sources)
    assert found.verdict == verdict, found
    assert said in " ".join(found.constituents["detail"])


def test_shards(tmp_path: Path) -> None:
    arrays = matrices()
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    save_file(arrays, tmp_path / "whole" / "model.safetensors")
    index = {name: f"model-{at}.safetensors" for at, name in enumerate(arrays)}
    for name, file in index.items():
        save_file({name: arrays[name]}, tmp_path / "parts" / file)
    place = tmp_path / "parts" / "model.safetensors.index.json"
    place.write_text(json.dumps({"weight_map": index}))
    found = zs.compare(f"checkpoint:{tmp_path}/whole/model.safetensors", f"checkpoint:{place}")
    assert found.verdict == "identical", found
