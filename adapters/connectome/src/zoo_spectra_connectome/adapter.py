"""``connectome:PATTERN?option=value&…``: files of graphs as biological networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo_spectra.errors import SourceError, nearest
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
from zoo_spectra_connectome.adjacency import reading, summary, symmetrised
from zoo_spectra_connectome.blocks import blocks
from zoo_spectra_connectome.partition import regions
from zoo_spectra_connectome.readers import SUFFIXES, check_applies, read_adjacency, suffix_of
from zoo_spectra_connectome.settings import (
    ADAPTER,
    OPTIONS,
    Settings,
    absolute,
    check_tables,
    parse_settings,
)


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
        with reading(path, suffix_of(path.name).lstrip(".")):
            adjacency = read_adjacency(path, settings)
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
    stem = path.name.removesuffix(suffix_of(path.name))
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
