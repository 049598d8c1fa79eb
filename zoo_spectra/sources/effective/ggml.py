"""What llama.cpp's converter takes apart, and the network applies as one map.

Latent attention: DeepSeek's ``kv_b_proj`` (heads · (n + v), latent) is cut into ``attn_k_b``
(heads, latent, n), turned, and ``attn_v_b`` (heads, v, latent). Experts: where ``gate_up_proj`` is
one tensor in the parent (``settings["joined"]``), it is cut into ``ffn_gate`` and ``ffn_up``. A
convolution over two frames is cut into ``patch_embd.weight`` and ``patch_embd.weight.1``.
"""

from __future__ import annotations

import numpy as np

from zoo_spectra.sources.effective.table import Table
from zoo_spectra.sources.matrices import Matrix

_SECOND = "patch_embd.weight.1"
_KEYS, _VALUES, _BOTH = "attn_k_b.weight", "attn_v_b.weight", "attn_kv_b.weight"


def taken_apart(table: Table) -> None:
    """Put them together again. Raises NetworkError where keys and values do not fit."""
    joined = table.settings.get("joined")
    for name in table:
        if name.endswith(_KEYS):
            _join_latent(table, name.removesuffix(_KEYS))
        if name.endswith(_SECOND):
            _join_frames(table, name)
        for which in joined if isinstance(joined, tuple) else ():
            gate = f"ffn_gate_{which}.weight"
            if name.endswith(gate):
                _join_gate(table, name, f"{name.removesuffix(gate)}ffn_up_{which}.weight")


def _join_latent(table: Table, before: str) -> None:
    names = before + _KEYS, before + _VALUES
    keys, values = (table.shape(name) for name in names)
    if keys is None or values is None:
        return
    if len(keys) != 3 or len(values) != 3 or keys[:2] != (values[0], values[2]):
        raise table.refuse(names[0], f"{keys} and {names[1]} {values} give no map of both")
    shape = (keys[0] * (keys[2] + values[1]), keys[1])
    table.merge(before + _BOTH, shape, names, _latent)


def _latent(parts: tuple[Matrix, ...]) -> Matrix:
    keys, values = parts
    both: Matrix = np.concatenate([keys.transpose(0, 2, 1), values], axis=1)
    return both.reshape(-1, both.shape[2])


def _join_frames(table: Table, second: str) -> None:
    first = second.removesuffix(".1")
    shape = table.shape(first)
    if shape is not None and len(shape) == 4 and shape == table.shape(second):
        whole = (shape[0], 2 * shape[1], *shape[2:])
        table.merge(first, whole, (first, second), _side_by_side)


def _side_by_side(parts: tuple[Matrix, ...]) -> Matrix:
    made: Matrix = np.concatenate(parts, axis=1)
    return made


def _join_gate(table: Table, gate: str, up: str) -> None:
    shape = table.shape(gate)
    if shape is None or shape != table.shape(up) or len(shape) not in (2, 3):
        return
    whole = (*shape[:-2], 2 * shape[-2], shape[-1])
    both = gate.replace("ffn_gate_", "ffn_gate_up_")
    table.merge(both, whole, (gate, up), _stacked, each=len(shape) == 3)


def _stacked(parts: tuple[Matrix, ...]) -> Matrix:
    made: Matrix = np.concatenate(parts, axis=-2)
    return made
