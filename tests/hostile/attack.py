"""The child of an attack: opens hostile files one after another, and writes down what happened.

Run by ``cases.attack`` in a process of its own, for a crash, a hang or a flood of memory must be
seen as such. A line of JSON for each case, before it and after it.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import zoo_spectra as zs
from zoo_spectra.errors import ZooSpectraError
from zoo_spectra.runner.usage import peak_memory, reset_peak_memory
from zoo_spectra.sources import Constituent, Source, budget, get_adapter, literal

SECONDS = 2.0  # of a budget, in place of 8: there are many files
ADDRESSES = 12 << 30  # what a wild allocation may not have: the machine is shared


def digest(constituents: Iterable[Constituent]) -> str:
    """Equal for equal names, shapes and values."""
    found = hashlib.blake2b(digest_size=16)
    for each in constituents:
        values = np.ascontiguousarray(each.matrix, dtype=np.float64)
        found.update(f"{each.name}{values.shape}".encode())
        found.update(values.tobytes())
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
    reset_peak_memory()
    started = time.process_time()
    try:
        said: dict[str, Any] = {"outcome": "read", "digest": DOORS[how](door, path, options)}
    except ZooSpectraError as error:
        said = {"outcome": "refused", "error": type(error).__name__, "message": str(error)}
    except BaseException as error:
        told = traceback.format_exception(error)[-12:]
        said = {"outcome": "escaped", "error": type(error).__name__, "message": "".join(told)}
    return said | {"seconds": time.process_time() - started, "peak": peak_memory()}


def restrain() -> None:
    """Bounds for this process, in which anything may happen."""
    warnings.simplefilter("ignore")
    budget.SECONDS = SECONDS
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read the cases from a file, and write what happened to standard output."""
    restrain()
    with threadpool_limits(1):
        for number, how, door, path, options in json.loads(Path(sys.argv[1]).read_text()):
            print(json.dumps({"begins": number}), flush=True)
            print(json.dumps({"ends": number} | tried(how, door, path, options)), flush=True)


if __name__ == "__main__":
    main()
