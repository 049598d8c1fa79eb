"""Latent attention's keys and values, which GGUF keeps apart and by heads: one map of the latent.

llama.cpp's converter cuts DeepSeek's ``kv_b_proj`` (heads · (n + v), latent) into ``attn_k_b``
(heads, latent, n), turned, and ``attn_v_b`` (heads, v, latent).
"""

from __future__ import annotations

import numpy as np

from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.matrices import Matrix

_KEYS, _VALUES, _BOTH = "attn_k_b.weight", "attn_v_b.weight", "attn_kv_b.weight"


def latent_attention(table: Table) -> None:
    """Put ``attn_kv_b`` in the place of its parts. Raises NetworkError where they do not fit."""
    for name in table:
        if not name.endswith(_KEYS):
            continue
        before = name.removesuffix(_KEYS)
        keys, values = table.shape(name), table.shape(before + _VALUES)
        if keys is None or values is None:
            continue
        if len(keys) != 3 or len(values) != 3 or keys[:2] != (values[0], values[2]):
            raise table.refuse(name, f"{keys} and {before}{_VALUES} {values} give no map of both")
        shape = (keys[0] * (keys[2] + values[1]), keys[1])
        table.merge(before + _BOTH, shape, (name, before + _VALUES), _joined)


def _joined(parts: tuple[Matrix, ...]) -> Matrix:
    keys, values = parts
    both: Matrix = np.concatenate([keys.transpose(0, 2, 1), values], axis=1)
    return both.reshape(-1, both.shape[2])
