"""A matrix in numpy's file of one array, .npy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes, from_matrix
from zoo_spectra_connectome.settings import Settings

NPY_MAGIC = b"\x93NUMPY"
PICKLE_PROTOCOL = b"\x80"


def read(path: Path, settings: Settings) -> Adjacency:
    """A square array. Raises UnsafeFileError for an array of Python objects (a pickle)."""
    with path.open("rb") as stream:
        start = stream.read(len(NPY_MAGIC))
    if start.startswith(PICKLE_PROTOCOL):
        raise UnsafeFileError("a pickle, which can run code; save a plain array with numpy.save")
    if start != NPY_MAGIC:
        raise FileFormatError("it does not begin like a .npy file")
    check_bytes(path.stat().st_size)
    return from_matrix(safely(lambda: np.load(path, allow_pickle=False)))


def safely(load: Callable[[], Any]) -> Any:
    """What numpy loads. Raises UnsafeFileError where that is a pickle."""
    try:
        return load()
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise UnsafeFileError(
            "an array of Python objects is a pickle, which can run code; save numbers"
        ) from error
