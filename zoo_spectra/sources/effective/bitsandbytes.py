"""bitsandbytes' layers of 4 bits: two numbers a byte, each a place in a table, times block scales.

As ``bitsandbytes.functional.QuantState`` writes it: ``weight`` (bytes, the first number in the high
half), ``weight.absmax``, ``weight.quant_map``, and JSON in ``weight.quant_state.bitsandbytes__nf4``
(or ``fp4``). Scales may be quantised too: nested_quant_map[absmax] · nested_absmax + nested_offset.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.effective.unpacking import pieces, refused
from zoo_spectra.sources.matrices import Matrix

_STATE = ".quant_state.bitsandbytes__"
_KINDS = ("nf4", "fp4")
_NESTED = ("nested_absmax", "nested_quant_map")


def four_bits(table: Table) -> None:
    """A weight for each layer. Raises NetworkError where the parts are not there or do not fit."""
    for name in table:
        base, found, kind = name.partition(_STATE)
        if not found or base not in table:
            continue
        scheme = "quantised to 4 bits by bitsandbytes"
        if table.peek is None or kind not in _KINDS:
            raise refused(table, base, scheme)
        state = _state(table.peek(name))
        missing = [part for part in ("absmax", "quant_map") if f"{base}.{part}" not in table]
        if state is None or missing or table.tensors[base].dtype != "uint8":
            raise refused(table, base, f"{scheme}, in a layout that is not known here")
        if not _fits(table, base, state):
            raise table.refuse(base, "does not fit its quantisation state; save it again")
        nested = [part for part in _NESTED if f"{base}.{part}" in table]
        parts = [base, *(f"{base}.{part}" for part in ("absmax", "quant_map", *nested))]
        table.merge(base, state.shape, parts, state)


@dataclass(frozen=True)
class _State:
    """What the JSON says. ``block``: of numbers that share a scale; ``nested``: of scales."""

    shape: tuple[int, ...]
    block: int
    nested: int | None
    offset: float

    def __call__(self, values: tuple[Matrix, ...]) -> Matrix:
        packed, largest, codes, *nested = values
        codes = codes.astype(np.float32).reshape(-1)
        scales = self._scales(largest.reshape(-1), nested)
        count, flat = prod(self.shape), packed.reshape(-1)
        made = np.empty(count, np.float32)
        for at in pieces(flat.size, 2):
            there = slice(2 * at.start, min(count, 2 * at.stop))
            halves = np.stack([flat[at] >> 4, flat[at] & 15], axis=1).reshape(-1)
            made[there] = codes[halves[: there.stop - there.start]]
            made[there] *= scales[np.arange(there.start, there.stop) // self.block]
        return made.reshape(self.shape)

    def _scales(self, largest: Matrix, nested: list[Matrix]) -> npt.NDArray[np.float32]:
        if self.nested is None:
            return largest.astype(np.float32)
        outer, codes = (each.reshape(-1).astype(np.float32) for each in nested)
        made: npt.NDArray[np.float32] = codes[largest]
        made *= outer[np.arange(largest.size) // self.nested]
        return made + np.float32(self.offset)


def _state(values: Matrix) -> _State | None:
    """The state from the bytes of its JSON; None where it is none."""
    try:
        said: Any = json.loads(values.astype(np.uint8).tobytes())
        shape = tuple(said["shape"])
        nested, offset = said.get("nested_blocksize"), said.get("nested_offset", 0.0)
        found = _State(shape, said["blocksize"], nested, float(offset))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    numbers = [*shape, found.block, *([] if nested is None else [nested])]
    whole = all(type(each) is int and 0 < each < 1 << 40 for each in numbers)
    return found if whole and len(shape) <= 8 and np.isfinite(found.offset) else None


def _fits(table: Table, base: str, state: _State) -> bool:
    """Whether the parts have as many entries as the state says."""
    count = prod(state.shape)
    scales = -(-count // state.block)
    wanted = {"": -(-count // 2), ".absmax": scales, ".quant_map": 16}
    integers = state.nested is not None
    if state.nested is not None:
        wanted |= {".nested_absmax": -(-scales // state.nested), ".nested_quant_map": 256}
    found = {end: table.shape(base + end) for end in wanted}
    if any(shape is None or prod(shape) != wanted[end] for end, shape in found.items()):
        return False
    if integers != (f"{base}.nested_absmax" in table):
        return False
    return (table.tensors[f"{base}.absmax"].dtype == "uint8") == integers
