"""Files on disk as networks: glob patterns, suffixes, fingerprints."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from zoo_spectra.errors import SourceError


def match_files(adapter: str, pattern: str, suffixes: Iterable[str]) -> list[Path]:
    """The files that a glob pattern (``**`` allowed, ``~`` expanded) names, sorted.

    Raises SourceError when none does, or when a file has none of ``suffixes``.
    """
    wanted = tuple(suffixes)
    expanded = os.path.expanduser(pattern)
    exact = Path(expanded)
    names = [expanded] if exact.exists() else glob.glob(expanded, recursive=True)
    files = sorted(Path(name) for name in names if Path(name).is_file())
    if not files:
        raise SourceError(f"{adapter}:{pattern} matches no file (from {Path.cwd()})")
    usable = [file for file in files if file.name.lower().endswith(wanted)]
    if not usable:
        raise SourceError(
            f"{adapter}:{pattern} matches {files[0].name}, whose format is not one of "
            + ", ".join(wanted)
        )
    return usable


def fingerprint(path: Path) -> str:
    """Size and modification time: changes when the file does."""
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"
