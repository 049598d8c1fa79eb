"""Which tensors of an artificial network are weights: by name and shape alone.

A module, its state dict and its file then give the same constituents, with and without the
library that wrote them. The rule: every parameter tensor of a weight-bearing layer (linear,
convolution of any rank, embedding, recurrent gates, attention projections) with at least two
dimensions; not norms, biases, positional tables, class and register tokens, scales or buffers.
It agrees with the modules' types for all 1,371 architectures of timm 1.0.31.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod

REAL = frozenset({"float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"})
# The names torch, flax and keras give to the tensor of a weight-bearing layer.
_PLAIN = frozenset({"weight", "kernel", "embedding"})
# Words of a tensor's own name (its last part) that make it no weight:
_NOT_WEIGHTS = frozenset(
    {
        # biases, scales, gains, temperatures, elementwise decays
        *("bias", "biases", "beta", "gamma", "alpha", "gain", "gains", "scale", "scales"),
        *("temperature", "temperatures", "tau", "log"),
        # inputs rather than maps between layers
        *("token", "tokens", "latent", "latents", "prompt", "prompts", "mask", "masks"),
        # tables of positions
        *("pos", "position", "positions", "positional", "rel", "relative", "distance"),
        *("rope", "rotary", "freq", "freqs", "cos", "sin"),
        # buffers: statistics, indices, anchors, the bookkeeping of quantisation
        *("running", "mean", "var", "std", "idx", "idxs", "index", "indices", "ids", "coords"),
        *("anchor", "anchors", "zero", "zeros", "qzeros", "absmax", "queue"),
    }
)
_REASONS = {
    **dict.fromkeys(("bias", "biases"), "bias"),
    **dict.fromkeys(("beta", "gamma", "alpha", "gain", "gains", "scale", "scales"), "scale"),
    **dict.fromkeys(("temperature", "temperatures", "tau", "log"), "scale"),
    **dict.fromkeys(("token", "tokens", "latent", "latents", "prompt", "prompts"), "token"),
    **dict.fromkeys(("mask", "masks"), "mask"),
    **dict.fromkeys(("pos", "position", "positions", "positional"), "position table"),
    **dict.fromkeys(("rel", "relative", "distance", "rope", "rotary"), "position table"),
    **dict.fromkeys(("freq", "freqs", "cos", "sin"), "position table"),
}
_POSITION = {"pos", "position", "positions", "positional", "relative", "rel", "distance", "wpe"}
_TABLE = {"embed", "embeds", "embedding", "embeddings", "emb", "embs", "table", "encoding"}
_TABLE |= {"bias", "wpe"}
_FIXED_TRANSFORM = {"dct", "dft", "fft", "stft"}
_NORM = re.compile(r".*(norm|(^|_)bn|(^|_)ln)(_?\d?d)?(_?(\d|f))*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def why_not(name: str, shape: tuple[int, ...], dtype: str) -> str | None:
    """Why a tensor of a state dict is no weight of its network; None when it is one.

    ``shape`` is the tensor's own, before flattening to (shape[0], product of the rest), ``dtype``
    torch's name. Names are dotted paths (torch) or slashed ones (flax, keras). A name that says
    nothing counts as a weight.
    """
    if 0 in shape:
        return "empty"
    if len(shape) < 2:
        return "scalar or vector"
    *path, leaf = re.split(r"[./]", name.removesuffix(":0"))
    owner = path[-1] if path else ""
    words = _words(leaf)
    if found := words & _NOT_WEIGHTS:
        return _REASONS.get(min(found), "buffer")
    if _NORM.fullmatch(owner.lower()):
        return "norm"
    if dtype == "bool":
        return "mask"
    if leaf in _PLAIN:
        # A convolution may well be called pos_embed; a table of positions has two dimensions.
        return "position table" if len(shape) == 2 and _is_position_table(owner) else None
    if any(_words(part) & _FIXED_TRANSFORM for part in path):
        return "fixed transform"
    if _is_position_table(owner):
        return "position table"
    if sum(side > 1 for side in shape) < 2:
        return "scalar or vector"  # a vector that carries ones to broadcast
    return None


def is_weight(name: str, shape: tuple[int, ...]) -> bool:
    """Whether the tensor ``name`` of a state dict is a weight matrix of its network."""
    return why_not(name, shape, "float32") is None


def not_real(where: str, dtype: str) -> str:
    """The message for a weight whose entries are not real floating-point numbers."""
    if dtype.startswith("complex"):
        return f"{where} is {dtype}, but a constituent is real; save real and imaginary parts apart"
    return f"{where} is {dtype}, quantised or packed; dequantise the network and save it again"


def parameter_count(tensors: Iterable[tuple[str, tuple[int, ...]]]) -> int:
    """The elements of all named tensors but the running statistics of norms."""
    return sum(prod(shape) for name, shape in tensors if "running_" not in name)


def _words(part: str) -> set[str]:
    """The words of one part of a name, in lower case: snake_case and CamelCase."""
    return {word.lower() for word in _WORD.findall(part)}


def _is_position_table(owner: str) -> bool:
    words = _words(owner)
    return bool(words & _POSITION) and bool(words & _TABLE)
