"""What a tensor is, by the module that owns it: a map of the network, or not.

Classes of torch and of its relatives say it at once. The parameters that other classes hold by
themselves were looked up in their source, one name after the other; of those that are not listed
the module tells nothing.
"""

from __future__ import annotations

import re

from benchmarks.evidence.names_models import Tensor


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What is applied to the activations, or looked up, through ``weight`` or a name that begins so.
LAYERS = _set(
    """
    Bilinear CondConv2d Conv1D Linear LinearGeneral MultiheadAttention QuantLinear RNNBase
    RNNCellBase SeparableConv1D SplitLinear _ConvNd
    """
)
EMBEDDINGS = frozenset({"Embedding", "EmbeddingBag", "QuantEmbedding"})
# Embeddings of places, by what their model calls them.
PLACES = _set(
    """
    bias_values box_position_embeddings char_position_embeddings col_embed
    col_position_embeddings column_embedder column_embeddings distance_embedding embed_positions
    h_position_embeddings level_embed pe_k pos_emb pos_embed position_embedding
    position_embedding_table position_embeddings position_embeds_layer positions_embed
    query_position_embeddings rel_attn_embed rel_embeddings rel_pos_emb relative_attention_bias
    row_embed row_embedder row_embeddings row_position_embeddings text_position_embedding
    tile_embedding visual_position_embeddings w_position_embeddings wpe x_position_embeddings
    y_position_embeddings
    """
)
# Parameters that a class holds by itself.
MAPS = _set(
    """
    codevectors down_proj dt_proj_weight fn gate_proj gate_up_proj hc_fn in_proj_weight
    index_kpool_compress_gate input_gate_weight k k_proj_weight label_embeddings_concat
    mm_input_projection_weight o original proj prompts_visual_projection q q_proj_weight r
    r_kernel recurrent_gate_weight static_weight text_projection up_proj v v_proj_weight weight
    weight_hh weight_ih x_proj_weight
    """
)
NO_MAPS = _set(
    """
    A_log D alpha attention_biases b b1 b2 beta bias bias_k bias_u bias_v class_embedding
    class_pos_emb class_token cls_emb cls_register_token cls_token decoder_pos_embed
    detection_tokens dist_token distillation_token down_proj_bias dt_proj_bias
    e_score_correction_bias emb_rel_k emb_rel_v embedding freqs gain gamma gate_up_proj_bias
    global_img_feature_extensor group_token gru_rel_pos_const height_rel
    index_kpool_compress_ape input_gate_bias latent latent_query latents latents_1d latents_2d
    layer_scale level_embed log_scale logit_scale mask_emb mask_token mask_tokens
    memory_temporal_positional_encoding mid_position_embeddings no_memory_embedding
    no_memory_positional_encoding no_object_pointer occlusion_spatial_embedding_parameter
    pad_down pad_left pad_right pad_up patch_pos pixel_pos pooling_attention_query pos_bias_u
    pos_bias_v pos_emb pos_embed pos_embed_win pos_embed_window pos_embed_x pos_embed_y
    pos_embedding position_bias position_embedding position_embedding_table position_embeddings
    position_enc positional_embedding positional_embedding_vlm probe query query_tokens r_r_bias
    r_s_bias r_w_bias recurrent_gate_bias reg_token register_tokens rel_pos_h rel_pos_t
    rel_pos_w relative_attention_bias relative_position_bias_table scale seg_embed
    segment_token_input segment_token_prompt spatial_pos sub_img_feature_extensor temperature
    temporal_pos text_prompt time_embeddings time_mix_key time_mix_receptance time_mix_value
    translate type_token_instance type_token_semantic width_rel
    """
)
ELEMENTWISE = frozenset({"ConvNextV2GRN"})  # their ``weight`` is a scale


def is_map(tensor: Tensor) -> bool | None:
    """Whether the tensor is a weight of its network; None where its module does not tell.

    Buffers are none, but for the codebooks that a vector quantiser looks up and trains by averages.
    """
    kinds = {tensor.owner, *tensor.bases}
    if tensor.buffer:
        return tensor.key == "embed" and "Codebook" in tensor.owner
    if tensor.key in {"weight_g", "original0"}:
        return False  # the gain of a weight norm
    if kinds & EMBEDDINGS and tensor.key == "weight":
        return not _holds_places(tensor)
    if any("Norm" in kind for kind in kinds) or tensor.owner in ELEMENTWISE:
        return False
    if kinds & LAYERS and tensor.key.startswith("weight"):
        return True
    if tensor.owner == "ParameterList":
        return False if "osition" in tensor.name else None
    key = re.sub(r"_?\d+$", "", tensor.key)
    if key in MAPS:
        return True
    return False if key in NO_MAPS else None


def _holds_places(tensor: Tensor) -> bool:
    attribute = tensor.name.split(".")[-2] if "." in tensor.name else ""
    if tensor.parent == "MllamaPrecomputedAspectRatioEmbedding":
        return True
    return attribute in PLACES or any("Position" in kind for kind in (tensor.owner, *tensor.bases))
