"""What a GGUF file says of its tensors in other words than the network it was converted from.

The converter, llama.cpp's ``convert_hf_to_gguf.py``, gives every tensor a name of its own list
(``gguf.constants.TENSOR_NAMES``). Here are those that the rule of what is a weight would take for
something else than their parents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# Parameters that no layer owns: ``.weight`` behind them is the converter's.
_BARE = re.compile(
    r"position_embd|pos_embd(_k)?|attn_rel_pos_emb|(cross_)?attn_rel_b|pos_[hw]|rope_\w+"
    r"|time_mix_(first|decay|lerp_\w+|[wavkrg]0|k_k|k_a|r_k)|channel_mix_lerp_\w+|ssm_[ad]"
    r"|proj_query|query|class_embd|image_newline|view_seperator"
)
_LORA = re.compile(r"(?P<base>.+)\.weight\.lora_(?P<role>[ab])")
# Their parents keep query, key and value in one tensor by heads, and the rule leaves those whole.
_BY_HEADS = frozenset({"bloom", "chatglm", "falcon", "gptneox"})
# Theirs keep the gate and the other half of an expert in one tensor: of experts, of the shared one.
_JOINED: dict[str, tuple[str, ...]] = {
    "gpt-oss": ("exps",),
    "llama4": ("exps",),
    "qwen3vlmoe": ("exps",),
}
_JOINED |= {"granitemoe": ("exps", "shexp"), "granitehybrid": ("exps", "shexp")}


def parent_like(name: str) -> str:
    """The name by which the rule knows a tensor: mostly the file's own."""
    owner, ends, _ = name.rpartition(".weight")
    if ends and name == owner + ends and _BARE.fullmatch(owner.rpartition(".")[2]):
        return owner
    adapter = _LORA.fullmatch(name)
    return f"{adapter['base']}.lora_{adapter['role'].upper()}.weight" if adapter else name


def settings(values: Mapping[str, object]) -> dict[str, object]:
    """What the metadata say of how tensors are applied, for ``zoo_spectra.sources.read``."""
    found: dict[str, object] = {}
    architecture = values.get("general.architecture")
    if architecture in _BY_HEADS:
        found["whole"] = ("attn_qkv",)
    if isinstance(architecture, str) and architecture in _JOINED:
        found["joined"] = _JOINED[architecture]
    alpha = values.get("adapter.lora.alpha")
    if isinstance(alpha, float):
        found["lora_alpha"] = alpha
    return found
