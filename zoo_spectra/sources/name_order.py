"""The order along the network of tensors whose file keeps none, told from their names.

safetensors sorts tensors by size and name, so ``layer.10`` comes before ``layer.2`` and the head
before the stem. Numbers are compared as numbers, and a few words say what comes early in a network,
a block or an attention, and what late; all else stays by the alphabet. It is a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from zoo_spectra.sources.effective import Entry
from zoo_spectra.sources.tensor_names import words

Chunk = tuple[bool, int, str]
Key = tuple[tuple[int, tuple[Chunk, ...]], ...]

# What a part of a name says of its place among its siblings; the first that fits.
_PLACES: tuple[tuple[int, frozenset[str]], ...] = (
    (0, frozenset({"block", "blocks", "layer", "layers", "stage", "stages"})),
    (4, frozenset({"pre"})),
    (1, frozenset({"cross"})),
    (-4, frozenset({"stem", "patch", "embed", "embeds", "embedding", "embeddings", "embedder"})),
    (-4, frozenset({"wte", "shared", "tok", "token", "tokens", "frontend", "prenet"})),
    (6, frozenset({"lm", "logits", "score", "classifier", "cls", "predictions", "prediction"})),
    (5, frozenset({"head", "heads", "pooler", "final", "last", "post"})),
    (4, frozenset({"decoder"})),
    (-3, frozenset({"q", "query", "wq", "qkv", "queries"})),
    (-2, frozenset({"k", "key", "wk", "keys"})),
    (-1, frozenset({"v", "value", "wv", "values"})),
    (3, frozenset({"o", "wo", "out", "output", "down"})),
    (-1, frozenset({"attn", "attention", "self", "encoder", "gate"})),
    (2, frozenset({"mlp", "ffn", "ff", "feed", "intermediate", "fc", "proj", "dense"})),
)
_CUT = re.compile(r"[./]")
_CHUNK = re.compile(r"\d+|\D+")


def along(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries in the order along the network that their names tell."""
    return tuple(sorted(entries, key=_key))


def keeps_no_order(entries: Iterable[Entry]) -> bool:
    """Whether a file has sorted the tensors of each type by the alphabet.

    No network of more than ten blocks has its layers so; of fewer, nothing is changed by asking.
    """
    last: dict[str, str] = {}
    for entry in entries:
        if entry.name < last.get(entry.dtype, ""):
            return False
        last[entry.dtype] = entry.name
    return True


def _key(entry: Entry) -> Key:
    parts = _CUT.split(entry.name)
    return tuple(
        (_place(part, parts[max(0, at - 2) : at]), _natural(part)) for at, part in enumerate(parts)
    )


def _place(part: str, above: Sequence[str]) -> int:
    said = words(part)
    if "downsample" in said and above[:1] in (["stages"], ["layers"]):  # not that of a block
        return -4
    if {"encoder", "attn"} <= said:  # of a decoder, on what the encoder gives
        return 1
    return next((place for place, told in _PLACES if said & told), 0)


def _natural(part: str) -> tuple[Chunk, ...]:
    """Numbers as numbers, before text."""
    chunks = _CHUNK.findall(part.lower())
    return tuple((not c.isdecimal(), int(c[:18]) if c.isdecimal() else 0, c) for c in chunks)
