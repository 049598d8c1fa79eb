"""Quantised weights: integers or eight-bit floats times plain scales; all others are refused."""

from __future__ import annotations

from math import prod

import numpy as np

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources.effective.table import Shape, Table, Tensor
from zoo_spectra.sources.effective.unpacking import FLOATS, configuration, pieces, refused
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, stem, words

EIGHT = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
_PLAIN = ("int8", *EIGHT)
# All are multiplied, also those called inverse: they are the inverse of what quantised.
_SCALES = ("weight_scale", "weight_scale_inv", "scale_weight", "qscale_weight")
_FURTHER = {"weight_scale_2", "weight_global_scale", "pre_quant_scale"}  # of ModelOpt, and others
BLOCK = 128  # of the scales of blocks, where their number allows it
_BLOCKS = (BLOCK, 64, 32, 16, 8, 4, 2, 256, 512, 1024)
# How each scheme is known: what stands beside a tensor, or what it is called itself.
_BESIDE = (
    (".absmax", "quantised to 4 bits by bitsandbytes"),
    (".quant_map", "quantised by bitsandbytes"),
    (".nested_absmax", "quantised to 4 bits by bitsandbytes"),
    ("_scale_2", "quantised to floats of 4 bits (NVFP4)"),
)
_LEAVES = {
    "qweight": "packed by GPTQ, AWQ or a like of them",
    "weight_packed": "packed by compressed-tensors",
    "W_q": "packed by HQQ",
    "Qidxs": "packed by QuIP",
    "codes": "packed by AQLM",
    "q_weight": "packed by ExLlama",
    "_data": "quantised by quanto",
}
_LOOKED_UP = {"indices", "codes"}  # places in the tables called so:
_TABLES = {"codebook", "codebooks", "centroids", "centroid"}
# Beside whole numbers these say that they are quantised.
_SIGNS = {"scale", "scales", "zeros", "zero", "absmax", "qzeros", "scb", "codebook", "centroids"}


def scaled_weights(table: Table) -> None:
    """int8 with ``SCB`` (bitsandbytes: W = int8 · SCB / 127), int8 and float8 with their scales.

    A scale is one number, one a row, or one a block of rows and columns. Raises NetworkError for
    scales that do not fit, and for eight-bit floats whose scales are missing.
    """
    bare: list[str] = []
    scaled = any(leaf(name) == "scaled_fp8" for name in table)
    scaled |= configuration(table).get("quant_method") in (
        "fp8",
        "fbgemm_fp8",
        "compressed-tensors",
    )
    for name in table:
        tensor = table.tensors.get(name)
        if tensor is None or tensor.dtype not in _PLAIN or len(tensor.shape) < 2:
            continue
        if leaf(name) == "weight" and f"{stem(name)}SCB" in table:
            _merge_rows(table, name)
            continue
        scale = _scale_of(table, name)
        if scale is not None:
            _merge_scaled(table, tensor, scale)
            scaled |= tensor.dtype in EIGHT
        elif tensor.dtype in EIGHT:
            bare.append(name)
    for name in bare:
        if scaled or _signs(table, name):
            raise refused(table, name, "of eight-bit floats whose scale is not in the file as such")


def packed(table: Table, name: str) -> NetworkError | None:
    """The error of a tensor that is packed by a scheme that is not undone here; None: it is not."""
    tensor = table.tensors[name]
    if tensor.stored != (name,):  # undone already
        return None
    own = leaf(name)
    for ending, scheme in _BESIDE:
        if f"{name}{ending}" in table.stored:
            return refused(table, name, scheme)
    whole = tensor.dtype.startswith(("int", "uint"))
    if own in _LEAVES and whole:
        return refused(table, name, _LEAVES[own])
    if own == "bitmask" and "compressed" in table.beside(name):
        return refused(table, name, "the mask of a sparse weight of compressed-tensors")
    if own in _LOOKED_UP and whole and _TABLES & table.beside(name):
        return refused(table, name, "of places in a codebook")
    if own.endswith("_blocks") and f"{name.removesuffix('blocks')}scales" in table.stored:
        return refused(table, name, "packed to MXFP4, in a layout that is not known here")
    return None


def of_integers(table: Table, tensor: Tensor) -> NetworkError | None:
    """The error of whole numbers that no name calls a weight, beside scales: they are one."""
    beside = _SIGNS & _words_beside(table, tensor.name)
    if tensor.dtype == "int64" or sum(side > 1 for side in tensor.shape) < 2 or not beside:
        return None
    which = ", ".join(sorted(beside))
    return refused(
        table, tensor.name, f"{tensor.dtype} beside {which}: quantised, it is not known how"
    )


def _words_beside(table: Table, name: str) -> set[str]:
    return {word for other in table.beside(name) for word in words(other)}


def _signs(table: Table, name: str) -> bool:
    """Whether something beside a tensor is called a scale."""
    return bool({"scale", "scales"} & _words_beside(table, name))


def _scale_of(table: Table, name: str) -> str | None:
    """The name of a tensor's scale."""
    if leaf(name) == "weight":
        owner = stem(name)
        return next((owner + each for each in _SCALES if owner + each in table), None)
    return next((f"{name}{e}" for e in ("_scale", "_scale_inv") if f"{name}{e}" in table), None)


def _merge_rows(table: Table, name: str) -> None:
    """bitsandbytes' int8: each row by its largest value, in plain order (``weight_format`` 0)."""
    tensor, owner = table.tensors[name], stem(name)
    largest, order = f"{owner}SCB", f"{owner}weight_format"
    if prod(table.shape(largest) or ()) != tensor.shape[0]:
        raise table.refuse(largest, f"does not fit {name}, {tensor.shape}; dequantise it")
    orders = (order,) if order in table else ()

    def refuse() -> NetworkError:
        return refused(table, name, "quantised by bitsandbytes in the order of one kind of GPU")

    def made(values: tuple[Matrix, ...]) -> Matrix:
        numbers, rows, *said = values
        if any(each.any() for each in said):
            raise refuse()
        sides = (-1, *(1,) * (numbers.ndim - 1))
        result: Matrix = numbers.astype(np.float32)
        result *= rows.astype(np.float32).reshape(sides) / 127
        return result

    table.merge(name, tensor.shape, (name, largest, *orders), made)


def _merge_scaled(table: Table, tensor: Tensor, scale: str) -> None:
    name, shape = tensor.name, table.shape(scale) or ()
    further = _FURTHER & table.beside(name)
    if further:
        raise refused(table, name, f"scaled by {scale} and by {min(further)} too")
    if not table.tensors[scale].dtype.startswith(FLOATS):
        raise refused(table, name, f"scaled by {scale}, which is {table.tensors[scale].dtype}")
    fit = _fit(shape, tensor.shape, _said_block(table))
    if fit is None:
        raise table.refuse(scale, f"does not fit {name}, {tensor.shape}; dequantise it")
    zero = f"{stem(name)}weight_zero_point" if leaf(name) == "weight" else f"{name}_zero_point"
    if zero in table and prod(table.shape(zero) or ()) != prod(shape):
        raise table.refuse(zero, f"does not fit {scale}, {shape}; dequantise it")
    zeros = (zero,) if zero in table else ()
    each = len(tensor.shape) == 3 and fit[0][0] == tensor.shape[0]
    table.merge(name, tensor.shape, (name, scale, *zeros), _Scaled(fit), each)


class _Scaled:
    """(numbers - zeros) × scales, the latter given in the shape and repeated as ``fit`` says."""

    def __init__(self, fit: tuple[Shape, Shape]) -> None:
        self._shape, self._repeats = fit

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        made: Matrix = values[0].astype(np.float32)
        scales, *zeros = (self._given(each, len(made)) for each in values[1:])
        for rows in pieces(len(made), prod(made.shape[1:])):
            if zeros:
                made[rows] -= self._wide(zeros[0], rows, made.shape)
            made[rows] *= self._wide(scales, rows, made.shape)
        return made

    def _given(self, values: Matrix, places: int) -> Matrix:
        """The scales in their shape; of one place of the first axis only those."""
        shape = self._shape
        if values.size != prod(shape):
            shape = (places, *shape[1:])
        return values.astype(np.float32).reshape(shape)

    def _wide(self, given: Matrix, rows: slice, shape: Shape) -> Matrix:
        """The scales of some rows, as wide as those; along an axis of one they are shared."""
        wide = given
        if len(given) > 1:
            wide = given[np.arange(rows.start, rows.stop) // self._repeats[0]]
        for axis, times in enumerate(self._repeats[1:], 1):
            if times > 1:
                wide = np.repeat(wide, times, axis)[(slice(None),) * axis + (slice(shape[axis]),)]
        return wide


def _said_block(table: Table) -> Shape:
    """The sides of the blocks, where the configuration beside says them."""
    said = configuration(table).get("weight_block_size")
    if not isinstance(said, list) or len(said) != 2:
        return ()
    return tuple(said) if all(type(side) is int and side > 0 for side in said) else ()


def _fit(scale: Shape, weight: Shape, block: Shape) -> tuple[Shape, Shape] | None:
    """The scale's shape beside the weight's, and how often each of its sides is repeated."""
    if prod(scale) == 1:
        return (1,) * len(weight), (1,) * len(weight)
    if len(scale) == 1:
        if scale[0] != weight[0]:
            return None
        scale = (*scale, *(1,) * (len(weight) - 1))
    if len(scale) != len(weight):
        return None
    sides = (0,) * (len(weight) - len(block)) + block
    repeats = tuple(map(_repeat, scale, weight, sides))
    return (scale, repeats) if all(repeats) else None


def _repeat(few: int, many: int, said: int) -> int:
    """The side of the blocks of which ``few`` cover ``many``; 0 where that is not known.

    It is ``said``, or a power of two: no more than one of them fits.
    """
    if few in (1, many):
        return 1
    sides = (said,) if said else _BLOCKS
    return next((side for side in sides if -(-many // side) == few), 0)
