"""The table of readers: which module reads a file, by suffix, and what its first bytes must be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo_spectra.errors import FileFormatError, NetworkError, SourceError
from zoo_spectra.sources import first_bytes, stand_in


@dataclass(frozen=True)
class Reader:
    """A format: ``name`` is its module in this folder, ``what`` its name in a refusal.

    ``options`` are those that apply to this format and not to every one. ``begins`` is the pattern
    of its first bytes, where it has one; ``cure`` is the advice on a file that begins so and has
    another suffix.
    """

    name: str
    what: str
    suffixes: tuple[str, ...]
    options: tuple[str, ...] = ()
    begins: bytes | None = None
    cure: str = "rename it to {renamed}"

    def fits(self, head: bytes) -> bool:
        """Whether a file that begins with ``head`` is of this format beyond doubt."""
        return self.begins is not None and re.match(self.begins, head, re.DOTALL) is not None


TEXT = (".edgelist", ".csv", ".tsv", ".txt")
TEXT_GZ = tuple(f"{suffix}.gz" for suffix in TEXT)
EDGE_OPTIONS = ("source", "target", "weight", "type", "types")  # of tables of edges alone
SHEET_OPTIONS = (*EDGE_OPTIONS, "header", "format", "sheet")
TEXT_OPTIONS = (*EDGE_OPTIONS, "delimiter", "decimal", "header", "format")
ZIPPED = "rename it to {renamed} if numpy wrote it, else unpack it"
READERS = (
    Reader("graphml", "a GraphML file", (".graphml",), ("weight",), rb"\s*(<.*)?<graphml\b"),
    Reader("text", "a text table", TEXT, TEXT_OPTIONS),
    Reader("npy", "a numpy array", (".npy",), (), rb"\x93NUMPY"),
    Reader("npz", "a zip archive, as .npz is", (".npz",), ("array",), rb"PK\x03\x04", ZIPPED),
    Reader("matrix_market", "a Matrix Market file", (".mtx",), (), rb"(?i)%%MatrixMarket"),
    Reader("matrix_market", "gzipped", (".mtx.gz",), (), rb"\x1f\x8b", "unpack it (gunzip)"),
    Reader("text", "gzipped", TEXT_GZ, TEXT_OPTIONS, rb"\x1f\x8b", "unpack it (gunzip)"),
    Reader("parquet", "a Parquet file", (".parquet",), EDGE_OPTIONS, rb"PAR1\x15"),
    Reader("arrow", "an Arrow file", (".feather", ".arrow"), EDGE_OPTIONS, rb"ARROW1\x00\x00"),
    Reader(
        "excel",
        "an Excel file",
        (".xlsx",),
        (*EDGE_OPTIONS, "header", "format", "sheet"),
        rb"PK\x03\x04",
    ),
    Reader("simulator", "a zip archive", (".zip",), (), rb"PK\x03\x04"),
    Reader("cect", "JSON of cect", (".json",), ("synapse",)),
)

SUFFIXES = tuple(suffix for reader in READERS for suffix in reader.suffixes)


def suffix_of(name: str) -> str:
    """The longest suffix of ours that a file's name ends with; empty where there is none."""
    ends = (suffix for suffix in SUFFIXES if name.lower().endswith(suffix))
    return max(ends, key=len, default="")


def reader_of(path: Path) -> Reader:
    """The reader of a file's suffix. Raises NetworkError when there is none."""
    suffix = suffix_of(path.name)
    for reader in READERS:
        if suffix in reader.suffixes:
            return reader
    raise NetworkError("no reader for a file without a suffix")


def check_applies(file: str, options: Mapping[str, str]) -> None:
    """Raise SourceError for an option that means nothing for this file's format."""
    for option in dict.fromkeys(option for reader in READERS for option in reader.options):
        suffixes = [s for r in READERS if option in r.options for s in r.suffixes]
        if option in options and suffix_of(file) not in suffixes:
            raise SourceError(
                f"connectome:{file}: option {option!r} is only for {', '.join(suffixes)}"
            )


def check_content(path: Path, reader: Reader) -> None:
    """Raise FileFormatError when a file is beyond doubt of another format than its suffix says.

    Also when it is empty, a Git LFS pointer or a web page. Raises OSError.
    """
    head = first_bytes(path)
    if reader.fits(head):
        return
    instead = stand_in(head)
    if instead is not None:
        raise FileFormatError(f"it is {instead}")
    suffix = suffix_of(path.name)
    stem = path.name[: len(path.name) - len(suffix)]
    for other in READERS:
        if other.fits(head):
            cure = other.cure.format(renamed=stem + other.suffixes[0])
            raise FileFormatError(f"it is {other.what}, not what {suffix} promises; {cure}")
