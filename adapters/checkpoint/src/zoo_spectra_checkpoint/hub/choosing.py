"""Which files of a repository are the network: as transformers chooses them, or as ``file=`` says.

transformers takes ``model.safetensors``, else its parts by the index, else the same of
``pytorch_model.bin``. Anything else is named by whoever wants it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from zoo_spectra.errors import FileFormatError, NetworkError, SourceError
from zoo_spectra_checkpoint.formats import SUFFIXES
from zoo_spectra_checkpoint.hub.asking import HubFile, Place, begin
from zoo_spectra_checkpoint.hub.cached import cached, cached_commit
from zoo_spectra_checkpoint.hub.line import Line
from zoo_spectra_checkpoint.hub.ranged import FIRST
from zoo_spectra_checkpoint.hub.refusals import Missing, Unreachable
from zoo_spectra_checkpoint.hub.wanted import Wanted, is_inside
from zoo_spectra_checkpoint.tensors import reading

INDEX = ".index.json"
STANDARD = (
    "model.safetensors",
    f"model.safetensors{INDEX}",
    "pytorch_model.bin",
    f"pytorch_model.bin{INDEX}",
)
SHOWN = 12  # files in a message
MAX_PARTS = 2000
_PART = re.compile(r".+-\d+-of-\d+\.\w+")
_HEADER_BYTES = 85  # that a tensor takes in a header, beside its name


@dataclass(frozen=True)
class Part:
    """One file of a network. ``look``: the bytes to begin with; ``begun``: the file and these."""

    place: Place
    file: str
    look: int = FIRST
    begun: tuple[HubFile, bytes] | None = None

    def begin(self) -> tuple[HubFile, bytes]:
        """The file on the hub and its first bytes. Raises NetworkError."""
        return self.begun or begin(self.place, self.file, self.look)


@dataclass(frozen=True)
class Chosen:
    """The files of one network, at one commit. ``file``: the one that was chosen, or the index.

    ``index``: which part each tensor is in; empty for a network of one file.
    """

    place: Place
    file: str
    parts: tuple[Part, ...]
    index: Mapping[str, str]


def choose(line: Line, wanted: Wanted, commit: str = "") -> Chosen:
    """The files that a source names, at ``commit`` if it is known; of the cache without a hub.

    Raises SourceError where nothing is to be chosen, NetworkError (Missing, Unreachable, …).
    """
    place = Place(line, wanted, wanted.name, commit or wanted.revision)
    found = _in_cache(place) if commit else None
    if found is not None:
        return found
    try:
        return _on_hub(place)
    except Unreachable as error:
        found = _in_cache(place)
        if found is None:
            raise Unreachable(f"{error}; the local cache has no weights of it") from error
        return found


def _on_hub(place: Place) -> Chosen:
    wanted = place.wanted
    for file in (wanted.file,) if wanted.file else STANDARD:
        try:
            if file.endswith(INDEX):
                answer = place.whole(file)
                return _of_index(place.at(answer), file, answer.body)
            begun = begin(place, file, FIRST)
            part = Part(begun[0].place, file, begun=begun)
            return Chosen(part.place, file, (part,), {})
        except Missing as error:
            if error.what != "file":
                raise
    raise _nothing(place)


def _in_cache(place: Place) -> Chosen | None:
    """The same of the local cache; None where it has no such commit, or not all of the files."""
    commit = cached_commit(place)
    if commit is None:
        return None
    pinned = Place(place.line, place.wanted, place.name, commit)
    for file in (place.wanted.file,) if place.wanted.file else STANDARD:
        path = cached(pinned, file)
        if path is None:
            continue
        if not file.endswith(INDEX):
            return Chosen(pinned, file, (Part(pinned, file),), {})
        with reading(path):
            text = path.read_bytes()
        found = _of_index(pinned, file, text)
        return found if all(cached(pinned, part.file) for part in found.parts) else None
    return None


def _of_index(place: Place, file: str, text: bytes) -> Chosen:
    """The parts that an index names, each in the index's own folder. Raises FileFormatError."""
    where = place.where(file)
    try:
        found = json.loads(text)["weight_map"]
        pairs = {str(name): str(part) for name, part in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileFormatError(
            f"{where} is no index of tensors and files; tell its owner"
        ) from error
    sizes: dict[str, int] = {}
    for name, part in pairs.items():
        sizes[part] = sizes.get(part, 1000) + _HEADER_BYTES + len(name)
    outside = [
        part
        for part in sizes
        if not is_inside(part) or "/" in part or not part.lower().endswith(SUFFIXES)
    ]
    if outside or not sizes or len(sizes) > MAX_PARTS:
        what = f"names {outside[0]!r}" if outside else f"names {len(sizes):,} files"
        raise FileFormatError(
            f"{where} {what}; parts are files of weights beside it; tell its owner"
        )
    folder = PurePosixPath(file).parent
    parts = tuple(
        Part(place, str(folder / part), min(look, 1 << 20)) for part, look in sorted(sizes.items())
    )
    return Chosen(place, file, parts, {k: str(folder / part) for k, part in pairs.items()})


def check_file(wanted: Wanted) -> None:
    """Raise SourceError for a file that is no weights, or one part of a network, by its name."""
    name = PurePosixPath(wanted.file).name
    if name and not name.lower().endswith((*SUFFIXES, INDEX)):
        raise SourceError(
            f"hf:{wanted.text}: file={wanted.file} is not one of {', '.join((*SUFFIXES, INDEX))}"
        )
    if _PART.fullmatch(name):
        stem, _, suffix = name.rpartition(".")
        index = re.sub(r"-\d+-of-\d+$", "", stem) + f".{suffix}{INDEX}"
        raise SourceError(
            f"hf:{wanted.text}: file={wanted.file} is one part of a network; name the index of "
            f"all, file={PurePosixPath(wanted.file).with_name(index)}"
        )


def _nothing(place: Place) -> SourceError | NetworkError:
    """The error of a repository without the wanted file, with those that could be named instead."""
    wanted = place.wanted
    what = f"no file {wanted.file!r}" if wanted.file else f"none of {', '.join(STANDARD)}"
    try:
        files = list(_weights(place.about()))
    except Missing as error:
        if error.what != "file":
            return error
        return SourceError(f"{place.where()} has {what}, or is not there; check the name")
    except NetworkError:  # without the list the message says less
        files = []
    shown = ", ".join(f"{name} ({size / 1e6:,.1f} MB)" for name, size in files[:SHOWN])
    more = f" and {len(files) - SHOWN:,} more" if len(files) > SHOWN else ""
    if not files:
        return SourceError(
            f"{place.where()} has {what}, and no other weights that are read; see {place.page}"
        )
    return SourceError(f"{place.where()} has {what}; name one with file=: {shown}{more}")


def _weights(about: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The files of a repository that look like weights, and their sizes, as the hub lists them."""
    listed = about.get("siblings")
    for each in listed if isinstance(listed, list) else []:
        file = each.get("rfilename") if isinstance(each, dict) else None
        if isinstance(file, str) and is_inside(file) and file.lower().endswith((*SUFFIXES, INDEX)):
            size = each.get("size")
            yield file, size if isinstance(size, int) else 0
