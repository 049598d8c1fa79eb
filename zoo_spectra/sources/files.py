"""Files on disk as networks: glob patterns, sample paths, suffixes, names, fingerprints."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.sources.samples import samples_root

SAMPLES_PREFIX = "@samples/"


def resolve(path: str) -> Path:
    """Where a path of a source string lies: ``~`` and ``@samples/`` expanded, absolute."""
    if path.startswith(SAMPLES_PREFIX):
        return samples_root().absolute() / path.removeprefix(SAMPLES_PREFIX)
    return Path(os.path.expanduser(path)).absolute()


def match_files(adapter: str, pattern: str, suffixes: Iterable[str]) -> list[str]:
    """The files that a glob pattern names, sorted, in the pattern's own spelling.

    ``**`` is allowed; ``@samples/`` stands for the folder of ``zoo-spectra samples``, so that a
    sample has the same name on every machine. ``resolve`` gives the place on disk.
    Raises SourceError when nothing matches, or nothing that has one of ``suffixes``.
    """
    wanted = tuple(suffixes)
    files = _expand(pattern)
    if not files:
        raise SourceError(f"{adapter}:{pattern} matches no file; {_advice(pattern)}")
    usable = [file for file in files if file.lower().endswith(wanted)]
    if not usable:
        raise SourceError(
            f"{adapter}:{pattern} matches {Path(files[0]).name}, whose format is not one of "
            + ", ".join(wanted)
        )
    return usable


def _expand(pattern: str) -> list[str]:
    place = resolve(pattern)
    names = [str(place)] if place.exists() else glob.glob(str(place), recursive=True)
    found = sorted(name for name in names if os.path.isfile(name))
    if pattern.startswith(SAMPLES_PREFIX):
        root = samples_root().absolute()
        return [SAMPLES_PREFIX + Path(name).relative_to(root).as_posix() for name in found]
    if Path(os.path.expanduser(pattern)).is_absolute():
        return found
    return [os.path.relpath(name) for name in found]


def _advice(pattern: str) -> str:
    if pattern.startswith(SAMPLES_PREFIX):
        sample = pattern.removeprefix(SAMPLES_PREFIX).partition("/")[0]
        return f"fetch the sample with: zoo-spectra samples {sample}"
    return f"relative paths start from {Path.cwd()}"


def network_name(path: str) -> str:
    """``folder/stem``: short, and distinct for files of one name in different folders."""
    place = resolve(path)
    stem = place.name.partition(".")[0] or place.name
    return f"{place.parent.name}/{stem}" if place.parent.name else stem


def fingerprint(*paths: Path) -> str:
    """Size and modification time of each file: changes when one of them does.

    Raises NetworkError when a file cannot be looked at.
    """
    try:
        stats = [path.stat() for path in paths]
    except OSError as error:
        raise NetworkError(f"{error.filename}: {error.strerror}; was it moved?") from error
    return ",".join(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)
