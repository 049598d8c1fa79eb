"""``connectome:PATTERN?option=value&…``: files of graphs as biological networks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zoo_spectra.errors import SourceError, nearest
from zoo_spectra.sources import (
    Listing,
    Network,
    NetworkRef,
    Scalar,
    Source,
    counted,
    fingerprint,
    folder_name,
    literal,
    resolve,
    shown,
)
from zoo_spectra_connectome.about import About, look_up, read_about
from zoo_spectra_connectome.adjacency import reading, summary, symmetrised
from zoo_spectra_connectome.bids import found_files
from zoo_spectra_connectome.blocks import blocks
from zoo_spectra_connectome.checks import check_choices
from zoo_spectra_connectome.isolated import with_isolated
from zoo_spectra_connectome.partition import regions
from zoo_spectra_connectome.readers import check_applies, read_adjacency, suffix_of
from zoo_spectra_connectome.settings import (
    ADAPTER,
    DESCRIBING,
    OPTIONS,
    Settings,
    absolute,
    canonical,
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
    describing = DESCRIBING

    def list(self, pattern: str, options: Mapping[str, str]) -> Listing:
        """The files that match. Reads the ``about`` table and heads of files, and no graph.

        Raises SourceError, also for an option that names what no file has.
        """
        found, options = found_files(pattern, options)
        settings = parse_settings(options)
        check_tables(settings)
        for file in found.files:
            check_applies(file, options)
        check_choices([resolve(file) for file in found.files], settings)
        about = None if settings.about is None else read_about(settings.about)
        each = [options]
        if settings.synapse == "each":
            each = [{**options, "synapse": synapse} for synapse in ("chemical", "gap")]
        ways = [(canonical(given), parse_settings(given)) for given in each]
        files = counted(found.files, "files listed:")
        refs = tuple(_ref(file, *way, about) for file in files for way in ways)
        return Listing(refs, found.left_out)

    def load(self, ref: NetworkRef) -> Network:
        """Read one graph; it stays sparse, and one block, if it is not large, is dense at a time.

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
                adjacency = with_isolated(adjacency, settings.nodes, settings.partition)
                if settings.partition:
                    labels = regions(adjacency, settings.partition, settings.nodes)
        with reading(path, "graph"):
            walk = blocks(adjacency.matrix, labels, settings.projections)
        metadata = {**ref.metadata, **summary(adjacency.matrix)}
        return Network(ref.name, ref.kind, walk, ref.family, ref.source, metadata)


def _ref(
    file: str, options: Mapping[str, str], settings: Settings, about: About | None
) -> NetworkRef:
    path = resolve(file)
    synapse = settings.synapse
    stem = path.name.removesuffix(suffix_of(path.name))
    metadata: Mapping[str, Scalar] = {}
    if about is not None and settings.about is not None:
        metadata = look_up(about, stem, settings.about)
    files = [path] if settings.nodes is None else [path, settings.nodes]
    return NetworkRef(
        source=str(Source(ADAPTER, literal(file), options)),
        adapter=ADAPTER,
        name=_name(file, stem) + ("" if synapse == "chemical" else f"/{synapse}"),
        kind="biological",
        family=_family(settings, metadata, file),
        options=absolute(options),
        fingerprint=fingerprint(*files),
        location=str(path),
        metadata=metadata,
    )


def _name(file: str, stem: str) -> str:
    """``folder/stem``, the stem with all its dots: ``sub-01.fa`` and ``sub-01.fz`` are two."""
    folder = folder_name(file)
    own = shown(stem or Path(file).name)
    return f"{folder}/{own}" if folder else own


def _family(settings: Settings, metadata: Mapping[str, Scalar], file: str) -> str:
    if settings.family is None:
        return folder_name(file)
    if settings.about is None:
        return settings.family
    if settings.family not in metadata:
        raise SourceError(
            f"{settings.about} has no column {settings.family!r}; "
            + nearest(settings.family, metadata)
        )
    value = metadata[settings.family]
    return "" if value is None else str(value)
