"""How far quantisation moves a trained network: each type beside its parent, in e-folds.

python -m benchmarks.evidence.quantised
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf.quants import dequantize, quantize

import zoo_spectra as zs
from benchmarks.common import show, write

SAMPLES = {
    "minilm": "checkpoint:@samples/minilm/*.safetensors",
    "silero_vad": "checkpoint:@samples/silero_vad/*.safetensors",
}
KINDS = ("BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0", "MXFP4")


def of_kind(kind: str) -> Callable[[np.ndarray], np.ndarray]:
    """A matrix as a GGUF file of that type gives it back; as it is where its rows do not fit."""

    def stored(matrix: np.ndarray) -> np.ndarray:
        if kind != "BF16" and matrix.shape[1] % 32:
            return matrix
        blocks = quantize(np.ascontiguousarray(matrix, np.float32), Kind[kind])
        return np.asarray(dequantize(blocks, Kind[kind]))

    return stored


def by_rows(matrix: np.ndarray) -> np.ndarray:
    """Eight bits and a scale a row, as bitsandbytes stores them."""
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 127
    return np.asarray(np.rint(matrix / np.where(scale, scale, 1)) * scale)


def main() -> None:
    ways = {kind: of_kind(kind) for kind in KINDS} | {"int8, rows": by_rows}
    found: dict[str, dict[str, float]] = {}
    for name, source in SAMPLES.items():
        parent = {each.name: np.asarray(each.matrix) for each in zs.load(source).constituents()}
        whole = zs.analyze(parent)
        found[name] = {
            way: whole.distance(zs.analyze({key: stored(each) for key, each in parent.items()}))
            for way, stored in ways.items()
        }
    rows = [(name, *(f"{apart[way]:.4f}" for way in ways)) for name, apart in found.items()]
    show("Distance to the parent, e-folds", ("", *ways), rows)
    write("evidence.quantised", ("gguf",), {"apart": found})


if __name__ == "__main__":
    main()
