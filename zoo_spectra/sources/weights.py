"""Which tensors of an artificial network are weights: by name and shape alone.

A module, its state dict and its file then give the same constituents, with and without the
library that wrote them. The rule: every parameter tensor of a weight-bearing layer (linear,
convolution of any rank, embedding, recurrent gates, attention projections) with at least two
dimensions; not norms, biases, positional tables, class and register tokens, scales or buffers. The
codebook of a vector quantiser is an embedding, also where it is a buffer that averages keep.
How far it agrees with the modules of timm, torchvision and transformers, and where names cannot
tell, is in ``benchmarks/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from math import prod

from zoo_spectra.sources.tensor_names import words as words_of
from zoo_spectra.sources.weight_words import (
    ATTENTION,
    BIASES,
    FLOORS,
    LAYERS,
    OWN_NAMES,
    OWNED_NAMES,
    PLACES,
    RELATIVE,
    SAYINGS,
    TABLES,
)

REAL = frozenset({"float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"})
# Why a tensor is no weight, and what each reason covers. ``why_not`` gives no other.
REASONS = {
    "empty": "a side of length 0",
    "integer": "integer entries that no name calls a weight: indices, counters, tables of tokens",
    "scalar or vector": "at most one side longer than 1, and nothing else known",
    "norm": "the gain, or another tensor, of a normalisation",
    "bias": "biases and offsets",
    "scale": "scales, gains, temperatures, decays: what acts on each entry by itself",
    "position table": "embeddings and biases of places, levels and segments; rotary frequencies",
    "token": "class, register and mask tokens, prompts, latents: inputs, not maps between layers",
    "mask": "masks, and boolean entries",
    "queue": "the memory of a contrastive loss",
    "buffer": "statistics, coordinates, anchors, noise, the bookkeeping of quantisation",
    "fixed transform": "Fourier, cosine and mel bases, blurring and resampling filters",
    "moving average": "averages of parameters or codes that training keeps beside them",
    "optimizer state": "what an optimizer remembers of each parameter",
}
# The names torch, flax and keras give to the tensor of a weight-bearing layer.
_PLAIN = frozenset({"weight", "kernel", "embedding"})
_OPTIMIZERS = {"adam", "adamw", "adamax", "nadam", "rmsprop", "adagrad", "adadelta", "ftrl"}
_OPTIMIZERS |= {"sgd", "momentum", "lamb", "lion", "adafactor"}
_OPTIMIZER = re.compile(
    r"optim(s|izers?)?|opt(im(izer)?)?_(states?|slots?|weights)(_dict)?|param_states"
)
_PARAMETERS = _PLAIN | {"bias"}
_SLOTS = {"m", "v", "vhat", "momentum", "velocity", "rms", "accumulator"}  # of keras
_SLOTTED = re.compile(r".*(kernel|weights?|embeddings?|bias|gamma|beta)")
# A copy of the whole network; a module called ``ema_gate`` is none.
_NETWORK = (
    "(state(_dict)?|models?|params?|weights?|net|network|unet|vae|g|net_g|gen|generator|encoder"
    "|decoder|teacher|student|actor|critic|policy|backbone|module|checkpoint|ckpt)"
)
_COPY = re.compile(
    rf"{_NETWORK}_(ema|swa)|(ema|swa)_{_NETWORK}|(ema|swa)_shadow|shadow_params|averaged_model"
)
_TRANSFORMS = {"dct", "dft", "fft", "stft"}
_STFT = {"stft", "istft", "torch_stft"}  # hold convolutions with fixed kernels
_DFT = {"dft", "idft", "dct", "idct"}
_BLUR = {"blur", "blurpool", "sobel"}
_RESAMPLING = {"upsample", "downsample", "resample", "lowpass"}
_LOW_RANK = re.compile(r"time_\w+_w\d")  # RWKV-6: the adapters of a decay, not the decay
_LINEAR_TABLES = {"relative_pos_embeddings"}  # ProphetNet's linear layer
_NORM = re.compile(r".*(norm|(^|_)bn|(^|_)(ln|grn))(_?\d?d)?(_?(\d|f))*")
_NORMS = {"norm", "layernorm", "rmsnorm", "batchnorm", "groupnorm", "bn", "ln", "normalization"}
_SAYING = frozenset().union(*(some for _, some, _ in SAYINGS))
_TENSORFLOW = re.compile(r"(/\.ATTRIBUTES/VARIABLE_VALUE)?(:\d+)?$")


def why_not(name: str, shape: tuple[int, ...], dtype: str = "float32") -> str | None:
    """Why the tensor ``name`` of a state dict is no weight matrix: one of ``REASONS``; else None.

    ``shape`` is the tensor's own, before flattening to (shape[0], product of the rest). ``dtype``
    is torch's name (``bfloat16``). Names are dotted paths (torch) or slashed ones (flax, keras).
    What a tensor is called goes before what owns it, and both before its shape and type; a name
    that says nothing counts as a weight. Integers called a weight are one, packed: it is for the
    caller to refuse them (``not_real``).
    """
    if 0 in shape:
        return "empty"
    path, leaf = _parts(name)
    reason = _of_training(path, leaf) or _of_leaf(path, leaf) or _of_owner(path, leaf, shape)
    if reason is None and not dtype.startswith(("float", "bfloat", "complex")):
        if dtype == "bool":
            return "mask"
        reason = None if "weight" in leaf else "integer"
    if reason is None and len(shape) < 2:
        return "norm" if path and words_of(path[-1]) & _NORMS else "scalar or vector"
    if reason is None and leaf not in _PLAIN and sum(side > 1 for side in shape) < 2:
        return "scalar or vector"  # one that carries ones to broadcast
    return reason


def not_real(where: str, dtype: str) -> str:
    """The message for a weight whose entries are not real floating-point numbers."""
    if dtype.startswith("complex"):
        return f"{where} is {dtype}, but a constituent is real; save real and imaginary parts apart"
    return f"{where} is {dtype}, quantised or packed; dequantise the network and save it again"


def parameter_count(tensors: Iterable[tuple[str, tuple[int, ...]]]) -> int:
    """The elements of all named tensors but the running statistics of norms."""
    return sum(prod(shape) for name, shape in tensors if "running_" not in name)


def _parts(name: str) -> tuple[list[str], str]:
    """The path to a tensor and its own name; the numbers of a list of tensors left out."""
    parts = re.split(r"[./]", _TENSORFLOW.sub("", name))
    while len(parts) > 1 and parts[-1].isdecimal():
        parts.pop()
    return parts[:-1], parts[-1]


def _of_training(path: list[str], leaf: str) -> str | None:
    """What is kept for training only: an optimizer's state, a copy of the whole network."""
    parts = [re.sub(r"_\d+$", "", part.lower()) for part in (*path, leaf)]
    *owners, own = parts
    # flax once kept the network itself as the optimizer's target
    if any(_OPTIMIZER.fullmatch(part) for part in owners) and "target" not in owners:
        return "optimizer state"
    if _OPTIMIZERS & set(parts):
        return "optimizer state"
    if own in _SLOTS and owners and _SLOTTED.fullmatch(owners[-1]):
        return "optimizer state"
    if owners[:1] == ["state"] and owners[1:] and owners[-1].isdecimal() and own not in _PARAMETERS:
        return "optimizer state"  # torch: state.0.sum
    if any(a.isdecimal() and b in {"mu", "nu", "trace"} for a, b in pairwise(owners)):
        return "optimizer state"  # optax, a chain saved as a list
    if (owners and owners[0] in {"ema", "shadow"}) or any(_COPY.fullmatch(p) for p in parts):
        return "moving average"
    return None


def _of_leaf(path: list[str], leaf: str) -> str | None:
    """What the tensor's own name says."""
    if leaf in OWN_NAMES:
        return OWN_NAMES[leaf]
    if leaf in OWNED_NAMES and path:
        return OWNED_NAMES[leaf]
    if _LOW_RANK.fullmatch(leaf):
        return None
    words = words_of(leaf)
    layer = words & LAYERS or (words & {"weight", "kernel"} and not words & TABLES)
    for reason, some, others in SAYINGS if words & _SAYING else ():
        if not words & some or (others and not words & others):
            continue
        if reason in {"token", "position table"} and layer:
            continue  # a projection of tokens is no token
        if reason == "position table" and _is_relation(path, words):
            continue
        return reason
    return "buffer" if leaf.endswith("_index") else None


def _of_owner(path: list[str], leaf: str, shape: tuple[int, ...]) -> str | None:
    """What the module that owns the tensor is called."""
    owner = path[-1] if path else ""
    words = words_of(owner)
    if _NORM.fullmatch(owner.lower()):
        return "norm"
    if words & _BLUR or owner.lower() in _DFT or any(part.lower() in _STFT for part in path):
        return "fixed transform"
    # A signal in one channel goes through the Fourier basis; a spectrogram through a convolution.
    if words & _STFT and "conv" in words and len(shape) == 3 and shape[1] == 1:
        return "fixed transform"
    if leaf == "filter" and words & (_RESAMPLING | {"up", "down"}):
        return "fixed transform"
    small = len(shape) == 2 and shape[0] == shape[1] <= 16  # one kernel for all channels
    if leaf == "kernel" and (("resample" in words) or (words & _RESAMPLING and small)):
        return "fixed transform"
    if leaf not in _PLAIN and any(words_of(part) & _TRANSFORMS for part in path):
        return "fixed transform"
    if any(part.startswith("lora_magnitude") for part in path):
        return "scale"
    # A convolution may well be called pos_embed; a table of positions has two dimensions.
    if (leaf not in _PLAIN or len(shape) == 2) and not words_of(leaf) & LAYERS:
        return "position table" if _is_position_table(path) else None
    return None


def _is_position_table(path: list[str]) -> bool:
    owner = path[-1] if path else ""
    words = words_of(owner)
    if (words & TABLES or owner == "weights") and len(path) > 1:
        words |= words_of(path[-2])  # position_embedding.tile_embedding
    if words & LAYERS or owner in _LINEAR_TABLES or _is_relation(path[:-1], words):
        return False
    if words & (PLACES | RELATIVE) and words & TABLES:
        return True
    return "pe" in words or bool(words & FLOORS and words & (TABLES - BIASES))


def _is_relation(path: list[str], words: frozenset[str]) -> bool:
    """Whether ``rel_emb`` holds the relations of a knowledge graph, not relative positions."""
    if not words & RELATIVE or words & PLACES:
        return False
    if not words <= RELATIVE and not words & (TABLES - BIASES):
        return False
    return not any(words_of(part) & ATTENTION for part in path)
