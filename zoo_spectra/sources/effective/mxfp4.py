"""MXFP4 as gpt-oss keeps it: blocks of 32 floats of 4 bits, each with a power of two.

OCP Microscaling Formats 1.0: E2M1 in ``…_blocks`` (…, blocks, 16), two a byte, the first in the low
half; E8M0 in ``…_scales`` (…, blocks): 2^(scale − 127), and 255 is no number.
"""

from __future__ import annotations

import numpy as np

from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.effective.unpacking import pieces
from zoo_spectra.sources.matrices import Matrix

_HALF = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
VALUES = np.array([*_HALF, *(-value for value in _HALF)], np.float32)
BYTES = 16  # of a block


def microscaled(table: Table) -> None:
    """``NAME_blocks`` and ``NAME_scales``, one tensor NAME: (…, blocks · 32).

    What does not fit stays, and is refused by its name later.
    """
    for name in table:
        base = name.removesuffix("_blocks")
        if base == name or f"{base}_scales" not in table:
            continue
        blocks, scales = table.tensors[name], table.tensors[f"{base}_scales"]
        if {blocks.dtype, scales.dtype} != {"uint8"} or len(scales.shape) < 2:
            continue
        if blocks.shape == (*scales.shape, BYTES) and base not in table:
            shape = (*scales.shape[:-1], scales.shape[-1] * 2 * BYTES)
            table.merge(base, shape, (name, f"{base}_scales"), _made, each=len(shape) > 2)


def _made(values: tuple[Matrix, ...]) -> Matrix:
    blocks, scales = values
    flat = blocks.reshape(-1, BYTES)
    powers = np.ldexp(1.0, np.arange(256) - 127)
    powers[255] = np.nan
    powers = powers.astype(np.float32)
    factors = powers[scales.reshape(-1)]
    made = np.empty((len(flat), BYTES, 2), np.float32)
    for at in pieces(len(flat), 2 * BYTES):
        made[at, :, 0] = VALUES[flat[at] & 15]
        made[at, :, 1] = VALUES[flat[at] >> 4]
        made[at] *= factors[at, None, None]
    return made.reshape(*scales.shape[:-1], -1)
