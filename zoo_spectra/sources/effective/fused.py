"""Fused query, key and value: three maps in one tensor, taken apart where their order is known."""

from __future__ import annotations

from math import prod

from zoo_spectra.sources.effective.table import Table, Tensor
from zoo_spectra.sources.tensor_names import parts

PLAIN = {"qkv", "to_qkv", "Wqkv", "c_attn", "in_proj_weight", "qkv_proj", "W_pack"}
PLAIN |= {"layernorm_qkv", "att_proj", "attn_qkv"}
# Those whose heads are interleaved, in whole or in some libraries.
INTERLEAVED = {"query_key_value", "linear_qkv", "wqkv", "qkvs"}
_INNER = {"conv", "c", "linear"}  # a layer inside the one that is called qkv
_OUT = ("proj", "out_proj", "o_proj", "dense", "to_out", "to_out.0", "proj_out", "c_proj", "wo",
        "attn_output", "attn_out")  # fmt: skip
# Beside these, a qkv has its heads interleaved: LeViT, TinyViT, EfficientFormer, CodeGen.
_MARKS = ("attention_biases", "attention_bias_idxs", "causal_mask")
_BLOCKS = ("attn_block.", "attn_grid.")  # inside these (MaxViT) it may have
WHOLE = "query, key and value stay whole: their order is not known"


def interleaved(table: Table) -> frozenset[str]:
    """What the names of layers begin with beside which a qkv has its heads interleaved."""
    found = ((name, name.find(mark)) for name in table.stored for mark in _MARKS if mark in name)
    return frozenset(name[:at] for name, at in found)


def fused(table: Table, tensor: Tensor, places: frozenset[str]) -> int:
    """Into how many equal parts a tensor (outputs first) is taken: 3, or 1.

    Thirds when the rows are three times the columns, or three times the inputs of the layer that
    follows. Otherwise whole, with a note where it is called a fused one. ``places``: those of
    ``interleaved``; ``table.settings["whole"]``: layers that stay whole in this network.
    """
    owner = _owner(tensor.name)
    if owner is None:
        return 1
    whole = table.settings.get("whole")
    known = owner in PLAIN and not (isinstance(whole, tuple) and owner in whole)
    if known and _is_plain(table, tensor, owner, places):
        return 3
    if min(tensor.shape[0], prod(tensor.shape[1:])) > 1:
        table.note(WHOLE, tensor.name)
    return 1


def _owner(name: str) -> str | None:
    """The part of a name that says that it is a fused one; None where none does."""
    *path, own = parts(name)
    if own == "in_proj_weight":
        return own
    while path and (path[-1] in _INNER or path[-1].isdigit()):
        path.pop()
    return path[-1] if path and path[-1] in PLAIN | INTERLEAVED else None


def _is_plain(table: Table, tensor: Tensor, owner: str, places: frozenset[str]) -> bool:
    rows, columns = tensor.shape[0], tensor.shape[1]
    if rows % 3 or (len(tensor.shape) > 2 and owner != "to_qkv"):
        return False  # convolutions differ in their order from one library to the next
    around = tensor.name[: tensor.name.rindex(owner)]  # siblings begin with it
    if any(block in around for block in _BLOCKS):
        return False
    if owner != "c_attn" and around in places:
        return False
    if owner == "qkv_proj" and f"{around}o_proj.weight" not in table.stored:
        return False  # CodeGen's is interleaved, and has an out_proj
    after = [table.shape(f"{around}{each}.weight") for each in _OUT]
    widths = {shape[1] for shape in after if shape is not None and len(shape) > 1}
    if widths:
        return rows // 3 in widths
    return rows == 3 * columns
