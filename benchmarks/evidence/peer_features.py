"""What two other packages say about random timm architectures: six numbers, or one, a network.

weightwatcher's ``analyze()`` and ``get_summary()``, and bristol's ``cpse_measure``, on every
network of ``subset()``; zoo.py compares them with the CSD. Half an hour of one core; what is done
is kept in catalogs/bench-peers/ and not redone. ``seconds`` are wall times beside whatever else
ran: it is speed/peers.py that compares speeds.

bristol's cPSE draws no circular ensemble: it compares histograms (ten bins) of the eigenvalues of
(W Wᵀ)², repeated to the length of the longest, before and after each further layer, and takes the
mean of the log10 of these divergences. It reads modules that torch itself defines, not timm's.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from math import isfinite
from typing import Any

import numpy as np

from benchmarks.common import CONSOLE, ROOT, write
from zoo_spectra_timm.building import random_model
from zoo_spectra_timm.names import architectures, family
from zoo_spectra_timm.sketch import sketches

# bristol solves a problem of order shape[0]; its cost bounds the subset.
MOST_PARAMETERS, LARGEST_ORDER, MOST_OF_A_FAMILY = 12_000_000, 1280, 5
DONE = ROOT / "catalogs" / "bench-peers" / "features.jsonl"


def subset() -> dict[str, list[str]]:
    """Of each family its architectures, smallest first; families of one are left out.

    Those of at most 12 M parameters and no matrix of more than 1280 rows, without timm's
    ``test_*``, of equal shapes the first; at most five, evenly spread over the order of size.
    """
    names = sorted(choice.name for choice in architectures("*"))
    known = sketches(names)
    sized: dict[str, list[tuple[int, str]]] = {}
    seen: set[object] = set()
    for name in names:
        shapes, parameters = known[name].shapes, known[name].parameters
        if name.startswith("test_") or not shapes or not parameters or shapes in seen:
            continue
        seen.add(shapes)
        if parameters <= MOST_PARAMETERS and max(p for p, _ in shapes) <= LARGEST_ORDER:
            sized.setdefault(family(name), []).append((parameters, name))
    return {kin: _spread(found) for kin, found in sorted(sized.items()) if len(found) > 1}


def _spread(found: list[tuple[int, str]]) -> list[str]:
    ordered = [name for _, name in sorted(found)]
    at = np.linspace(0, len(ordered) - 1, min(len(ordered), MOST_OF_A_FAMILY)).round()
    return [ordered[int(place)] for place in at]


@contextmanager
def silence() -> Iterator[None]:
    """Both print at every layer."""
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def weightwatcher_summary(model: Any) -> dict[str, Any]:
    """The means that ``get_summary()`` gives, and how many layers they are over."""
    weightwatcher: Any = import_module("weightwatcher")
    started = time.perf_counter()
    with silence():
        watcher = weightwatcher.WeightWatcher(model=model)
        details = watcher.analyze()
        summary = watcher.get_summary(details)
    seconds = time.perf_counter() - started
    return {**_numbers(summary), "layers": len(details), "seconds": seconds}


def bristol_cpse(model: Any) -> dict[str, Any]:
    """cPSE, and how many layers it compares (each with the network up to there)."""
    bristol: Any = import_module("bristol.cPSE")
    started = time.perf_counter()
    with silence(), np.errstate(all="ignore"):
        by_layer, cpse = bristol.cpse_measure(model)
    seconds = time.perf_counter() - started
    return {**_numbers({"cpse": cpse}), "layers": len(by_layer), "seconds": seconds}


def _numbers(found: dict[str, Any]) -> dict[str, float | None]:
    """JSON has no nan."""
    values = {str(key): float(np.real(value)) for key, value in found.items()}
    return {key: value if isfinite(value) else None for key, value in values.items()}


def measure(name: str) -> dict[str, Any]:
    """One architecture at seed 0; a package that fails leaves its message."""
    model = random_model(name, 0).eval()
    row: dict[str, Any] = {"name": name}
    for package, function in (("weightwatcher", weightwatcher_summary), ("bristol", bristol_cpse)):
        try:
            row[package] = function(model)
        except Exception as error:  # a peer may fail for any reason: that is a finding
            row[package] = {"error": f"{type(error).__name__}: {error}"}
    return row


def done() -> dict[str, dict[str, Any]]:
    """The rows of earlier runs, by name."""
    lines = DONE.read_text(encoding="utf-8").splitlines() if DONE.exists() else []
    return {row["name"]: row for row in map(json.loads, lines)}


def main() -> None:
    logging.getLogger("weightwatcher").setLevel(logging.ERROR)
    chosen = subset()
    names = [name for members in chosen.values() for name in members]
    DONE.parent.mkdir(parents=True, exist_ok=True)
    known = done()
    for at, name in enumerate(names):
        if name not in known:
            known[name] = measure(name)
            with DONE.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[name]) + "\n")
        CONSOLE.print(f"{at + 1}/{len(names)} {name}")
    kin = {name: key for key, members in chosen.items() for name in members}
    rows = [{**known[name], "family": kin[name]} for name in names]
    figures = {"seed": 0, "architectures": len(rows), "families": len(chosen), "networks": rows}
    write("evidence.peer_features", ("weightwatcher", "bristol", "torch", "timm"), figures)


if __name__ == "__main__":
    main()
