"""Query, key and value come apart where the model itself takes equal thirds, and nowhere else.

A layer whose last third is zero has no values: what its attention gives on is zero, where the
thirds are query, key and value. Where heads are interleaved it is not.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from zoo_spectra.sources.torch_module import read_tensors
from zoo_spectra_timm.building import random_model

THIRDS = ["test_vit", "xcit_nano_12_p16_224", "edgenext_xx_small", "swin_tiny_patch4_window7_224"]
THIRDS += ["test_vit_relpos"]
MIXED = ["gcvit_xxtiny"]  # thirds, and halves where the queries are global
INTERLEAVED = ["tiny_vit_5m_224", "levit_128s", "efficientformer_l1", "test_maxvit"]


def attentions(model: nn.Module) -> dict[str, nn.Module]:
    """The layers with a fused qkv, by name."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(getattr(module, "qkv", None), nn.Module) and hasattr(module, "proj")
    }


def without_values(name: str) -> dict[str, bool]:
    """For each attention: whether nothing comes out when its last third is zero."""
    model = random_model(name, 0).eval()
    silent: dict[str, bool] = {}
    for path, module in attentions(model).items():
        layer = next(m for m in module.qkv.modules() if isinstance(m, nn.Linear | nn.Conv2d))
        with torch.no_grad():
            rows = len(layer.weight) // 3
            layer.weight[2 * rows :] = 0
            for own in ("qkv", "proj"):
                for each in getattr(module, own).modules():
                    if isinstance(getattr(each, "bias", None), torch.Tensor):
                        each.bias.zero_()
            for values in (getattr(module, bias, None) for bias in ("v_bias", "qkv_bias")):
                if isinstance(values, torch.Tensor):
                    values.zero_()

        def look(_: nn.Module, given: tuple[torch.Tensor, ...], path: str = path) -> None:
            silent[path] = not given[0].abs().max() > 1e-6

        module.proj.register_forward_pre_hook(look)
    size = model.default_cfg["input_size"]
    with torch.no_grad():
        model(torch.randn(1, *size))
    return silent


def apart(name: str) -> dict[str, bool]:
    """For each attention: whether its qkv is three constituents."""
    model = random_model(name, 0)
    parts = read_tensors(model.state_dict(keep_vars=True), name).parts
    split = {part.name.partition(".qkv")[0] for part in parts if part.name.endswith("[q]")}
    return {path: path in split for path in attentions(model)}


@pytest.mark.parametrize("name", [*THIRDS, *MIXED, *INTERLEAVED])
def test_as_the_model_does(name: str) -> None:
    silent, split = without_values(name), apart(name)
    assert split
    assert {path for path in split if split[path]} <= {path for path in silent if silent[path]}
    assert all(split.values()) == (name in THIRDS)
    assert any(split.values()) == (name not in INTERLEAVED)
