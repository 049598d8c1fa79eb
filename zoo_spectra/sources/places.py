"""Where a file lies, in one spelling: what a network of files is known by.

A place is absolute, and its folders are the real ones: links are followed, ``..`` and ``//`` gone.
The file's own name stays, also where it is a link: the cache of a hub is made of links whose names
say what they are. The files of a sample are ``@samples/…``, on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from zoo_spectra.errors import SourceError
from zoo_spectra.sources.samples import SAMPLES, samples_root
from zoo_spectra.sources.source import literal

SAMPLES_PREFIX = "@samples/"


def resolve(path: str) -> Path:
    """Where a path of a source string lies: ``~`` and ``@samples/`` expanded, absolute.

    Raises SourceError when it leads out of the folder of the samples.
    """
    if path.startswith(SAMPLES_PREFIX):
        return samples_root().absolute() / _inner(path)
    return Path(os.path.expanduser(path)).absolute()


def place(path: str) -> str:
    """The one spelling of where a file lies, whatever the folder that ``path`` starts from.

    ``resolve`` leads back to it. Raises SourceError as that does, and for a zero byte.
    """
    if "\0" in path:
        raise SourceError(f"{path!r}: no file has a zero byte in its name")
    if path.startswith(SAMPLES_PREFIX):
        return SAMPLES_PREFIX + _inner(path)
    folder, name = os.path.split(resolve(path))
    if name == "..":
        return os.path.realpath(resolve(path))
    return places([os.path.join(os.path.realpath(folder), name)])[0]


def places(paths: Iterable[str], of_samples: bool = False) -> list[str]:
    """The places of absolute paths whose folders are real.

    Below the folder of the samples all are ``@samples/…`` where they were asked for as such, else
    those of the known samples.
    """
    root = os.path.realpath(samples_root()) + "/"
    inner = [(path, path.removeprefix(root)) for path in paths]
    return [
        SAMPLES_PREFIX + name
        if name != path and (of_samples or name.partition("/")[0] in SAMPLES)
        else path
        for path, name in inner
    ]


def absolute_pattern(pattern: str) -> str:
    """A glob pattern from the root of the file system, by where it starts."""
    if pattern.startswith(SAMPLES_PREFIX):
        return f"{literal(str(samples_root().absolute()))}/{_inner(pattern)}"
    head, slash, rest = pattern.partition("/")
    if head.startswith("~"):
        pattern = literal(os.path.expanduser(head)) + slash + rest
    return pattern if pattern.startswith("/") else f"{literal(os.getcwd())}/{pattern}"


def _inner(path: str) -> str:
    inner = os.path.normpath(path.removeprefix(SAMPLES_PREFIX).lstrip("/"))
    if inner == ".." or inner.startswith("../"):
        raise SourceError(f"{path!r} leads out of the folder of the samples; name the file itself")
    return inner
