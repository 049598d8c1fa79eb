"""Quantised weights: integers or eight-bit floats times plain scales; all others are refused."""

from __future__ import annotations

from math import prod

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.effective.table import Shape, Table
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, stem

_PLAIN = ("int8", "float8_e4m3fn", "float8_e5m2")
_SCALES = ("weight_scale", "weight_scale_inv", "scale_weight")
BLOCK = 128  # of the scales of blocks, where their number allows it
# How each scheme is known: what stands beside a tensor, or what it is called itself.
_SCHEMES = (
    (".absmax", "quantised to 4 bits by bitsandbytes"),
    (".quant_map", "quantised by bitsandbytes"),
    (".nested_absmax", "quantised to 4 bits by bitsandbytes"),
)
_LEAVES = {
    "qweight": "packed by GPTQ, AWQ or a like of them",
    "weight_packed": "packed by compressed-tensors",
    "W_q": "packed by HQQ",
    "Qidxs": "packed by QuIP",
    "codes": "packed by AQLM",
}


def scaled_weights(table: Table) -> None:
    """int8 with ``SCB`` (bitsandbytes: W = int8 · SCB / 127), int8 and float8 with their scales.

    A scale is one number, one a row, or one a block of rows and columns.
    """
    for name in table:
        tensor = table.tensors.get(name)
        if tensor is None or tensor.dtype not in _PLAIN or len(tensor.shape) < 2:
            continue
        owner, own = stem(name), leaf(name)
        if own != "weight":
            scale = next(
                (f"{name}{e}" for e in ("_scale", "_scale_inv") if f"{name}{e}" in table), ""
            )
        elif f"{owner}SCB" in table:
            table.merge(name, tensor.shape, (name, f"{owner}SCB"), _by_largest)
            continue
        else:
            scale = next((owner + each for each in _SCALES if owner + each in table), "")
        if not scale:
            continue
        fit = _fit(table.shape(scale) or (), tensor.shape)
        if fit is None:
            raise table.refuse(scale, f"does not fit {name}, {tensor.shape}; dequantise it")
        zero = f"{owner}weight_zero_point"
        zeros = (zero,) if zero in table and table.shape(zero) == table.shape(scale) else ()
        table.merge(name, tensor.shape, (name, scale, *zeros), _Scaled(fit))


def packed(table: Table, name: str) -> NetworkError | None:
    """The error of a tensor that is packed by a scheme that is not undone here; None: it is not."""
    own = leaf(name)
    for ending, scheme in _SCHEMES:
        if f"{name}{ending}" in table or f"{name}{ending}" in table.stored:
            return _refused(table, name, scheme)
    if own in _LEAVES and not table.tensors[name].dtype.startswith(("float", "bfloat")):
        return _refused(table, name, _LEAVES[own])
    if own.endswith("_blocks") and f"{name.removesuffix('blocks')}scales" in table.stored:
        return _refused(table, name, "packed to MXFP4")
    return None


def _refused(table: Table, name: str, scheme: str) -> NetworkError:
    return table.refuse(name, f"is {scheme}; dequantise the network and save it again")


def _by_largest(values: tuple[Matrix, ...]) -> Matrix:
    numbers, largest = values
    sides = (-1, *(1,) * (numbers.ndim - 1))
    made: Matrix = numbers.astype(np.float32) * (largest.astype(np.float32).reshape(sides) / 127)
    return made


class _Scaled:
    """(numbers - zeros) × scales, the latter given in the shape and repeated as ``fit`` says."""

    def __init__(self, fit: tuple[Shape, Shape]) -> None:
        self._shape, self._repeats = fit

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        numbers = values[0].astype(np.float32)
        scales, *zeros = (self._wide(each, numbers.shape) for each in values[1:])
        made: Matrix = (numbers - zeros[0] if zeros else numbers) * scales
        return made

    def _wide(self, given: Matrix, shape: Shape) -> Matrix:
        wide = given.astype(np.float32).reshape(self._shape)
        for axis, times in enumerate(self._repeats):
            if times > 1:
                wide = np.repeat(wide, times, axis)
        return wide[tuple(slice(0, side) for side in shape)]


def _fit(scale: Shape, weight: Shape) -> tuple[Shape, Shape] | None:
    """The scale's shape beside the weight's, and how often each of its sides is repeated."""
    if prod(scale) == 1:
        return (1,) * len(weight), (1,) * len(weight)
    if len(scale) == 1:
        scale = (*scale, *(1,) * (len(weight) - 1))
    if len(scale) != len(weight):
        return None
    repeats = tuple(_repeat(few, many) for few, many in zip(scale, weight, strict=True))
    return (scale, repeats) if all(repeats) else None


def _repeat(few: int, many: int) -> int:
    """The side of the blocks of which ``few`` cover ``many``; 0 where that is not known."""
    if few in (1, many):
        return 1
    if -(-many // BLOCK) == few:
        return BLOCK
    return many // few if few and many % few == 0 else 0
