"""The formats: a file each, which opens a file of tensors, and ``table``, which lists them.

A format is a module with ``open_file(path) -> TensorFile``. It is imported when a file of it is
opened, for it may need a library of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo_spectra.errors import NetworkError
from zoo_spectra_checkpoint.formats.table import FORMATS, SUFFIXES, by_suffix, format_of
from zoo_spectra_checkpoint.tensors import TensorFile

__all__ = ["FORMATS", "SUFFIXES", "by_suffix", "format_of", "open_tensors", "read_state"]


def open_tensors(path: Path) -> TensorFile:
    """Open a file of tensors. Nothing of it is run, and no values are read for npz and
    safetensors; a PyTorch file is mapped into memory where its format allows it.

    Its first bytes say which format it is, also when its suffix is another's.
    Raises NetworkError when the file is not there, FileFormatError when it is truncated, malformed
    or of no format of ours, UnsafeFileError when it wants to run code.
    """
    by_suffix(path)  # what has none of our suffixes is refused, whatever it is
    if not path.is_file():
        raise NetworkError(f"{path}: no such file; was it moved?")
    try:
        module = import_module(f"{__name__}.{format_of(path).name}")
        open_file: Callable[[Path], TensorFile] = module.open_file
        return open_file(path)
    except OSError as error:
        raise NetworkError(f"{path} cannot be read: {error}") from error


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a PyTorch file by name, as torch has them; tied ones under each name.

    Raises NetworkError without torch or without a state dict, FileFormatError, UnsafeFileError.
    """
    from zoo_spectra_checkpoint.formats.torch import read_state as read

    return read(path)
