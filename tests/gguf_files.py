"""GGUF files, written by the package gguf."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize

Kinds = Mapping[str, GGMLQuantizationType]


def write_gguf(
    path: Path,
    tensors: Mapping[str, np.ndarray],
    kind: GGMLQuantizationType = GGMLQuantizationType.F32,
    architecture: str = "llama",
    said: Mapping[str, Any] | None = None,
) -> Path:
    """Matrices of ``kind``, vectors as they are; ``said``: further metadata."""
    writer = GGUFWriter(path, architecture)
    for key, value in (said or {}).items():
        add = {float: writer.add_float32, str: writer.add_string, list: writer.add_array}
        add.get(type(value), writer.add_uint32)(key, value)
    for name, values in tensors.items():
        if values.ndim > 1 and kind not in (GGMLQuantizationType.F32, GGMLQuantizationType.F16):
            writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
        else:
            half = values.ndim > 1 and kind == GGMLQuantizationType.F16
            writer.add_tensor(name, values.astype(np.float16) if half else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def of_blocks(path: Path, name: str, data: np.ndarray, kind: GGMLQuantizationType) -> Path:
    """A file of one tensor whose rows of blocks, (rows, bytes), are given as they are."""
    writer = GGUFWriter(path, "llama")
    writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
