"""Pairs of which neither was made of the other; of one architecture first of all.

Trained apart from seeds of their own: on the same data, which is hardest, or on other data, one of
them in disguise or not; timm's architectures at random initialisation; samples of unlike designs.
``beyond``: what docs/compare.md says it does not tell. ``open_truth``: trained networks of one
design of which nobody says whether one training began where another ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

from benchmarks.evidence import compare_changes as do
from benchmarks.evidence.compare_networks import Arrays, matrices, net, sample, tuned
from benchmarks.evidence.compare_pairs import Pair, pair
from benchmarks.evidence.compare_rewritten import CONV, FOIL, RELU, SOURCES, S, heads, reordered

# Tables of pairs: a pair on as few lines as can be read.
# fmt: off

DESIGNS = {"relu": 5, "tanh": 4, "conv": 5, "conv_bn": 4, "transformer": 5, "lstm": 4, "wide": 3,
           "bottleneck": 3}
TIMM = ("test_vit", "test_resnet", "test_efficientnet", "test_convnext", "test_byobnet",
        "test_nfnet", "test_vit_relpos", "test_mambaout", "mobilenetv3_small_050",
        "efficientnet_lite0")
APART = (
    ("crepe", "silero"), ("crepe", "pesto"), ("onet", "rnet"), ("minilm", "proteinmpnn"),
    ("beatnet", "resemblyzer"), ("attacut", "deepcut"), ("fer", "lite0"), ("dnsmos", "crema"),
    ("ocr", "lite0"), ("neuralfoil", "resemblyzer"), ("basic_pitch", "pesto"),
    ("silero", "beatnet"), ("proteinmpnn", "resemblyzer"), ("ocr", "deepcut"),
    ("crema", "basic_pitch"), ("minilm", "attacut"),
)
OTHERS = {
    "pnet": S + "facenet/pnet.pt",
    "attacut by syllables": S + "attacut/attacut-sc.pth",
    "text detector": S + "rapidocr/ch_PP-OCRv4_det.onnx",
    "text direction": S + "rapidocr/ch_ppocr_mobile_v2.0_cls.onnx",
    "plcmos": S + "speechmos/plcmos_v2.onnx",
    "dnsmos_v8": S + "speechmos/dnsmos_v8.onnx",
    **{f"lite{n}": SOURCES["lite0"].replace("lite0", f"lite{n}") for n in (1, 2)},
    **{f"foil-{size}": f"{S}neuralfoil/nn-{size}.npz"
       for size in ("xsmall", "xxsmall", "small", "medium", "xlarge")},
}
OTHER_DESIGNS = (
    ("rnet", "pnet"), ("onet", "pnet"), ("attacut", "attacut by syllables"),
    ("ocr", "text detector"), ("text detector", "text direction"), ("dnsmos", "plcmos"),
    ("dnsmos", "dnsmos_v8"), ("lite0", "lite1"), ("lite1", "lite2"),
    ("foil-xsmall", "foil-xxsmall"),
    ("foil-small", "foil-medium"), ("neuralfoil", "foil-xlarge"), ("neuralfoil", "foil-medium"),
)


def of_two(right: str, who: str, how: str, one: int, other: int, which: str = "digits",
           change: do.Do = dict, steps: int = 200) -> Pair:
    """Two seeds of a design, the second changed."""
    return pair(f"{who}: seeds {one} and {other}{how}", right, lambda: net(who, one),
                lambda: change(net(who, other, which, steps)))


def seeds() -> Iterator[Pair]:
    for who, number in DESIGNS.items():
        for one, other in combinations(range(number), 2):
            yield of_two("unrelated", who, "", one, other)
        yield of_two("unrelated", who, ", other data", 0, 1, "others")
    for who in ("relu", "tanh", "conv", "transformer"):
        yield of_two("unrelated", who, ", made data", 0, 2, "made")
        yield of_two("unrelated", who, ", three times as long", 1, 2, steps=600)
    for who in ("relu", "conv", "transformer", "lstm", "conv_bn"):
        yield of_two("unrelated", who, ", the second untrained", 0, 1, steps=0)


def disguised() -> Iterator[Pair]:
    """Another seed, with what is done to hide or to shrink a network."""
    ways: tuple[tuple[str, str, do.Do], ...] = (
        ("relu", "float16", lambda a: do.cast(a, "float16")),
        ("relu", "renamed", do.renamed),
        ("relu", "units in another order", lambda a: reordered(a, RELU)),
        ("conv", "units in another order", lambda a: reordered(a, CONV)),
        ("relu", "4 bits per row", lambda a: do.each(a, lambda m: do.levels(m, 4, "row"))),
        ("conv", "8 bits per tensor", lambda a: do.each(a, lambda m: do.levels(m, 8, "tensor"))),
        ("transformer", "3 bits, blocks of 16",
         lambda a: do.each(a, lambda m: do.levels(m, 3, 16))),
        ("relu", "90% pruned", lambda a: do.each(a, lambda m: do.cut(m, 0.9))),
        ("transformer", "half pruned", lambda a: do.each(a, lambda m: do.cut(m, 0.5))),
        ("transformer", "heads in another order",
         lambda a: heads(a, ["blocks.0."], ("query", "key", "value", "out"), 4, "heads")),
        ("conv_bn", "times 2", lambda a: do.each(a, lambda m: 2 * m)),
        ("lstm", "backwards and renamed", lambda a: do.renamed(do.backwards(a))),
    )
    for who, how, change in ways:
        yield of_two("unrelated", who, f", {how}", 0, 3, change=change)


def shared_by_chance() -> Iterator[Pair]:
    """What many networks have: an identity, ones, a Fourier transform; orthogonal starts."""
    plain = {"eye.weight": np.eye(64, dtype=np.float32), "ones.weight": np.ones((80, 64), "f4")}
    for who in ("relu", "conv"):
        yield pair(f"{who}: seeds 0 and 1, an identity and ones before both", "unrelated",
                   lambda w=who: plain | net(w), lambda w=who: plain | net(w, 1))
    for who, one, other in (("conv", 0, 1), ("lstm", 0, 1), ("conv", 2, 3)):
        yield pair(f"{who}: seeds {one} and {other}, a Fourier transform before both", "unrelated",
                   lambda w=who, s=one: fourier() | net(w, s),
                   lambda w=who, s=other: fourier() | net(w, s))
    yield pair("orthogonal starts of two seeds", "unrelated", lambda: _orthogonal(1),
               lambda: _orthogonal(2))


def fourier() -> Arrays:
    """The windowed sines and cosines of 64 samples, as front ends of speech have them."""
    time = np.arange(64)
    angles = 2 * np.pi * np.arange(33)[:, None] * time / 64
    window = np.hanning(64)
    return {
        "stft.real.weight": (np.cos(angles) * window).astype(np.float32),
        "stft.imag.weight": (-np.sin(angles) * window).astype(np.float32),
    }


def _orthogonal(seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    return {f"{at}.weight": np.linalg.qr(rng.standard_normal((48, 32)))[0].astype(np.float32)
            for at in range(3)}


def of_timm() -> Iterator[Pair]:
    for name in TIMM:
        for one, other in ((0, 1), (2, 3)):
            yield pair(f"timm {name}: seeds {one} and {other}", "unrelated",
                       f"timm:{name}?seed={one}", f"timm:{name}?seed={other}")
    yield pair("lite0: trained and at random", "unrelated", SOURCES["lite0"],
               "timm:efficientnet_lite0?seed=5")


def of_samples() -> Iterator[Pair]:
    every = SOURCES | OTHERS
    for one, other in (*APART, *OTHER_DESIGNS):
        yield pair(f"{one} and {other}", "different", every[one], every[other])
    for one, other in (("relu", "tanh"), ("conv", "conv_bn")):  # equal shapes, other designs
        yield pair(f"{one} and {other}, of equal shapes", "unrelated",
                   lambda w=one: net(w), lambda w=other: net(w))
    for one, other in (("relu", "wide"), ("transformer", "lstm"), ("conv", "transformer"),
                       ("lstm", "bottleneck")):
        yield pair(f"{one} and {other}", "different", lambda w=one: net(w), lambda w=other: net(w))


def unrelated() -> Iterator[Pair]:
    for some in (seeds, disguised, shared_by_chance, of_timm, of_samples):
        yield from some()


def beyond() -> Iterator[Pair]:
    """Limits that docs/compare.md states: the truth, and elsewhere what is said instead."""
    for one, other in ((0, 1), (2, 3)):
        yield of_two("unrelated", "linear", ", a convex problem", one, other, steps=1500)
    yield of_two("unrelated", "linear", ", a convex problem, early", 0, 1, steps=200)
    yield pair("relu: units in another order, each scaled", "permuted", lambda: net("relu"),
               lambda: do.along(reordered(net("relu"), RELU), RELU, do.scaled_units(0.5)))
    yield pair("relu: tuned far, then units in another order", "fine_tuned", lambda: net("relu"),
               lambda: reordered(matrices(tuned("relu", 0, "made", 300, 5e-3)), RELU))
    yield pair("neuralfoil: pairs of entries from a codebook", "quantised", SOURCES["neuralfoil"],
               lambda: do.each(sample(SOURCES["neuralfoil"]), do.vector_quantised))
    yield pair("neuralfoil: eight-bit floats with a scale a row", "quantised",
               SOURCES["neuralfoil"],
               lambda: do.each(sample(SOURCES["neuralfoil"]), do.scaled_float8))
    yield pair("neuralfoil: each layer rotated on both sides", "permuted", SOURCES["neuralfoil"],
               lambda: _both_sides(sample(SOURCES["neuralfoil"])))
    yield pair("transformer: the stream rotated, gains in the next layers", "permuted",
               lambda: net("transformer"), lambda: _gains_and_turn(net("transformer")))


def _both_sides(arrays: Arrays) -> Arrays:
    for at, step in enumerate(pairwise(FOIL)):
        arrays = do.along(arrays, step, do.turned(seed=at))
    return arrays


def _gains_and_turn(arrays: Arrays) -> Arrays:
    """As SliceGPT and QuaRot prepare a network; gains are of one in ten here."""
    rng = np.random.default_rng(0)
    n = len(arrays["patches.weight"])
    turn, gains = np.linalg.qr(rng.standard_normal((n, n)))[0], np.exp(rng.standard_normal(n) / 10)

    def one(name: str, array: np.ndarray) -> np.ndarray:
        if name == "patches.weight" or "out" in name or "fc2" in name:
            return turn @ array
        return (array * gains) @ turn.T

    return {name: one(name, array).astype(np.float32) for name, array in arrays.items()}


def open_truth() -> Iterator[Pair]:
    beat = [f"{S}beatnet/model_{at}.pt" for at in (1, 2, 3)]
    noises = ("002", "010", "020", "030")
    mpnn = [[f"{S}proteinmpnn/{kind}_v_48_{noise}.pt" for noise in some] for kind, some in (
        ("vanilla", noises), ("soluble", noises), ("ca", noises[:3]))]
    mpnn += [[mpnn[0][at], mpnn[1][at]] for at in range(4)] + [[mpnn[0][0], mpnn[2][0]]]
    mos = [[f"{S}speechmos/{name}.onnx" for name in names] for names in (
        ("dnsmos_bak_ovr", "dnsmos_sig"), ("dnsmos_sig_bak_ovr", "pdnsmos_sig_bak_ovr"),
        ("aecmos_1663829550", "aecmos_1663915512"), ("aecmos_1663915512", "aecmos_1668423760"),
    )]
    heard = [f"{S}silero_vad/silero_vad_{name}" for name in (
        "16k.safetensors", "16k_op15.onnx", "half.onnx")]
    for some in (beat, *mpnn, heard, *mos):
        for one, other in combinations(some, 2):
            names = [each.rpartition("/")[2].rpartition(".")[0] for each in (one, other)]
            yield pair(" and ".join(names), "unrelated|fine_tuned", one, other)
