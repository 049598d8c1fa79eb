"""The adapter ``checkpoint``: a file of weights is a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import (
    Listing,
    Network,
    NetworkRef,
    Source,
    check_options,
    counted,
    find_files,
    fingerprint,
    folder_name,
    literal,
    resolve,
    shown,
)
from zoo_spectra_checkpoint.formats import SUFFIXES, by_suffix, format_of
from zoo_spectra_checkpoint.shards import is_later_shard, open_network, shards, stem
from zoo_spectra_checkpoint.tensors import TensorFile


class CheckpointAdapter:
    """``checkpoint:weights/*.safetensors``; also .npz, and .pt, .pth and .bin with torch.

    Constituents are what ``zoo_spectra.sources.read`` makes of its tensors. A network is named
    ``folder/stem``; its family is the folder unless ``family`` is given. Files are never unpickled.
    """

    name = "checkpoint"
    options: Mapping[str, str] = {"family": "the family of these networks (default: their folder)"}
    describing = frozenset({"family"})

    def list(self, pattern: str, options: Mapping[str, str]) -> Listing:
        """The files that match a glob; the shards of one network are one.

        Shapes come from the headers of safetensors and npz files. Raises SourceError on no match.
        """
        check_options(self.name, options, self.options)
        if options.get("family") == "":
            raise SourceError("checkpoint: option family is empty; leave it out, or name a family")
        found = find_files(self.name, pattern, SUFFIXES)
        paths = {file: resolve(file) for file in found.files}
        first = [(file, path) for file, path in paths.items() if not is_later_shard(path)]
        if not first:
            raise SourceError(
                f"{Source(self.name, pattern)} matches {Path(found.files[0]).name}, a later part "
                "of a network; name its first part"
            )
        headers = counted(first, "headers read:")
        refs = tuple(self._ref(file, path, options) for file, path in headers)
        return Listing(refs, found.left_out)

    def load(self, ref: NetworkRef) -> Network:
        """Open one file. Raises NetworkError (FileFormatError, UnsafeFileError) when it cannot."""
        file = open_network(Path(ref.location))
        reading = file.reading()
        if not reading.parts:
            reasons = ", ".join(f"{why} {count:,}" for why, count in reading.left_out.items())
            raise NetworkError(
                f"{ref.location} has {len(file.entries)} tensors, but no weight among them "
                f"({reasons or 'none at all'})"
            )
        return reading.network(
            lambda: file.constituents(reading),
            ref.name,
            ref.kind,
            ref.family,
            ref.source,
            ref.metadata,
        )

    def _ref(self, file: str, path: Path, options: Mapping[str, str]) -> NetworkRef:
        parts = [part for part in shards(path) if part.is_file()]
        form, folder = _format(path), folder_name(file)
        opened = _glance(path) if form != "torch" else None
        shapes = _shapes(opened) if opened else None
        return NetworkRef(
            source=str(Source(self.name, literal(file), options)),
            adapter=self.name,
            name=f"{folder}/{shown(stem(path))}",
            kind="artificial",
            family=options.get("family") or folder,
            options=dict(options),
            shapes=shapes,
            parameters=opened.parameters() if opened else None,
            fingerprint=fingerprint(*parts),
            location=str(path),
            metadata={"format": form, "file_size": sum(part.stat().st_size for part in parts)},
        )


def _format(path: Path) -> str:
    """What a file is, or is called where it is broken, which ``load`` will say."""
    try:
        return format_of(path).name
    except (NetworkError, OSError):
        return by_suffix(path).name


def _glance(path: Path) -> TensorFile | None:
    """The headers of a file; None when it is broken, which ``load`` will say."""
    try:
        return open_network(path)
    except NetworkError:
        return None


def _shapes(file: TensorFile) -> tuple[tuple[int, int], ...] | None:
    """The (p, q) of the constituents; None when the network is refused, which ``load`` will say."""
    try:
        return file.reading().shapes
    except NetworkError:
        return None
