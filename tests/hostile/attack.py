"""The child of an attack: opens hostile files one after another, and writes down what happened.

Run by ``children.Child`` in a process of its own, for a crash, a hang or a flood of memory must be
seen as such. A task, and what became of it, is a line of JSON; a task that takes more than ``CPU``
seconds of this process ends it, however busy the machine is.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.runner.usage import peak_memory, reset_peak_memory
from zoo_spectra.sources import Constituent, Source, budget, get_adapter, is_sparse, literal

BUDGET = 0.3  # seconds, and as many for a MB, in place of 8 and 2: there are many files
CPU = 30  # seconds
SLOW = 0.2  # seconds
ADDRESSES = 12 << 30  # what a wild allocation may not have: the machine is shared


def values_of(matrix: Any) -> list[np.ndarray[Any, Any]]:
    """The values of a matrix, dense or sparse, and where they are."""
    if is_sparse(matrix):
        return [matrix.indptr, matrix.indices, matrix.data.astype(np.float64)]
    return [np.ascontiguousarray(matrix, dtype=np.float64)]


def digest(constituents: Iterable[Constituent]) -> str:
    """Equal for equal names, shapes and values."""
    found = hashlib.blake2b(digest_size=16)
    for each in constituents:
        found.update(f"{each.name}{each.matrix.shape}".encode())
        for part in values_of(each.matrix):
            found.update(part.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def walk(door: str, path: str, options: Mapping[str, str]) -> str:
    """List, load and walk with the adapter alone."""
    adapter = get_adapter(door)
    (ref,) = adapter.list(literal(path), options)
    return digest(adapter.load(ref).constituents())


def analyze(door: str, path: str, options: Mapping[str, str]) -> str:
    """The way of a notebook."""
    zs.analyze(zs.load(str(Source(door, literal(path), options))))
    return ""


DOORS = {"walk": walk, "analyze": analyze}


def tried(how: str, door: str, path: str, options: Mapping[str, str]) -> dict[str, Any]:
    """What one way in gave: an outcome, the seconds of CPU and the peak of memory."""
    started = _begin()
    try:
        said: dict[str, Any] = {"outcome": "read", "digest": DOORS[how](door, path, options)}
    except ZooSpectraError as error:
        said = {"outcome": "refused", "error": type(error).__name__, "message": str(error)}
    except BaseException as error:
        told = traceback.format_exception(error)[-12:]
        said = {"outcome": "escaped", "error": type(error).__name__, "message": "".join(told)}
    return said | {"seconds": time.process_time() - started, "peak": peak_memory()}


def opened(ways: list[str], door: str, path: str, options: Mapping[str, str]) -> dict[str, Any]:
    """What each way in gave: the later ones only where the first was quick."""
    said = {ways[0]: tried(ways[0], door, path, options)}
    if said[ways[0]]["seconds"] < SLOW:
        said |= {way: tried(way, door, path, options) for way in ways[1:]}
    return said


def commanded(*words: str) -> dict[str, Any]:
    """What a command line gave: its exit code, and what it wrote."""
    from zoo_spectra.terminal.app import main

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    started, code = _begin(), 0
    try:
        with (
            redirect_stdout(streams[0]),
            redirect_stderr(streams[1]),
            patch.object(sys, "argv", ["zoo-spectra", *words]),
        ):
            main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    seconds = time.process_time() - started
    for stream in streams:
        stream.seek(0)
    out, err = (stream.read() for stream in streams)
    return {"code": code, "out": out, "err": err, "seconds": seconds, "peak": peak_memory()}


def _begin() -> float:
    """The seconds so far; from here on so many more are allowed."""
    reset_peak_memory()
    spent = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + CPU, resource.RLIM_INFINITY))
    return spent


def restrain() -> None:
    """Bounds for this process, in which anything may happen."""
    warnings.simplefilter("ignore")
    budget.SECONDS = budget.SECONDS_PER_MB = BUDGET
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


TASKS = {"file": opened, "command": commanded}


def main() -> None:
    """Do the tasks that come, a line each, and answer with a line."""
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no report
    tasks = os.fdopen(os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    restrain()
    with threadpool_limits(1):
        for line in tasks:
            folder, what, *arguments = json.loads(line)
            os.chdir(folder)
            print(json.dumps(TASKS[what](*arguments)), file=report, flush=True)


if __name__ == "__main__":
    main()
