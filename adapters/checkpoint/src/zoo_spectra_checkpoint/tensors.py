"""An opened file of tensors, of any format: its table of contents, and one tensor at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError, ZooSpectraError
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
        wanted = np.float64 if entry.dtype == "float64" else np.float32
        with reading(self.path):
            values = self.fetch(entry)
            if values.shape != entry.shape:
                raise FileFormatError(f"{where}: shape {values.shape}, promised {entry.shape}")
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
