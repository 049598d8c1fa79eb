"""compressed-tensors' ``pack-quantized``: signed integers of a few bits, with scales of groups.

As ``compressed_tensors.compressors`` packs them: along the inputs, 32 // bits to a word, the lowest
bits first, plus 2^(bits − 1); zero points, where they are, along the outputs. W = (q − z) · scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from zoo_spectra.sources.effective.table import Shape, Table
from zoo_spectra.sources.effective.unpacking import (
    FLOATS,
    WORD,
    Refuse,
    configuration,
    groups_of,
    pieces,
    refused,
    unpacked,
)
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.tensor_names import leaf, stem

BITS = (4, 8)  # of weights without a configuration that says it
_WHOLE = (1, 2, 4, 8)  # others reach across words in some versions
_SCHEME = "packed by compressed-tensors"


def packed_weights(table: Table) -> None:
    """``weight_packed`` with ``weight_scale`` and ``weight_shape``, a weight for each layer.

    Raises NetworkError for other layouts of these names, and for parts that do not fit.
    """
    for name in table:
        if leaf(name) == "weight_packed" and name in table:
            _merge(table, name, stem(name))


def _merge(table: Table, name: str, owner: str) -> None:
    scale, said = table.shape(f"{owner}weight_scale"), table.shape(f"{owner}weight_shape")
    packed = table.shape(name) or ()
    if table.tensors[name].dtype == "uint8":
        raise refused(table, name, f"{_SCHEME} to floats of 4 bits (NVFP4, MXFP4)")
    plain = table.tensors[name].dtype == "int32" and len(packed) == 2
    if (
        not plain
        or scale is None
        or said != (2,)
        or table.peek is None
        or not _are_plain(table, owner)
    ):
        raise refused(table, name, f"{_SCHEME} in a layout that is not known here")
    rows, columns = (int(side) for side in table.peek(f"{owner}weight_shape"))
    bits = _bits(table, packed, rows, columns)
    groups = _groups(scale, rows)
    zero, index = f"{owner}weight_zero_point", f"{owner}weight_g_idx"
    whole = index in table or (groups and columns % groups == 0)
    if (
        bits is None
        or groups is None
        or not whole
        or not _fits_zero(table, zero, rows, scale, bits)
    ):
        raise refused(
            table, name, f"{_SCHEME}, {packed} with scales {scale} for a weight of "
            f"{(rows, columns)}, in a layout that is not known here"
        )  # fmt: skip
    given = [part for part in (zero, index) if part in table]
    made = _Packed((rows, columns), bits, zero in table, partial(table.refuse, name))
    table.merge(f"{owner}weight", (rows, columns), [name, f"{owner}weight_scale", *given], made)


def _are_plain(table: Table, owner: str) -> bool:
    """Whether the scales are floats, and the shape and the groups are whole numbers."""
    types = {
        each: table.tensors.get(f"{owner}weight_{each}") for each in ("scale", "shape", "g_idx")
    }
    return all(
        found is None or found.dtype.startswith(FLOATS if each == "scale" else "int")
        for each, found in types.items()
    )


def _bits(table: Table, packed: Shape, rows: int, columns: int) -> int | None:
    """The bits of each number, where the configuration or the number of words tells."""
    said = _said_bits(configuration(table))
    known = [bits for bits in said or BITS if bits in _WHOLE]
    fits = [bits for bits in known if -(-columns // (WORD // bits)) == packed[1]]
    return fits[0] if len(fits) == 1 and packed[0] == rows and columns > 0 else None


def _said_bits(said: Any) -> set[int]:
    groups = said.get("config_groups")
    each = groups.values() if isinstance(groups, dict) else []
    weights = [group.get("weights") for group in each if isinstance(group, dict)]
    numbers = [scheme.get("num_bits") for scheme in weights if isinstance(scheme, dict)]
    return {bits for bits in numbers if type(bits) is int}


def _groups(scale: Shape, rows: int) -> int | None:
    """The number of groups of inputs; None where the scales are of another kind."""
    if scale in ((), (1,), (1, 1), (rows,)):
        return 1
    return scale[1] if len(scale) == 2 and scale[0] == rows and scale[1] > 0 else None


def _fits_zero(table: Table, zero: str, rows: int, scale: Shape, bits: int) -> bool:
    shape = table.shape(zero)
    if shape is None:
        return True
    if table.tensors[zero].dtype == "int8":
        return shape == scale
    words = -(-rows // (WORD // bits))
    return table.tensors[zero].dtype == "int32" and shape == (words, *scale[1:]) and len(scale) == 2


@dataclass(frozen=True)
class _Packed:
    """``zeros``: whether zero points are among the values, after the scales."""

    shape: tuple[int, int]
    bits: int
    zeros: bool
    refuse: Refuse

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        rows, columns = self.shape
        words, scales, *rest = values
        scales = scales.astype(np.float32).reshape(-1, scales.shape[-1] if scales.ndim == 2 else 1)
        scales = np.broadcast_to(scales, (rows, scales.shape[1]))
        zeros = self._zeros(rest[0], scales.shape) if self.zeros else None
        index = rest[-1] if len(rest) > self.zeros else None
        if index is not None and (index == -1).all():  # as it is before it is known
            index = None
        groups = groups_of(columns, scales.shape[1], index, self.refuse)
        made = np.empty(self.shape, np.float32)
        for at in pieces(rows, columns):
            numbers = unpacked(words[at], self.bits, 1)[:, :columns].astype(np.float32)
            numbers -= 1 << (self.bits - 1)
            if zeros is not None:
                numbers -= zeros[at][:, groups]
            made[at] = numbers * scales[at][:, groups]
        return made

    def _zeros(self, given: Matrix, shape: tuple[int, ...]) -> Matrix:
        if given.dtype.itemsize == 1:
            return np.broadcast_to(given.astype(np.float32).reshape(-1, shape[1]), shape)
        numbers = unpacked(given, self.bits, 0)[: shape[0]].astype(np.float32)
        return numbers - (1 << (self.bits - 1))
