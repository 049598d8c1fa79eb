"""The formats: a file each, which opens a file of tensors, and ``table``, which lists them.

A format is a module with ``open_file(path) -> TensorFile``; torch's is told which part of the file
is meant too, since it has dicts in dicts. It is imported when a file of it is opened, for it may
need a library of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError
from zoo_spectra.sources import Budget, Entry, Guard, Matrix, budget_of
from zoo_spectra_checkpoint.beside import beside
from zoo_spectra_checkpoint.copies import part
from zoo_spectra_checkpoint.formats.table import FORMATS, SUFFIXES, by_suffix, format_of
from zoo_spectra_checkpoint.tensors import TensorFile, reading
from zoo_spectra_checkpoint.which import WHOLE, Which

__all__ = ["FORMATS", "SUFFIXES", "by_suffix", "format_of", "open_tensors", "read_state"]

NESTED = "torch"  # the format whose files hold dicts in dicts
MAX_NAME = 1000  # characters of a tensor's name
# Bytes of a file whose holes may be read too, tensor by tensor: each of them is held against a
# budget without holes, so this costs seconds, not memory.
HOLES = 24 << 30
RATIO = 16


def open_tensors(path: Path, which: Which = WHOLE) -> TensorFile:
    """Open a file of tensors, or the part of it that is meant; nothing is run, no values are read.

    Its first bytes say which format it is, also when its suffix is another's.
    Raises NetworkError when the file is not there, or declares more than its budget;
    FileFormatError when it is truncated, malformed or of no format of ours; UnsafeFileError when it
    wants to run code.
    """
    by_suffix(path)  # what has none of our suffixes is refused, whatever it is
    with reading(path):
        if not path.is_file():
            raise NetworkError(f"{path}: no such file; was it moved?")
        name = format_of(path).name
        open_file: Callable[..., TensorFile] = import_module(f"{__name__}.{name}").open_file
        if name == NESTED:
            return _within_budget(open_file(path, which))
        return part(_within_budget(open_file(path)), which)


def _within_budget(file: TensorFile) -> TensorFile:
    """The same file, if its names and sizes are sane; each tensor is held against the budget."""
    for entry in file.entries:
        if len(entry.name) > MAX_NAME:
            raise FileFormatError(
                f"{file.path} has a tensor whose name has {len(entry.name):,} characters; rename it"
            )
    budget = budget_of(file.path, *file.parts)
    matrices = (entry for entry in file.entries if len(entry.shape) > 1)
    size = sum(each.stat().st_size for each in (file.path, *file.parts))
    total = Budget(max(budget.bytes, RATIO * min(size, HOLES)))
    Guard(total, f"{file.path}: ").check_total(sum(map(_bytes, matrices)))

    def fetch(entry: Entry) -> Matrix:
        with reading(file.path):
            where = f"{file.path}, {entry.name} "
            Guard(budget, where).check(_bytes(entry), "as float32")
            return file.fetch(entry)

    said = {**file.settings, **beside(file.path)}
    return replace(file, fetch=fetch, settings=said, budget=budget)


def _bytes(entry: Entry) -> int:
    shape = entry.shape if entry.place is None else entry.shape[1:]
    return prod(shape) * (8 if entry.dtype == "float64" else 4)


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a PyTorch file by name, as torch has them; tied ones under each name.

    Raises NetworkError without torch or without a state dict, FileFormatError, UnsafeFileError.
    """
    from zoo_spectra_checkpoint.formats.torch import read_state as read

    return read(path)
