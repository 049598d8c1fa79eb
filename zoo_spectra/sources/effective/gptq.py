"""Linear layers of GPTQ and AWQ: integers of a few bits in words, with scales and zeros of groups.

GPTQ packs along the inputs, as AutoGPTQ wrote it (``qlinear_cuda.py``): W[o, i] = scales[g, o] ·
(q[i, o] − z[g, o] − 1), g = g_idx[i]; in ``checkpoint_format: gptq_v2`` without the − 1. AWQ's
``gemm`` (AutoAWQ, ``packing_utils.py``) packs along the outputs, 8 to a word in the order of
``ORDER``: W[o, i] = scales[g, o] · (q[i, o] − z[g, o]).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

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

BITS = (2, 4, 8)
ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # which of eight outputs each four bits of a word are
ASSUMED = "zero points are taken as GPTQ keeps them, less one: no configuration beside says it"
_ROUND = {"auto_round:auto_awq": "awq"}


def packed_linears(table: Table) -> None:
    """``qweight``, ``qzeros``, ``scales`` (and ``g_idx``), a weight for each layer.

    Raises NetworkError for another layout of these names, by the name of its scheme.
    """
    for name in table:
        if leaf(name) != "qweight" or name not in table:
            continue
        owner = stem(name)
        shapes = {each: table.shape(owner + each) for each in ("qweight", "qzeros", "scales")}
        sides = [shape for shape in shapes.values() if shape is not None and len(shape) == 2]
        if len(sides) < 3 or 0 in sum(sides, ()) or not _are_words(table, owner):
            raise refused(table, name, "packed by GPTQ, AWQ or a like of them, in another layout")
        if sides[0][1] * 8 == sides[2][1] and f"{owner}g_idx" not in table:
            _merge_awq(table, owner, sides)
        else:
            _merge_gptq(table, owner, sides)


def _are_words(table: Table, owner: str) -> bool:
    """Whether the parts have the types of this layout: words, and plain scales."""
    words = all(table.tensors[owner + each].dtype == "int32" for each in ("qweight", "qzeros"))
    index = table.tensors.get(f"{owner}g_idx")
    plain = table.tensors[f"{owner}scales"].dtype.startswith(FLOATS)
    return words and plain and (index is None or index.dtype.startswith("int"))


def _method(table: Table) -> str | None:
    said = configuration(table)
    method = said.get("quant_method")
    if method in ("auto-round", "intel/auto-round"):
        return _ROUND.get(str(said.get("packing_format")), "auto-round")
    return method if isinstance(method, str) else None


def _merge_gptq(table: Table, owner: str, sides: Sequence[Shape]) -> None:
    packed, zeros, scales = sides
    name, index = f"{owner}qweight", f"{owner}g_idx"
    said = configuration(table)
    version = said.get("checkpoint_format") or said.get("format")
    if _method(table) not in (None, "gptq") or version not in (None, "gptq", "gptq_v2"):
        kind = f"{version or 'GPTQ'} of {_method(table)}"
        raise refused(table, name, f"packed as {kind}, a layout that is not known here")
    groups, outputs = scales
    bits = _bits(table.shape(index), packed, zeros, outputs)
    inputs = packed[0] * WORD // bits if bits else 0
    known = table.shape(index) or (inputs,)
    whole = index in table or inputs % groups == 0
    fits = packed[1] == outputs and zeros == (groups, outputs * bits // WORD)
    if bits not in BITS or known != (inputs,) or not fits or not whole or outputs * bits % WORD:
        raise refused(
            table, name, f"packed by GPTQ, {packed} with scales {scales} and zeros {zeros}, which "
            "are not 2, 4 or 8 bits in words of 32"
        )  # fmt: skip
    assumed = not said
    if assumed:
        table.note(ASSUMED, name)
    made = _Gptq(bits, version != "gptq_v2", assumed, partial(table.refuse, name))
    parts = [name, f"{owner}qzeros", f"{owner}scales", *([index] if index in table else [])]
    table.merge(f"{owner}weight", (outputs, inputs), parts, made)


def _bits(index: Shape | None, packed: Shape, zeros: Shape, outputs: int) -> int:
    """The bits of each number; 0 where there is no whole number of them."""
    if index is not None:
        inputs = index[0] if len(index) == 1 else 0
        return packed[0] * WORD // inputs if inputs and not packed[0] * WORD % inputs else 0
    return zeros[1] * WORD // outputs if not zeros[1] * WORD % outputs else 0


def _merge_awq(table: Table, owner: str, sides: Sequence[Shape]) -> None:
    packed, zeros, scales = sides
    name, said = f"{owner}qweight", configuration(table)
    version = str(said.get("version", "gemm")).lower()
    if _method(table) not in (None, "awq") or version != "gemm":
        raise refused(table, name, f"packed by AWQ for {version}, a layout that is not known here")
    (inputs, words), (groups, outputs) = packed, scales
    if zeros != (groups, words) or inputs % groups or inputs == groups:
        raise refused(
            table, name, f"packed by AWQ, {packed} with scales {scales} and zeros {zeros}, which "
            "do not fit"
        )  # fmt: skip
    parts = [name, f"{owner}qzeros", f"{owner}scales"]
    table.merge(f"{owner}weight", (outputs, inputs), parts, _awq)


@dataclass(frozen=True)
class _Gptq:
    """``less_one``: zero points are stored less one; ``assumed``: nothing says that they are."""

    bits: int
    less_one: bool
    assumed: bool
    refuse: Refuse

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        words, packed_zeros, scales, *index = values
        per, zeros = WORD // self.bits, unpacked(packed_zeros, self.bits, 1)
        self._check(zeros)
        offsets = (zeros + self.less_one).astype(np.float32)
        scales = scales.astype(np.float32)
        inputs = len(words) * per
        groups = groups_of(inputs, len(scales), index[0] if index else None, self.refuse)
        made = np.empty((scales.shape[1], inputs), np.float32)
        for rows in pieces(len(words), per * scales.shape[1]):
            there = slice(rows.start * per, rows.stop * per)
            numbers = unpacked(words[rows], self.bits, 0).astype(np.float32)
            numbers -= offsets[groups[there]]
            numbers *= scales[groups[there]]
            made[:, there] = numbers.T
        return made

    def _check(self, zeros: npt.NDArray[np.int32]) -> None:
        """Refuse zero points that libraries read differently, or that speak for version 2."""
        if self.less_one and (zeros == (1 << self.bits) - 1).any():
            raise self.refuse(
                "is packed by GPTQ with a zero point of 0, which its versions read differently; "
                "dequantise the network and save it again"
            )
        if self.assumed and (zeros == 1 << (self.bits - 1)).all():
            raise self.refuse(
                "is packed by GPTQ, and its zero points look like those of gptq_v2; put its "
                "config.json or quantize_config.json beside it"
            )


def _awq(values: tuple[Matrix, ...]) -> Matrix:
    words, packed_zeros, scales = values
    zeros = _in_order(packed_zeros)
    inputs = len(words)
    groups = np.arange(inputs) // (inputs // len(scales))
    scales = scales.astype(np.float32)
    made = np.empty((scales.shape[1], inputs), np.float32)
    for rows in pieces(inputs, scales.shape[1]):
        numbers = _in_order(words[rows])
        numbers -= zeros[groups[rows]]
        numbers *= scales[groups[rows]]
        made[:, rows] = numbers.T
    return made


def _in_order(words: Matrix) -> npt.NDArray[np.float32]:
    eights = unpacked(words, 4, 1).reshape(len(words), -1, 8)
    made = np.empty(eights.shape, np.float32)
    made[:, :, ORDER] = eights
    return made.reshape(len(words), -1)
