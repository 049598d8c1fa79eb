"""Rows of networks that an error ended."""

from __future__ import annotations

import traceback

from zoo_spectra.errors import NetworkError, ZooSpectraError, explain, text_of
from zoo_spectra.runner.rows import Row, finished
from zoo_spectra.sources import Escape
from zoo_spectra.text import clean

MOST_REASON = 4_000  # characters
MOST_TRACEBACK = 20_000
_TEXTS = ("network_id", "commit_id", "source", "adapter", "name", "kind", "family", "fingerprint")
_NUMBERS = ("attempts", "realisations", "exact_limit", "method_version")
_PLACE = ("host", "pid", "worker", "ray_log")


def failed(row: Row, error: BaseException, prefix: str = "") -> Row:
    """The row of a network that an error ended; one that nobody foresaw keeps its traceback."""
    if isinstance(error, Escape) and error.__cause__ is not None:
        error = error.__cause__
    row = finished(row, "failed", prefix + _reason(error))
    return row if isinstance(error, ZooSpectraError) else {**row, "traceback": _traceback(error)}


def bare(row: Row) -> Row:
    """A row of what identifies its network, in types that a table takes for certain."""
    return {
        **{key: clean(str(row[key])) for key in _TEXTS},
        **{key: int(row[key]) for key in _NUMBERS},
        **{key: row[key] for key in _PLACE},
        "metadata": "{}",
    }


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory for this network; use a machine with more, or fewer workers"
    text = text_of(error) if isinstance(error, NetworkError) else explain(error)
    return text if len(text) <= MOST_REASON else text[:MOST_REASON] + "…"


def _traceback(error: BaseException) -> str:
    try:
        text = "".join(traceback.format_exception(error))
    except Exception as again:  # whatever the plug-in has made of its error
        return f"(the traceback cannot be had: {explain(again)})"
    if len(text) > MOST_TRACEBACK:
        text = "…\n" + text[-MOST_TRACEBACK:].partition("\n")[2]
    return clean(text)
