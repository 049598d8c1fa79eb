"""The rule that chooses weights, on the names of many libraries. No torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zoo_spectra.sources.weights import is_weight, not_real, parameter_count

WEIGHTS = [
    ("fc.weight", (10, 4)),
    ("weight", (10, 4)),
    ("conv.weight", (8, 4, 3, 3)),
    ("conv_dw.weight", (8, 1, 3, 3)),
    ("up.weight", (8, 4, 2, 2)),  # a transposed convolution
    ("squeeze.weight", (9, 1, 1, 1)),  # recorded, and skipped for its order
    ("blocks.4.0.conv_dw.weight", (4, 12000)),  # experts of CondConv
    ("stem.conv1d.weight", (8, 4, 3)),
    ("rnn.weight_ih_l0", (16, 4)),
    ("rnn.weight_hh_l1_reverse", (16, 4)),
    ("rnn.weight_hr_l0", (4, 8)),
    ("cell.weight_ih", (16, 4)),
    ("attn.in_proj_weight", (12, 4)),
    ("attn.q_proj_weight", (4, 4)),
    ("attn.qkv.weight", (12, 4)),
    ("embeddings.word_embeddings.weight", (100, 8)),
    ("embeddings.token_type_embeddings.weight", (2, 8)),
    ("encoder.layer.0.attention.self.query.weight", (8, 8)),
    ("encoder_layers.0.W1.weight", (8, 24)),
    ("attn.cpb_mlp.0.weight", (512, 2)),  # a linear layer that makes position biases
    ("pos_embed.proj.weight", (8, 1, 3, 3)),  # a convolution for positions
    ("encoder.pos_embed.weight", (8, 1, 3, 3)),
    ("transformer.h.0.attn.c_attn.weight", (8, 24)),  # GPT-2
    ("text_projection", (8, 8)),  # CLIP
    ("experts.gate_up_proj", (4, 8, 16)),
    ("lora_A.default.weight", (4, 8)),
    ("fc.weight_orig", (8, 4)),
    ("fc.weight_v", (8, 4)),
    ("params/Dense_0/kernel", (4, 8)),
    ("params/Embed_0/embedding", (100, 8)),
    ("dense/kernel:0", (4, 8)),
    ("arr_0", (4, 8)),
    ("W1", (4, 8)),
    ("0", (4, 8)),
]
NOT_WEIGHTS = [
    ("fc.bias", (10,)),
    ("fc.weight", (10,)),
    ("fc.weight", (0, 10)),
    ("norm.weight", (8, 4, 4)),
    ("blocks.0.norm1.weight", (8, 4)),
    ("layer_norm2d.weight", (8, 4)),
    ("embeddings.LayerNorm.weight", (8, 4)),
    ("final_layernorm.weight", (8, 4)),
    ("h.0.ln_1.weight", (8, 4)),
    ("transformer.ln_f.weight", (8, 4)),
    ("layer1.0.bn2.weight", (8, 4)),
    ("blocks.0.norm1.alpha", (1, 1, 8)),
    ("pos_embed", (1, 197, 8)),
    ("pos_embed1", (1, 8, 7, 7)),
    ("patch_pos", (1, 197, 8)),
    ("embeddings.position_embeddings.weight", (512, 8)),
    ("embeddings.position_ids", (1, 512)),
    ("model.embed_positions.weight", (512, 8)),
    ("transformer.wpe.weight", (512, 8)),
    ("block.0.relative_attention_bias.weight", (32, 8)),
    ("attn.relative_position_bias_table", (169, 3)),
    ("attn.relative_position_index", (49, 49)),
    ("attn.rel_pos_h", (27, 8)),
    ("attn.pos_embed.height_rel", (27, 8)),
    ("attn.attention_biases", (4, 196)),
    ("attn.attention_bias_idxs", (49, 49)),
    ("rope.freqs", (2, 12, 8)),
    ("cls_token", (1, 1, 8)),
    ("reg_token", (1, 4, 8)),
    ("dist_token", (1, 1, 8)),
    ("attn_pool.latent", (1, 1, 8)),
    ("attn_pool.probe", (1, 1, 8)),  # a vector
    ("attn.w_g", (8, 1)),
    ("layer_scale.gamma", (8, 1, 1)),
    ("0.alpha", (4, 128)),
    ("conv.gain", (8, 1, 1, 1)),
    ("attn.logit_scale", (3, 1, 1)),
    ("xca.temperature", (4, 1, 1)),
    ("mixer.A_log", (16, 8)),
    ("head.anchors", (9, 4)),
    ("stem_dct.transform.weights", (8, 8)),
    ("fc.weight_g", (8, 1)),
    ("fc.weight_mask", (8, 4)),
    ("fc.weight_scale_inv", (8, 4)),
    ("fc.scales", (8, 4)),
    ("fc.qzeros", (8, 4)),
    ("params/pos_embedding", (1, 197, 8)),
    ("params/LayerNorm_0/scale", (8, 4)),
]


@pytest.mark.parametrize(("name", "shape"), WEIGHTS)
def test_weights(name: str, shape: tuple[int, ...]) -> None:
    assert is_weight(name, shape)


@pytest.mark.parametrize(("name", "shape"), NOT_WEIGHTS)
def test_not_weights(name: str, shape: tuple[int, ...]) -> None:
    assert not is_weight(name, shape)


def test_refusals_say_what_to_do() -> None:
    assert "complex64" in not_real("net, fc.weight", "complex64")
    assert "real and imaginary" in not_real("net, fc.weight", "complex64")
    assert "dequantise" in not_real("net, fc.weight", "int8")


def test_parameters_leave_statistics_out() -> None:
    named = [("bn.weight", (4,)), ("bn.running_mean", (4,)), ("bn.running_var", (4,)), ("w", ())]
    assert parameter_count(named) == 5


def test_core_needs_no_torch() -> None:
    code = "import sys, zoo_spectra.sources; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
