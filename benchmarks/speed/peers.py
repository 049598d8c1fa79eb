"""The same models through weightwatcher, bristol and zoo_spectra, on the same two cores.

weightwatcher: ``WeightWatcher(model).analyze()`` with its defaults: singular values and power-law
fits of every Linear and Conv2d layer, a convolution kernel slice by kernel slice. bristol:
``cPSE.cpse_measure(model)``, the Gram matrix of every layer, squared, and its eigenvalues by the
routine for general matrices; its one measure of a model, which draws no circular ensemble. Ours:
``zs.analyze(model)``, with all its statistics. Every call is in a process of its own, after one
on a small model; tools take turns; each has two threads.

The spectra are compared with weightwatcher's where both take the same matrix: Linear layers and
convolutions of 1 by 1.

python -m benchmarks.speed.peers
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import time
import warnings
from importlib import import_module
from math import exp, log
from statistics import mean, median
from typing import Any

import numpy as np

import zoo_spectra as zs
from benchmarks.common import ROOT, show, write
from zoo_spectra_timm.building import random_model

MODELS = ("resnet50", "vit_small_patch16_224", "convnext_tiny")
TURNS = {"zoo_spectra": 3, "weightwatcher": 3, "bristol": 1}
GOALS = {"weightwatcher": 5.0, "bristol": 50.0}
THREADS = 2


def ours(model: Any) -> None:
    zs.analyze(model)


def weightwatcher(model: Any) -> None:
    _watcher(model).analyze()


def bristol(model: Any) -> None:
    import_module("bristol.cPSE").cpse_measure(model)


TOOLS = {"zoo_spectra": ours, "weightwatcher": weightwatcher, "bristol": bristol}


def _watcher(model: Any) -> Any:
    return import_module("weightwatcher").WeightWatcher(model=model)


def small_model() -> Any:
    """Three layers, so that what is imported or set up at the first call is not timed."""
    from torch import nn

    layers = [nn.Conv2d(16, 32, 3), nn.Linear(64, 96), nn.Linear(96, 64)]
    return nn.Sequential(*layers)


def timed(tool: str, model: Any) -> dict[str, float]:
    TOOLS[tool](small_model())
    started = time.perf_counter()
    TOOLS[tool](model)
    return {"seconds": time.perf_counter() - started}


def agreement(model: Any) -> dict[str, float]:
    """Largest differences of eigenvalues, over λ_max of their layer and over themselves.

    The latter over eigenvalues above 1e-6 λ_max.
    """
    defaults = import_module("weightwatcher.constants").DEFAULT_PARAMS
    mine = {c.name: c for c in zs.analyze(model).used}
    watcher = _watcher(model)
    modules = dict(model.named_modules())
    of_largest, relative, layers = 0.0, 0.0, 0
    layers_of = import_module("weightwatcher.weightwatcher").WWLayerIterator
    for layer in layers_of(model, watcher.framework, params=defaults.copy()):
        found = mine.get(f"{layer.longname}.weight")
        weight = getattr(modules.get(layer.longname), "weight", None)
        if layer.skipped or found is None or weight is None or weight.shape[2:].numel() != 1:
            continue
        watcher.apply_esd(layer, defaults.copy())
        if layer.evals is None:
            continue
        theirs, values = np.sort(layer.evals), found.eigenvalues
        assert len(theirs) == len(values), layer.longname
        difference = np.abs(theirs - values)
        large = values > 1e-6 * values[-1]
        of_largest = max(of_largest, float(difference.max() / values[-1]))
        relative = max(relative, float((difference[large] / values[large]).max()))
        layers += 1
    return {"layers": layers, "of_largest": of_largest, "relative": relative}


def child(task: str, name: str) -> None:
    """Do one task on one model, and print what was found as the last line."""
    import torch

    torch.set_num_threads(THREADS)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    model = random_model(name, 0)
    with contextlib.redirect_stdout(io.StringIO()):
        found = agreement(model) if task == "agreement" else timed(task, model)
    print(json.dumps(found))


def in_a_process(task: str, name: str) -> dict[str, float]:
    threads = {"OMP_NUM_THREADS": f"{THREADS}", "OPENBLAS_NUM_THREADS": f"{THREADS}"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.peers", task, name],
        cwd=ROOT,
        env=os.environ | threads,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def figures(name: str) -> dict[str, Any]:
    taken: dict[str, list[float]] = {tool: [] for tool in TOOLS}
    for turn in range(max(TURNS.values())):
        for tool, turns in TURNS.items():
            if turn < turns:
                taken[tool].append(in_a_process(tool, name)["seconds"])
    mine = taken["zoo_spectra"]
    return {
        "seconds": {tool: median(each) for tool, each in taken.items()},
        "faster": {
            tool: median(t / m for t, m in zip(taken[tool], mine, strict=False)) for tool in GOALS
        },
        "agreement": in_a_process("agreement", name),
    }


def main() -> None:
    if len(sys.argv) > 1:
        child(sys.argv[1], sys.argv[2])
        return
    models = {name: figures(name) for name in MODELS}
    faster = {tool: exp(mean(log(m["faster"][tool]) for m in models.values())) for tool in GOALS}
    rows = [
        [name]
        + [f"{found['seconds'][tool]:.2f} s" for tool in TOOLS]
        + [f"{found['faster'][tool]:.1f}" for tool in GOALS]
        + [f"{found['agreement']['layers']}", f"{found['agreement']['of_largest']:.1e}"]
        for name, found in models.items()
    ]
    header = ["", *TOOLS, *(f"over {tool}" for tool in GOALS), "layers compared", "difference"]
    show("whole models, two threads; differences of eigenvalues over the largest", header, rows)
    for tool, goal in GOALS.items():
        print(f"{faster[tool]:.1f} times faster than {tool} (geometric mean); goal ≥ {goal:.0f}")
    packages = ["bristol", "timm", "torch", "weightwatcher"]
    settings = {"goals": GOALS, "threads": THREADS, "turns": TURNS}
    write("speed.peers", packages, {**settings, "faster": faster, "models": models})


if __name__ == "__main__":
    main()
