"""Files of flax, as ``flax.serialization`` writes them, by the library of MessagePack."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np


def flax_file(tree: Any, chunk: int = 1 << 30) -> bytes:
    """The bytes of a tree of dicts, numbers and arrays; those above ``chunk`` bytes in parts."""
    packed: bytes = msgpack.packb(_chunked(tree, chunk), default=_extension, strict_types=True)
    return packed


def packed_array(array: np.ndarray) -> bytes:
    """The inside of an array's extension."""
    inside: bytes = msgpack.packb(
        (array.shape, array.dtype.name, array.tobytes("C")), use_bin_type=True
    )
    return inside


def _extension(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return msgpack.ExtType(1, packed_array(value))
    if isinstance(value, np.generic):
        return msgpack.ExtType(3, packed_array(np.asarray(value)))
    return value


def _chunked(tree: Any, chunk: int) -> Any:
    if isinstance(tree, dict):
        return {key: _chunked(value, chunk) for key, value in tree.items()}
    if isinstance(tree, np.ndarray) and tree.nbytes > chunk:
        flat, count = tree.reshape(-1), max(1, chunk // tree.itemsize)
        parts = [flat[at : at + count] for at in range(0, flat.size, count)]
        return {
            "__msgpack_chunked_array__": True,
            "shape": {str(at): side for at, side in enumerate(tree.shape)},
            "chunks": {str(at): part for at, part in enumerate(parts)},
        }
    return tree
