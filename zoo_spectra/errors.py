"""The error tree. Every message says what was wrong, where, and what to do.

ZooSpectraError
├── SourceError      a source string: unknown adapter or option, pattern without a match
├── AdapterError     an adapter that cannot be imported or does not keep its contract
├── NetworkError     one network that cannot be read or analysed (a `failed` row, the run goes on)
│   ├── UnlistedError    one that a source names and that cannot be looked at now (no access, …)
│   ├── FileFormatError  a truncated, malformed or unsupported file
│   └── UnsafeFileError  a file that wants to run code or expand entities
├── JobError         a job file that does not validate
├── CatalogError     a catalog that cannot be read or written
│   └── CatalogVersionError  a catalog written by a newer version
├── ClusterError     a Ray cluster that cannot be reached
├── MeasureError     networks that a measure cannot compare
├── DesignError      groups that cannot be compared, or a column that makes none
├── FigureError      a figure or a report that cannot be made
├── ExportError      a table that another format cannot hold, or a place that is taken
├── DeviceError      a GPU, or torch, that is asked for and not there
└── SampleError      sample data that cannot be fetched or verified
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_CHOICE, MAX_CHOICES = 100, 2000  # characters and names that are looked at for a hint


class ZooSpectraError(Exception):
    """Base of every error this package raises on purpose."""


class SourceError(ZooSpectraError):
    """A source string names an unknown adapter, option or network."""


class AdapterError(ZooSpectraError):
    """An adapter cannot be imported, shares its name, or does not keep its contract."""


class NetworkError(ZooSpectraError):
    """One network cannot be read or analysed; others are unaffected."""


class UnlistedError(NetworkError):
    """A network that a source names and that cannot be looked at now, as for want of access.

    ``ref``: its NetworkRef, with what is known. Among several sources it is a failed row.
    """

    def __init__(self, message: str, ref: object = None) -> None:
        super().__init__(message)
        self.ref = ref


class FileFormatError(NetworkError):
    """A file is truncated, malformed, or of a format that is not supported."""


class UnsafeFileError(NetworkError):
    """A file would run code, or expand entities, if it were read."""


class JobError(ZooSpectraError):
    """A job file does not validate."""


class CatalogError(ZooSpectraError):
    """A catalog cannot be read or written."""


class CatalogVersionError(CatalogError):
    """A catalog was written by a newer version of the format or the method."""


class ClusterError(ZooSpectraError):
    """A Ray cluster cannot be reached or started."""


class MeasureError(ZooSpectraError):
    """A measure of distance cannot compare these networks."""


class DesignError(ZooSpectraError):
    """Groups of networks cannot be compared so: of one network each, confounded, unknown."""


class FigureError(ZooSpectraError):
    """A figure or a report cannot be made of these networks, or what draws is not installed."""


class ExportError(ZooSpectraError):
    """A table goes into no file of a format, its place is taken, or its library is missing."""


class DeviceError(ZooSpectraError):
    """A job asks for a device that is not there."""


class SampleError(ZooSpectraError):
    """Sample data cannot be fetched, or does not have the pinned digest."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """A hint for an error message: the valid names closest to ``name``.

    Of a file's own names, however many and however long: those that can be compared quickly.
    """
    known = sorted({choice for choice in choices if len(choice) <= MAX_CHOICE})
    close = difflib.get_close_matches(name[:MAX_CHOICE], known[:MAX_CHOICES], n=3, cutoff=0.4)
    if close:
        return "did you mean " + " or ".join(repr(c) for c in close) + "?"
    return "valid: " + (", ".join(known[:20]) or "none") + ("…" if len(known) > 20 else "")


def text_of(error: BaseException) -> str:
    """The text of an error, also of one that cannot say it."""
    try:
        return str(error).strip()
    except BaseException:
        return "(its text cannot be had)"


def explain(error: BaseException) -> str:
    """The type of an error, and its text if it has one."""
    text = text_of(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
