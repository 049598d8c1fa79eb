"""Low-rank adapters: W + scale · B · A, or the product alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import zoo_spectra as zs
from doors import DOORS, check, through
from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.torch_module import network_from_module


def factors(rows: int = 12, columns: int = 10, rank: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(rows)
    return torch.randn(rank, columns), torch.randn(rows, rank)


KOHYA = ("lora_unet_mid_attn.lora_down.weight", "lora_unet_mid_attn.lora_up.weight")
PAIRS = [
    KOHYA,
    ("unet.attn.to_q.lora.down.weight", "unet.attn.to_q.lora.up.weight"),
    ("unet.attn.processor.to_q_lora.down.weight", "unet.attn.processor.to_q_lora.up.weight"),
    ("unet.to_q.lora_linear_layer.down.weight", "unet.to_q.lora_linear_layer.up.weight"),
    ("base_model.model.q_proj.lora_A.weight", "base_model.model.q_proj.lora_B.weight"),
    ("q_proj.lora_A.default.weight", "q_proj.lora_B.default.weight"),
    ("q_proj.lora_A", "q_proj.lora_B"),
]


@pytest.mark.parametrize("names", PAIRS, ids=lambda names: names[0])
@pytest.mark.parametrize("door", DOORS)
def test_a_file_of_adapters_alone_is_their_products(
    door: str, names: tuple[str, str], tmp_path: Path
) -> None:
    down, up = factors()
    network = through(door, dict(zip(names, (down, up), strict=True)), tmp_path)
    [only] = network.constituents()
    np.testing.assert_allclose(only.matrix, (up @ down).numpy(), rtol=1e-4, atol=1e-5)
    assert only.name.endswith(".weight")
    assert "lora" not in only.name.replace("lora_unet", "")
    assert len(network.notes) == 1
    assert "alpha" in network.notes[0]
    assert network.coverage == 1


@pytest.mark.parametrize("door", DOORS)
def test_alpha_over_the_rank_scales_each_layer(door: str, tmp_path: Path) -> None:
    state, expected = {}, {}
    for name, rank, alpha in (("a", 4, 2.0), ("b", 8, 16.0)):
        down, up = factors(rank=rank)
        state |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
        state[f"{name}.alpha"] = torch.tensor(alpha)
        expected[f"{name}.weight"] = alpha / rank * up @ down
    network = through(door, state, tmp_path)
    check(network, expected, 1e-4)
    assert network.notes == ()


@pytest.mark.parametrize("rank_stabilised", [False, True])
def test_pefts_configuration_beside_the_file(rank_stabilised: bool, tmp_path: Path) -> None:
    config = {"r": 4, "lora_alpha": 8, "use_rslora": rank_stabilised, "peft_type": "LORA"}
    config |= {"rank_pattern": {"v_proj": 2}, "alpha_pattern": {"v_proj": 3}}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    state, expected = {}, {}
    for name, rank, alpha in (("q_proj", 4, 8), ("v_proj", 2, 3)):
        down, up = factors(rank=rank)
        layer = f"base_model.model.layers.0.{name}"
        state |= {f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": up}
        scale = alpha / (rank**0.5 if rank_stabilised else rank)
        expected[f"{layer}.weight"] = scale * up @ down
    save_file(state, tmp_path / "adapter_model.safetensors")
    network = zs.load(f"checkpoint:{tmp_path / 'adapter_model.safetensors'}")
    check(network, expected, 1e-4)
    assert network.notes == ()


@pytest.mark.parametrize("kernel", [1, 3])
def test_convolutions(kernel: int, tmp_path: Path) -> None:
    down, up = torch.randn(4, 6, kernel, kernel), torch.randn(8, 4, 1, 1)
    state = {"conv.lora_down.weight": down, "conv.lora_up.weight": up}
    state["conv.alpha"] = torch.tensor(4.0)
    expected = torch.einsum("or,rikl->oikl", up[:, :, 0, 0], down)
    check(through("safetensors", state, tmp_path), {"conv.weight": expected}, 1e-4)


def test_a_convolution_in_the_middle(tmp_path: Path) -> None:
    down, mid, up = torch.randn(4, 6, 1, 1), torch.randn(4, 4, 3, 3), torch.randn(8, 4, 1, 1)
    names = ("conv.lora_down.weight", "conv.lora_mid.weight", "conv.lora_up.weight")
    state = dict(zip(names, (down, mid, up), strict=True)) | {"conv.alpha": torch.tensor(4.0)}
    with torch.no_grad():
        layers = [nn.Conv2d(6, 4, 1, bias=False), nn.Conv2d(4, 4, 3, bias=False)]
        layers.append(nn.Conv2d(4, 8, 1, bias=False))
        for layer, weight in zip(layers, (down, mid, up), strict=True):
            layer.weight.copy_(weight)
        ones = torch.eye(6 * 9).reshape(54, 6, 3, 3)
        applied = nn.Sequential(*layers)(ones).reshape(54, 8).T
    check(through("safetensors", state, tmp_path), {"conv.weight": applied}, 1e-4)


def test_embeddings(tmp_path: Path) -> None:
    down, up = torch.randn(4, 50), torch.randn(16, 4)
    state = {"emb.lora_embedding_A.default": down, "emb.lora_embedding_B.default": up}
    check(through("pt", state, tmp_path), {"emb.weight": (up @ down).T}, 1e-4)


class Adapted(nn.Module):
    """A layer with its adapter, as PEFT and loralib keep one."""

    def __init__(self, base: nn.Linear, merged: bool = False) -> None:
        super().__init__()
        down, up = factors(*base.weight.shape)
        self.base_layer = base
        self.lora_A = nn.ModuleDict({"default": nn.Linear(*down.shape[::-1], bias=False)})
        self.lora_B = nn.ModuleDict({"default": nn.Linear(*up.shape[::-1], bias=False)})
        self.lora_A["default"].weight.data, self.lora_B["default"].weight.data = down, up
        self.scaling, self.merged = {"default": 0.5}, merged


def test_a_module_knows_its_scale() -> None:
    module = nn.Sequential(Adapted(nn.Linear(10, 12)), nn.Linear(12, 5))
    down, up = factors(12, 10)
    expected = {"0.weight": module[0].base_layer.weight + 0.5 * up @ down}
    check(network_from_module(module), expected | {"1.weight": module[1].weight}, 1e-4)
    module[0].merged = True
    expected = {"0.weight": module[0].base_layer.weight}
    check(network_from_module(module), expected | {"1.weight": module[1].weight}, 1e-4)


@pytest.mark.parametrize("base", ["q.base_layer.weight", "q.weight"])
@pytest.mark.parametrize("door", DOORS)
def test_weight_and_adapter_in_one_file(door: str, base: str, tmp_path: Path) -> None:
    (down, up), weight = factors(), torch.randn(12, 10)
    state = {base: weight, "q.lora_A.default.weight": down, "q.lora_B.default.weight": up}
    with pytest.raises(NetworkError, match=r"scale alpha / r is not known; merge the adapter"):
        through(door, state, tmp_path)
    network = through(door, state | {"q.alpha": torch.tensor(8.0)}, tmp_path)
    check(network, {"q.weight": weight + 2 * up @ down}, 1e-4)


def test_weights_that_are_stored_inputs_first(tmp_path: Path) -> None:
    (down, up), weight = factors(30, 10), torch.randn(10, 30)
    state = {"h.c_attn.weight": weight, "h.c_attn.bias": torch.randn(30)}
    state |= {"h.c_attn.lora_A": down, "h.c_attn.lora_B": up, "h.c_attn.alpha": torch.tensor(4.0)}
    whole = weight.T + up @ down
    parts = {f"h.c_attn.weight[{w}]": m for w, m in zip("qkv", whole.chunk(3), strict=True)}
    check(through("pt", state, tmp_path), parts, 1e-4)


def test_a_magnitude_needs_the_weight(tmp_path: Path) -> None:
    (down, up), weight, size = factors(), torch.randn(12, 10), torch.rand(12) + 1
    state = {"q.lora_A.weight": down, "q.lora_B.weight": up, "q.lora_magnitude_vector": size}
    state["q.alpha"] = torch.tensor(4.0)
    with pytest.raises(NetworkError, match="needs the base weights"):
        through("pt", state, tmp_path)
    whole = weight + up @ down
    expected = size[:, None] * whole / whole.norm(dim=1, keepdim=True)
    network = through("pt", state | {"q.base_layer.weight": weight}, tmp_path)
    check(network, {"q.weight": expected}, 1e-4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"q.lora_A.other.weight": torch.randn(4, 10)}, "the adapters default, other"),
        ({"v.lora_A.default.weight": torch.randn(4, 10)}, "whose others are not there"),
        ({"q.lora_B.default.weight": torch.randn(12, 5)}, "give no weight of q"),
    ],
)
def test_what_does_not_fit_is_named(
    change: dict[str, torch.Tensor], said: str, tmp_path: Path
) -> None:
    down, up = factors()
    state = {"q.lora_A.default.weight": down, "q.lora_B.default.weight": up}
    with pytest.raises(NetworkError, match=said):
        through("pt", state | change, tmp_path)


def test_small_factors_do_not_span_all_memory(tmp_path: Path) -> None:
    down, up = torch.ones(1, 100_000), torch.ones(100_000, 1)
    with pytest.raises(NetworkError, match=r"200,000 entries, span a weight"):
        through("npz", {"q.lora_A.weight": down, "q.lora_B.weight": up}, tmp_path)
