"""The order along the network that names tell, beside the order in which modules have it."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_spectra.sources import Entry, along, keeps_no_order, read_tensors
from zoo_spectra_timm.building import meta_model

# How far a tensor may lie from its place, on average, as a share of the network.
TOLD = {
    "vit_tiny_patch16_224": 0.005,
    "resnet50": 0.005,
    "convnext_tiny": 0.005,
    "swin_tiny_patch4_window7_224": 0.01,
    "mixer_s32_224": 0.005,
    "cait_xxs24_224": 0.005,
    "vgg11": 0.005,
    "xcit_nano_12_p16_224": 0.01,
    "efficientnet_b0": 0.02,
    "densenet121": 0.05,
}


def entries(names: list[str]) -> list[Entry]:
    return [Entry(name, (2, 2), "float32") for name in names]


def off(names: list[str], true: list[str]) -> float:
    place = {name: at for at, name in enumerate(names)}
    return float(np.mean([abs(place[name] - at) for at, name in enumerate(true)])) / len(true)


@pytest.mark.parametrize("architecture", TOLD)
def test_names_tell_the_order_of_modules(architecture: str) -> None:
    state = meta_model(architecture).state_dict(keep_vars=True)
    true = [name for name in read_tensors(state, architecture).stored if state[name].ndim > 1]
    told = [entry.name for entry in along(entries(sorted(true)))]
    assert sorted(told) == sorted(true)
    assert off(told, true) <= TOLD[architecture]
    assert off(told, true) <= off(sorted(true), true)


@pytest.mark.parametrize(
    "names",
    [
        ["wte", "h.2.attn.c_attn", "h.2.attn.c_proj", "h.2.mlp.c_fc", "h.10.mlp.c_fc", "lm_head"],
        [
            "bert.embeddings.word_embeddings",
            "bert.encoder.layer.2.attention.self.query",
            "bert.encoder.layer.2.attention.self.key",
            "bert.encoder.layer.2.attention.self.value",
            "bert.encoder.layer.2.attention.output.dense",
            "bert.encoder.layer.2.intermediate.dense",
            "bert.encoder.layer.2.output.dense",
            "bert.encoder.layer.11.attention.self.query",
            "bert.pooler.dense",
            "cls.predictions.transform.dense",
        ],
        [
            "model.embed_tokens",
            "model.layers.9.self_attn.q_proj",
            "model.layers.9.self_attn.k_proj",
            "model.layers.9.self_attn.v_proj",
            "model.layers.9.self_attn.o_proj",
            "model.layers.9.mlp.gate_proj",
            "model.layers.9.mlp.up_proj",
            "model.layers.9.mlp.down_proj",
            "model.layers.10.self_attn.q_proj",
            "lm_head",
        ],
        [
            "shared",
            "encoder.block.2.layer.0.SelfAttention.q",
            "encoder.block.2.layer.1.DenseReluDense.wi",
            "encoder.block.2.layer.1.DenseReluDense.wo",
            "encoder.block.11.layer.0.SelfAttention.q",
            "decoder.block.0.layer.0.SelfAttention.q",
            "decoder.block.0.layer.1.EncDecAttention.q",
            "decoder.block.0.layer.2.DenseReluDense.wi",
        ],
        ["Transformer/encoderblock_2/MlpBlock_3/Dense_0", "Transformer/encoderblock_11/a", "head"],
    ],
)
def test_networks_of_transformers(names: list[str]) -> None:
    names = [f"{name}.weight" for name in names]
    assert [entry.name for entry in along(entries(sorted(names)))] == names


def test_an_order_by_the_alphabet_is_none() -> None:
    assert keeps_no_order(entries(["a.1", "a.10", "a.2", "b"]))
    assert not keeps_no_order(entries(["a.1", "a.2", "a.10"]))
    halves = [Entry("z", (2, 2), "float32"), Entry("a", (2, 2), "float16")]
    assert keeps_no_order(halves), "of each type apart"
    assert keeps_no_order([])


def test_names_of_any_kind() -> None:
    odd = ["", ".", "9" * 5000, "a..b", "²", "\0", "layer.", "/"]
    assert sorted(entry.name for entry in along(entries(odd))) == sorted(odd)
