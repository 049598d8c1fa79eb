"""An opened file of tensors, of any format: its table of contents, and one tensor at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError, ZooSpectraError
from zoo_spectra.sources import Constituent, Entry, Matrix, Reading, parameter_count, read

__all__ = ["BESIDE", "Entry", "TensorFile", "reading"]

BESIDE = "beside the state dict"  # why a tensor is left out


@dataclass(frozen=True)
class TensorFile:
    """An opened file. ``entries`` are in the file's order; ``fetch`` gives one as stored.

    ``tied``: how many further names its tensors have; ``beside``: how many loose ones lie beside
    the state dict, and are none of it. ``settings``: what a file beside it says.
    """

    path: Path
    entries: tuple[Entry, ...]
    fetch: Callable[[Entry], Matrix]
    tied: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)
    beside: int = 0

    def reading(self) -> Reading:
        """The constituents among the entries. Raises NetworkError for what is not understood."""
        found = read(self.entries, str(self.path), self.settings, self.tied)
        if not self.beside:
            return found
        return replace(found, left_out={**found.left_out, BESIDE: self.beside})

    def constituents(self, reading: Reading) -> Iterator[Constituent]:
        """The matrices of a reading of this file, or of one with the same names."""
        stored = {entry.name: entry for entry in self.entries}
        return reading.constituents(lambda name: self.read(stored[name]))

    def parameters(self) -> int:
        """The number of parameters in the file: what is a float, without running statistics."""
        floats = (e for e in self.entries if e.dtype.startswith(("float", "bfloat", "complex")))
        return parameter_count((e.name, e.shape) for e in floats)

    def read(self, entry: Entry) -> Matrix:
        """The values of one tensor, in its shape; floats of less than four bytes as float32.

        Raises FileFormatError when the file does not hold what its table of contents promises.
        """
        with reading(self.path):
            values = self.fetch(entry)
            if values.shape != entry.shape:
                where = f"{self.path}, {entry.name}"
                raise FileFormatError(f"{where}: shape {values.shape}, promised {entry.shape}")
            narrow = values.dtype.kind == "f" and values.dtype.itemsize < 4
            wanted = np.float32 if narrow else values.dtype.newbyteorder("=")
            return values.astype(wanted, copy=False)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever reading ``path`` raises into a NetworkError that names it."""
    try:
        yield
    except ZooSpectraError:
        raise
    except OSError as error:
        raise NetworkError(f"{path} cannot be read: {error.strerror or error}") from error
    except MemoryError as error:
        raise NetworkError(f"{path}: too large for this machine's memory; {error}") from error
    except Exception as error:  # a malformed file can make a parser raise anything
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileFormatError(f"{path} is malformed ({said}); fetch or save it again") from error
