"""``connectome:PATTERN?option=value&…``: files of graphs as biological networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError, nearest
from zoo_spectra.sources import (
    Network,
    NetworkRef,
    Scalar,
    Source,
    fingerprint,
    match_files,
    network_name,
    resolve,
)
from zoo_spectra_connectome.about import About, look_up, read_about
from zoo_spectra_connectome.adjacency import Adjacency, reading, summary, symmetrised
from zoo_spectra_connectome.arrays import read_npy, read_npz
from zoo_spectra_connectome.blocks import blocks
from zoo_spectra_connectome.graphs import read_graphml
from zoo_spectra_connectome.matrix_market import read_mtx
from zoo_spectra_connectome.partition import regions
from zoo_spectra_connectome.settings import (
    ADAPTER,
    OPTIONS,
    SUFFIXES,
    Settings,
    absolute,
    check_applies,
    check_tables,
    parse_settings,
)
from zoo_spectra_connectome.tables import read_cect, read_parquet
from zoo_spectra_connectome.text import read_text


class ConnectomeAdapter:
    """Graphs in files: GraphML, edge lists, matrices, Parquet, and the C. elegans toolbox's JSON.

    Directed and weighted as the file has them: rows pre-synaptic, columns post-synaptic, parallel
    edges summed, undirected GraphML symmetric.
    """

    name = ADAPTER
    options: Mapping[str, str] = OPTIONS

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterable[NetworkRef]:
        """The files that match. Reads the ``about`` table, and no graph. Raises SourceError."""
        settings = parse_settings(options)
        check_tables(settings)
        files = match_files(ADAPTER, pattern, SUFFIXES)
        about = None if settings.about is None else read_about(settings.about)
        return [_ref(file, options, settings, about) for file in files]

    def load(self, ref: NetworkRef) -> Network:
        """Read one graph; it stays sparse, and one block is dense at a time.

        Raises NetworkError, FileFormatError, UnsafeFileError.
        """
        settings, path = parse_settings(ref.options), Path(ref.location)
        with reading(path, _suffix(path).lstrip(".")):
            adjacency = _read(path, settings)
            if settings.symmetrise:
                adjacency = symmetrised(adjacency)
            labels = None
            if settings.partition and settings.nodes is None:
                labels = regions(adjacency, settings.partition)
        if settings.nodes is not None:
            with reading(settings.nodes, "table"):
                labels = regions(adjacency, settings.partition, settings.nodes)
        with reading(path, "graph"):
            walk = blocks(adjacency.matrix, labels, settings.projections)
        metadata = {**ref.metadata, **summary(adjacency.matrix)}
        return Network(ref.name, ref.kind, walk, ref.family, ref.source, metadata)


def _ref(
    file: str, options: Mapping[str, str], settings: Settings, about: About | None
) -> NetworkRef:
    if "?" in file:
        raise SourceError(f"connectome: {file!r} has a ?, which begins the options; rename it")
    check_applies(file, options)
    path = resolve(file)
    synapse = settings.synapse
    stem = path.name.removesuffix(_suffix(path))
    metadata: Mapping[str, Scalar] = {}
    if about is not None and settings.about is not None:
        metadata = look_up(about, stem, settings.about)
    tables = [table for table in (settings.nodes, settings.about) if table is not None]
    return NetworkRef(
        source=str(Source(ADAPTER, file, options)),
        adapter=ADAPTER,
        name=network_name(file) + ("" if synapse == "chemical" else f"/{synapse}"),
        kind="biological",
        family=_family(settings, metadata, path),
        options=absolute(options),
        fingerprint=fingerprint(path, *tables),
        location=str(path),
        metadata=metadata,
    )


def _family(settings: Settings, metadata: Mapping[str, Scalar], path: Path) -> str:
    if settings.family is None:
        return path.parent.name
    if settings.about is None:
        return settings.family
    if settings.family not in metadata:
        raise SourceError(
            f"{settings.about} has no column {settings.family!r}; "
            + nearest(settings.family, metadata)
        )
    value = metadata[settings.family]
    return "" if value is None else str(value)


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return max((end for end in SUFFIXES if name.endswith(end)), key=len, default="")


def _read(path: Path, settings: Settings) -> Adjacency:
    match _suffix(path):
        case ".graphml":
            return read_graphml(path, settings.weight)
        case ".npy":
            return read_npy(path)
        case ".npz":
            return read_npz(path, settings.array)
        case ".mtx" | ".mtx.gz":
            return read_mtx(path)
        case ".parquet":
            return read_parquet(path, settings.weight)
        case ".json":
            return read_cect(path, settings.synapse)
        case ".csv" | ".tsv" | ".txt" | ".edgelist":
            return read_text(path, settings.form, settings.weight)
        case other:
            raise NetworkError(f"no reader for {other or 'a file without a suffix'}")
