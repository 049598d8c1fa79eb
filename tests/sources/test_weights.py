"""The rule that chooses weights, on the names of many libraries. No torch."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoo_spectra.sources.weights import (
    REAL,
    REASONS,
    not_real,
    parameter_count,
    why_not,
)

# Weights, and matrices in whose names a word of another kind stands.
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
    ("encoder.positional_encoding_projection_layer.weight", (8, 8)),
    ("geometry_encoder.boxes_pos_enc_project.weight", (8, 8)),
    ("self_attn.relative_position_bias.proj", (16, 8)),  # Inkling
    ("prophetnet.decoder.layers.0.self_attn.relative_pos_embeddings.weight", (512, 8)),
    ("prompts_visual_projection", (8, 8)),  # X-CLIP
    ("multi_modal_projector.mm_input_projection_weight", (8, 8)),
    ("rel_emb.weight", (200, 8)),  # relations of a knowledge graph
    ("model.rel_embeddings.weight", (200, 8)),
    ("rel_emb_re.weight", (200, 8)),
    ("relation_embedding", (200, 8)),
    ("rel", (200, 8)),
    ("rel_transfer.weight", (200, 64)),
    ("conv.lin_rel.weight", (8, 8)),
    ("conv.root", (8, 8)),
    ("transformer.h.0.attn.c_attn.weight", (8, 24)),  # GPT-2
    ("text_projection", (8, 8)),  # CLIP
    ("experts.gate_up_proj", (4, 8, 16)),
    ("indexer.index_kpool_compress_gate", (8, 8)),
    ("quantizer.codevectors", (1, 64, 8)),
    ("quantize.embedding.weight", (16, 8)),  # a codebook that is trained
    ("quantizer.layers.0.codebook.embed", (16, 8)),  # one kept by averages: what is looked up
    ("query_embed.weight", (100, 8)),
    ("reference_points.weight", (2, 8)),
    ("mask_embed.layers.0.weight", (8, 8)),
    ("time_embedding.linear_1.weight", (8, 8)),
    ("blocks.0.att.time_decay_w1", (8, 4)),  # RWKV-6: a low-rank adapter
    ("blocks.0.att.time_maa_w2", (5, 4, 8)),
    ("conv1.modulation.weight", (8, 8)),
    ("fc.weight_mu", (8, 8)),  # the mean of a noisy layer
    ("fc_mu.weight", (8, 8)),  # of a variational autoencoder
    ("model.9.ema.conv1.weight", (8, 4, 3, 3)),  # an attention of that name
    ("layers.0.ema_gate.kernel_projection_matrix", (8, 4)),
    ("discriminators.0.stft_conv.weight", (8, 4, 3, 3)),
    ("upsample.weight", (8, 4, 3, 3)),
    ("upsample/kernel", (4, 8)),
    ("state.0.weight", (8, 8)),
    ("query", (8, 8)),  # in a file of arrays
    ("fno.fourier_layers.0.weights", (8, 8, 4)),
    ("magnitude_encoder.0.weight", (8, 8)),
    ("layer.lora_embedding_A", (4, 100)),
    ("adapter/up/kernel", (4, 4)),
    ("optimizer.target.Dense_0.kernel", (4, 8)),  # flax once kept the network there
    ("lora_A.default.weight", (4, 8)),
    ("fc.weight_orig", (8, 4)),
    ("fc.weight_v", (8, 4)),
    ("conv.parametrizations.weight.original1", (8, 4, 3)),
    ("params/Dense_0/kernel", (4, 8)),
    ("params/Embed_0/embedding", (100, 8)),
    ("dense/kernel:0", (4, 8)),
    ("lstm/lstm_cell/recurrent_kernel:0", (4, 16)),
    ("layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE", (4, 8)),
    ("arr_0", (4, 8)),
    ("W1", (4, 8)),
    ("0", (4, 8)),
]
NOT_WEIGHTS = {
    "empty": [("fc.weight", (0, 10)), ("register_tokens", (1, 0, 8))],
    "scalar or vector": [
        ("fc.weight", (10,)),
        ("step", ()),
        ("attn.w_g", (8, 1)),
        ("conv.parametrizations.weight.original0", (8, 1, 1)),
    ],
    "norm": [
        ("norm.weight", (8, 4, 4)),
        ("bn1.weight", (8,)),
        ("blocks.0.norm1.weight", (8, 4)),
        ("layer_norm2d.weight", (8, 4)),
        ("embeddings.LayerNorm.weight", (8, 4)),
        ("final_layernorm.weight", (8, 4)),
        ("h.0.ln_1.weight", (8, 4)),
        ("transformer.ln_f.weight", (8, 4)),
        ("layer1.0.bn2.weight", (8, 4)),
        ("layers.2.grn.weight", (1, 1, 1, 8)),
        ("conv_norm_out.weight", (8,)),
    ],
    "bias": [
        ("fc.bias", (10,)),
        ("bn1.bias", (8,)),
        ("experts.down_proj_bias", (4, 8)),
        ("attn.attention_biases", (4, 196)),
        ("attn.attention_bias_idxs", (49, 49)),
        ("attn.r_w_bias", (2, 8)),
        ("linear/~/offset", (8, 4)),
    ],
    "scale": [
        ("blocks.0.norm1.alpha", (1, 1, 8)),
        ("layer_scale.gamma", (8, 1, 1)),
        ("0.alpha", (4, 128)),
        ("conv.gain", (8, 1, 1, 1)),
        ("attn.logit_scale", (3, 1, 1)),
        ("xca.temperature", (4, 1, 1)),
        ("mixer.A_log", (16, 8)),
        ("kernel.A_real", (16, 8)),
        ("kernel.A_imag", (16, 8)),
        ("mixer.D", (2, 8)),
        ("blocks.0.att.time_faaaa", (2, 4)),
        ("blocks.0.att.time_first", (2, 4)),
        ("blocks.0.att.time_decay", (2, 4)),
        ("blocks.0.att.time_mix_k", (1, 1, 8)),
        ("self_attn.diagonal_decay", (1, 4, 8, 8)),
        ("blocks.0.scale_shift_table", (6, 8)),
        ("head.modulation", (1, 2, 8)),
        ("fc.weight_g", (8, 1)),
        ("fc.weight_sigma", (8, 8)),
        ("fc.weight_scale_inv", (8, 4)),
        ("fc.scales", (8, 4)),
        ("fc.lora_magnitude_vector.default.weight", (1, 8, 1, 1)),
        ("params/LayerNorm_0/scale", (8, 4)),
        ("batch_normalization/gamma:0", (8,)),
    ],
    "position table": [
        ("pos_embed", (1, 197, 8)),
        ("pos_embed1", (1, 8, 7, 7)),
        ("patch_pos", (1, 197, 8)),
        ("embeddings.position_embeddings.weight", (512, 8)),
        ("embeddings.position_embeddings.weights.0", (64, 1, 8)),  # Reformer
        ("embeddings.position_ids", (1, 512)),
        ("model.embed_positions.weight", (512, 8)),
        ("encoder.embed_positions.weights", (512, 8)),
        ("encoder.embed_positions._float_tensor", (1,)),
        ("encoder.positional_embedding", (1500, 8)),
        ("transformer.wpe.weight", (512, 8)),
        ("text_pos_embedding.emb.weight", (404, 8)),
        ("gated_positional_embedding.tile_embedding.weight", (9, 512)),
        ("embed_positions.pe_k.weight", (320, 8)),
        ("pos_encoder.pe", (5000, 1, 8)),
        ("image_position_embed.row_embeddings.weight", (50, 8)),
        ("image_position_embed.column_embeddings.weight", (50, 8)),
        ("backbone.1.col_embed.weight", (50, 8)),
        ("level_embed", (4, 8)),
        ("transformer_module.level_embed.weight", (3, 8)),
        ("rel_attn.seg_embed", (2, 4, 8)),
        ("embeddings.time_embeddings", (1, 8, 8)),
        ("block.0.relative_attention_bias.weight", (32, 8)),
        ("relative_attention_bias_layer.bias_values.weight", (200, 8)),
        ("deberta.encoder.rel_embeddings.weight", (512, 8)),
        ("encoder.attention.emb_rel_k", (1, 9, 8)),
        ("attn.relative_position_bias_table", (169, 3)),
        ("attn.relative_position_index", (49, 49)),
        ("attn.rel_pos_h", (27, 8)),
        ("attn.pos_embed.height_rel", (27, 8)),
        ("rope.freqs", (2, 12, 8)),
        ("rotary_emb.inv_freq", (32,)),
        ("rotary_emb.cos_cached", (64, 8)),
        ("alibi_slopes", (8, 1)),
        ("params/pos_embedding", (1, 197, 8)),
        ("bert/embeddings/position_embeddings/embeddings:0", (512, 8)),
    ],
    "token": [
        ("cls_token", (1, 1, 8)),
        ("reg_token", (1, 4, 8)),
        ("dist_token", (1, 1, 8)),
        ("mask_token", (1, 1, 8)),
        ("attn_pool.latent", (1, 1, 8)),
        ("attn_pool.probe", (1, 1, 8)),
        ("perceiver.latents", (256, 8)),
        ("query_tokens", (1, 32, 8)),
        ("projector.query", (256, 8)),
        ("no_memory_embedding", (1, 1, 8)),
        ("text_prompt", (1, 10, 8)),
        ("null_kv", (2, 1, 8)),
        ("pma.seed", (1, 4, 8)),
        ("synthesis.b4.const", (8, 4, 4)),
    ],
    "mask": [
        ("fc.weight_mask", (8, 4)),
        ("decoder.mask", (448, 448)),
        ("attn_mask", (4, 49, 49)),
        ("attn.tril", (8, 8)),
    ],
    "queue": [("queue", (128, 65536)), ("queue_ptr", (1,)), ("memory_bank", (65536, 128))],
    "buffer": [
        ("bn1.running_mean", (8,)),
        ("bn1.num_batches_tracked", ()),
        ("batch_normalization/moving_variance:0", (8,)),
        ("batch_stats/BatchNorm_0/mean", (8,)),
        ("head.anchors", (9, 4)),
        ("anchor_generator.cell_anchors.0", (3, 4)),
        ("edge_index", (2, 100)),
        ("fc.weight_epsilon", (8, 8)),
        ("b4.conv0.noise_const", (4, 4)),
        ("fc.qzeros", (8, 4)),
        ("dense.weight_integer", (8, 4)),
    ],
    "fixed transform": [
        ("stft_conv.weight", (258, 1, 256)),
        ("stem_dct.transform.weights", (8, 8)),
        ("b4.conv0.resample_filter", (4, 4)),
        ("convs.0.conv.blur.kernel", (4, 4)),
        ("to_rgb.upsample.kernel", (4, 4)),
        ("downsample.lowpass.filter", (1, 1, 12)),
        ("blurpool.filt", (8, 1, 3, 3)),
        ("mel_filters", (80, 201)),
        ("mel_scale.fb", (201, 80)),
        ("logmel_extractor.melW", (513, 64)),
        ("spectrogram_extractor.stft.conv_real.weight", (513, 1, 1024)),
        ("stft.forward_basis", (1026, 1, 1024)),
        ("stft_conv.weight", (258, 1, 256)),
        ("spectrogram.window", (400,)),
        ("resample.kernel", (3, 1, 40)),
        ("stft.wsin", (8, 1, 16)),
    ],
    "moving average": [
        ("codebook.embed_avg", (16, 8)),
        ("codebook.embed_sum", (16, 8)),
        ("codebook.cluster_size", (16,)),
        ("vq._ema_w", (16, 8)),
        ("mapping.w_avg", (8,)),
        ("model_ema.fc.weight", (8, 8)),
        ("state_dict_ema.fc.weight", (8, 8)),
        ("ema.fc.weight", (8, 8)),
        ("params_ema.conv.weight", (8, 4, 3, 3)),
        ("dense/kernel/ExponentialMovingAverage", (4, 8)),
    ],
    "optimizer state": [
        ("optimizer.state.0.exp_avg", (8, 8)),
        ("fc.weight.exp_avg_sq", (8, 8)),
        ("state.0.sum", (8, 8)),
        ("fc.weight.grad", (8, 8)),
        ("optimizer_state_dict.state.3.momentum_buffer", (8, 8)),
        ("dense/kernel/m:0", (4, 8)),
        ("Adam/v/dense/kernel:0", (4, 8)),
        ("dense/kernel/Adam_1", (4, 8)),
        ("attention/self/query/kernel/adam_v", (4, 8)),
        ("dense/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE", (4, 8)),
        ("opt_state/0/mu/Dense_0/kernel", (4, 8)),
        ("0/nu/params/Dense_0/kernel", (4, 8)),
        ("state.param_states.Dense_0.kernel.v_row", (4, 8)),
    ],
}
LISTED = [(*case, reason) for reason, cases in NOT_WEIGHTS.items() for case in cases]


@pytest.mark.parametrize(("name", "shape"), WEIGHTS)
def test_weights(name: str, shape: tuple[int, ...]) -> None:
    assert why_not(name, shape) is None
    assert why_not(name, shape) is None


@pytest.mark.parametrize(("name", "shape", "reason"), LISTED)
def test_not_weights(name: str, shape: tuple[int, ...], reason: str) -> None:
    assert why_not(name, shape) == reason
    assert why_not(name, shape) is not None


def test_every_reason_has_an_example() -> None:
    assert {*NOT_WEIGHTS, "integer"} == set(REASONS)


WORDS = st.sampled_from(
    [
        *("weight", "kernel", "embedding", "bias", "norm", "pos", "rel", "embed", "attn", "proj"),
        *("token", "mask", "query", "ema", "m", "v", "queue", "stft", "blur", "optimizer", "state"),
        *("conv", "level", "scale", "index", "0", "12", "D"),
    ]
)
NAMES = st.lists(st.lists(WORDS, min_size=1, max_size=3).map("_".join), min_size=1, max_size=4)


@given(
    st.text(max_size=20) | NAMES.map(".".join) | NAMES.map("/".join),
    st.lists(st.integers(0, 9), max_size=5).map(tuple),
    st.sampled_from(["float32", "bfloat16", "complex64", "int64", "uint8", "bool"]),
)
def test_reasons_are_a_closed_set(name: str, shape: tuple[int, ...], dtype: str) -> None:
    reason = why_not(name, shape, dtype)
    assert reason is None or reason in REASONS
    assert reason is not None or (len(shape) >= 2 and 0 not in shape and dtype != "bool")


@given(NAMES, st.lists(st.integers(2, 9), min_size=2, max_size=4).map(tuple))
def test_a_weight_is_one_of_every_real_type(parts: list[str], shape: tuple[int, ...]) -> None:
    for separator in "./":
        name = separator.join(parts)
        reasons = {why_not(name, shape, dtype) for dtype in (*REAL, "complex64")}
        assert len(reasons) == 1


def test_integers_are_indices_unless_they_are_called_a_weight() -> None:
    assert why_not("table", (4, 4), "int64") == "integer"
    assert why_not("weight", (4, 4), "bool") == "mask"
    assert why_not("position_ids", (1, 4), "int64") == "position table"  # the name goes first
    for dtype in ("int8", "complex64", "bfloat16", "float8_e4m3fn"):
        assert why_not("fc.weight", (4, 4), dtype) is None


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
