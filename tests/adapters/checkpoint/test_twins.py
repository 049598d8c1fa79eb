"""One network under two libraries' names, or exported twice, is the same network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

import zoo_spectra as zs
from zoo_spectra.sources import digest
from zoo_spectra_timm.torchvision_repair import repair_torchvision

VIT = "vit_tiny_patch16_224"
PARTS = {
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "attn.proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}
ENDS = {
    "cls_token": "vit.embeddings.cls_token",
    "pos_embed": "vit.embeddings.position_embeddings",
    "patch_embed.proj": "vit.embeddings.patch_embeddings.projection",
    "norm": "vit.layernorm",
    "head": "classifier",
}


def as_transformers_has_it(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """timm's state dict of a vision transformer under the names of ViTForImageClassification."""
    found = {}
    for name, tensor in state.items():
        part, _, leaf = name.rpartition(".")
        if not name.startswith("blocks."):
            found[f"{ENDS[part]}.{leaf}" if part in ENDS else ENDS[name]] = tensor
            continue
        _, number, inner = part.split(".", 2)
        layer = f"vit.encoder.layer.{number}"
        if inner == "attn.qkv":
            for way, piece in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                found[f"{layer}.attention.attention.{way}.{leaf}"] = piece.clone()
        else:
            found[f"{layer}.{PARTS[inner]}.{leaf}"] = tensor
    return found


def digests(source: str) -> list[str]:
    return sorted(digest(each.matrix) for each in zs.load(source).constituents())


def test_a_vision_transformer_of_timm_and_of_transformers(tmp_path: Path) -> None:
    repair_torchvision()
    import timm

    torch.manual_seed(0)
    state = timm.create_model(VIT, pretrained=False).state_dict()
    save_file(as_transformers_has_it(state), tmp_path / "model.safetensors")
    save_file(state, tmp_path / "timm.safetensors")
    twin = f"checkpoint:{tmp_path}/model.safetensors"
    assert digests(twin) == digests(f"checkpoint:{tmp_path}/timm.safetensors")
    here, there = (zs.analyze(zs.load(source)) for source in (f"timm:{VIT}?seed=0", twin))
    np.testing.assert_allclose(here.csd, there.csd, rtol=0, atol=1e-6)
    assert here.distance(there, "depth") < 0.002, "the order is told from names"
    assert there.notes == ("the order along the network is told from names",)


def test_silero_as_torch_runs_it_and_as_onnx_does() -> None:
    """The program holds a second network, for 8 kHz, so it is asked for by name."""
    program = digests("checkpoint:@samples/silero_vad/silero_vad.jit?key=_model")
    exported = digests("checkpoint:@samples/silero_vad/silero_vad_16k_op15.onnx")
    assert program == exported
    assert len(program) == 7
