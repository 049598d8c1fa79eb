"""Whether the files have what the options name, as far as their heads tell: no graph is read.

One file that has it is enough, since each other file gets a row that says what it lacks. What
cannot be told, because a file is broken or of a format without a head, is left to ``load``.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from xml.parsers import expat

from zoo_spectra.errors import FileFormatError, NetworkError, SourceError, nearest
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import reading
from zoo_spectra_connectome.derived import DERIVED
from zoo_spectra_connectome.partition import split_header
from zoo_spectra_connectome.readers import suffix_of
from zoo_spectra_connectome.readers.braces import has_braces
from zoo_spectra_connectome.readers.table import GZ, LISTS, TEXT
from zoo_spectra_connectome.rows import TextTable, read_rows
from zoo_spectra_connectome.settings import NO_WEIGHT, Settings

LOOKED_AT = 100  # files, of those that lack it
HEAD = 1 << 20  # bytes of a GraphML file in which its keys are declared
# What these hold is a matrix or edges: no node has an attribute.
NO_ATTRIBUTES = (
    *TEXT,
    *LISTS,
    ".xlsx",
    ".parquet",
    ".feather",
    ".arrow",
    ".net",
    ".npy",
    ".npz",
    ".mtx",
    ".mat",
    ".h5",
    ".hdf5",
    ".safetensors",
    ".pconn.nii",
    ".zip",
)

Lack = Callable[[Path, Settings], str | None]


def check_choices(files: Sequence[Path], settings: Settings) -> None:
    """Raise SourceError where an option names what none of the first files has."""
    if settings.nodes is not None:
        _check_nodes(settings.nodes, settings.partition)
    for wanted, lack in (
        (settings.partition and settings.nodes is None, _partition_lacking),
        (bool(_named_columns(settings)), _columns_lacking),
        (settings.array is not None, _array_lacking),
    ):
        if wanted:
            _check(files[:LOOKED_AT], settings, lack)


def _check(files: Sequence[Path], settings: Settings, lack: Lack) -> None:
    """Raise SourceError with the lack of the first file, if all of them have one."""
    first = None
    for file in files:
        try:
            said = lack(file, settings)
        except Exception:  # a parser of a broken file may raise anything, and ``load`` says it
            return
        if said is None:
            return
        first = first or f"{file}: {said}"
    others = "" if len(files) == 1 else f" (nor has any of the {len(files)} files looked at)"
    raise SourceError(f"connectome: {first}{others}")


def _check_nodes(table: Path, columns: Sequence[str]) -> None:
    try:
        with reading(table, "table"):
            head = list(islice(read_rows(table), 1))
            if not head:
                raise FileFormatError("the table is empty")
            split_header(head, columns)
    except NetworkError as error:
        raise SourceError(f"connectome: nodes={error}") from error


def _partition_lacking(file: Path, settings: Settings) -> str | None:
    suffix = suffix_of(file.name)
    named = [column for column in settings.partition if column not in DERIVED]
    if not named:
        return None
    if suffix.removesuffix(GZ) in NO_ATTRIBUTES:
        return f"no node attribute {named[0]!r}; the file has none: give nodes=FILE"
    if suffix not in (".graphml", ".json"):
        return None
    known = ["type"] if suffix == ".json" else _graphml_keys(file)
    missing = [column for column in named if column not in known]
    said = _no("node attribute", missing[0], known) if missing else None
    return said if said is None or suffix == ".graphml" else f"{said}, or give nodes=FILE"


def _named_columns(settings: Settings) -> list[tuple[str, str]]:
    """The columns, or the attribute, that options name, each with the option."""
    said = (
        ("source", settings.source),
        ("target", settings.target),
        ("weight", None if settings.weight == NO_WEIGHT else settings.weight),
        ("type", settings.type),
    )
    return [(option, name) for option, name in said if name is not None]


def _columns_lacking(file: Path, settings: Settings) -> str | None:
    suffix = suffix_of(file.name)
    graph = suffix == ".graphml"
    known = _graphml_keys(file) if graph else _header(file, suffix, settings)
    for option, name in _named_columns(settings):
        if known is not None and name not in known:
            return _no("edge attribute" if graph else f"{option} column", name, known)
    return None


def _header(file: Path, suffix: str, settings: Settings) -> list[str] | None:
    """The names of the columns of an edge table; None of a matrix, or where they are not known."""
    if suffix == ".parquet":
        import pyarrow.parquet as pq

        return list(pq.read_schema(file).names)
    if suffix in (".feather", ".arrow"):
        import pyarrow as pa

        with pa.OSFile(str(file)) as stream:
            return list(pa.ipc.open_file(stream).schema.names)
    if suffix.removesuffix(GZ) not in TEXT or has_braces(file):
        return None
    from zoo_spectra_connectome.readers.edge_lists import header_of
    from zoo_spectra_connectome.readers.text import form_of

    table = TextTable(file, Guard(budget_of(file)), settings.delimiter, settings.decimal)
    if form_of(table, file, settings) != "edges":
        return None
    width = len(table.sample[-1])
    return header_of(table, settings) or [str(at) for at in range(1, width + 1)]


def _array_lacking(file: Path, settings: Settings) -> str | None:
    if suffix_of(file.name) != ".npz":
        return None
    with zipfile.ZipFile(file) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
    name = settings.array or ""
    return None if name in names else _no("array", name, names)


def _no(what: str, name: str, known: Sequence[str]) -> str:
    hint = nearest(name, known) if known else "the file has none"
    return f"no {what} {name!r}; {hint}"


def _graphml_keys(file: Path) -> list[str]:
    """The names of the attributes that a GraphML file declares, for nodes, edges or both.

    Raises NetworkError where its head does not tell: yEd has names of its own, a DTD is refused.
    """
    found: list[str] = []
    parser = expat.ParserCreate()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "key":
            if "yfiles.type" in attributes:
                raise NetworkError("a file of yEd")
            found.extend(filter(None, [attributes.get("attr.name")]))

    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(_before_the_graph(file))
    return found


def _before_the_graph(file: Path) -> bytes:
    with file.open("rb") as stream:
        head = stream.read(HEAD)
    graph = re.search(rb"<(\w+:)?graph[\s>]", head)
    if graph is None:
        raise NetworkError("no graph in the head of the file")
    return head[: graph.start()]


def _refuse(*_: object) -> None:
    raise NetworkError("a DTD")
