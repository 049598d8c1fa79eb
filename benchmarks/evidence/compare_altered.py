"""Pairs of which one was made of the other with a loss: quantised, pruned, low rank, fine-tuned,
in part, and by one change after another.

A verdict is the greatest change that was made, in the order of docs/compare.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.evidence import compare_changes as do
from benchmarks.evidence import compare_files as files
from benchmarks.evidence.compare_networks import (
    Arrays,
    adapted,
    lite0,
    matrices,
    net,
    sample,
    tuned,
)
from benchmarks.evidence.compare_pairs import Pair, pair
from benchmarks.evidence.compare_rewritten import (
    FOIL,
    LAYERS,
    RELU,
    SOURCES,
    S,
    filed,
    of,
    reordered,
)

# Tables of pairs: a pair on as few lines as can be read.
# fmt: off


def quantised() -> Iterator[Pair]:
    for who, bits, block, affine in (
        ("crepe", 8, "tensor", False), ("beatnet", 8, "tensor", True), ("minilm", 8, "row", False),
        ("onet", 8, "row", False), ("transformer", 8, "row", True), ("lite0", 8, "row", False),
        ("resemblyzer", 4, 32, False), ("neuralfoil", 4, 32, True), ("conv", 8, "tensor", False),
        ("deepcut", 8, 32, True), ("proteinmpnn", 4, "row", False), ("relu", 3, "row", False),
        ("tanh", 6, 64, False), ("crema", 8, "row", True), ("attacut", 5, 16, False),
    ):
        how = f"{bits} bits, {'affine, ' if affine else ''}"
        how += f"blocks of {block}" if isinstance(block, int) else f"per {block}"
        yield of("quantised", who, how, lambda a, w=(bits, block, affine): do.each(
            a, lambda m: do.levels(m, *w)))
    for who, kind in (("minilm", "Q8_0"), ("minilm", "Q4_0"), ("crepe", "Q4_0"),
                      ("crepe", "Q5_1"), ("relu", "Q8_0"), ("relu", "Q5_1"),
                      ("neuralfoil", "Q4_1"), ("resemblyzer", "Q5_0")):
        yield filed("quantised", who, f"a GGUF file, {kind}", files.gguf_file, kind,
                    name=f"{who}-{kind}.gguf")
    yield filed("quantised", "relu", "an ONNX model of int8", files.onnx_of_bytes,
                name="relu.onnx")
    yield of("quantised", "resemblyzer", "4 bits in normal floats", lambda a: do.each(
        a, do.normal_floats))
    yield of("quantised", "tanh", "8 bits per row, all but the head", lambda a: do.each(
        a, lambda m: do.levels(m, 8, "row"), lambda name: name != RELU[-1]))


def pruned() -> Iterator[Pair]:
    for who, share in (("relu", 0.3), ("conv", 0.5), ("proteinmpnn", 0.7), ("crepe", 0.9),
                       ("transformer", 0.6), ("lstm", 0.8), ("silero", 0.4)):
        yield of("pruned", who, f"{share:.0%} by magnitude", lambda a, s=share: do.each(
            a, lambda m: do.cut(m, s)))
    yield of("pruned", "lite0", "50% by magnitude, over all", lambda a: do.cut_of_all(a, 0.5))
    yield of("pruned", "tanh", "80% by magnitude, over all", lambda a: do.cut_of_all(a, 0.8))
    for who in ("neuralfoil", "minilm", "wide"):
        yield of("pruned", who, "2 of 4", lambda a: do.each(a, do.two_of_four))
    for who in ("onet", "conv_bn", "dnsmos"):
        yield of("pruned", who, "a third of the rows",
                 lambda a: do.each(a, lambda m: do.rows_cut(m, 1 / 3) if len(m) > 8 else m))
    yield of("pruned", "resemblyzer", "20% at random", lambda a: do.each(
        a, lambda m: do.random_cut(m, 0.2)))


def low_rank() -> Iterator[Pair]:
    for who, rank, size, only in (
        ("relu", 1, 0.1, RELU[1]), ("transformer", 4, 0.2, ""), ("proteinmpnn", 8, 0.05, ""),
        ("minilm", 16, 0.05, "query"), ("minilm", 32, 0.3, "layer.5"), ("crepe", 4, 0.1, ""),
        ("resemblyzer", 2, 0.01, ""), ("beatnet", 8, 0.1, "lstm"), ("neuralfoil", 16, 0.5, ""),
        ("lite0", 4, 0.05, "conv_pw"), ("wide", 1, 0.02, ""),
    ):
        yield of("low_rank_update", who, f"rank {rank}, {size:g} of the norm, {only or 'all'}",
                 lambda a, w=(rank, size), o=only: do.each(
                     a, lambda m: do.low_rank(m, *w), lambda name: o in name))
    for who, rank in (("relu", 4), ("transformer", 4), ("wide", 8)):
        yield pair(f"{who}: a LoRA of rank {rank} trained and merged", "low_rank_update",
                   lambda w=who: net(w), lambda w=who, r=rank: dict(adapted(w, r)))
    yield pair("wide: a LoRA of rank 4 trained and merged, float16", "low_rank_update",
               lambda: net("wide"), lambda: do.cast(dict(adapted("wide", 4)), "float16"))


def fine_tuned() -> Iterator[Pair]:
    for who, which, steps, rate, how in (
        ("relu", "others", 60, 0.01, "sgd"), ("relu", "others", 100, 1e-3, "adam"),
        ("relu", "made", 60, 1e-3, "adam"), ("tanh", "others", 100, 1e-3, "adam"),
        ("conv", "others", 60, 0.02, "sgd"), ("conv", "others", 100, 1e-3, "adam"),
        ("conv_bn", "others", 100, 1e-3, "adam"), ("transformer", "others", 60, 0.01, "sgd"),
        ("transformer", "others", 100, 1e-3, "adam"), ("transformer", "made", 60, 1e-3, "adam"),
        ("lstm", "others", 100, 1e-3, "adam"), ("wide", "others", 300, 1e-3, "adam"),
        ("bottleneck", "others", 100, 1e-3, "adam"),
    ):
        yield pair(f"{who}: {steps} steps of {how} on {which}", "fine_tuned", lambda w=who: net(w),
                   lambda w=(who, 0, which, steps, rate, how): matrices(tuned(*w)))
    yield pair("conv: tuned with frozen kernels", "fine_tuned", lambda: net("conv"),
               lambda: matrices(tuned("conv", 0, "others", 100, 1e-3, only="9.")))
    yield pair("transformer: tuned in one block", "fine_tuned", lambda: net("transformer"),
               lambda: matrices(tuned("transformer", 0, "others", 100, 1e-3, only="blocks.1")))
    for who, early, late in (
        ("relu", 20, 200), ("relu", 0, 200), ("tanh", 0, 200), ("conv", 0, 200), ("conv", 20, 400),
        ("conv_bn", 50, 200), ("transformer", 0, 200), ("transformer", 50, 600), ("lstm", 0, 200),
        ("wide", 0, 400), ("lstm", 50, 400),
    ):
        yield pair(f"{who}: its training after {early} and {late} steps", "fine_tuned",
                   lambda w=who, s=early: net(w, steps=s), lambda w=who, s=late: net(w, steps=s))
    for who in ("relu", "conv", "transformer"):
        yield pair(f"{who}: two trainings from one initialisation", "fine_tuned",
                   lambda w=who: matrices(tuned(w, 0, "digits", 200, 3e-3, begin=0)),
                   lambda w=who: matrices(tuned(w, 0, "others", 200, 3e-3, begin=0, draw=78)))
    yield pair("relu: two fine-tunes of one", "fine_tuned",
               lambda: matrices(tuned("relu", 0, "others", 100, 1e-3)),
               lambda: matrices(tuned("relu", 0, "made", 60, 1e-3)))
    for how, rate in (("sgd", 1e-2), ("adam", 1e-4)):
        yield pair(f"lite0: 4 steps of {how}", "fine_tuned", SOURCES["lite0"],
                   lambda w=(how, 4, rate): lite0_only(lite0(*w)))
    yield pair("lite0: 4 steps of adam, the head alone", "fine_tuned", SOURCES["lite0"],
               lambda: lite0_only(lite0("adam", 4, 1e-3, "classifier")))
    for who in ("relu", "transformer", "conv"):
        yield pair(f"{who}: averaged with a fine-tune", "fine_tuned", lambda w=who: net(w),
                   lambda w=who: do.mixed(net(w), moved(w), 0.5))
    yield pair("lite0: averaged with a fine-tune", "fine_tuned", SOURCES["lite0"], lambda: do.mixed(
        sample(SOURCES["lite0"]), lite0_only(lite0("adam", 4, 1e-4)), 0.3))
    for who in ("relu", "conv"):
        yield pair(f"{who}: averaged half and half with another seed", "fine_tuned",
                   lambda w=who: net(w), lambda w=who: do.mixed(net(w), net(w, 1), 0.5))
    yield pair("transformer: one block of a fine-tune", "fine_tuned", lambda: net("transformer"),
               lambda: do.layers_of(net("transformer"), moved("transformer"),
                                    [k for k in net("transformer") if "blocks.0" in k]))


def moved(who: str) -> Arrays:
    return matrices(tuned(who, 0, "others", 100, 1e-3))


def lite0_only(state: dict[str, object]) -> Arrays:
    """The matrices that the sample has, of a state."""
    made = matrices(state)  # type: ignore[arg-type]
    return {name: made[name] for name in sample(SOURCES["lite0"])}


def in_part() -> Iterator[Pair]:
    for who, names in (("relu", RELU[2:]), ("transformer", "blocks.1"), ("conv", "6.")):
        yield pair(f"{who}: half of the layers of another seed", "part_shared",
                   lambda w=who: net(w), lambda w=who, n=names: do.layers_of(net(w), net(w, 1), [
                       k for k in net(w) if (n in k if isinstance(n, str) else k in n)]))
    yield pair("relu: another seed's head", "part_shared", lambda: net("relu"),
               lambda: do.layers_of(net("relu"), net("relu", 1), RELU[-1:]))
    yield of("part_shared", "conv", "a head of five classes more", lambda a: a | {
        "9.weight": do.more_rows(a["9.weight"], 5)})
    yield of("part_shared", "onet", "a new head of other size", lambda a: a | {
        "dense6_3.weight": np.random.default_rng(0).standard_normal((68, 256)).astype("f4")})
    yield pair("wide: tuned, with a new head", "part_shared", lambda: net("wide"),
               lambda: moved("wide") | {"4.weight": do.more_rows(net("wide", 1)["4.weight"], 7)})
    for who, name, number in (("attacut", "embeddings.weight", 12), ("minilm",
            "embeddings.word_embeddings.weight", 8), ("deepcut", "embedding_1/embeddings", 3)):
        yield of("part_shared", who, f"{number} tokens added",
                 lambda a, n=name, m=number: a | {n: do.more_rows(a[n], m)})
    yield of("part_shared", "minilm", "two layers dropped, the rest renumbered", _dropped)
    yield of("part_shared", "neuralfoil", "one layer dropped", lambda a: do.without(
        a, lambda name: name == FOIL[2]))
    yield of("part_shared", "lite0", "the first blocks alone", lambda a: do.without(
        a, lambda name: not name.startswith(("conv_stem", "blocks.0", "blocks.1", "blocks.2"))))
    yield of("part_shared", "ocr", "without its last ten layers", lambda a: dict(
        list(a.items())[:-10]))
    yield pair("silero: with the network of 8 kHz beside it", "part_shared",
               f"{S}silero_vad/silero_vad_16k_op15.onnx", f"{S}silero_vad/silero_vad.jit")
    yield of("part_shared", "transformer", "a block stored once more, as one deeper",
             lambda a: a | {k.replace("blocks.1", "blocks.2"): a[k] for k in a if "blocks.1" in k})
    yield pair("proteinmpnn: its encoder in another network", "part_shared", SOURCES["proteinmpnn"],
               lambda: {k: m for k, m in sample(SOURCES["proteinmpnn"]).items() if "encoder" in k}
               | net("relu"))


def _dropped(arrays: Arrays) -> Arrays:
    made = do.without(arrays, lambda name: name.startswith((LAYERS[1], LAYERS[4])))
    numbers = {0: 0, 2: 1, 3: 2, 5: 3}
    for old, new in numbers.items():
        made = {k.replace(LAYERS[old], f"encoder.layer.{new}."): m for k, m in made.items()}
    return made


def chains() -> Iterator[Pair]:
    for who in ("relu", "transformer"):  # tuned by more than the steps of eight bits
        yield pair(f"{who}: tuned, then 8 bits per row", "fine_tuned", lambda w=who: net(w),
                   lambda w=who: do.each(moved(w), lambda m: do.levels(m, 8, "row")))
        yield pair(f"{who}: tuned, then bfloat16", "fine_tuned", lambda w=who: net(w),
                   lambda w=who: do.cast(moved(w), "bfloat16"))
    # docs/compare.md calls what is in another order and changed a little permuted, by its limits;
    # by the greatest change it is what was done beside: both are right.
    yield pair("relu: tuned, then units in another order", "fine_tuned|permuted",
               lambda: net("relu"),
               lambda: reordered(matrices(tuned("relu", 0, "others", 60, 0.01, "sgd")), RELU))
    yield of("quantised|permuted", "neuralfoil", "units in another order, then 8 bits per row",
             lambda a: do.each(reordered(a, FOIL), lambda m: do.levels(m, 8, "row")))
    yield of("quantised|permuted", "transformer", "units in another order, then 8 bits per tensor",
             lambda a: do.each(reordered(a, "fc"), lambda m: do.levels(m, 8, "tensor")))
    for who, kind in (("tanh", "float16"), ("proteinmpnn", "bfloat16")):
        chain = RELU if who == "tanh" else "dense"
        yield of("permuted", who, f"units in another order, then {kind}",
                 lambda a, c=chain, k=kind: do.cast(reordered(a, c), k))
    yield of("pruned", "conv", "half pruned, then float16", lambda a: do.cast(
        do.each(a, lambda m: do.cut(m, 0.5)), "float16"))
    yield of("quantised", "onet", "8 bits per row, then float16", lambda a: do.cast(
        do.each(a, lambda m: do.levels(m, 8, "row")), "float16"))
    yield of("low_rank_update", "wide", "rank 4, 0.3 of the norm, then 8 bits per row",
             lambda a: do.each(a, lambda m: do.levels(do.low_rank(m, 4, 0.3), 8, "row")))
    yield of("pruned", "crema", "times 2, then half pruned", lambda a: do.each(
        a, lambda m: do.cut(2 * m, 0.5)))
    yield pair("wide: half pruned, then tuned with its zeros", "fine_tuned|pruned",
               lambda: net("wide"), _pruned_and_tuned)
    yield pair("conv: half pruned, then averaged with a fine-tune", "fine_tuned",
               lambda: net("conv"),
               lambda: do.mixed(do.each(net("conv"), lambda m: do.cut(m, 0.5)), moved("conv"), 0.6))
    yield of("quantised", "beatnet", "renamed, then 4 bits in blocks of 32", lambda a: do.renamed(
        do.each(a, lambda m: do.levels(m, 4, 32))))
    yield of("part_shared", "minilm", "two layers dropped, then bfloat16",
             lambda a: do.cast(_dropped(a), "bfloat16"))
    yield of("low_rank_update", "transformer", "rank 2, 0.1 of the norm, and one block in bfloat16",
             lambda a: do.cast({k: m for k, m in a.items() if "blocks.0" in k}, "bfloat16")
             | do.each({k: m for k, m in a.items() if "blocks.0" not in k},
                       lambda m: do.low_rank(m, 2, 0.1)))


def _pruned_and_tuned() -> Arrays:
    """The entries that were kept, tuned; where they change by at most 10 % it is pruned as well."""
    whole, after = net("wide"), matrices(tuned("wide", 0, "others", 20, 3e-4))
    return {k: after[k] * (do.cut(m, 0.5) != 0) for k, m in whole.items()}


def related() -> Iterator[Pair]:
    """Those of this file, in the order of verdicts."""
    for some in (quantised, pruned, low_rank, fine_tuned, in_part, chains):
        yield from some()
