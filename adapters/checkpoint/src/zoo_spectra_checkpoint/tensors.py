"""An opened file of tensors, of any format: its table of contents, and one tensor at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import REAL, Matrix, is_constituent, not_real, parameter_count


@dataclass(frozen=True)
class Entry:
    """One tensor of a file. ``dtype`` is torch's name of it, such as ``bfloat16``."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class TensorFile:
    """An opened file. ``entries`` are in the file's order; ``fetch`` gives one as stored."""

    path: Path
    entries: tuple[Entry, ...]
    fetch: Callable[[Entry], Matrix]

    def weights(self) -> tuple[Entry, ...]:
        """The entries that are constituents, in the file's order."""
        return tuple(e for e in self.entries if is_constituent(e.name, e.shape, e.dtype))

    def parameters(self) -> int:
        """The number of parameters in the file: what is a float, without running statistics."""
        floats = (e for e in self.entries if e.dtype.startswith(("float", "bfloat", "complex")))
        return parameter_count((e.name, e.shape) for e in floats)

    def read(self, entry: Entry) -> Matrix:
        """The values of one tensor, in its shape; float64 as it is, everything else float32.

        Raises NetworkError when it is not of a real floating type, FileFormatError when the file
        does not hold what its table of contents promises.
        """
        where = f"{self.path}, {entry.name}"
        if entry.dtype not in REAL:
            raise NetworkError(not_real(where, entry.dtype))
        values = self.fetch(entry)
        if values.shape != entry.shape:
            raise FileFormatError(f"{where}: shape {values.shape}, promised {entry.shape}")
        wanted = np.float64 if entry.dtype == "float64" else np.float32
        return values.astype(wanted, copy=False)
