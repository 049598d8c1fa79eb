"""The table of readers: which module reads a file, by suffix, and what its first bytes must be."""

from __future__ import annotations

import gzip
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
    another suffix. ``streams``: the reader unpacks what is gzipped as it goes.
    """

    name: str
    what: str
    suffixes: tuple[str, ...]
    options: tuple[str, ...] = ()
    begins: bytes | None = None
    cure: str = "rename it to {renamed}"
    streams: bool = False

    def fits(self, head: bytes) -> bool:
        """Whether a file that begins with ``head`` is of this format beyond doubt."""
        return self.begins is not None and re.match(self.begins, head, re.DOTALL) is not None


GZ, MAGIC = ".gz", b"\x1f\x8b"
TEXT = (".edgelist", ".csv", ".tsv", ".txt")
KIND_OPTIONS = ("weight", "type", "types")  # of edges with attributes
EDGE_OPTIONS = ("source", "target", *KIND_OPTIONS)  # of tables of edges alone
SHEET_OPTIONS = (*EDGE_OPTIONS, "header", "format")
TEXT_OPTIONS = (*SHEET_OPTIONS, "delimiter", "decimal")
GRAPHML, GEXF = rb"\s*(<.*)?<graphml\b", rb"\s*(<.*)?<gexf\b"
ZIP = rb"PK\x03\x04"
ZIPPED = "rename it to {renamed} if numpy wrote it, else unpack it"
LISTS = (".adjlist", ".multiline_adjlist")
READERS = (
    Reader("graphml", "a GraphML file", (".graphml",), (*KIND_OPTIONS, "array"), GRAPHML),
    Reader("gexf", "a GEXF file", (".gexf",), KIND_OPTIONS, GEXF),
    Reader("gml", "a GML file", (".gml",), KIND_OPTIONS),
    Reader("pajek", "a Pajek file", (".net",), ("array",), rb"(?i)\s*\*(network|vertices)\b"),
    Reader("adjlist", "an adjacency list", LISTS, KIND_OPTIONS),
    Reader("mat", "a MATLAB file", (".mat",), ("array",), rb"MATLAB [57]\.\d MAT-file"),
    Reader("hdf5", "an HDF5 file", (".h5", ".hdf5"), ("array",), rb"\x89HDF\r\n\x1a\n"),
    Reader("safetensors", "a safetensors file", (".safetensors",), ("array",)),
    Reader("pconn", "a CIFTI file", (".pconn.nii",), (), rb".{4}n\+2\0\r\n\x1a\n"),
    Reader("relmat", "a BIDS matrix", ("_relmat.dense.tsv",)),
    Reader("gpickle", "a pickle", (".gpickle", ".pickle", ".pkl")),
    Reader("text", "a text table", TEXT, TEXT_OPTIONS, streams=True),
    Reader("npy", "a numpy array", (".npy",), (), rb"\x93NUMPY"),
    Reader("npz", "a zip archive, as .npz is", (".npz",), ("array",), ZIP, ZIPPED),
    Reader(
        "matrix_market",
        "a Matrix Market file",
        (".mtx",),
        begins=rb"(?i)%%MatrixMarket",
        streams=True,
    ),
    Reader("parquet", "a Parquet file", (".parquet",), EDGE_OPTIONS, rb"PAR1\x15"),
    Reader("arrow", "an Arrow file", (".feather", ".arrow"), EDGE_OPTIONS, rb"ARROW1\x00\x00"),
    Reader("excel", "an Excel file", (".xlsx",), (*SHEET_OPTIONS, "sheet"), ZIP),
    Reader("simulator", "a zip archive", (".zip",), (), ZIP),
    Reader("cect", "JSON of cect", (".json",), ("synapse", "array")),
)

PLAIN = tuple(suffix for reader in READERS for suffix in reader.suffixes)
SUFFIXES = (*PLAIN, *(suffix + GZ for suffix in PLAIN))


def suffix_of(name: str) -> str:
    """The longest suffix of ours that a file's name ends with; empty where there is none."""
    ends = (suffix for suffix in SUFFIXES if name.lower().endswith(suffix))
    return max(ends, key=len, default="")


def reader_of(path: Path) -> Reader:
    """The reader of a file's suffix. Raises NetworkError when there is none."""
    suffix = suffix_of(path.name).removesuffix(GZ)
    for reader in READERS:
        if suffix in reader.suffixes:
            return reader
    raise NetworkError("no reader for a file without a suffix")


def check_applies(file: str, options: Mapping[str, str]) -> None:
    """Raise SourceError for an option that means nothing for this file's format."""
    for option in dict.fromkeys(option for reader in READERS for option in reader.options):
        suffixes = [s for r in READERS if option in r.options for s in r.suffixes]
        if option in options and suffix_of(file).removesuffix(GZ) not in suffixes:
            raise SourceError(
                f"connectome:{file}: option {option!r} is only for {', '.join(suffixes)}"
            )


def check_content(path: Path, reader: Reader) -> None:
    """Raise FileFormatError when a file is beyond doubt of another format than its suffix says.

    Also when it is empty, a Git LFS pointer or a web page. Raises OSError.
    """
    head = first_bytes(path)
    if not reader.fits(head):
        _check_others(path, head)


def check_packed(path: Path) -> None:
    """Raise FileFormatError when a file whose name ends in .gz is no gzip file, as above.

    Also when what was packed is beyond doubt of another format.
    """
    head = first_bytes(path)
    if not head.startswith(MAGIC):
        _check_others(path, head)
        raise FileFormatError("it is not gzipped; take .gz off its name")
    with gzip.open(path) as stream:
        inner = stream.read(len(head))
    if inner and not reader_of(path).fits(inner):
        _check_others(path.with_name(path.name[: -len(GZ)]), inner)


def _check_others(path: Path, head: bytes) -> None:
    instead = stand_in(head)
    if instead is not None:
        raise FileFormatError(f"it is {instead}")
    suffix = suffix_of(path.name)
    if head.startswith(MAGIC):
        raise FileFormatError(f"it is gzipped, not what {suffix} promises; unpack it (gunzip)")
    stem = path.name[: len(path.name) - len(suffix)]
    for other in READERS:
        if other.fits(head):
            cure = other.cure.format(renamed=stem + other.suffixes[0])
            raise FileFormatError(f"it is {other.what}, not what {suffix} promises; {cure}")
