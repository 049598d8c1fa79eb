"""The adapter ``checkpoint``: a file of weights is a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources import (
    LeftOut,
    Listing,
    Network,
    NetworkRef,
    Reading,
    Source,
    check_options,
    counted,
    find_files,
    fingerprint,
    folder_name,
    literal,
    place,
    plain,
    resolve,
    shown,
)
from zoo_spectra_checkpoint.beside import files_beside
from zoo_spectra_checkpoint.folders import INDEX, chosen_file, first_part, network_stem
from zoo_spectra_checkpoint.formats import SUFFIXES, by_suffix, format_of
from zoo_spectra_checkpoint.hub_cache import repository_of
from zoo_spectra_checkpoint.shards import Parts, Shelf, open_network, parts_of, stem
from zoo_spectra_checkpoint.slices import SLICED
from zoo_spectra_checkpoint.tensors import TensorFile
from zoo_spectra_checkpoint.which import Which, which_of

OPTIONS = {
    "family": "the family of these networks (default: their folder, or repository)",
    "key": "which part of a file: the path to it, in dots, or what its names begin with",
    "ema": "true: the exponential moving average of the weights in the file",
}


@dataclass(frozen=True)
class _Found:
    """One network: the place of its first file, and its files."""

    file: str
    parts: Parts


class CheckpointAdapter:
    """``checkpoint:weights/*.safetensors``, and files of every other format in ``formats``.

    Constituents are what ``zoo_spectra.sources.read`` makes of its tensors. A network is named
    ``folder/stem``, or as its repository on the hub; its family is the folder unless ``family`` is
    given. Files are never unpickled.
    """

    name = "checkpoint"
    options: Mapping[str, str] = OPTIONS
    describing = frozenset({"family"})

    def list(self, pattern: str, options: Mapping[str, str]) -> Listing:
        """The files that a glob matches; the shards of one network are one.

        Of a folder, the file that transformers would read. Shapes come from the headers of all
        formats but torch's. Raises SourceError on no match.
        """
        check_options(self.name, options, self.options)
        if options.get("family") == "":
            raise SourceError("checkpoint: option family is empty; leave it out, or name a family")
        which = which_of(options)
        found = find_files(self.name, _of_folder(pattern), (*SUFFIXES, SLICED))
        networks, stale = _networks(found.files)
        if not networks:
            file, index = next(iter(stale.items()))
            raise SourceError(
                f"{Source(self.name, pattern)} matches {Path(file).name}, a stale part that "
                f"{index.name} does not name; remove it, and name one that it does"
            )
        told = {name: value for name, value in options.items() if name != "ema"}
        told |= {"ema": "true"} if which.ema else {}
        headers = counted([(each, each) for each in networks], "headers read:")
        refs = tuple(self._ref(each, told, which) for each, _ in headers)
        return Listing(refs, found.left_out + LeftOut(stale=tuple(sorted(stale))))

    def load(self, ref: NetworkRef) -> Network:
        """Open one file. Raises NetworkError (FileFormatError, UnsafeFileError) when it cannot."""
        return open_network(Path(ref.location), which_of(ref.options)).network(ref, ref.metadata)

    def _ref(self, found: _Found, options: Mapping[str, str], which: Which) -> NetworkRef:
        path = resolve(found.file)
        files = [part for part in found.parts.files if part.is_file()]
        beside = [found.parts.index.path] if found.parts.index else []
        beside += [each for each in files_beside(path) if each not in files]
        form = _format(path)
        opened = _glance(path, which) if form != "torch" else None
        files += opened.parts if opened else ()  # an ONNX model's external data
        reading = _reading(opened) if opened else None
        name, family = _names(found.file, path, which)
        return NetworkRef(
            source=str(Source(self.name, literal(found.file), options)),
            adapter=self.name,
            name=name,
            kind="artificial",
            family=options.get("family") or family,
            options=dict(options),
            shapes=reading.shapes if reading else None,
            parameters=opened.parameters() if opened else None,
            fingerprint=fingerprint(*files, *beside),
            location=str(path),
            metadata={"format": form, "file_size": sum(part.stat().st_size for part in files)},
            coverage=reading.coverage if reading else None,
        )


def _of_folder(pattern: str) -> str:
    """The pattern; of a folder or an index, that of the file which is its network."""
    name = plain(pattern)
    if name is None or "\0" in name:
        return pattern
    path = resolve(name)
    if path.is_dir():
        return literal(str(chosen_file(path)))
    if path.name.endswith(INDEX) and path.is_file():
        return literal(str(first_part(path)))
    return pattern


def _networks(files: tuple[str, ...]) -> tuple[list[_Found], dict[str, Path]]:
    """The networks of files, each once, by its first part; and what an index leaves out."""
    shelf = Shelf()
    found: dict[str, _Found] = {}
    stale: dict[str, Path] = {}
    known: dict[Path, Parts] = {}
    for file in files:
        path = resolve(file)
        parts = known.get(path) or parts_of(path, shelf)
        known.update(dict.fromkeys(parts.files, parts))
        if parts.stale is not None:
            stale[file] = parts.stale
            continue
        first = file if parts.files[0] == path else place(_beside(file, parts.files[0]))
        found.setdefault(first, _Found(first, parts))
    return list(found.values()), stale


def _beside(file: str, other: Path) -> str:
    """The place of a sibling: also of a file in a sample."""
    folder = file.rpartition("/")[0]
    return f"{folder}/{other.name}" if resolve(file).parent == other.parent else str(other)


def _names(file: str, path: Path, which: Which) -> tuple[str, str]:
    """What a network is called, and its family."""
    repository = repository_of(path)
    part = f"[{which}]" if which else ""
    if repository is None:
        folder = folder_name(file)
        return f"{folder}/{shown(stem(path))}{part}", folder
    inside = [*_within(path, repository.revision), shown(network_stem(path))]
    name = "/".join(filter(None, (repository.name, *inside)))
    return f"{name}{part}", repository.name


def _within(path: Path, revision: str) -> tuple[str, ...]:
    """The folders of a file inside its snapshot."""
    folders = path.parent.parts
    if not revision or revision not in folders:
        return ()
    at = len(folders) - 1 - folders[::-1].index(revision)
    return tuple(map(shown, folders[at + 1 :]))


def _format(path: Path) -> str:
    """What a file is, or is called where it is broken, which ``load`` will say."""
    try:
        return format_of(path).name
    except (NetworkError, OSError):
        return by_suffix(path).name


def _glance(path: Path, which: Which) -> TensorFile | None:
    """The headers of a file; None when it is broken, which ``load`` will say."""
    try:
        return open_network(path, which)
    except NetworkError:
        return None


def _reading(file: TensorFile) -> Reading | None:
    """What the headers come to; None when the network is refused, which ``load`` will say."""
    try:
        return file.reading()
    except NetworkError:
        return None
