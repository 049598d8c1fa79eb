"""Files on disk as networks: which a pattern names, what it leaves out, names, fingerprints."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources.globbing import ANY_FOLDERS, Found, find
from zoo_spectra.sources.left_out import LeftOut, of_other_formats
from zoo_spectra.sources.places import SAMPLES_PREFIX, absolute_pattern, places, resolve
from zoo_spectra.sources.source import Source, plain


@dataclass(frozen=True)
class Files:
    """``files``: the places of those that a pattern names and that can be read; what is not."""

    files: tuple[str, ...]
    left_out: LeftOut


def match_files(adapter: str, pattern: str, suffixes: Iterable[str]) -> list[str]:
    """The places of the files that a glob pattern names, sorted. As ``find_files``."""
    return list(find_files(adapter, pattern, suffixes).files)


def find_files(adapter: str, pattern: str, suffixes: Iterable[str]) -> Files:
    """The files that a glob pattern names, sorted, each in the one spelling of its ``place``.

    ``**`` is allowed; ``@samples/`` stands for the folder of ``zoo-spectra samples``. ``resolve``
    gives a path to open. What ends in none of ``suffixes`` (in lower case) is left out, and links
    to nothing. Raises SourceError when nothing is left.
    """
    wanted = tuple(suffixes)
    source = str(Source(adapter, pattern))
    if "\0" in pattern:
        raise SourceError(f"{source}: no file has a zero byte (%00) in its name")
    found = find(absolute_pattern(pattern))
    usable = [file for file in found.files if file.lower().endswith(wanted)]
    if not usable:
        raise SourceError(f"{source} {_nothing(adapter, pattern, wanted, found)}")
    others = of_other_formats(file for file in found.files if not file.lower().endswith(wanted))
    # Below ** every folder was entered, whether it was matched or not.
    folders = 0 if ANY_FOLDERS in pattern.split("/") else len(found.folders)
    left = LeftOut(others, tuple(found.links), folders, len(found.closed), len(found.special))
    return Files(tuple(places(usable, pattern.startswith(SAMPLES_PREFIX))), left)


def _nothing(adapter: str, pattern: str, wanted: tuple[str, ...], found: Found) -> str:
    """Why a pattern names no file that can be read, and what to do."""
    if found.files:
        name = os.path.basename(found.files[0])
        return f"matches {name}, whose format is not one of {', '.join(wanted)}"
    if found.links:
        link = found.links[0]
        return (
            f"matches {os.path.basename(link)}, a link that leads nowhere: {os.readlink(link)} is "
            "not there; fetch the file again"
        )
    if found.folders:
        inside = Source(adapter, pattern.rstrip("/") + "/*")
        return f"matches a folder and no file; for what is in it write {shlex.quote(str(inside))}"
    if found.special:
        return f"matches {os.path.basename(found.special[0])}, which is a pipe or device, no file"
    if found.closed:
        return f"matches no file, but {found.closed[0]} may not be read; ask for the right to"
    return f"matches no file; {_advice(pattern)}"


def _advice(pattern: str) -> str:
    if pattern.startswith(SAMPLES_PREFIX):
        sample = pattern.removeprefix(SAMPLES_PREFIX).lstrip("/").partition("/")[0]
        return f"fetch the sample with: zoo-spectra samples {shlex.quote(sample)}"
    start = "" if pattern.startswith(("/", "~")) else f"relative paths start from {os.getcwd()}"
    if plain(pattern) is None and "[" in pattern:
        brackets = "in a pattern, brackets hold a choice of characters; write [ as %5B in a name"
        return f"{start}; {brackets}" if start else brackets
    return start or "check the path"


def network_name(path: str) -> str:
    """``folder/stem``: short, and distinct for files of one name in different folders."""
    name = os.path.basename(path)
    stem = name.partition(".")[0] or name
    folder = folder_name(path)
    return f"{folder}/{shown(stem)}" if folder else shown(stem)


def folder_name(path: str) -> str:
    """The name of the folder that a file lies in. ``path``: a place, or as ``resolve`` takes it."""
    absolute = path.startswith((SAMPLES_PREFIX, "/"))
    return shown(os.path.basename(os.path.dirname(path if absolute else str(resolve(path)))))


def shown(name: str) -> str:
    r"""A file's name as text: bytes that are no UTF-8 are written ``\xe9``."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def fingerprint(*paths: Path) -> str:
    """Size and modification time of each file: changes when one of them does.

    Raises NetworkError when a file cannot be looked at.
    """
    try:
        stats = [path.stat() for path in paths]
    except OSError as error:
        raise NetworkError(f"{error.filename}: {error.strerror}; was it moved?") from error
    return ",".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)
