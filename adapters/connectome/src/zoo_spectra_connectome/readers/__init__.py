"""The readers: a file a format, which makes a matrix of a file, and ``table``, which lists them.

A reader is a module with ``read(path, settings) -> Adjacency``; what it raises is given the file's
name by ``adjacency.reading``. It is imported when a file of its format is read, for it may need a
library of its own. ``edge_lists`` and ``matrix_tables`` are the two halves of ``text``, ``mat4``
and ``mat5`` those of ``mat``, ``columnar`` is what ``parquet`` and ``arrow`` share. Text that ends
in .gz is unpacked as it is read (``dialect.open_text``), anything else before (``gz``).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from zoo_spectra_connectome.adjacency import Adjacency, check_entries
from zoo_spectra_connectome.readers.braces import has_braces, read_braces
from zoo_spectra_connectome.readers.gz import unpacked
from zoo_spectra_connectome.readers.table import (
    GZ,
    READERS,
    SUFFIXES,
    check_applies,
    check_content,
    check_packed,
    reader_of,
    suffix_of,
)
from zoo_spectra_connectome.settings import Settings

__all__ = ["READERS", "SUFFIXES", "beside", "check_applies", "read_adjacency", "suffix_of"]


def beside(path: Path) -> list[Path]:
    """The files beside this one that change its matrix."""
    if reader_of(path).name != "relmat":
        return []
    from zoo_spectra_connectome.readers import relmat

    return relmat.beside(path)


def read_adjacency(path: Path, settings: Settings) -> Adjacency:
    """Read a graph with the reader of its suffix.

    Raises FileFormatError when its first bytes are those of another format, and what the reader
    raises.
    """
    reader = reader_of(path)
    suffix = suffix_of(path.name)
    if suffix.endswith(GZ):
        check_packed(path)
        if not reader.streams:
            with unpacked(path) as inner:
                return read_adjacency(inner, settings)
    else:
        check_content(path, reader)
    read: Callable[[Path, Settings], Adjacency]
    if reader.name == "text" and has_braces(path):
        read = read_braces
    else:
        read = import_module(f"{__name__}.{reader.name}").read
    made = read(path, settings)
    check_entries(made)
    return made
