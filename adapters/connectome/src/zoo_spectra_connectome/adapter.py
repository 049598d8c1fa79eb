"""``connectome:PATTERN?option=value&…``: files of graphs as biological networks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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
from zoo_spectra_connectome.adjacency import reading, summary
from zoo_spectra_connectome.bids import found_files
from zoo_spectra_connectome.blocks import blocks
from zoo_spectra_connectome.checks import check_choices
from zoo_spectra_connectome.derived import with_derived
from zoo_spectra_connectome.facts import facts_of
from zoo_spectra_connectome.isolated import with_isolated
from zoo_spectra_connectome.partition import regions
from zoo_spectra_connectome.readers import beside, check_applies, read_adjacency, suffix_of
from zoo_spectra_connectome.settings import (
    ADAPTER,
    ALL_KINDS,
    CHEMICAL,
    DESCRIBING,
    OPTIONS,
    Settings,
    absolute,
    canonical,
    check_tables,
    kinds_of,
    parse_settings,
)
from zoo_spectra_connectome.symmetry import with_symmetry


class ConnectomeAdapter:
    """Graphs in files: tables of edges, matrices, formats of graphs, of MATLAB, of neuroimaging.

    Directed and weighted as the file has them: rows pre-synaptic, columns post-synaptic, parallel
    edges summed, undirected graphs symmetric.
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
        ways = [(canonical(given), parse_settings(given)) for given in _ways(options)]
        files = counted(found.files, "files listed:")
        refs = tuple(_ref(file, *way, about) for file in files for way in ways)
        return Listing(refs, found.left_out)

    def load(self, ref: NetworkRef) -> Network:
        """Read one graph; it stays sparse, and one block, if it is not large, is dense at a time.

        Raises NetworkError, FileFormatError, UnsafeFileError.
        """
        settings, path = parse_settings(ref.options), Path(ref.location)
        with reading(path, suffix_of(path.name).lstrip(".")):
            adjacency = with_symmetry(read_adjacency(path, settings), settings.symmetry)
            labels = None
            if settings.partition and settings.nodes is None:
                adjacency = with_derived(adjacency, settings.partition)
                labels = regions(adjacency, settings.partition)
        if settings.nodes is not None:
            with reading(settings.nodes, "table"):
                adjacency = with_isolated(adjacency, settings.nodes, settings.partition)
                if settings.partition:
                    labels = regions(adjacency, settings.partition, settings.nodes)
        with reading(path, "graph"):
            walk = blocks(adjacency.matrix, labels, settings.projections)
        with reading(path, "graph"):
            metadata = {**ref.metadata, **summary(adjacency.matrix), **facts_of(adjacency)}
        return Network(ref.name, ref.kind, walk, ref.family, ref.source, metadata)


def _ref(
    file: str, options: Mapping[str, str], settings: Settings, about: About | None
) -> NetworkRef:
    path = resolve(file)
    stem = path.name[: len(path.name) - len(suffix_of(path.name))]
    metadata: Mapping[str, Scalar] = {}
    if about is not None and settings.about is not None:
        metadata = look_up(about, stem, settings.about)
    files = [path, *beside(path), *([] if settings.nodes is None else [settings.nodes])]
    return NetworkRef(
        source=str(Source(ADAPTER, literal(file), options)),
        adapter=ADAPTER,
        name=_name(file, settings, options),
        kind="biological",
        family=_family(settings, metadata, file),
        options=absolute(options),
        fingerprint=fingerprint(*files),
        location=str(path),
        metadata=metadata,
    )


def _ways(options: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The options of each network that one file is: ``synapse=each``, ``types=A,B``."""
    synapse = options.get("synapse")
    for chosen in (CHEMICAL, "gap") if synapse == "each" else (synapse,):
        for kind in kinds_of(options.get("types", "")) or (None,):
            given = {"synapse": chosen, "types": kind}
            yield {**options, **{key: value for key, value in given.items() if value is not None}}


def _name(file: str, settings: Settings, options: Mapping[str, str]) -> str:
    """``folder/stem``, of all that stands before the suffix, and what is taken of the file.

    The stem keeps all its dots: ``sub-01.fa`` and ``sub-01.fz`` are two.
    """
    name = os.path.basename(file)
    stem = name[: len(name) - len(suffix_of(name))] or name
    parts = [folder_name(file), shown(stem)]
    if settings.synapse != CHEMICAL:
        parts.append(settings.synapse)
    if options.get("types", ALL_KINDS) != ALL_KINDS:
        parts.append(options["types"])
    return "/".join(part for part in parts if part)


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
